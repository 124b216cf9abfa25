"""What differs between Libcloud's drivers: how one is made, where it keeps tags, which words its calls know."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from gantry_connector import ConnectorError, MachineSpec, Setting, invalid
from libcloud.compute.base import NodeDriver
from libcloud.compute.drivers.ec2 import BaseEC2NodeDriver, EC2Connection, EC2NodeDriver, EC2Response
from libcloud.compute.drivers.openstack import OpenStack_2_NodeDriver, OpenStackNodeDriver
from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

from .dummy import FileDummyNodeDriver
from .names import name_of, tags_in

DRIVER_NAMES = sorted({str(value) for key, value in vars(Provider).items() if key.isupper()})


class Driver:
    """A driver that has names and no tags."""

    has_tags = False
    settles = True
    settings: tuple[Setting, ...] = ()
    image_scheme = "libcloud"

    def __init__(self, cls: type[NodeDriver], provider: str) -> None:
        self.cls = cls
        self.provider = provider
        # Some drivers are made by a class that only chooses among those of several versions.
        self.newest = cls
        while self.newest.create_node is NodeDriver.create_node and self.newest.__subclasses__():
            self.newest = self.newest.__subclasses__()[-1]
        self.words = frozenset(inspect.signature(self.newest.create_node).parameters)

    def defines(self, *methods: str) -> bool:
        """Whether the driver has these calls; those of the base class raise ``NotImplementedError``."""
        return all(
            hasattr(self.newest, name) and getattr(self.newest, name) is not getattr(NodeDriver, name, None)
            for name in methods
        )

    @property
    def has_key_pairs(self) -> bool:
        known = self.defines("import_key_pair_from_string", "list_key_pairs", "delete_key_pair")
        return known and "ex_keyname" in self.words

    @property
    def user_data_word(self) -> str | None:
        return next((word for word in ("ex_userdata", "ex_user_data") if word in self.words), None)

    def make(self, settings: Mapping[str, Any], endpoint: str | None) -> Callable[[], NodeDriver]:
        """Makes drivers of one account: a driver serves one thread at a time."""
        key, secret = settings["username"], settings["password"]
        # Clouds with one secret take it as the key.
        arguments = [value for value in (key, secret) if value is not None]
        options = {**self.options(settings, endpoint), **_options(settings)}
        return lambda: self.cls(*arguments, **options)

    def options(self, settings: Mapping[str, Any], endpoint: str | None) -> dict[str, Any]:
        found = address(endpoint or settings["host"])
        if settings["region"]:
            found["region"] = settings["region"]
        return found

    def tags(self, node: Any) -> dict[str, str]:
        return tags_in(node.name or "") or {}

    def arguments(self, item: MachineSpec, tags: Mapping[str, str]) -> dict[str, Any]:
        """The words of ``create_node`` beside size, image and location."""
        found: dict[str, Any] = {"name": name_of(tags)}
        if item.key_pair and "ex_keyname" in self.words:
            found["ex_keyname"] = item.key_pair
        if item.user_data and self.user_data_word:
            found[self.user_data_word] = item.user_data.decode("utf-8", "replace")
        return found

    def images(self, driver: NodeDriver, ids: list[str] | None, settings: Mapping[str, Any]) -> list[Any]:
        return list(driver.list_images())

    def state(self, node: Any, state: str) -> str:
        """May know better than Libcloud's list of states."""
        return state


class DummyDriver(Driver):
    """For tests and for trying things out."""

    settles = False
    settings = (
        Setting("stateFile", "File that holds the nodes", default="~/.local/state/connector-libcloud/dummy.json"),
    )

    def make(self, settings: Mapping[str, Any], endpoint: str | None) -> Callable[[], NodeDriver]:
        return lambda: FileDummyNodeDriver(settings["username"], settings["stateFile"])


class EC2Driver(Driver):
    """Amazon's and what answers like it."""

    has_tags = True
    settles = False
    image_scheme = "aws"
    settings = (Setting("imageOwner", "Whose images the catalog has: self, amazon, or an account", default="self"),)

    def options(self, settings: Mapping[str, Any], endpoint: str | None) -> dict[str, Any]:
        found = super().options(settings, endpoint)
        if issubclass(self.cls, EC2NodeDriver):
            found.setdefault("region", "us-east-1")
            found["signature_version"] = "4"
        return found

    def tags(self, node: Any) -> dict[str, str]:
        return {key: value or "" for key, value in (node.extra.get("tags") or {}).items() if key != "Name"}

    def arguments(self, item: MachineSpec, tags: Mapping[str, str]) -> dict[str, Any]:
        found = super().arguments(item, {})
        # The cloud itself makes one machine of a token and its item, whoever asks how often.
        token = name_of({"token": tags["gantry:batch"], "item": item.machine_id})
        found.update(name=item.name, ex_metadata=dict(tags), ex_clienttoken=token + tags["gantry:items"])
        interface = item.interfaces[0] if item.interfaces else None
        if interface and interface.network:
            found["ex_subnet"] = SimpleNamespace(id=interface.network)
            found["ex_assign_public_ip"] = interface.public
        return found

    def images(self, driver: NodeDriver, ids: list[str] | None, settings: Mapping[str, Any]) -> list[Any]:
        if ids is None:
            return list(driver.list_images(ex_owner=settings["imageOwner"]))
        plain = [id for id in (id.rsplit("/", 1)[-1] for id in ids) if id.startswith("ami-")]
        # A filter finds none for an unknown id, which asked for by its id is an error of the whole call.
        return list(driver.list_images(ex_filters={"image-id": plain})) if plain else []

    def state(self, node: Any, state: str) -> str:
        return {"shutting-down": "terminated", "stopping": "stopping"}.get(node.extra.get("status"), state)


