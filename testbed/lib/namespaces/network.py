"""Bridges and addresses of one state folder, chosen so that two test runs on a machine do not collide."""
import hashlib
import ipaddress
import json
import os

from .system import Failure, ip_batch, locked, read, run, write

ALLOCATION_LOCK = "/run/gantry-testbed.lock"
MOST_HOSTS = 1000  # the kernel allows 1,023 ports on a bridge


class Network:
    """A /19 of 10.128.0.0/9: the lower /20 is reached from this machine, the upper from gateway hosts alone."""

    def __init__(self, state):
        self.state = state
        self.id = hashlib.sha256(state.encode()).hexdigest()[:6]
        self.public_bridge, self.private_bridge = f"gt{self.id}b", f"gt{self.id}p"
        self.file = state + "/network.json"
        saved = json.loads(read(self.file, "null"))
        self.block = ipaddress.ip_network(saved["block"]) if saved else None

    @property
    def public(self):
        return next(self.block.subnets(1))

    @property
    def private(self):
        return list(self.block.subnets(1))[1]

    def gateway(self):
        return str(self.public[1])

    def address(self, slot, private=False):
        """Slots count from 1; the first address of the lower network is this machine's."""
        return str((self.private if private else self.public)[slot + 1])

    def veth(self, slot, private=False):
        return f"gt{self.id}{'-' if private else '.'}{slot}"

    def ensure(self):
        """Chooses the addresses and makes the bridges. The lock orders this among all test runs."""
        with locked(ALLOCATION_LOCK):
            if self.block is None:
                self.block = self.free_block()
                write(self.file, json.dumps({"block": str(self.block)}))
            lines = []
            for bridge in (self.public_bridge, self.private_bridge):
                if not os.path.exists(f"/sys/class/net/{bridge}"):
                    lines += [
                        f"link add {bridge} type bridge forward_delay 0 mcast_snooping 0",
                        f"link set {bridge} addrgenmode none",
                        f"link set {bridge} up"]
                    if bridge == self.public_bridge:
                        lines.append(f"addr add {self.gateway()}/{self.public.prefixlen} dev {bridge}")
            ip_batch(lines)

    def free_block(self):
        taken = [
            ipaddress.ip_network(route["dst"]) for route in json.loads(run("ip", "-j", "-4", "route", "show"))
            if route["dst"] != "default"]
        blocks = list(ipaddress.ip_network("10.128.0.0/9").subnets(new_prefix=19))
        first = int(self.id, 16)
        for turn in range(len(blocks)):
            block = blocks[(first + turn) % len(blocks)]
            if not any(block.overlaps(other) for other in taken):
                return block
        raise Failure("no free network is left in 10.128.0.0/9: stop other test beds (testbed/hosts down)")

    def unplug(self, slots):
        """Removes the links of these hosts, those that go with their networks at the same moment excepted."""
        for slot in slots:
            for name in (self.veth(slot), self.veth(slot, True)):
                self.delete(name)

    def delete(self, name):
        if os.path.exists(f"/sys/class/net/{name}"):
            try:
                run("ip", "link", "del", name)
            except Failure:
                if os.path.exists(f"/sys/class/net/{name}"):  # else its host just took it along
                    raise

    def links(self):
        """The links of this state folder that exist now, bridges and ends of hosts."""
        return [name for name in os.listdir("/sys/class/net") if name.startswith(f"gt{self.id}")]

    def remove(self):
        for name in self.links():
            self.delete(name)
