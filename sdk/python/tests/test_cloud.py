import threading
import unittest
from collections.abc import Sequence
from typing import Any, Optional

from support import Memory

from gantry_connector import (
    BATCH_TAG,
    ConnectorError,
    LaunchRequest,
    ListRequest,
    Machine,
    MachineSpec,
    Outcome,
)


def batch(count: int = 2, token: str = "t1", flavor: str = "", first: int = 0) -> LaunchRequest:
    items = [MachineSpec(f"h{index}", f"n{index}", flavor=flavor) for index in range(first, first + count)]
    return LaunchRequest(token, items, {"owner": "ada"})


def ids(outcomes: Sequence[Outcome[Machine]]) -> list[Any]:
    return [outcome.id if isinstance(outcome, Machine) else outcome for outcome in outcomes]


def code(outcome: object) -> Optional[str]:
    return outcome.code if isinstance(outcome, ConnectorError) else None


class Launching(unittest.TestCase):
    def setUp(self) -> None:
        self.cloud = Memory()

    def test_the_same_token_gives_the_same_machines_also_in_another_process(self) -> None:
        first = ids(self.cloud.launch("s", batch()))
        self.assertEqual(ids(self.cloud.launch("s", batch())), first)
        other = Memory()
        other.there, other.made = self.cloud.there, self.cloud.made
        again = other.launch("s", batch())
        self.assertEqual(ids(again), first)
        self.assertEqual([getattr(machine, "machine_id", None) for machine in again], ["h0", "h1"])
        self.assertEqual(len(self.cloud.there), 2)

    def test_only_what_is_missing_is_made(self) -> None:
        first = ids(self.cloud.launch("s", batch(3)))
        del self.cloud.there[first[1]]
        again = ids(self.cloud.launch("s", batch(3)))
        self.assertEqual([again[0], again[2]], [first[0], first[2]])
        self.assertEqual(len(self.cloud.there), 3)

    def test_other_items_are_refused(self) -> None:
        self.cloud.launch("s", batch(1))
        for other in [batch(2), batch(1, first=1), batch(1, flavor="large")]:
            with self.assertRaises(ConnectorError) as caught:
                self.cloud.launch("s", other)
            self.assertEqual(caught.exception.code, "alreadyExists")
        self.assertEqual(len(self.cloud.there), 1)

    def test_an_item_fails_alone(self) -> None:
        request = batch(3)
        request.items[1].flavor = "raises"
        with self.assertLogs("gantry_connector"):
            outcomes = self.cloud.launch("s", request)
        self.assertEqual([code(outcome) for outcome in outcomes], [None, "internal", None])

    def test_launches_of_one_token_do_not_overlap(self) -> None:
        for width in (1, 4):
            with self.subTest(width):
                self.launch_eight_times(width)

    def launch_eight_times(self, width: int) -> None:
        class Wide(Memory):
            parallel_creates = width

        cloud = Wide()
        found: list[list[Any]] = []

        def launch() -> None:
            found.append(ids(cloud.launch("s", batch(4))))

        threads = [threading.Thread(target=launch) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(cloud.there), 4)
        self.assertEqual(found, [found[0]] * 8)
        self.assertEqual(cloud._tokens, {})

    def test_of_machines_made_twice_the_oldest_stays(self) -> None:
        class Late(Memory):
            settles = True

            def create(self, session: str, item: MachineSpec, tags: Any) -> Machine:
                self.there.update(self.hidden)  # What a killed process had asked for shows now.
                return super().create(session, item, tags)

        late = Late()
        first = ids(late.launch("s", batch(1)))
        late.hidden, late.there = dict(late.there), {}
        with self.assertLogs("gantry_connector"):
            self.assertEqual(ids(late.launch("s", batch(1))), first)
        self.assertEqual(list(late.there), first)


class Naming(unittest.TestCase):
    def setUp(self) -> None:
        self.cloud = Memory()
        self.ids = ids(self.cloud.launch("s", batch(2)))

    def listed(self, **tags: str) -> list[str]:
        wanted = {BATCH_TAG if key == "batch" else key: value for key, value in tags.items()}
        return [resource.id for resource in self.cloud.list_resources("s", ListRequest(wanted))]  # type: ignore[union-attr]

    def test_machines_are_found_by_all_tags(self) -> None:
        self.assertEqual(self.listed(owner="ada"), self.ids)
        self.assertEqual(self.listed(owner="ada", batch="t1"), self.ids)
        self.assertEqual(self.listed(owner="ada", batch="t2"), [])
        self.assertEqual(self.listed(owner="eve"), [])

    def test_ended_machines_are_described_but_not_listed(self) -> None:
        self.cloud.there[self.ids[0]].state = "terminated"
        self.assertEqual(self.listed(owner="ada"), self.ids[1:])
        self.assertEqual(ids(self.cloud.describe("s", [self.ids[0]])), [self.ids[0]])

    def test_unknown_machines(self) -> None:
        outcomes = self.cloud.describe("s", [self.ids[1], "none", self.ids[0]])
        self.assertEqual([code(outcome) for outcome in outcomes], [None, "notFound", None])
        for _ in range(2):
            self.assertEqual(self.cloud.terminate("s", [self.ids[0], "none"]), [None, None])
        self.assertEqual(list(self.cloud.there), self.ids[1:])