class OpenStackDriver(Driver):
    """OpenStack with Keystone v3."""

    has_tags = True
    image_scheme = "ost"
    settings = (
        Setting("tenant", "Project"),
        Setting("domain", "Domain of the user and the project", default="Default"),
        Setting("auth_version", "Libcloud's name of the way to log in", default="3.x_password"),
        Setting("network", "Id of the network of machines whose document names none"),
    )

    def options(self, settings: Mapping[str, Any], endpoint: str | None) -> dict[str, Any]:
        url = endpoint or settings["host"]
        if not url:
            raise invalid("'host' is not set: the URL of Keystone, such as https://cloud.example:5000", field="host")
        found: dict[str, Any] = {
            # Libcloud adds the path of the version itself.
            "ex_force_auth_url": re.sub(r"/v[23][^/]*/?$", "", url.rstrip("/")),
            "ex_force_auth_version": settings["auth_version"],
            "ex_domain_name": settings["domain"],
        }
        if settings["tenant"]:
            found["ex_tenant_name"] = settings["tenant"]
        if settings["region"]:
            found["ex_force_service_region"] = settings["region"]
        return found

    def tags(self, node: Any) -> dict[str, str]:
        return {key: str(value) for key, value in (node.extra.get("metadata") or {}).items()}

    def arguments(self, item: MachineSpec, tags: Mapping[str, str]) -> dict[str, Any]:
        found = super().arguments(item, {})
        found.update(name=item.name, ex_metadata=dict(tags))
        if item.zone:
            found["ex_availability_zone"] = item.zone
        networks = [interface.network for interface in item.interfaces if interface.network]
        if networks:
            found["networks"] = [SimpleNamespace(id=network) for network in networks]
        return found

    def state(self, node: Any, state: str) -> str:
        return "terminated" if node.extra.get("task_state") == "deleting" and state == "unknown" else state


class _NamespaceResponse(EC2Response):  # type: ignore[misc]
    """Endpoints that are not Amazon's leave the last slash of the namespace out, and Libcloud then finds nothing."""

    body: str

    def parse_body(self) -> Any:
        self.body = re.sub(r'(xmlns="http://ec2\.amazonaws\.com/doc/[0-9-]+)"', r'\1/"', self.body)
        return super().parse_body()


class _NamespaceConnection(EC2Connection):  # type: ignore[misc]
    responseCls = _NamespaceResponse


class _AnyEC2NodeDriver(EC2NodeDriver):  # type: ignore[misc]
    connectionCls = _NamespaceConnection


def driver_for(provider: str) -> Driver:
    """What is known of a driver of Libcloud, by Libcloud's name of it."""
    try:
        cls = get_driver(provider)
    except (AttributeError, ImportError, KeyError) as error:
        raise ValueError(f"Libcloud has no driver '{provider}'; it has {', '.join(DRIVER_NAMES)}") from error
    if provider == "dummy":
        return DummyDriver(FileDummyNodeDriver, provider)
    if cls is EC2NodeDriver:
        return EC2Driver(_AnyEC2NodeDriver, provider)
    if issubclass(cls, BaseEC2NodeDriver):
        return EC2Driver(cls, provider)
    if issubclass(cls, OpenStackNodeDriver):
        return OpenStackDriver(OpenStack_2_NodeDriver if cls is OpenStackNodeDriver else cls, provider)
    return Driver(cls, provider)


def address(url: str | None) -> dict[str, Any]:
    """Host, port and whether to use TLS, as most drivers take them."""
    if not url:
        return {}
    parts = urlsplit(url if "//" in url else f"https://{url}")
    found: dict[str, Any] = {"host": parts.hostname, "secure": parts.scheme != "http"}
    if parts.port:
        found["port"] = parts.port
    return found


def _options(settings: Mapping[str, Any]) -> dict[str, Any]:
    text = settings["options"]
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConnectorError("invalidArgument", "'options' must be a JSON object", field="options")
    return found
