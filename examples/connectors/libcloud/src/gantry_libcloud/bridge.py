"""The connector: calls of the contract as calls of a Libcloud driver."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import gantry_connector as gantry
from gantry_connector import Machine, Outcome, Resource, Setting
from libcloud.compute.types import NodeState

from .drivers import Driver, driver_for
from .errors import translated
from .names import NamedTags, name_of, tags_in

_STATES: dict[Any, gantry.State] = {
    NodeState.RUNNING: "running",
    NodeState.NORMAL: "running",
    NodeState.REBOOTING: "running",
    NodeState.MIGRATING: "running",
    NodeState.PENDING: "pending",
    NodeState.STARTING: "pending",
    NodeState.RECONFIGURING: "pending",
    NodeState.UPDATING: "pending",
    NodeState.STOPPING: "stopping",
    NodeState.STOPPED: "stopped",
    NodeState.SUSPENDED: "stopped",
    NodeState.PAUSED: "stopped",
    NodeState.TERMINATED: "terminated",
    NodeState.ERROR: "failed",
}

_ARCHITECTURES = {"x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64", "i386": "i386"}

_CATALOG_AGE = 300.0
"""Seconds that sizes, images and locations are kept: a launch needs them as objects."""


@dataclass
class Account:
    """One open session: drivers that are free, and catalogs that are known."""

    driver: Driver
    make: Callable[[], Any]
    settings: Mapping[str, Any]
    free: list[Any] = field(default_factory=list)
    catalogs: dict[str, tuple[float, list[Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def use(self, what: str) -> Iterator[Any]:
        """A driver for this thread alone; its errors become the contract's."""
        with translated(what):
            with self.lock:
                driver = self.free.pop() if self.free else None
            driver = driver or self.make()
            yield driver
            with self.lock:
                self.free.append(driver)

    def catalog(self, name: str) -> list[Any]:
        """``list_sizes``, ``list_images`` or ``list_locations``."""
        known = self.catalogs.get(name)
        if known is None or time.monotonic() - known[0] > _CATALOG_AGE:
            with self.use(name) as driver:
                ours = name == "list_images"
                found = self.driver.images(driver, None, self.settings) if ours else getattr(driver, name)()
            known = self.catalogs[name] = (time.monotonic(), list(found))
        return known[1]


