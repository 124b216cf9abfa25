import json
import time
import unittest
from typing import Any, Optional

from support import Conversation, Failed, Memory

from gantry_connector import Connector


class ServerCase(unittest.TestCase):
    def setUp(self) -> None:
        self.cloud = Memory()
        self.talk = Conversation(self.cloud)

    def tearDown(self) -> None:
        self.cloud.gate.set()
        self.talk.close()

    def fails(self, code: Any, method: str, params: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        with self.assertRaises(Failed) as caught:
            self.talk.call(method, params)
        error = caught.exception.error
        self.assertEqual(caught.exception.code if isinstance(code, str) else error["code"], code, error)
        return error


class Handshake(ServerCase):
    def test_the_description_names_what_is_defined_and_nothing_else(self) -> None:
        answer = self.talk.call("initialize", {"protocolVersions": [3, 1], "future": {}})
        self.assertEqual(answer["protocolVersion"], 1)
        self.assertEqual(answer["capabilities"], {"flavors": 1, "reboot": 1})
        self.assertEqual(answer["credentialSchema"]["properties"]["password"]["format"], "password")
        self.assertEqual(answer["credentialSchema"]["required"], ["username"])
        self.assertEqual(answer["configSchema"]["properties"]["size"], {"type": "integer", "default": 3})
        self.assertEqual(answer["requirements"], {"maxConcurrentCalls": 3})

    def test_no_version_in_common(self) -> None:
        self.assertIn("2, 3", self.fails("unsupported", "initialize", {"protocolVersions": [2, 3]})["message"])
        self.fails(-32602, "initialize", {"protocolVersions": 1})

    def test_calls_before_the_handshake_are_refused(self) -> None:
        self.fails(-32002, "session.open", {"credentials": {}})
        self.assertEqual(self.talk.call("ping"), {})

    def test_no_new_calls_after_shutdown(self) -> None:
        session = self.talk.open()
        self.talk.call("shutdown")
        self.fails("unavailable", "resource.list", {"session": session})
        self.talk.notify("exit")
        with self.assertRaises(EOFError):
            self.talk.next()


class Messages(ServerCase):
    def test_what_is_no_message_is_answered_and_nothing_breaks(self) -> None:
        for line, code in [
            (b"rubbish", -32700),
            (b"\xff\xfe", -32700),
            (b"[" * 100_000, -32700),
            (b"[]", -32600),
            (b"7", -32600),
            (b'{"id": 1}', -32600),
            (b'{"id": [1], "method": "ping"}', -32600),
            (b'{"id": 1, "method": "ping", "params": [1]}', -32602),
            (b"x" * ((16 << 20) + 1), -32600),
        ]:
            with self.subTest(line[:40]):
                self.talk.raw(line + b"\n\n  \n")
                self.assertEqual(self.talk.next()["error"]["code"], code)
        self.assertEqual(self.talk.call("ping"), {})

    def test_ids_come_back_as_they_were(self) -> None:
        for id in ["text", 0, 1 << 62]:
            self.assertEqual(self.talk.answer(self.talk.send("ping", id=id))["id"], id)

    def test_unknown_calls_and_wrong_parameters(self) -> None:
        session = self.talk.open()
        self.fails(-32601, "future.method", {"session": session})
        self.assertIn("ids", self.fails(-32602, "machine.describe", {"session": session, "ids": 7})["message"])
        self.fails(-32602, "machine.describe", {"ids": []})
        self.fails("unsupported", "machine.stop", {"session": session, "ids": []})
        self.fails("unsupported", "resource.delete", {"session": session, "kind": "volume", "id": "v"})

    def test_a_megabyte_is_read(self) -> None:
        session = self.talk.open()
        self.assertEqual(
            self.talk.call("resource.list", {"session": session, "tags": {"a": "x" * (1 << 20)}})["items"], []
        )

    def test_an_answer_that_has_no_form_is_a_fault_and_nothing_breaks(self) -> None:
        session = self.talk.open()
        self.cloud.there["m"] = None  # type: ignore[assignment]
        with self.assertLogs("gantry_connector"):
            self.fails("internal", "resource.list", {"session": session, "tags": {}})
        self.cloud.there.clear()
        self.assertEqual(self.talk.call("resource.list", {"session": session})["items"], [])


class Sessions(ServerCase):
    def test_only_open_sessions(self) -> None:
        session = self.talk.open()
        self.fails("unauthenticated", "resource.list", {"session": "none", "tags": {}})
        for _ in range(2):
            self.assertEqual(self.talk.call("session.close", {"session": session}), {})
        self.fails("unauthenticated", "resource.list", {"session": session, "tags": {}})

    def test_settings_are_checked(self) -> None:
        self.talk.call("initialize", {"protocolVersions": [1]})
        for code, credentials, config in [
            ("unauthenticated", {}, {}),
            ("invalidArgument", {"username": "ada"}, {"size": "many"}),
            ("invalidArgument", {"username": "ada"}, {"size": True}),
            ("invalidArgument", {"username": "ada"}, {"mode": "c"}),
        ]:
            with self.subTest(f"{credentials} {config}"):
                self.fails(code, "session.open", {"credentials": credentials, "config": config})
        self.talk.call("session.open", {"credentials": {"username": "ada", "size": "7", "mode": "a"}})

    def test_secrets_are_in_no_error(self) -> None:
        self.talk.call("initialize", {"protocolVersions": [1]})
        message = json.dumps(
            self.fails(
                "unauthenticated", "session.open", {"credentials": {"username": "a", "password": "wrong-password"}}
            )
        )
        self.assertNotIn("wrong-password", message)
        self.assertIn("<redacted>", message)


class Concurrency(ServerCase):
    def machine(self, session: str) -> str:
        answer = self.talk.call(
            "machine.launch", {"session": session, "batchToken": "t", "items": [{"machineID": "h", "name": "n"}]}
        )
        return str(answer[0]["done"]["id"])

    def test_calls_run_at_the_same_time_up_to_the_limit(self) -> None:
        session = self.talk.open()
        id = self.machine(session)
        calls = [self.talk.send("machine.reboot", {"session": session, "ids": [id]}) for _ in range(5)]
        end = time.monotonic() + 10
        while self.cloud.most < 3 and time.monotonic() < end:
            time.sleep(0.005)
        # Pings are answered although all threads are taken.
        self.assertEqual(self.talk.call("ping"), {})
        self.cloud.gate.set()
        for call in calls:
            self.assertEqual(self.talk.answer(call)["result"][0]["done"]["id"], id)
        self.assertEqual(self.cloud.most, 3)
        self.assertIn(
            {"id": calls[0], "message": "waits", "fraction": 0.5}, [n["params"] for n in self.talk.notifications]
        )

    def test_deadline(self) -> None:
        session = self.talk.open()
        start = time.monotonic()
        self.fails("timeout", "machine.reboot", {"session": session, "ids": [], "deadlineMs": 100})
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(self.talk.call("resource.list", {"session": session, "deadlineMs": 60_000})["items"], [])

    def test_calls_that_never_end_do_not_stop_others(self) -> None:
        session = self.talk.open()
        for _ in range(3):
            self.cloud.gate.clear()
            self.fails("timeout", "machine.reboot", {"session": session, "ids": [], "deadlineMs": 20})
        self.assertEqual(self.talk.call("resource.list", {"session": session})["items"], [])

    def test_cancel(self) -> None:
        session = self.talk.open()
        running = [self.talk.send("machine.reboot", {"session": session, "ids": []}) for _ in range(3)]
        waiting = self.talk.send("machine.reboot", {"session": session, "ids": []})
        end = time.monotonic() + 10
        while self.cloud.most < 3 and time.monotonic() < end:
            time.sleep(0.005)
        for id in [waiting, *running, "unknown", [1], None]:
            self.talk.notify("$/cancel", {"id": id})
        for id in [waiting, *running]:
            self.assertEqual(self.talk.answer(id)["error"]["data"]["code"], "cancelled")
        self.assertEqual(self.cloud.cancelled, 3)

    def test_the_end_of_input_lets_calls_end(self) -> None:
        session = self.talk.open()
        call = self.talk.send("machine.reboot", {"session": session, "ids": []})
        while self.cloud.most < 1:
            time.sleep(0.005)
        self.talk.notify("exit")
        self.cloud.gate.set()
        self.assertEqual(self.talk.answer(call)["result"], [])
        with self.assertRaises(EOFError):
            self.talk.next()


class Capabilities(unittest.TestCase):
    def test_nothing_is_announced_by_itself(self) -> None:
        self.assertEqual(Connector[None]().capabilities(), {})
