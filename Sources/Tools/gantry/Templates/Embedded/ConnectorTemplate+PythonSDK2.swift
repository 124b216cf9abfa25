// swift-format-ignore-file
// Made by scripts/embed-templates of sdk/python/src/gantry_connector; do not edit.

extension ConnectorTemplate {
    static let pythonSDK2: [File] = [
        File(path: "gantry_connector/connector.py", isExecutable: false, text: ####"""
"""What an author writes: a class with a method for each thing that the cloud can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, ClassVar, Generic, Optional, TypeVar, Union

from .errors import ConnectorError
from .values import (
    BulkLocation,
    CatalogRequest,
    Flavor,
    Image,
    KeyPairSpec,
    LaunchRequest,
    ListRequest,
    Machine,
    Network,
    NetworkSpec,
    Opened,
    OpenRequest,
    Outcome,
    Page,
    PlanCandidate,
    PlanRequest,
    PublicAddressSpec,
    Quota,
    Resource,
    SecurityGroupSpec,
    SnapshotRequest,
    StepResult,
    UploadImageRequest,
    VolumeSpec,
)

S = TypeVar("S")
T = TypeVar("T")

Items = Union[Page[T], Iterable[T]]
"""All items, which the SDK cuts into pages, or one page that the connector has cut."""


@dataclass(frozen=True)
class Setting:
    """A key of the auth line or of the connector's configuration, of the type of ``type``: str, int, float, bool.

    A ``secret`` one never stands in logs and errors. A credential that is ``required`` and missing is answered with
    ``unauthenticated``, any other setting with ``invalidArgument``.
    """

    name: str
    description: str = ""
    type: type = str
    secret: bool = False
    required: bool = False
    default: Any = None
    choices: Optional[Sequence[str]] = None

    def schema(self) -> dict[str, Any]:
        """Its entry in a JSON Schema."""
        names = {str: "string", int: "integer", float: "number", bool: "boolean"}
        found: dict[str, Any] = {"type": names[self.type]}
        if self.description:
            found["description"] = self.description
        if self.secret:
            found["format"] = "password"
        if self.default is not None:
            found["default"] = self.default
        if self.choices is not None:
            found["enum"] = list(self.choices)
        return found


class Connector(Generic[S]):
    """A driver for one kind of cloud; ``S`` is what one open session is to it.

    The mandatory methods are ``open_session``, ``launch``, ``describe``, ``list_resources`` and ``terminate``; of the
    others those that a subclass defines are announced as capabilities. ``MachineCloud`` makes four of them out of
    three simpler ones. Methods are called from several threads at the same time, up to ``max_concurrent_calls``.
    They neither poll nor sleep, and nothing that a restart would lose may decide an answer.

    A failed call raises ``ConnectorError``; anything else that is raised reaches the host as ``internal``.
    """

    name: ClassVar[str] = ""
    """``[a-z0-9-]+``; the executable is ``connector-NAME``."""
    version: ClassVar[str] = "0.1.0"
    title: ClassVar[str] = ""
    provider_types: ClassVar[Sequence[str]] = ()
    """The ``type`` values of auth lines that this connector serves."""
    image_schemes: ClassVar[Sequence[str]] = ()
    """URL schemes of images that it understands; ``*``: any."""
    credentials: ClassVar[Sequence[Setting]] = ()
    config: ClassVar[Sequence[Setting]] = ()
    features: ClassVar[Sequence[str]] = ()
    """Capabilities that no method shows: ``userData``, ``spot``, ``price``, ``progress``, ``regions``, …"""
    max_concurrent_calls: ClassVar[int] = 16
    max_launch_items: ClassVar[Optional[int]] = None
    page_size: ClassVar[int] = 1000

    # Mandatory

    def open_session(self, request: OpenRequest) -> Opened[S]:
        """Cheap checks only; wrong credentials raise ``unauthenticated``."""
        raise NotImplementedError

    def close_session(self, session: S) -> None:
        """Called once for each session that was opened."""

    def launch(self, session: S, request: LaunchRequest) -> Sequence[Outcome[Machine]]:
        """One outcome per item, in order. The same token and items give the same machines, whatever happened."""
        raise NotImplementedError

    def describe(self, session: S, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        """One outcome per id, in order, with few requests to the cloud; an unknown one is ``notFound``."""
        raise NotImplementedError

    def list_resources(self, session: S, request: ListRequest) -> Items[Resource]:
        """Everything that carries all of the tags, machines first."""
        raise NotImplementedError

    def terminate(self, session: S, ids: Sequence[str]) -> Sequence[Outcome[None]]:
        """One outcome per id; ``None`` also for what is already gone or never was."""
        raise NotImplementedError

    # Optional

    def continue_call(self, session: S, state: str) -> Outcome[StepResult]:
        """The next step of what answered ``InProgress``; may come twice with the same state."""
        raise self.unsupported("continue")

    def flavors(self, session: S, request: CatalogRequest) -> Items[Flavor]:
        raise self.unsupported("catalog.flavors")

    def images(self, session: S, request: CatalogRequest) -> Items[Image]:
        raise self.unsupported("catalog.images")

    def networks(self, session: S, request: CatalogRequest) -> Items[Network]:
        raise self.unsupported("catalog.networks")

    def quotas(self, session: S, request: CatalogRequest) -> Items[Quota]:
        raise self.unsupported("catalog.quotas")

    def plan(self, session: S, request: PlanRequest) -> Sequence[PlanCandidate]:
        """For clouds that choose by themselves; no side effect."""
        raise self.unsupported("machine.plan")

    def start(self, session: S, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        """Success for machines that run already; unknown ones are ``notFound``."""
        raise self.unsupported("machine.start")

    def stop(self, session: S, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        """Success for machines that are stopped already; unknown ones are ``notFound``."""
        raise self.unsupported("machine.stop")

    def reboot(self, session: S, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        raise self.unsupported("machine.reboot")

    def resize(self, session: S, id: str, flavor: str) -> Outcome[Machine]:
        """Success when the machine has this flavor already."""
        raise self.unsupported("machine.resize")

    def snapshot(self, session: S, request: SnapshotRequest) -> Outcome[Image]:
        raise self.unsupported("machine.snapshot")

    def console(self, session: S, id: str) -> BulkLocation:
        raise self.unsupported("machine.console")

    def ensure_network(self, session: S, spec: NetworkSpec, tags: Mapping[str, str]) -> Outcome[Resource]:
        """Returns what is there under exactly these tags, else creates it with them."""
        raise self.unsupported("network.ensure")

    def ensure_security_group(self, session: S, spec: SecurityGroupSpec, tags: Mapping[str, str]) -> Outcome[Resource]:
        """As ``ensure_network``, and makes its rules equal to the specification."""
        raise self.unsupported("securityGroup.ensure")

    def ensure_key_pair(self, session: S, spec: KeyPairSpec, tags: Mapping[str, str]) -> Outcome[Resource]:
        raise self.unsupported("keyPair.ensure")

    def ensure_volume(self, session: S, spec: VolumeSpec, tags: Mapping[str, str]) -> Outcome[Resource]:
        raise self.unsupported("volume.ensure")

    def ensure_public_address(self, session: S, spec: PublicAddressSpec, tags: Mapping[str, str]) -> Outcome[Resource]:
        raise self.unsupported("publicAddress.ensure")

    def delete(self, session: S, kind: str, id: str) -> Outcome[None]:
        """Deletes a resource that is no machine; ``None`` also when it is already gone."""
        raise self.unsupported(f"resource.delete of a {kind}")

    def upload_image(self, session: S, request: UploadImageRequest) -> Outcome[Image]:
        """Registers an image from a path or URL; idempotent by its digest."""
        raise self.unsupported("image.upload")

    # What the SDK makes of it

    def unsupported(self, call: str) -> ConnectorError:
        announced = ", ".join(sorted(self.capabilities())) or "nothing beside the mandatory calls"
        return ConnectorError(
            "unsupported", f"connector '{self.name}' does not support {call}; it announces {announced}"
        )

    def defines(self, method: str) -> bool:
        """Whether a subclass has this method of its own."""
        return getattr(type(self), method) is not getattr(Connector, method)

    def capabilities(self) -> dict[str, int]:
        """What is announced: one for each optional method that a subclass defines, and its ``features``."""
        found = {name: 1 for method, name in _CAPABILITIES if self.defines(method)}
        found.update(dict.fromkeys(self.features, 1))
        return dict(sorted(found.items()))

    def description(self) -> dict[str, Any]:
        """The answer of ``initialize`` and what ``describe`` prints."""
        requirements = {"maxConcurrentCalls": self.max_concurrent_calls}
        if self.max_launch_items is not None:
            requirements["maxLaunchItems"] = self.max_launch_items
        return {
            "protocolVersion": 1,
            "connector": {"name": self.name, "version": self.version, "title": self.title or self.name},
            "providerTypes": list(self.provider_types),
            "imageSchemes": list(self.image_schemes),
            "capabilities": self.capabilities(),
            "configSchema": _schema(self.config),
            "credentialSchema": _schema(self.credentials),
            "requirements": requirements,
        }

    def read_settings(self, request: OpenRequest) -> dict[str, Any]:
        """The declared settings and credentials with their types and defaults.

        A setting stands in the configuration or, as text, in the auth line.
        """
        found: dict[str, Any] = {}
        for setting in (*self.config, *self.credentials):
            is_credential = setting in self.credentials
            value = request.config.get(setting.name)
            if value is None or is_credential:
                value = request.credentials.get(setting.name, value)
            if value is None:
                if setting.required:
                    raise ConnectorError(
                        "unauthenticated" if is_credential else "invalidArgument",
                        f"'{setting.name}' is not set: {setting.description or 'add it to the auth line'}",
                        field=setting.name,
                    )
                value = setting.default
            found[setting.name] = value if value is None else _typed(setting, value)
        return found


def _schema(settings: Sequence[Setting]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": {item.name: item.schema() for item in settings}}
    required = [item.name for item in settings if item.required]
    if required:
        found["required"] = required
    return found


def _typed(setting: Setting, value: Any) -> Any:
    try:
        if setting.type is bool:
            if not isinstance(value, bool):
                value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                    str(value).lower()
                ]
        elif isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError
        else:
            value = setting.type(value)
    except (KeyError, ValueError):
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}.get(setting.type, "a text")
        raise ConnectorError(
            "invalidArgument", f"the setting '{setting.name}' must be {wanted}", field=setting.name
        ) from None
    if setting.choices is not None and value not in setting.choices:
        raise ConnectorError(
            "invalidArgument",
            f"the setting '{setting.name}' must be one of {', '.join(setting.choices)}",
            field=setting.name,
        )
    return value


_CAPABILITIES = (
    ("continue_call", "continue"),
    ("flavors", "flavors"),
    ("images", "images"),
    ("networks", "networks"),
    ("ensure_network", "networks"),
    ("quotas", "quotas"),
    ("plan", "plan"),
    ("start", "start"),
    ("stop", "stop"),
    ("reboot", "reboot"),
    ("resize", "resize"),
    ("snapshot", "snapshot"),
    ("console", "console"),
    ("ensure_security_group", "securityGroups"),
    ("ensure_key_pair", "keyPairs"),
    ("ensure_volume", "volumes"),
    ("ensure_public_address", "publicAddresses"),
    ("upload_image", "imageUpload"),
)


def each(ids: Sequence[str], work: Callable[[str], T]) -> list[Outcome[T]]:
    """One outcome per id: what ``work`` returns, or the ``ConnectorError`` that it raises."""
    found: list[Outcome[T]] = []
    for id in ids:
        try:
            found.append(work(id))
        except ConnectorError as error:
            found.append(error)
    return found

"""####),
        File(path: "gantry_connector/errors.py", isExecutable: false, text: ####"""
"""Failures of calls and items: a closed list of codes, each with a recovery by the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

CODES = frozenset(
    {
        "invalidArgument",
        "unauthenticated",
        "permissionDenied",
        "notFound",
        "alreadyExists",
        "quotaExceeded",
        "unavailable",
        "throttled",
        "aborted",
        "unsupported",
        "timeout",
        "cancelled",
        "internal",
    }
)


@dataclass(frozen=True)
class ProviderError:
    """What the provider itself said."""

    code: Optional[str] = None
    request_id: Optional[str] = None
    status: Optional[int] = None


class ConnectorError(Exception):
    """A failed call, or the outcome of one failed item.

    A code that says that nothing was made must be true, since the host then goes on to the next candidate: in doubt use
    ``timeout`` or ``internal``. The message says what failed, on which object, and what to do next; never a secret.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry_after_ms: Optional[int] = None,
        field: Optional[str] = None,
        provider: Optional[ProviderError] = None,
    ) -> None:
        if code not in CODES:
            raise ValueError(f"{code!r} is no error code of the contract; use one of {', '.join(sorted(CODES))}")
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after_ms = retry_after_ms
        self.field = field
        self.provider = provider


def not_found(what: str, name: str) -> ConnectorError:
    """The named object does not exist."""
    return ConnectorError("notFound", f"there is no {what} '{name}'")


def unauthenticated(message: str) -> ConnectorError:
    """Credentials or session are not accepted."""
    return ConnectorError("unauthenticated", message)


def invalid(message: str, field: Optional[str] = None) -> ConnectorError:
    """The request can never succeed, and nothing was made."""
    return ConnectorError("invalidArgument", message, field=field)

"""####),
        File(path: "gantry_connector/log.py", isExecutable: false, text: ####"""
"""The connector's log; its records reach the host over standard error."""

from __future__ import annotations

import logging

logger = logging.getLogger("gantry_connector")

"""####),
        File(path: "gantry_connector/methods.py", isExecutable: false, text: ####"""
"""The calls of the contract: what each asks of a connector, and how its parameters are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

from .coding import to_json
from .connector import Connector
from .errors import ConnectorError
from .paging import paged
from .values import (
    CatalogRequest,
    InProgress,
    KeyPairSpec,
    LaunchRequest,
    ListRequest,
    NetworkSpec,
    Page,
    PlanRequest,
    PublicAddressSpec,
    SecurityGroupSpec,
    SnapshotRequest,
    UploadImageRequest,
    VolumeSpec,
)


@dataclass
class Ids:
    ids: list[str]


@dataclass
class One:
    id: str


@dataclass
class Resize:
    id: str
    flavor: str


@dataclass
class Delete:
    kind: str
    id: str


@dataclass
class Continue:
    state: str


@dataclass
class EnsureNetwork:
    spec: NetworkSpec
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class EnsureSecurityGroup:
    spec: SecurityGroupSpec
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class EnsureKeyPair:
    spec: KeyPairSpec
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class EnsureVolume:
    spec: VolumeSpec
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class EnsurePublicAddress:
    spec: PublicAddressSpec
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """A call inside of a session. ``method`` is the connector's that must be defined; None: always there."""

    request: type
    invoke: Callable[[Connector[Any], Any, Any], Any]
    method: Optional[str] = None


def outcome(value: object) -> dict[str, Any]:
    """``{"done": …}``, ``{"inProgress": …}`` or ``{"error": …}``."""
    if isinstance(value, ConnectorError):
        return {"error": to_json(value)}
    if isinstance(value, InProgress):
        return {"inProgress": to_json(value)}
    return {"done": {} if value is None else to_json(value)}


def _outcomes(values: Sequence[object], count: int, call: str) -> list[dict[str, Any]]:
    if len(values) != count:
        raise ConnectorError("internal", f"the connector answered {call} of {count} with {len(values)} outcomes")
    return [outcome(value) for value in values]


def _page(connector: Connector[Any], items: Any, page: Optional[str], key: Callable[[Any], str]) -> Any:
    return to_json(items if isinstance(items, Page) else paged(items, page, connector.page_size, key))


def _flavor_key(flavor: Any) -> str:
    return f"{flavor.id}\0{flavor.architecture or ''}"


def _resource_key(resource: Any) -> str:
    return f"{0 if resource.kind == 'machine' else 1}{resource.kind}\0{resource.id}"


def _id(item: Any) -> str:
    return str(item.id)


def _name(item: Any) -> str:
    return str(item.name)


def _catalog(method: str, key: Callable[[Any], str]) -> Method:
    def invoke(connector: Connector[Any], session: Any, request: Any) -> Any:
        return _page(connector, getattr(connector, method)(session, request), request.page, key)

    return Method(CatalogRequest, invoke, method)


def _for_ids(method: str, call: str, optional: bool = True) -> Method:
    def invoke(connector: Connector[Any], session: Any, request: Any) -> Any:
        return _outcomes(getattr(connector, method)(session, request.ids), len(request.ids), call)

    return Method(Ids, invoke, method if optional else None)


def _ensure(method: str, request: type) -> Method:
    def invoke(connector: Connector[Any], session: Any, request: Any) -> Any:
        return outcome(getattr(connector, method)(session, request.spec, request.tags))

    return Method(request, invoke, method)


METHODS: dict[str, Method] = {
    "machine.launch": Method(LaunchRequest, lambda c, s, r: _outcomes(c.launch(s, r), len(r.items), "machine.launch")),
    "machine.describe": _for_ids("describe", "machine.describe", optional=False),
    "machine.terminate": _for_ids("terminate", "machine.terminate", optional=False),
    "resource.list": Method(ListRequest, lambda c, s, r: _page(c, c.list_resources(s, r), r.page, _resource_key)),
    "continue": Method(Continue, lambda c, s, r: outcome(c.continue_call(s, r.state)), "continue_call"),
    "catalog.flavors": _catalog("flavors", _flavor_key),
    "catalog.images": _catalog("images", _id),
    "catalog.networks": _catalog("networks", _id),
    "catalog.quotas": _catalog("quotas", _name),
    "machine.plan": Method(PlanRequest, lambda c, s, r: to_json(c.plan(s, r)), "plan"),
    "machine.start": _for_ids("start", "machine.start"),
    "machine.stop": _for_ids("stop", "machine.stop"),
    "machine.reboot": _for_ids("reboot", "machine.reboot"),
    "machine.resize": Method(Resize, lambda c, s, r: outcome(c.resize(s, r.id, r.flavor)), "resize"),
    "machine.snapshot": Method(SnapshotRequest, lambda c, s, r: outcome(c.snapshot(s, r)), "snapshot"),
    "machine.console": Method(One, lambda c, s, r: to_json(c.console(s, r.id)), "console"),
    "network.ensure": _ensure("ensure_network", EnsureNetwork),
    "securityGroup.ensure": _ensure("ensure_security_group", EnsureSecurityGroup),
    "keyPair.ensure": _ensure("ensure_key_pair", EnsureKeyPair),
    "volume.ensure": _ensure("ensure_volume", EnsureVolume),
    "publicAddress.ensure": _ensure("ensure_public_address", EnsurePublicAddress),
    "resource.delete": Method(Delete, lambda c, s, r: outcome(c.delete(s, r.kind, r.id)), "delete"),
    "image.upload": Method(UploadImageRequest, lambda c, s, r: outcome(c.upload_image(s, r)), "upload_image"),
}

"""####),
        File(path: "gantry_connector/paging.py", isExecutable: false, text: ####"""
"""Pages that have nothing twice although items come and go between them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Callable, Optional, TypeVar

from .errors import invalid
from .values import Page

T = TypeVar("T")


def paged(
    items: Iterable[T],
    page: Optional[str],
    size: int,
    key: Callable[[T], str],
    max_age_ms: Optional[int] = None,
) -> Page[T]:
    """The page after the mark ``page``, in the order of ``key``, which must be unique."""
    ordered = sorted(items, key=key)
    if page is not None:
        try:
            last = base64.urlsafe_b64decode(page.encode("ascii")).decode("utf-8")
        except ValueError:
            raise invalid("the page is none of this connector's", field="page") from None
        ordered = [item for item in ordered if key(item) > last]
    chosen = ordered[:size]
    following = None
    if len(ordered) > size:
        following = base64.urlsafe_b64encode(key(chosen[-1]).encode("utf-8")).decode("ascii")
    return Page(chosen, next=following, max_age_ms=max_age_ms)

"""####),
        File(path: "gantry_connector/process.py", isExecutable: false, text: ####"""
"""Makes this process a connector."""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Optional

from .connector import Connector
from .redaction import HostHandler, RedactingStream, Redactor
from .server import Server


def serve(connector: Connector[Any], arguments: Optional[Sequence[str]] = None) -> NoReturn:
    """The last line of a connector: answers the host until the input ends, then exits.

    ``describe`` prints what the connector is; ``serve`` speaks the protocol. Standard output is put out of reach
    first: what is printed goes to the log, without the secrets of open sessions. So do records of ``logging``.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = os.path.basename(sys.argv[0])
    if words == ["describe"]:
        print(json.dumps(connector.description(), ensure_ascii=False))
        sys.stdout.flush()
        sys.exit(0)
    if words not in ([], ["serve"]):
        _leave(name, f"'{' '.join(words)}' is not known; use 'describe' or 'serve'")
    if not os.environ.get("CONNECTOR_COOKIE"):
        _leave(
            name,
            f"this is a connector; it is started by the server. Try '{name} describe', or test it with "
            f"'connector-check -- {sys.argv[0]}'",
        )
    sys.exit(_serve(connector))


def _leave(name: str, message: str) -> NoReturn:
    sys.stderr.write(f"{name}: {message}\n")
    sys.exit(64)


def _serve(connector: Connector[Any]) -> int:
    # The process holds credentials: no core dump.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.flush()
    output = os.dup(1)  # Not inherited by children.
    os.dup2(2, 1)
    redactor = Redactor()
    sys.stdout = sys.stderr = RedactingStream(sys.stderr, redactor)
    root = logging.getLogger()
    root.handlers[:] = [HostHandler()]
    root.setLevel(logging.INFO)

    wakes, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGTERM, lambda *_: os.write(wake, b"\0"))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # Descriptor 0 belongs to the protocol: children get an empty one.
    source = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    Server(connector, output, redactor).run(source, wakes)
    sys.stderr.flush()
    # Threads of calls that never end must not keep the process.
    os._exit(0)

"""####),
        File(path: "gantry_connector/py.typed", isExecutable: false, text: ####"""

"""####),
    ]
}