class LibcloudCloud(gantry.MachineCloud[Account]):
    """Every driver that Libcloud has; the auth line says which."""

    name = "libcloud"
    version = "0.1.0"
    title = "Clouds of Apache Libcloud"
    provider_types = ("Libcloud",)
    image_schemes = ("*",)
    parallel_creates = 8
    settles = True
    credentials = (
        Setting("provider", "Libcloud's name of the driver, such as digitalocean", required=True),
        Setting("username", "First argument of the driver: user, key or account"),
        Setting("password", "Second argument of the driver, or the only one: secret or token", secret=True),
    )
    config = (
        Setting("host", "URL of the cloud where it has no fixed one"),
        Setting("region", "Region of the driver"),
        Setting("location", "Id or name of the location of the machines, where the driver has several"),
        Setting("options", "Further arguments of the driver, as a JSON object"),
    )

    def __init__(self, driver: Driver | None = None) -> None:
        super().__init__()
        self.driver = driver

    def open_session(self, request: gantry.OpenRequest) -> gantry.Opened[Account]:
        settings = dict(request.settings)
        try:
            driver = self.driver or driver_for(settings["provider"])
        except ValueError as error:
            raise gantry.invalid(str(error), field="provider") from None
        for setting in driver.settings:
            # Of a driver that is chosen by the auth line nothing else was declared.
            settings.setdefault(setting.name, request.credentials.get(setting.name, setting.default))
        if settings["username"] is None and settings["password"] is None:
            raise gantry.unauthenticated("neither username nor password is set in the auth line")
        account = Account(driver, driver.make(settings, request.endpoint), settings)
        with account.use("opening a session"):
            pass
        where = request.endpoint or settings["host"] or settings["region"] or ""
        who = settings["username"] or "token"
        return gantry.Opened(account, account=":".join(filter(None, (driver.provider, where, who))))

    def carries(self, tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
        return tags.carries(wanted) if isinstance(tags, NamedTags) else super().carries(tags, wanted)

    # Catalogs

    def flavors(self, account: Account, request: gantry.CatalogRequest) -> Iterable[gantry.Flavor]:
        return [_flavor(size) for size in account.catalog("list_sizes") if size.ram]

    def images(self, account: Account, request: gantry.CatalogRequest) -> Iterable[gantry.Image]:
        if request.ids is None:
            found = account.catalog("list_images")
        else:
            with account.use("looking for images") as driver:
                found = account.driver.images(driver, request.ids, account.settings)
        return [
            gantry.Image(
                str(image.id),
                f"{account.driver.image_scheme}://{image.id}",
                str(image.name or image.id),
                architecture=_ARCHITECTURES.get(str((image.extra or {}).get("architecture"))),
            )
            for image in found
        ]

    # Machines

    def create(self, account: Account, item: gantry.MachineSpec, tags: Mapping[str, str]) -> Machine:
        size = _find(account.catalog("list_sizes"), item.flavor)
        if size is None:
            raise gantry.invalid(f"there is no size '{item.flavor}'", field="flavor")
        image = self._image(account, item.image)
        network = account.settings.get("network")
        if network and not any(interface.network for interface in item.interfaces):
            item = replace(item, interfaces=[gantry.Interface(0, network=network)])
        arguments = account.driver.arguments(item, tags)
        location = account.settings["location"] or item.zone
        if location and "location" in account.driver.words:
            arguments["location"] = _find(account.catalog("list_locations"), location)
            if arguments["location"] is None:
                raise gantry.invalid(f"there is no location '{location}'", field="zone")
        with account.use(f"making machine '{item.name}'") as driver:
            node = driver.create_node(size=size, image=image, **arguments)
        machine = self._machine(account, node)
        machine.tags = dict(tags)
        return machine

    def _image(self, account: Account, wanted: str) -> Any:
        plain = wanted.removeprefix(f"{account.driver.image_scheme}://")
        with account.use(f"looking for image '{wanted}'") as driver:
            found = _find(account.driver.images(driver, [plain], account.settings), plain)
        if found is None:
            raise gantry.invalid(f"there is no image '{wanted}'", field="image")
        return found

    def machines(self, account: Account) -> Iterable[Machine]:
        with account.use("listing machines") as driver:
            nodes = driver.list_nodes()
        return [self._machine(account, node) for node in nodes]

    def destroy(self, account: Account, id: str) -> None:
        node = self._node(account, id)
        with account.use(f"ending machine '{id}'") as driver:
            driver.destroy_node(node)

    def reboot(self, account: Account, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        return self._change(account, ids, "reboot_node", None)

    def start(self, account: Account, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        return self._change(account, ids, "start_node", "running")

    def stop(self, account: Account, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        return self._change(account, ids, "stop_node", "stopped")

    def _change(
        self, account: Account, ids: Sequence[str], call: str, target: str | None
    ) -> Sequence[Outcome[Machine]]:
        nodes = self._nodes(account)

        def change(id: str) -> Machine:
            if id not in nodes or self._machine(account, nodes[id]).state == "terminated":
                raise gantry.not_found("machine", id)
            if self._machine(account, nodes[id]).state != target:
                with account.use(f"{call.split('_')[0]} of machine '{id}'") as driver:
                    getattr(driver, call)(nodes[id])
            return self._machine(account, nodes[id])

        outcomes = gantry.each(ids, change)
        after = {machine.id: machine for machine in self.machines(account)}
        return [after.get(made.id, made) if isinstance(made, Machine) else made for made in outcomes]

    def _nodes(self, account: Account) -> dict[str, Any]:
        with account.use("listing machines") as driver:
            return {node.id: node for node in driver.list_nodes()}

    def _node(self, account: Account, id: str) -> Any:
        node = self._nodes(account).get(id)
        if node is None:
            raise gantry.not_found("machine", id)
        return node

    def _machine(self, account: Account, node: Any) -> Machine:
        state = account.driver.state(node, _STATES.get(node.state, "unknown"))
        addresses = [(address, True) for address in node.public_ips] + [(one, False) for one in node.private_ips]
        return Machine(
            str(node.id),
            state,  # type: ignore[arg-type]
            addresses=[
                gantry.Address(0, address, public, "ipv6" if ":" in address else "ipv4")
                for address, public in addresses
                if address
            ],
            failure=gantry.Failure("ERROR", "the cloud says that the machine failed") if state == "failed" else None,
            launched_at=node.created_at,
            tags=account.driver.tags(node),
        )


class KeyPairs(LibcloudCloud):
    """With drivers that import keys and take them by name. Keys have no tags, so that names carry them."""

    def ensure_key_pair(self, account: Account, spec: gantry.KeyPairSpec, tags: Mapping[str, str]) -> Outcome[Resource]:
        name = name_of(tags)
        with account.use(f"importing key '{spec.name}'") as driver:
            if name not in {pair.name for pair in driver.list_key_pairs()}:
                driver.import_key_pair_from_string(name, spec.public_key)
        return Resource("keyPair", name, name=name, tags=dict(tags))

    def resources(self, account: Account) -> Iterable[Resource]:
        with account.use("listing keys") as driver:
            names = [pair.name for pair in driver.list_key_pairs()]
        return [
            Resource("keyPair", name, name=name, tags=tags) for name in names if (tags := tags_in(name)) is not None
        ]

    def delete(self, account: Account, kind: str, id: str) -> Outcome[None]:
        if kind != "keyPair":
            raise gantry.ConnectorError("unsupported", f"a {kind} cannot be deleted through Libcloud")
        with account.use(f"deleting key '{id}'") as driver:
            for pair in driver.list_key_pairs():
                if pair.name == id:
                    driver.delete_key_pair(pair)
        return None


def connector_for(provider: str | None) -> LibcloudCloud:
    """The connector of one driver, which announces what the driver has, or of all of them."""
    if provider is None:
        return LibcloudCloud()
    driver = driver_for(provider)
    base = KeyPairs if driver.has_key_pairs else LibcloudCloud
    members: dict[str, Any] = {
        "name": f"libcloud-{provider.replace('_', '-')}",
        "title": f"{driver.cls.name} by Apache Libcloud",
        "provider_types": (f"Libcloud:{provider}",),
        "image_schemes": (driver.image_scheme,),
        "credentials": LibcloudCloud.credentials[1:],
        "config": (*LibcloudCloud.config, *driver.settings),
        "features": ("userData",) if driver.user_data_word else (),
        "settles": driver.settles,
    }
    # The contract has no call for what the driver cannot do.
    for method, call in (("start", "start_node"), ("stop", "stop_node"), ("reboot", "reboot_node")):
        if not driver.defines(call):
            members[method] = getattr(gantry.Connector, method)
    connector: LibcloudCloud = type("One", (base,), members)(driver)
    return connector


def _find(items: Iterable[Any], name: str) -> Any:
    found = list(items)
    by_id = next((item for item in found if str(item.id) == name), None)
    return by_id or next((item for item in found if item.name == name), None)


def _flavor(size: Any) -> gantry.Flavor:
    extra = size.extra or {}
    known = [getattr(size, "vcpus", None), *(extra.get(key) for key in ("vcpus", "vcpu", "cpu", "cpus", "cores"))]
    counts = [int(count) for count in map(str, known) if count.isdigit()]
    price = gantry.Price(float(size.price), "USD") if size.price else None
    return gantry.Flavor(
        str(size.id),
        str(size.name or size.id),
        cpu_count=max([1, *counts[:1]]),
        memory_bytes=int(size.ram) << 20,
        disk_bytes=int(size.disk) << 30 if size.disk else None,
        architecture="aarch64" if "Graviton" in str(extra.get("physicalProcessor")) else None,
        price_per_hour=price,
    )
