import json
import os
import signal
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).parent

PROGRAM = """
    import logging, sys
    sys.path[:0] = [{tests!r}, {source!r}]
    print("printed before", file=sys.stderr)
    from support import Memory
    import gantry_connector
    class Loud(Memory):
        def open_session(self, request):
            print("print: " + request.credentials["password"])
            sys.stderr.write("write: " + request.credentials["password"] + "\\n")
            logging.getLogger("x").warning("log: %s\\nsecond line", request.credentials["password"])
            logging.getLogger("x").debug("not wanted")
            return super().open_session(request)
    gantry_connector.serve(Loud())
"""


class Process(unittest.TestCase):
    def start(self, *words: str, cookie: Optional[str] = "c") -> "subprocess.Popen[bytes]":
        program = textwrap.dedent(PROGRAM).format(tests=str(HERE), source=str(HERE.parent / "src"))
        environment = {**os.environ, **({"CONNECTOR_COOKIE": cookie} if cookie else {})}
        if not cookie:
            environment.pop("CONNECTOR_COOKIE", None)
        child = subprocess.Popen(
            [sys.executable, "-c", program, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.addCleanup(child.communicate)
        self.addCleanup(child.kill)
        return child

    def say(self, child: "subprocess.Popen[bytes]", method: str, params: dict[str, Any]) -> Any:
        assert child.stdin and child.stdout
        child.stdin.write(json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n")
        child.stdin.flush()
        return json.loads(child.stdout.readline())

    def test_describe(self) -> None:
        child = self.start("describe", cookie=None)
        out, _ = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 0)
        self.assertEqual(json.loads(out)["connector"]["name"], "memory")

    def test_by_hand(self) -> None:
        for words in [[], ["serve"], ["something"]]:
            child = self.start(*words, cookie="c" if words == ["something"] else None)
            out, errors = child.communicate(timeout=30)
            self.assertEqual((child.returncode, out), (64, b""))
            self.assertIn(b"describe", errors)

    def test_the_stream_is_clean_and_the_log_has_no_secret(self) -> None:
        child = self.start("serve")
        self.say(child, "initialize", {"protocolVersions": [1]})
        answer = self.say(child, "session.open", {"credentials": {"username": "ada", "password": 'hunter2-"hunter2'}})
        self.assertEqual(answer["result"]["account"], "ada")
        out, errors = child.communicate(timeout=30)
        self.assertEqual((child.returncode, out), (0, b""))
        text = errors.decode()
        self.assertNotIn("hunter2", text)
        self.assertIn("print: <redacted>\n", text)
        self.assertIn("write: <redacted>\n", text)
        self.assertIn('{"level": "warning", "message": "log: <redacted>\\nsecond line"}\n', text)
        self.assertNotIn("not wanted", text)

    def test_sigterm_ends_it_with_status_0(self) -> None:
        child = self.start("serve")
        self.say(child, "initialize", {"protocolVersions": [1]})
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(timeout=30), 0)
