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
