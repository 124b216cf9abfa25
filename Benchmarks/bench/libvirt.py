"""Machines of libvirt: connector-libvirt beside what a shell does with virsh and virt-install (testbed/libvirt; root)."""
import json
import os
import re
import socket
import statistics
import subprocess
import textwrap
import time
import uuid

from .common import ROOT

BED = f"{ROOT}/testbed/libvirt"
POOL = "/var/lib/libvirt/images/bench"
MACHINES = 20
ROUNDS = 3


class Connector:
    """connector-libvirt in a process of its own."""

    def __init__(self, program, uri):
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/root"), "CONNECTOR_COOKIE": "bench"}
        self.process = subprocess.Popen(
            [program, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
        self.number = 0
        self.call("initialize", protocolVersions=[1], host={"name": "bench", "version": "1"},
                  limits={"maxMessageBytes": 16 << 20, "maxConcurrentCalls": 16})
        self.session = self.call("session.open", credentials={}, config={}, endpoint=uri)["session"]

    def call(self, method, **parameters):
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method,
                   "params": {"deadlineMs": 300_000, **parameters}}
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"bench: {method}: {answer['error']}")
                return answer["result"]

    def machines(self, method, **parameters):
        """Of a call that answers an outcome for each."""
        outcomes = self.call(method, session=self.session, **parameters)
        bad = [outcome for outcome in outcomes if "done" not in outcome]
        if bad:
            raise SystemExit(f"bench: {method}: {bad[0]}")
        return [outcome["done"] for outcome in outcomes]

    def launch(self, count, image, user_data=""):
        token = uuid.uuid4().hex
        items = [{"machineID": f"{token}.{place}", "name": f"m{place}", "image": f"file://{image}", "flavor": "",
                  "cpuCount": 1, "memoryBytes": (256 if user_data else 32) << 20,
                  "disks": [], "interfaces": [{"index": 0, "public": True, "groups": []}], "tags": {}, "provider": {},
                  "userData": user_data} for place in range(count)]
        tags = {"gantry:infrastructure": token}
        return self.machines("machine.launch", batchToken=token, tags=tags, items=items)

    def terminate(self, machines):
        self.machines("machine.terminate", ids=[machine["id"] for machine in machines])

    def memory(self):
        """In MB: its own part of the memory."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as file:
            return int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.MULTILINE)[1]) / 1024

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)


class Shell:
    """What somebody writes who has virsh alone."""

    def __init__(self, uri):
        self.uri = uri
        self.virsh("pool-define-as", "bench", "dir", "--target", POOL)
        self.virsh("pool-build", "bench")
        self.virsh("pool-start", "bench")

    def virsh(self, *words, **options):
        return subprocess.run(
            ["virsh", "-q", "-c", self.uri, *words], check=True, capture_output=True, text=True, **options).stdout

    def take(self, image):
        """The image, which has to be a volume to lie under others; once, and not in the figure."""
        self.virsh("vol-create-as", "bench", "base.raw", "1M", "--format", "raw")
        self.virsh("vol-upload", "--pool", "bench", "base.raw", image)

    def program(self, count, image):
        """Disk, seed, definition, start: for each machine the commands of its own."""
        return textwrap.dedent(f"""
        set -e
        v="virsh -q -c {self.uri}"
        for i in $(seq {count}); do
            $v vol-create-as bench s$i.qcow2 1M --format qcow2 --backing-vol base.raw --backing-vol-format raw
            $v vol-create-as bench s$i.iso 512K --format raw
            $v vol-upload --pool bench s$i.iso {image}
            $v define /dev/stdin <<END
        <domain type='qemu'><name>s$i</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
        <os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/><apic/></features>
        <cpu mode='maximum'/><devices>
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{POOL}/s$i.qcow2'/>
        <target dev='vda' bus='virtio'/></disk>
        <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{POOL}/s$i.iso'/>
        <target dev='vdz' bus='virtio'/><readonly/></disk>
        <interface type='network'><source network='default'/><model type='virtio'/></interface>
        <serial type='pty'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng></devices></domain>
        END
            $v start s$i
        done""")

    def clean(self, count):
        for place in range(1, count + 1):
            self.virsh("destroy", f"s{place}")
            self.virsh("undefine", f"s{place}")
            for ending in ("qcow2", "iso"):
                self.virsh("vol-delete", f"s{place}.{ending}", "--pool", "bench")


def until_ssh(address):
    """Until a server of SSH says its name at an address that `address` gives."""
    limit = time.monotonic() + 300
    while time.monotonic() < limit:
        found = address()
        if found:
            try:
                with socket.create_connection((found, 22), timeout=1) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                pass
        time.sleep(0.05)
    raise SystemExit("bench: SSH of the guest does not answer")


def halting(path):
    """A disk whose boot sector stops the processor: machines that do nothing."""
    with open(path, "wb") as file:
        file.write((b"\xfa\xf4\xeb\xfd" + bytes(506) + b"\x55\xaa") + bytes((1 << 20) - 512))


def run(report, work):
    os.makedirs(work)
    os.chmod(os.path.dirname(work), 0o711)
    bed = [BED, "--state", f"{work}/bed"]
    try:
        words = subprocess.check_output([*bed, "up"], text=True)
        variables = dict(re.findall(r"^export (\w+)='(.*)'$", words, re.MULTILINE))
        measure(report, work, variables["LIBVIRT_TESTBED_URI"], variables["LIBVIRT_TESTBED_IMAGE"])
    finally:
        subprocess.run([*bed, "down"], check=False)


def measure(report, work, uri, guest):
    image = f"{work}/halt.raw"
    halting(image)
    shell = Shell(uri)
    shell.take(image)
    connector = Connector(report.program("connector-libvirt"), uri)
    connector.terminate(connector.launch(1, image))
    own, other = [], []
    for _ in range(ROUNDS):
        began = time.monotonic()
        machines = connector.launch(MACHINES, image)
        own.append(time.monotonic() - began)
        connector.terminate(machines)
        began = time.monotonic()
        subprocess.run(["sh", "-c", shell.program(MACHINES, image)], check=True, stdout=subprocess.DEVNULL)
        other.append(time.monotonic() - began)
        shell.clean(MACHINES)
    took, peer = statistics.median(own), statistics.median(other)
    report.row(f"{MACHINES} machines from request to running; median of {ROUNDS}", f"{took:.2f} s",
               f"1.2 times a shell loop with virsh ({peer:.2f} s)", took <= 1.2 * peer)

    machines = connector.launch(100, image)
    ids = [machine["id"] for machine in machines]
    times = []
    for _ in range(30):
        began = time.monotonic()
        connector.machines("machine.describe", ids=ids)
        times.append(1000 * (time.monotonic() - began))
    took = statistics.median(times)
    report.row("describe of 100 running machines; median of 30", f"{took:.1f} ms", "30 ms", took < 30)
    connector.terminate(machines)

    # In the same turn, since both use a whole processor.
    own, other = [], []
    for place in range(ROUNDS):
        began = time.monotonic()
        [machine] = connector.launch(1, guest, "I2Nsb3VkLWNvbmZpZwo=")
        until_ssh(lambda: next((address["address"] for address in connector.machines(
            "machine.describe", ids=[machine["id"]])[0].get("addresses", [])), None))
        own.append(time.monotonic() - began)
        connector.terminate([machine])
        name = f"v{place}"
        began = time.monotonic()
        subprocess.run(
            ["virt-install", "-q", "--connect", uri, "--name", name, "--memory", "256", "--vcpus", "1", "--import",
             "--disk", f"path={POOL}/{name}.qcow2,size=1,backing_store={guest},backing_format=qcow2,bus=virtio",
             "--network", "network=default,model=virtio", "--osinfo", "generic", "--graphics", "none", "--virt-type",
             "qemu", "--cpu", "mode=maximum", "--noautoconsole"], check=True, stdout=subprocess.DEVNULL)
        mac = re.search(r"<mac address='(.*?)'", shell.virsh("dumpxml", name))[1]
        until_ssh(lambda: next(iter(re.findall(
            rf"{mac}\s+ipv4\s+([0-9.]+)", shell.virsh("net-dhcp-leases", "default"))), None))
        other.append(time.monotonic() - began)
        shell.virsh("destroy", name)
        shell.virsh("undefine", name, "--remove-all-storage")
    took, peer = statistics.median(own), statistics.median(other)
    report.row(f"one machine from request to SSH, emulated; median of {ROUNDS}", f"{took:.1f} s",
               f"1 s more than virt-install ({peer:.1f} s)", took <= peer + 1)
    memory = connector.memory()
    report.row("memory of connector-libvirt after that", f"{memory:.1f} MB", "30 MB", memory < 30)
    connector.end()
