import unittest
from datetime import datetime, timedelta, timezone
from typing import Optional

from gantry_connector import (
    Address,
    ConnectorError,
    Flavor,
    LaunchRequest,
    Machine,
    Page,
    ProviderError,
    Resource,
    paged,
)
from gantry_connector.coding import ParametersError, from_json, to_json, wire_name


class Coding(unittest.TestCase):
    def test_names(self) -> None:
        for name, wire in {
            "machine_id": "machineID",
            "request_id": "requestID",
            "id": "id",
            "max_age_ms": "maxAgeMs",
            "cpu_count": "cpuCount",
            "ssh_port": "sshPort",
        }.items():
            self.assertEqual(wire_name(name), wire)

    def test_a_machine_has_the_members_of_the_contract(self) -> None:
        east = timezone(timedelta(hours=2))
        machine = Machine(
            "m1",
            "running",
            machine_id="h1",
            addresses=[Address(0, "192.0.2.1", public=True)],
            launched_at=datetime(2026, 5, 1, 14, 0, tzinfo=east),
            tags={"some_key": "v"},
        )
        self.assertEqual(
            to_json(Resource("machine", "m1", machine=machine))["machine"],
            {
                "id": "m1",
                "state": "running",
                "machineID": "h1",
                "addresses": [{"interface": 0, "address": "192.0.2.1", "public": True, "family": "ipv4"}],
                "launchedAt": "2026-05-01T12:00:00.000Z",
                "tags": {"some_key": "v"},
                "provider": {},
            },
        )

    def test_errors(self) -> None:
        error = ConnectorError(
            "throttled", "slower", retry_after_ms=10, provider=ProviderError(code="X", request_id="r", status=429)
        )
        self.assertEqual(
            to_json(error),
            {
                "code": "throttled",
                "message": "slower",
                "retryAfterMs": 10,
                "provider": {"code": "X", "requestID": "r", "status": 429},
            },
        )
        with self.assertRaises(ValueError):
            ConnectorError("tooBad", "no such code")

    def test_a_launch_is_read_and_unknown_members_are_ignored(self) -> None:
        request = from_json(
            LaunchRequest,
            {
                "batchToken": "t",
                "future": 1,
                "items": [
                    {
                        "machineID": "h1",
                        "name": "n",
                        "image": "i",
                        "flavor": "f",
                        "memoryBytes": 1e9,
                        "userData": "aGk=",
                        "spot": {"maxPrice": 1},
                        "disks": [{"index": 0, "sizeBytes": 5}],
                        "interfaces": [{"index": 0, "public": True, "groups": ["g"], "future": []}],
                        "zone": None,
                    }
                ],
            },
        )
        item = request.items[0]
        self.assertEqual((item.machine_id, item.user_data, item.memory_bytes), ("h1", b"hi", 10**9))
        self.assertEqual((item.interfaces[0].groups, item.interfaces[0].public), (["g"], True))
        self.assertIsNone(item.zone)
        self.assertEqual(item.spot and item.spot.max_price, 1.0)

    def test_what_is_wrong_is_named(self) -> None:
        item = {"machineID": "h", "name": "n"}
        for params, path in [
            ({}, "batchToken"),
            ({"batchToken": 7, "items": []}, "batchToken"),
            ({"batchToken": "t", "items": 7}, "items"),
            ({"batchToken": "t", "items": [7]}, "items[0]"),
            ({"batchToken": "t", "items": [{"name": "n"}]}, "items[0].machineID"),
            ({"batchToken": "t", "items": [{**item, "cpuCount": True}]}, "items[0].cpuCount"),
            ({"batchToken": "t", "items": [{**item, "cpuCount": 1.5}]}, "items[0].cpuCount"),
            ({"batchToken": "t", "items": [{**item, "userData": "%"}]}, "items[0].userData"),
            ({"batchToken": "t", "items": [{**item, "tags": {"a": 1}}]}, "items[0].tags.a"),
            ({"batchToken": "t", "items": [{**item, "tags": []}]}, "items[0].tags"),
        ]:
            with self.subTest(path), self.assertRaises(ParametersError) as caught:
                from_json(LaunchRequest, params)
            self.assertTrue(str(caught.exception).startswith(path + " "), str(caught.exception))


class Paging(unittest.TestCase):
    def flavors(self, names: str) -> list[Flavor]:
        return [Flavor(name, name, 1, 1 << 30) for name in names]

    def test_every_item_comes_once_although_others_come_and_go(self) -> None:
        seen = ""
        page: Optional[str] = None
        for there in ["fedcba", "abdefx", "abxyz"]:
            answer: Page[Flavor] = paged(self.flavors(there), page, 2, lambda item: item.id)
            seen += "".join(item.id for item in answer.items)
            page = answer.next
        self.assertEqual(seen, "abdexy")
        self.assertIsNotNone(page)
        last = paged(self.flavors("abxyz"), page, 2, lambda item: item.id)
        self.assertEqual(([item.id for item in last.items], last.next), (["z"], None))

    def test_a_full_last_page_has_no_next(self) -> None:
        self.assertIsNone(paged(self.flavors("ab"), None, 2, lambda item: item.id).next)

    def test_a_foreign_page_is_refused(self) -> None:
        for page in ["a", "ä", "////"]:
            with self.subTest(page), self.assertRaises(ConnectorError):
                paged(self.flavors("ab"), page, 2, lambda item: item.id)
