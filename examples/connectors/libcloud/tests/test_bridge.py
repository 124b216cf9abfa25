import tempfile
import unittest
from pathlib import Path
from typing import Any

import requests
from gantry_connector import (
    BATCH_TAG,
    ITEMS_TAG,
    MACHINE_TAG,
    ConnectorError,
    LaunchRequest,
    ListRequest,
    Machine,
    MachineSpec,
    Opened,
    OpenRequest,
)
from libcloud.common.exceptions import BaseHTTPError, RateLimitReachedError
from libcloud.common.types import InvalidCredsError

from gantry_libcloud.bridge import Account, connector_for
from gantry_libcloud.drivers import address, driver_for
from gantry_libcloud.errors import translate
from gantry_libcloud.names import LONGEST, digest, name_of, tags_in

HOST_ID = "0b5c2f6e-3d0f-4d5a-9d6e-1c2b3a4d5e6f.12"


class Names(unittest.TestCase):
    def test_ids_come_back_and_tags_are_found(self) -> None:
        for id in (HOST_ID, "check-58d9fdab-0", "", "x.1", HOST_ID[9:].upper(), HOST_ID[9:].replace(".", ".0")):
            tags = {MACHINE_TAG: id, BATCH_TAG: "t"} if id else {BATCH_TAG: "t"}
            with self.subTest(id):
                found = tags_in(name_of(tags))
                assert found is not None
                self.assertEqual(found.get(MACHINE_TAG, ""), id)
                self.assertTrue(found.carries(tags))
                self.assertFalse(found.carries({BATCH_TAG: "another"}))
                self.assertFalse(found.carries({MACHINE_TAG: "another"}))

    def test_a_name_is_a_host_name(self) -> None:
        tags = {MACHINE_TAG: HOST_ID, "gantry:infrastructure": HOST_ID[:36], BATCH_TAG: HOST_ID[:36], ITEMS_TAG: "d"}
        self.assertRegex(name_of(tags), r"\A[a-z][a-z0-9-]{1,61}[a-z0-9]\Z")
        with self.assertRaises(ConnectorError) as caught:
            name_of({str(number): "x" for number in range(LONGEST // 6 + 1)})
        self.assertEqual(caught.exception.code, "invalidArgument")

    def test_names_of_others_are_not_read(self) -> None:
        for name in ["web", "gantry", "gu-abcdef", "gmaaa-abc", "gm-", "", "gu" + "a" * 26 + "x1-0bcdef"]:
            self.assertIsNone(tags_in(name), name)
        self.assertEqual(len(digest("a", "b")), 6)


class Errors(unittest.TestCase):
    def test_codes(self) -> None:
        cases: list[tuple[Exception, str]] = [
            (InvalidCredsError(), "unauthenticated"),
            (RateLimitReachedError(headers={"retry-after": "3"}), "throttled"),
            (BaseHTTPError(400, "InvalidAMIID.NotFound: The image id does not exist"), "invalidArgument"),
            (BaseHTTPError(400, "InvalidInstanceID.NotFound: no"), "notFound"),
            (BaseHTTPError(400, "InstanceLimitExceeded: too many"), "quotaExceeded"),
            (BaseHTTPError(503, "RequestLimitExceeded: slow down"), "unavailable"),
            (BaseHTTPError(400, "RequestLimitExceeded: slow down"), "throttled"),
            (BaseHTTPError(403, "403 Forbidden Quota exceeded for cores"), "quotaExceeded"),
            (BaseHTTPError(403, "no"), "permissionDenied"),
            (BaseHTTPError(404, "no"), "notFound"),
            (BaseHTTPError(409, "Cannot 'stop' instance while it is in vm_state building"), "aborted"),
            (BaseHTTPError(500, "x"), "unavailable"),
            (Exception("400 Bad Request Invalid imageRef"), "invalidArgument"),
            (requests.exceptions.ConnectionError("refused"), "unavailable"),
            (requests.exceptions.ReadTimeout("late"), "timeout"),
            (NotImplementedError(), "unsupported"),
            (KeyError("x"), "internal"),
        ]
        for error, code in cases:
            with self.subTest(repr(error)):
                self.assertEqual(translate(error, "doing it").code, code)
        self.assertEqual(translate(cases[1][0], "doing it").retry_after_ms, 3000)


class Drivers(unittest.TestCase):
    def test_what_a_driver_lacks_is_not_announced(self) -> None:
        everything = {"flavors", "images", "keyPairs", "reboot", "start", "stop", "userData"}
        self.assertEqual(set(connector_for("ec2").capabilities()), everything)
        self.assertEqual(set(connector_for("openstack").capabilities()), everything)
        self.assertEqual(set(connector_for("dummy").capabilities()), everything - {"keyPairs", "userData"})
        self.assertEqual(set(connector_for("digitalocean").capabilities()), {"flavors", "images", "reboot", "userData"})
        self.assertNotIn("provider", [setting.name for setting in connector_for("ec2").credentials])

    def test_an_unknown_driver_is_named_with_those_that_there_are(self) -> None:
        with self.assertRaises(ValueError) as caught:
            driver_for("no_such_cloud")
        self.assertIn("openstack", str(caught.exception))

    def test_addresses(self) -> None:
        for url, expected in {
            "http://127.0.0.1:5000": {"host": "127.0.0.1", "port": 5000, "secure": False},
            "https://cloud.example/": {"host": "cloud.example", "secure": True},
            "cloud.example:8443": {"host": "cloud.example", "port": 8443, "secure": True},
        }.items():
            self.assertEqual(address(url), expected)
        self.assertEqual(address(None), {})


class Dummy(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = str(Path(folder.name) / "nodes.json")

    def opened(self) -> tuple[Any, Account]:
        connector = connector_for(None)
        request = OpenRequest({"provider": "dummy", "username": "ada", "stateFile": self.file})
        request.settings = connector.read_settings(request)
        opened: Opened[Account] = connector.open_session(request)
        self.assertEqual(opened.account, "dummy:ada")
        return connector, opened.session

    def test_machines_are_there_in_the_next_process(self) -> None:
        request = LaunchRequest("t1", [MachineSpec(HOST_ID, "web", "1", "1")], {"gantry:infrastructure": "i1"})
        connector, account = self.opened()
        first = connector.launch(account, request)[0]
        assert isinstance(first, Machine)
        connector, account = self.opened()
        again = connector.launch(account, request)[0]
        self.assertEqual((again.id, again.machine_id), (first.id, HOST_ID))
        wanted = {"gantry:infrastructure": "i1", BATCH_TAG: "t1"}
        self.assertEqual(
            [one.tags for one in connector.list_resources(account, ListRequest(wanted))], [again.tags | wanted]
        )
        self.assertEqual(connector.list_resources(account, ListRequest({BATCH_TAG: "t2"})), [])
        with self.assertRaises(ConnectorError) as caught:
            connector.launch(account, LaunchRequest("t1", [MachineSpec(HOST_ID, "web", "2", "1")], request.tags))
        self.assertEqual(caught.exception.code, "alreadyExists")

    def test_stop_start_and_end(self) -> None:
        connector, account = self.opened()
        made = connector.launch(account, LaunchRequest("t1", [MachineSpec("h", "web", "1", "1")]))[0]
        for call, state in [("stop", "stopped"), ("stop", "stopped"), ("start", "running"), ("reboot", "running")]:
            self.assertEqual(getattr(connector, call)(account, [made.id])[0].state, state)
        outcome = connector.stop(account, ["none"])[0]
        self.assertEqual(outcome.code, "notFound")
        self.assertEqual(connector.terminate(account, [made.id, made.id]), [None, None])
        self.assertEqual(connector.machines(account), [])

    def test_what_cannot_be(self) -> None:
        connector, account = self.opened()
        outcomes = connector.launch(
            account,
            LaunchRequest("t", [MachineSpec("a", "a", "1", "none"), MachineSpec("b", "b", "none", "1")]),
        )
        self.assertEqual([outcome.field for outcome in outcomes], ["flavor", "image"])
