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
