"""Tests of connector-mycloud: python3 -m unittest"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

CONNECTOR = Path(__file__).parent.resolve() / "connector-mycloud"
KIT = os.environ.get("CONNECTOR_CHECK") or shutil.which("connector-check")


class MyCloudTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def talk(self, *calls):
        """The answers of a connector that is started, asked, and ended."""
        lines = [{"id": number, "method": method, "params": params} for number, (method, params) in enumerate(calls)]
        ended = subprocess.run(
            [CONNECTOR, "serve"],
            input="".join(json.dumps({"jsonrpc": "2.0", **line}) + "\n" for line in lines),
            env={**os.environ, "CONNECTOR_COOKIE": "test"},
            stdout=subprocess.PIPE,
            timeout=60,
            check=True,
            text=True,
        )
        answers = {answer["id"]: answer for answer in map(json.loads, ended.stdout.splitlines())}
        return [answers[number].get("result", answers[number].get("error")) for number in range(len(calls))]

    def open(self, **credentials):
        request = {"credentials": {"username": "ada", **credentials}, "config": {"folder": self.folder}}
        return ("initialize", {"protocolVersions": [1]}), ("session.open", request)

    def test_it_says_what_it_is(self):
        ended = subprocess.run([CONNECTOR, "describe"], stdout=subprocess.PIPE, timeout=60, check=True)
        self.assertEqual(json.loads(ended.stdout)["providerTypes"], ["MyCloud"])

    def test_a_wrong_password(self):
        self.assertEqual(self.talk(*self.open(password="wrong"))[1]["data"]["code"], "unauthenticated")

    def test_a_session(self):
        self.assertEqual(self.talk(*self.open())[1]["account"], "ada")

    @unittest.skipUnless(KIT, "connector-check is neither in PATH nor named by CONNECTOR_CHECK")
    def test_it_keeps_the_contract(self):
        files = {
            "config": {"config": {"folder": self.folder}, "badCredentials": {"username": "ada", "password": "wrong"}},
            "secrets": {"username": "ada", "password": "a-secret"},
        }
        with tempfile.TemporaryDirectory() as scratch:
            options = []
            for name, content in files.items():
                (Path(scratch) / name).write_text(json.dumps(content))
                options += [f"--{name}", str(Path(scratch) / name)]
            ended = subprocess.run(
                [KIT, "--level", "should", *options, "--", CONNECTOR],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.assertEqual(ended.returncode, 0, ended.stdout)


if __name__ == "__main__":
    unittest.main()
