// swift-format-ignore-file
// Made by scripts/embed-templates of sdk/python/src/gantry_connector; do not edit.

extension ConnectorTemplate {
    static let pythonSDK1: [File] = [
        File(path: "gantry_connector/__init__.py", isExecutable: false, text: ####"""
"""Write a connector for Gantry: subclass ``MachineCloud`` or ``Connector``, then ``serve`` it."""

from .call import Call, current_call
from .cloud import ITEMS_TAG, MACHINE_TAG, MachineCloud
from .connector import Connector, Items, Setting, each
from .errors import CODES, ConnectorError, ProviderError, invalid, not_found, unauthenticated
from .log import logger
from .paging import paged
from .process import serve
from .values import (
    BATCH_TAG,
    GPU,
    Address,
    BulkLocation,
    CatalogRequest,
    Disk,
    Failure,
    Flavor,
    Image,
    InProgress,
    Interface,
    KeyPairSpec,
    Kind,
    LaunchRequest,
    ListRequest,
    Machine,
    MachineSpec,
    Network,
    NetworkSpec,
    Opened,
    OpenRequest,
    OperatingSystem,
    Outcome,
    Page,
    PlanCandidate,
    PlanRequest,
    Price,
    PublicAddressSpec,
    Quota,
    Reference,
    Resource,
    Rule,
    SecurityGroupSpec,
    SnapshotRequest,
    Spot,
    State,
    StepResult,
    UploadImageRequest,
    VolumeSpec,
)

__version__ = "0.1.0"

__all__ = [
    "BATCH_TAG",
    "CODES",
    "GPU",
    "ITEMS_TAG",
    "MACHINE_TAG",
    "Address",
    "BulkLocation",
    "Call",
    "CatalogRequest",
    "Connector",
    "ConnectorError",
    "Disk",
    "Failure",
    "Flavor",
    "Image",
    "InProgress",
    "Interface",
    "Items",
    "KeyPairSpec",
    "Kind",
    "LaunchRequest",
    "ListRequest",
    "Machine",
    "MachineCloud",
    "MachineSpec",
    "Network",
    "NetworkSpec",
    "OpenRequest",
    "Opened",
    "OperatingSystem",
    "Outcome",
    "Page",
    "PlanCandidate",
    "PlanRequest",
    "Price",
    "ProviderError",
    "PublicAddressSpec",
    "Quota",
    "Reference",
    "Resource",
    "Rule",
    "SecurityGroupSpec",
    "Setting",
    "SnapshotRequest",
    "Spot",
    "State",
    "StepResult",
    "UploadImageRequest",
    "VolumeSpec",
    "current_call",
    "each",
    "invalid",
    "logger",
    "not_found",
    "paged",
    "serve",
    "unauthenticated",
]

"""####),
        File(path: "gantry_connector/call.py", isExecutable: false, text: ####"""
"""The call that is being answered: how long it may take, whether anybody still wants it, how far it is."""

from __future__ import annotations

import contextvars
import math
import threading
import time
from typing import Callable, Optional

from .errors import ConnectorError


class Call:
    """One call of the host. May be used from any thread that the call's work is done in."""

    def __init__(
        self,
        deadline: float = math.inf,
        traceparent: Optional[str] = None,
        report: Optional[Callable[[str, Optional[float]], None]] = None,
    ) -> None:
        self.deadline = deadline
        self.traceparent = traceparent
        self._report = report
        self._ended = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._ended.is_set()

    def cancel(self) -> None:
        self._ended.set()

    def remaining(self, most: float = math.inf) -> float:
        """Seconds until the deadline, at most ``most``: the time limit of a request to the cloud. Never below 0.1."""
        return max(0.1, min(most, self.deadline - time.monotonic()))

    def check(self) -> None:
        """Raises ``cancelled`` or ``timeout`` where going on is for nothing. Before a step that makes something."""
        if self.cancelled:
            raise ConnectorError("cancelled", "the call was cancelled")
        if time.monotonic() >= self.deadline:
            raise ConnectorError("timeout", "the call is over its deadline")

    def progress(self, message: str, fraction: Optional[float] = None) -> None:
        """Tells the host how far the call is (feature ``progress``), from 0 to 1 where that is known."""
        if self._report is not None:
            self._report(message, fraction)


_current: contextvars.ContextVar[Call] = contextvars.ContextVar("gantry_call")


def current_call() -> Call:
    """The call that this thread answers; one without limits outside of any call."""
    return _current.get(_NO_CALL)


_NO_CALL = Call()

"""####),
        File(path: "gantry_connector/cloud.py", isExecutable: false, text: ####"""
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

"""####),
        File(path: "gantry_connector/coding.py", isExecutable: false, text: ####"""
"""Values from and to JSON: dataclasses with ``snake_case`` members, objects with ``camelCase`` ones."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from .errors import ConnectorError


class ParametersError(Exception):
    """The parameters of a call are not of the form that the contract states."""


def wire_name(name: str) -> str:
    """``machine_id`` is ``machineID``, ``max_age_ms`` is ``maxAgeMs``."""
    first, *rest = name.split("_")
    return first + "".join("ID" if word == "id" else word.capitalize() for word in rest)


def to_json(value: object) -> Any:
    """What stands on the wire for a value."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, ConnectorError):
        members = {
            "code": value.code,
            "message": value.message,
            "retryAfterMs": value.retry_after_ms,
            "field": value.field,
            "provider": to_json(value.provider),
        }
        return {key: member for key, member in members.items() if member is not None}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): to_json(member) for key, member in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {}
        for name, wire in _members(type(value)):
            member = getattr(value, name)
            if member is not None:
                found[wire] = to_json(member)
        return found
    if isinstance(value, Sequence):
        return [to_json(member) for member in value]
    raise TypeError(f"a value of the type {type(value).__name__} has no form in JSON")


@functools.cache
def _members(cls: type) -> tuple[tuple[str, str], ...]:
    return tuple((item.name, wire_name(item.name)) for item in dataclasses.fields(cls))


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


@functools.cache
def _required(cls: type) -> frozenset[str]:
    return frozenset(
        item.name
        for item in dataclasses.fields(cls)
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
    )


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def from_json(hint: Any, value: Any, path: str = "") -> Any:
    """A value of the hinted type; unknown members are ignored.

    Raises ``ParametersError`` with the path of what is wrong.
    """
    if hint is Any:
        return value
    origin = get_origin(hint)
    if origin is Union:
        if value is None:
            return None
        return from_json(next(arm for arm in get_args(hint) if arm is not type(None)), value, path)
    if origin is Literal:
        if value not in get_args(hint):
            raise ParametersError(f"{path} must be one of {', '.join(map(str, get_args(hint)))}")
        return value
    if origin is list:
        if not isinstance(value, list):
            raise ParametersError(f"{path} must be a list")
        return [from_json(get_args(hint)[0], item, f"{path}[{index}]") for index, item in enumerate(value)]
    if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
        if not isinstance(value, dict):
            raise ParametersError(f"{path} must be an object")
        return {key: from_json(get_args(hint)[1], item, f"{path}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _object(hint, value, path)
    if hint is bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise ParametersError(f"{path} must be base64") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ParametersError(f"{path} must be {_NAMES.get(hint, hint)}")
    return value


def _object(cls: type, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise ParametersError(f"{path or 'params'} must be an object")
    hints = _hints(cls)
    found: dict[str, Any] = {}
    for name, wire in _members(cls):
        inner = f"{path}.{wire}" if path else wire
        member = value.get(wire)
        if member is not None:
            found[name] = from_json(hints[name], member, inner)
        elif name in _required(cls):
            raise ParametersError(f"{inner} is missing")
    return cls(**found)

"""####),
    ]
}
