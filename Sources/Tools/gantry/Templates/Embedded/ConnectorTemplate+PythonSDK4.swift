// swift-format-ignore-file
// Made by scripts/embed-templates of sdk/python/src/gantry_connector; do not edit.

extension ConnectorTemplate {
    static let pythonSDK4: [File] = [
        File(path: "gantry_connector/values.py", isExecutable: false, text: ####"""
"""The values of the contract. Sizes in bytes, durations in milliseconds; ``None`` members are left out on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, Optional, TypeVar, Union

from .errors import ConnectorError

T = TypeVar("T")

BATCH_TAG = "gantry:batch"
"""The tag under which every machine carries the token of its launch."""

State = Literal["pending", "running", "stopping", "stopped", "terminated", "failed", "unknown"]
Kind = Literal[
    "machine", "volume", "network", "subnet", "router", "securityGroup", "publicAddress", "keyPair", "image", "other"
]


@dataclass
class InProgress:
    """The call needs another step: the host calls ``continue_call`` with the state, which is opaque to it."""

    state: str
    poll_after_ms: int


Outcome = Union[T, InProgress, ConnectorError]
"""The result of one item: done, to be continued, or failed."""


@dataclass
class Page(Generic[T]):
    """One page; ``next`` is given back for the following one. ``max_age_ms``: how long the host may keep it."""

    items: Sequence[T]
    next: Optional[str] = None
    max_age_ms: Optional[int] = None


# Machines


@dataclass
class Disk:
    """A disk beside or instead of what the image brings; index 0 is the root disk."""

    index: int
    size_bytes: Optional[int] = None
    source: Optional[str] = None
    type: Optional[str] = None
    device: Optional[str] = None
    filesystem: Optional[str] = None


@dataclass
class Interface:
    """A network interface; ``network`` and ``groups`` are the provider's ids."""

    index: int
    network: Optional[str] = None
    fixed_address: Optional[str] = None
    public: bool = False
    groups: list[str] = field(default_factory=list)


@dataclass
class Spot:
    """A wish for a spot or preemptible machine; the price is per hour."""

    max_price: Optional[float] = None


@dataclass
class MachineSpec:
    """What a machine to be launched shall be: requirements were already matched by the host."""

    machine_id: str
    name: str
    image: str = ""
    flavor: str = ""
    cpu_count: Optional[int] = None
    memory_bytes: Optional[int] = None
    disks: list[Disk] = field(default_factory=list)
    interfaces: list[Interface] = field(default_factory=list)
    key_pair: Optional[str] = None
    user_data: Optional[bytes] = None
    zone: Optional[str] = None
    spot: Optional[Spot] = None
    tags: dict[str, str] = field(default_factory=dict)
    provider: dict[str, Any] = field(default_factory=dict)


@dataclass
class Failure:
    """Why a machine is ``failed``."""

    code: str
    message: str


@dataclass
class Address:
    """An address of a machine; ``interface`` is the index of its interface."""

    interface: int
    address: str
    public: bool = False
    family: Literal["ipv4", "ipv6"] = "ipv4"


@dataclass
class Machine:
    """A machine as the provider sees it; ``machine_id`` is the host's id, ``id`` the provider's."""

    id: str
    state: State
    machine_id: Optional[str] = None
    batch_token: Optional[str] = None
    failure: Optional[Failure] = None
    addresses: list[Address] = field(default_factory=list)
    flavor: Optional[str] = None
    image: Optional[str] = None
    zone: Optional[str] = None
    launched_at: Optional[datetime] = None
    ssh_port: Optional[int] = None
    host_keys: Optional[list[str]] = None
    remark: Optional[str] = None
    tags: dict[str, str] = field(default_factory=dict)
    provider: dict[str, Any] = field(default_factory=dict)


# Resources


@dataclass
class Reference:
    """Names another resource."""

    kind: Kind
    id: str


@dataclass
class Resource:
    """Something that was created at the provider; ``depends_on`` names what must be deleted after it."""

    kind: Kind
    id: str
    name: Optional[str] = None
    tags: dict[str, str] = field(default_factory=dict)
    depends_on: list[Reference] = field(default_factory=list)
    machine: Optional[Machine] = None
    provider: dict[str, Any] = field(default_factory=dict)


@dataclass
class NetworkSpec:
    """A network to be ensured."""

    name: str
    cidr: Optional[str] = None
    public: bool = False
    dns_servers: list[str] = field(default_factory=list)
    provider: dict[str, Any] = field(default_factory=dict)


@dataclass
class Rule:
    """Lets traffic in; for ICMP the ports are 0 to 0 or -1."""

    transport: Literal["tcp", "udp", "icmp"]
    from_port: int
    to_port: int
    cidr: str = "0.0.0.0/0"


@dataclass
class SecurityGroupSpec:
    """A security group to be ensured. Members may always talk to each other."""

    name: str
    description: str
    network: Optional[str] = None
    rules: list[Rule] = field(default_factory=list)


@dataclass
class KeyPairSpec:
    """A key pair to be ensured: the public key in OpenSSH's form. Private keys never travel."""

    name: str
    public_key: str


@dataclass
class VolumeSpec:
    """A volume to be ensured and, where ``machine`` is set, attached."""

    name: str
    size_bytes: int
    type: Optional[str] = None
    source: Optional[str] = None
    zone: Optional[str] = None
    machine: Optional[str] = None
    device: Optional[str] = None
    disk: Optional[int] = None


@dataclass
class PublicAddressSpec:
    """A public address to be ensured and, where ``machine`` is set, attached."""

    pool: Optional[str] = None
    address: Optional[str] = None
    machine: Optional[str] = None
    interface: Optional[int] = None


# Catalogs


@dataclass
class GPU:
    """A kind of accelerator of a flavor."""

    count: int
    vendor: Optional[str] = None
    model: Optional[str] = None


@dataclass
class Price:
    """An amount in a currency by ISO 4217."""

    amount: float
    currency: str


@dataclass
class Flavor:
    """A machine size. ``architecture``: ``x86_64``, ``i386``, ``aarch64``; one entry for each that it runs."""

    id: str
    name: str
    cpu_count: int
    memory_bytes: int
    disk_bytes: Optional[int] = None
    architecture: Optional[str] = None
    gpus: Optional[list[GPU]] = None
    price_per_hour: Optional[Price] = None
    zones: Optional[list[str]] = None
    provider: dict[str, Any] = field(default_factory=dict)


@dataclass
class OperatingSystem:
    """``linux``, flavour ``debian``, version ``12``."""

    name: str
    flavour: Optional[str] = None
    version: Optional[str] = None


@dataclass
class Image:
    """An image; ``uri`` as a document would name it, ``login_user`` the user that it lets in by key."""

    id: str
    uri: str
    name: str
    os: Optional[OperatingSystem] = None
    architecture: Optional[str] = None
    min_disk_bytes: Optional[int] = None
    login_user: Optional[str] = None
    provider: dict[str, Any] = field(default_factory=dict)


@dataclass
class Network:
    """A network that is there; ``public``: its machines get addresses that are reachable from everywhere."""

    id: str
    name: str
    public: bool
    cidr: Optional[str] = None
    is_default: Optional[bool] = None
    provider: dict[str, Any] = field(default_factory=dict)


@dataclass
class Quota:
    """A limit of the account; ``limit`` -1: none. Names: ``cores``, ``ram`` (bytes), ``instances``, …"""

    name: str
    used: int
    limit: int


@dataclass
class PlanCandidate:
    """What a cloud that chooses by itself offers."""

    flavor: Flavor
    image: Image
    price_per_hour: Optional[Price] = None


@dataclass
class BulkLocation:
    """Where bulk data is: never in a message."""

    path: Optional[str] = None
    url: Optional[str] = None


@dataclass
class StepResult:
    """What a continued call yields: exactly one member, by the call that was begun."""

    machine: Optional[Machine] = None
    resource: Optional[Resource] = None
    image: Optional[Image] = None


# Requests


@dataclass
class OpenRequest:
    """``settings`` has a value of the declared type for each declared setting and credential, or its default."""

    credentials: dict[str, str] = field(default_factory=dict)
    endpoint: Optional[str] = None
    config: dict[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Opened(Generic[T]):
    """An open session: what later calls get, and a stable name of the account, which is no secret."""

    session: T
    account: str
    expires_after_ms: Optional[int] = None


@dataclass
class LaunchRequest:
    """One batch; ``tags`` go on every machine beside its own, the token under ``gantry:batch``."""

    batch_token: str
    items: list[MachineSpec]
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class CatalogRequest:
    """``ids``: ids or URLs that the answer must contain if they exist; ``None``: all."""

    ids: Optional[list[str]] = None
    filters: Optional[dict[str, str]] = None
    page: Optional[str] = None


@dataclass
class ListRequest:
    """Asks for what carries all of the tags; ``kinds`` ``None``: every kind."""

    tags: dict[str, str] = field(default_factory=dict)
    kinds: Optional[list[str]] = None
    page: Optional[str] = None


@dataclass
class PlanRequest:
    """Requirements, for clouds that choose by themselves; ``item`` is what a launch would ask for, ``count`` times."""

    cpu_count_min: Optional[int] = None
    cpu_count_max: Optional[int] = None
    memory_bytes_min: Optional[int] = None
    memory_bytes_max: Optional[int] = None
    architecture: Optional[str] = None
    images: list[str] = field(default_factory=list)
    provider: dict[str, Any] = field(default_factory=dict)
    item: Optional[MachineSpec] = None
    count: Optional[int] = None
    networks: Optional[list[NetworkSpec]] = None


@dataclass
class SnapshotRequest:
    """An image of one disk; idempotent by its name."""

    id: str
    disk: int
    name: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class UploadImageRequest:
    """An image to be registered; idempotent by its digest."""

    name: str
    source: BulkLocation
    sha256: str
    format: str
    tags: dict[str, str] = field(default_factory=dict)

"""####),
    ]
}
