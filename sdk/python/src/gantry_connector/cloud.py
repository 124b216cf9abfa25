"""A connector out of three methods: make one machine, name all machines, end one machine."""

from __future__ import annotations

import contextvars
import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar, Optional, TypeVar

from .call import current_call
from .coding import to_json
from .connector import Connector, Items, each
from .errors import ConnectorError, invalid, not_found
from .log import logger
from .values import BATCH_TAG, LaunchRequest, ListRequest, Machine, MachineSpec, Outcome, Resource

S = TypeVar("S")

MACHINE_TAG = "gantry:machine"
"""Holds the host's id of a machine."""
ITEMS_TAG = "gantry:items"
"""Holds a digest of the items of the launch, by which other items under the same token are told."""


class MachineCloud(Connector[S]):
    """Makes ``launch``, ``describe``, ``list_resources`` and ``terminate`` of ``create``, ``machines`` and ``destroy``.

    Identity lives in the tags that ``create`` puts on the machine: a repeated launch looks for machines with its token
    and makes only those that are missing.
    """

    parallel_creates: ClassVar[int] = 1
    """How many machines of one launch are made at the same time."""
    settles: ClassVar[bool] = False
    """For clouds that show a machine some time after it was made: each launch looks again when it has made machines,
    keeps the oldest of those that were made twice (a killed process leaves such requests behind), and ends the rest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[threading.Lock, int]] = {}

    def create(self, session: S, item: MachineSpec, tags: Mapping[str, str]) -> Machine:
        """Makes one machine that has all of these tags from its first moment on, and does not wait for it."""
        raise NotImplementedError

    def machines(self, session: S) -> Iterable[Machine]:
        """All machines of the account with their tags, with as few requests as possible."""
        raise NotImplementedError

    def destroy(self, session: S, id: str) -> None:
        """Ends one machine and what belongs to it alone. No error, or ``notFound``, when it is gone."""
        raise NotImplementedError

    def resources(self, session: S) -> Iterable[Resource]:
        """What else has been made, with its tags."""
        return ()

    def carries(self, tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
        """Whether something with these tags has all that are wanted; for clouds that keep tags in another form."""
        return all(tags.get(key) == value for key, value in wanted.items())

    def machine(self, session: S, id: str) -> Machine:
        """One machine; raises ``notFound``."""
        for machine in self.machines(session):
            if machine.id == id:
                return _identified(machine)
        raise not_found("machine", id)

    # The contract

    def launch(self, session: S, request: LaunchRequest) -> Sequence[Outcome[Machine]]:
        if len({item.machine_id for item in request.items}) < len(request.items):
            raise invalid("two items of the launch have the same machineID", field="items")
        digest = _digest(request.items)
        with self._only(request.batch_token):
            there = self._launched(session, request.batch_token)
            digests = {ITEMS_TAG: digest}
            if not all(self.carries(machine.tags, digests) for group in there.values() for machine in group):
                raise ConnectorError(
                    "alreadyExists",
                    f"the batch token '{request.batch_token}' was used for other machines; use a new token",
                    field="batchToken",
                )
            missing = [item for item in request.items if item.machine_id not in there]
            outcomes = self._create(session, request, missing, digest)
            made = {item.machine_id: outcome for item, outcome in zip(missing, outcomes)}
            if self.settles and any(isinstance(outcome, Machine) for outcome in outcomes):
                there = self._launched(session, request.batch_token)
            kept = {id: self._keep_one(session, group) for id, group in there.items()}
            return [kept.get(item.machine_id) or made[item.machine_id] for item in request.items]

    def describe(self, session: S, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        known = {machine.id: machine for machine in self.machines(session)}
        return [_identified(known[id]) if id in known else not_found("machine", id) for id in ids]

    def list_resources(self, session: S, request: ListRequest) -> Items[Resource]:
        found: list[Resource] = []
        if request.kinds is None or "machine" in request.kinds:
            for machine in map(_identified, self.machines(session)):
                if machine.state != "terminated" and self.carries(machine.tags, request.tags):
                    tags = {**machine.tags, **request.tags}
                    found.append(Resource("machine", machine.id, tags=tags, machine=replace(machine, tags=tags)))
        if request.kinds is None or any(kind != "machine" for kind in request.kinds):
            for other in self.resources(session):
                if (request.kinds is None or other.kind in request.kinds) and self.carries(other.tags, request.tags):
                    found.append(replace(other, tags={**other.tags, **request.tags}))
        return found

    def terminate(self, session: S, ids: Sequence[str]) -> Sequence[Outcome[None]]:
        def end(id: str) -> None:
            try:
                self.destroy(session, id)
            except ConnectorError as error:
                if error.code != "notFound":
                    raise

        return each(ids, end)

    # How

    def _create(
        self, session: S, request: LaunchRequest, items: Sequence[MachineSpec], digest: str
    ) -> list[Outcome[Machine]]:
        def one(item: MachineSpec) -> Outcome[Machine]:
            tags = {
                **request.tags,
                **item.tags,
                BATCH_TAG: request.batch_token,
                MACHINE_TAG: item.machine_id,
                ITEMS_TAG: digest,
            }
            try:
                current_call().check()
                return _identified(self.create(session, item, tags))
            except ConnectorError as error:
                return error
            except Exception as error:
                logger.exception("machine '%s' could not be made", item.name)
                return ConnectorError("internal", f"machine '{item.name}' failed: {type(error).__name__}: {error}")

        width = min(self.parallel_creates, len(items))
        if width <= 1:
            return [one(item) for item in items]
        with ThreadPoolExecutor(width) as pool:
            calls = [pool.submit(contextvars.copy_context().run, one, item) for item in items]
            return [call.result() for call in calls]

    def _launched(self, session: S, token: str) -> dict[str, list[Machine]]:
        """Machines of a launch by the host's ids, oldest first."""
        found: dict[str, list[Machine]] = {}
        for machine in map(_identified, self.machines(session)):
            if machine.machine_id is not None and self.carries(machine.tags, {BATCH_TAG: token}):
                found.setdefault(machine.machine_id, []).append(machine)
        for group in found.values():
            group.sort(key=lambda machine: (str(machine.launched_at or ""), machine.id))
        return found

    def _keep_one(self, session: S, group: list[Machine]) -> Machine:
        live = [machine for machine in group if machine.state != "terminated"]
        for machine in live[1:]:
            logger.warning("machine '%s' was made twice; ending the younger '%s'", live[0].id, machine.id)
            self.destroy(session, machine.id)
        return live[0] if live else group[0]

    @contextmanager
    def _only(self, token: str) -> Iterator[None]:
        """One launch of a token at a time in this process."""
        with self._lock:
            lock, users = self._tokens.get(token, (threading.Lock(), 0))
            self._tokens[token] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._tokens[token]
                if users == 1:
                    del self._tokens[token]
                else:
                    self._tokens[token] = (lock, users - 1)


def _digest(items: Sequence[MachineSpec]) -> str:
    text = json.dumps([to_json(item) for item in items], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _identified(machine: Machine) -> Machine:
    """The machine with the host's names for it, which stand in its tags."""
    return replace(
        machine,
        machine_id=machine.machine_id or _tag(machine, MACHINE_TAG),
        batch_token=machine.batch_token or _tag(machine, BATCH_TAG),
    )


def _tag(machine: Machine, name: str) -> Optional[str]:
    return machine.tags.get(name)
