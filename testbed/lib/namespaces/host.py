"""One host: its record, its namespaces, and what is different about it."""
import dataclasses
import json
import os
import shutil
import signal
import traceback

from . import system
from .base import USER
from .system import (
    MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT, is_running, mount, read,
    run, write)

# Not a host's business: modules, raw I/O, reboot, the clock, the kernel's log.
DROPPED_CAPABILITIES = (16, 17, 22, 25, 34)
PORT = 22
USER_ID = 1000

TRAITS = {
    "no-sudo": "the user may not use sudo",
    "sudo-password": "sudo asks for the user's password",
    "password-login": "login by password only",
    "broken-key": "another key is authorized, and no password is taken",
    "no-sftp": "sshd has no sftp subsystem",
    "disk-full": "the root file system has no byte left",
    "gateway": "has a second interface in the private network",
    "private": "has an address in the private network only",
}


@dataclasses.dataclass
class Host:
    name: str
    slot: int
    traits: list
    address: str
    private_address: str = ""
    pid: int = 0
    start: str = ""
    host_key: str = ""

    @classmethod
    def load(cls, folder):
        return cls(**json.loads(read(folder + "/host.json")))

    def save(self, folder):
        write(folder + "/host.new", json.dumps(dataclasses.asdict(self)), 0o600)
        os.rename(folder + "/host.new", folder + "/host.json")

    @property
    def is_up(self):
        return is_running(self.pid, self.start)

    def has(self, trait):
        return trait in self.traits


@dataclasses.dataclass
class Site:
    """What all hosts of a state folder have in common."""
    state: str
    base: str
    network: object
    public_key: str
    stranger_key: str
    password_hash: str

    def folder(self, host):
        return f"{self.state}/hosts/{host.name}"


def mount_root(site, host):
    """An overlay on the common root; returns where it is mounted."""
    folder = site.folder(host)
    root, rw = folder + "/root", folder + "/rw"
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    options = f"lowerdir={site.base},upperdir={rw}/upper,workdir={rw}/work"

    def on_memory(size):
        mount("tmpfs", rw, "tmpfs", 0, f"mode=755,size={size}")
        os.mkdir(rw + "/upper")
        os.mkdir(rw + "/work")

    if host.has("disk-full"):
        on_memory("2m")
    try:
        mount("overlay", root, "overlay", 0, options + ",volatile")
    except OSError:  # the state folder lies on a file system that cannot hold an upper layer
        if host.has("disk-full"):
            raise
        on_memory("50%")
        mount("overlay", root, "overlay", 0, options + ",volatile")
    return root


def mount_kernel_interfaces(root):
    hidden = MS_NOSUID | MS_NODEV | MS_NOEXEC
    mount("proc", root + "/proc", "proc", hidden)
    mount(root + "/proc/sys", root + "/proc/sys", "none", MS_BIND)
    mount(root + "/proc/sys/net", root + "/proc/sys/net", "none", MS_BIND)
    mount("none", root + "/proc/sys", "none", MS_BIND | MS_REMOUNT | MS_RDONLY)
    mount("sysfs", root + "/sys", "sysfs", MS_RDONLY | hidden)
    mount("tmpfs", root + "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=16m")
    os.mkdir(root + "/run/sshd")
    os.mkdir(root + "/run/lock")
    os.chmod(root + "/run/lock", 0o1777)

    mount("tmpfs", root + "/dev", "tmpfs", MS_NOSUID, "mode=755,size=64k")
    before = os.umask(0)
    os.mkdir(root + "/dev/shm")
    mount("tmpfs", root + "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=64m")
    for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
        os.mknod(f"{root}/dev/{name}", 0o20666, os.makedev(1, minor))
    os.mknod(root + "/dev/tty", 0o20666, os.makedev(5, 0))
    os.mkdir(root + "/dev/pts")
    os.symlink("pts/ptmx", root + "/dev/ptmx")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{root}/dev/{name}")
    os.symlink("/proc/self/fd", root + "/dev/fd")
    os.umask(before)
    mount("devpts", root + "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
          "newinstance,ptmxmode=0666,mode=0620,gid=5")


def set_up_accounts(site, host):
    key = site.stranger_key if host.has("broken-key") else site.public_key
    for home, owner in (("/root", 0), (f"/home/{USER}", USER_ID)):
        os.makedirs(home + "/.ssh", mode=0o700, exist_ok=True)
        os.chown(home + "/.ssh", owner, owner)
        write(home + "/.ssh/authorized_keys", key + "\n", 0o600, owner)
    lines = []
    for line in read("/etc/shadow").splitlines():
        fields = line.split(":")
        if fields[0] == USER:
            fields[1] = site.password_hash
        lines.append(":".join(fields))
    with open("/etc/shadow", "w") as file:
        file.write("\n".join(lines) + "\n")
    if not host.has("no-sudo"):
        how = "ALL" if host.has("sudo-password") else "NOPASSWD:ALL"
        write("/etc/sudoers.d/90-testbed", f"{USER} ALL=(ALL) {how}\n", 0o440)


def sshd_options(host):
    options = []
    if host.has("password-login"):
        options += ["-o", "PubkeyAuthentication=no"]
    if host.has("broken-key"):
        options += ["-o", "PasswordAuthentication=no"]
    if host.has("no-sftp"):
        file = "/etc/ssh/sshd_config"
        lines = [line for line in read(file).splitlines() if not line.startswith("Subsystem")]
        write(file, "\n".join(lines) + "\n")
    return options


def set_up_network(site, host):
    for name in ("all", "default"):
        system.set_kernel(f"net/ipv6/conf/{name}/disable_ipv6", 1)
    network = site.network
    lines = ["link set lo up", "link set eth0 up"]
    if host.has("private"):
        lines.append(f"addr add {host.address}/{network.private.prefixlen} dev eth0")
    else:
        lines.append(f"addr add {host.address}/{network.public.prefixlen} dev eth0")
        lines.append(f"route add default via {network.gateway()}")
    if host.has("gateway"):
        lines += [f"addr add {host.private_address}/{network.private.prefixlen} dev eth1", "link set eth1 up"]
    system.ip_batch(lines)


def inside(site, host, go_on):
    """Runs as process 1 of the host and becomes its sshd."""
    root = mount_root(site, host)
    mount_kernel_interfaces(root)
    os.chdir(root)
    system.pivot_root_here()
    system.set_hostname(host.name)
    write("/etc/hostname", host.name + "\n")
    write("/etc/hosts", f"127.0.0.1 localhost\n{host.address} {host.name}\n")
    write("/etc/resolv.conf", "")
    set_up_accounts(site, host)
    options = sshd_options(host)
    key = "/etc/ssh/ssh_host_ed25519_key"
    if not os.path.exists(key):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host.name, "-f", key)
    if os.read(go_on, 1) != b"x":  # the program that starts this host has died
        os._exit(1)
    set_up_network(site, host)
    if host.has("disk-full"):
        fill_disk()
    for capability in DROPPED_CAPABILITIES:
        system.drop_from_bounding_set(capability)
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    os.chdir("/")
    os.execve(
        "/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-o", f"ListenAddress={host.address}:{PORT}", *options],
        environment)


def fill_disk():
    descriptor = os.open("/var/cache/filler", os.O_WRONLY | os.O_CREAT, 0o600)
    for size in (65536, 4096, 1):
        try:
            while os.write(descriptor, b"\0" * size):
                pass
        except OSError:
            continue


def spawn(site, host):
    """Starts the host in its namespaces up to where it waits for its interfaces; returns the pipe to go on."""
    folder = site.folder(host)
    # A volatile overlay marks its work folder and refuses it the second time; the files are in `upper`.
    shutil.rmtree(folder + "/rw/work", ignore_errors=True)
    for name in ("root", "rw/upper", "rw/work"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    number_read, number_write = os.pipe()
    go_read, go_write = os.pipe()
    if os.fork() == 0:
        try:
            os.setsid()
            null = os.open("/dev/null", os.O_RDWR)
            log = os.open(folder + "/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(null, 0), os.dup2(log, 1), os.dup2(log, 2)
            os.close(go_write)
            system.unshare(
                system.NEWNS | system.NEWUTS | system.NEWIPC | system.NEWNET | system.NEWPID | system.NEWCGROUP)
            child = os.fork()
            if child:
                os.write(number_write, str(child).encode())
                os._exit(0)
            # Nothing of the starting program stays open: a lock would be held as long as the host lives.
            os.closerange(3, go_read), os.closerange(go_read + 1, 65536)
            inside(site, host, go_read)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    os.close(number_write), os.close(go_read)
    host.pid = int(os.read(number_read, 20) or b"0")
    os.close(number_read)
    os.wait()
    host.start = system.process_state(host.pid)[1]
    host.save(folder)
    return go_write


def plug(site, host):
    """The commands of `ip` that connect a host that waits."""
    network, ends = site.network, []
    if host.has("private"):
        ends.append(("eth0", network.veth(host.slot, True), network.private_bridge, 1))
    else:
        ends.append(("eth0", network.veth(host.slot), network.public_bridge, 0))
    if host.has("gateway"):
        ends.append(("eth1", network.veth(host.slot, True), network.private_bridge, 1))
    lines = []
    for inner, outer, bridge, side in ends:
        mac = f"02:5f:00:{side:02x}:{host.slot >> 8:02x}:{host.slot & 255:02x}"
        lines += [
            f"link add {outer} type veth peer name {inner} address {mac} netns {host.pid}",
            f"link set {outer} addrgenmode none master {bridge} up"]
    return lines


def listens(host):
    """Whether the host's sshd takes connections, seen in its network's table: no packet, no wait for ARP."""
    rows = (line.split() for line in read(f"/proc/{host.pid}/net/tcp").splitlines()[1:])
    return host.is_up and any(row[3] == "0A" and row[1].endswith(f":{PORT:04X}") for row in rows)


def processes_of(state):
    """Every process in a mount namespace whose root lies below the state folder: its own word, not a file's."""
    mark, own, known, found = f"upperdir={state}/hosts/", os.readlink("/proc/self/ns/mnt"), {}, []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            space = os.readlink(f"/proc/{entry}/ns/mnt")
        except OSError:
            continue
        if space == own:
            continue
        if space not in known:
            known[space] = read(f"/proc/{entry}/mountinfo")
        for line in known[space].splitlines():
            if mark in line:
                found.append((int(entry), line.split(mark, 1)[1].split("/", 1)[0]))
                break
    return found


def kill(processes):
    for pid, _ in processes:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def remove_files(folder):
    shutil.rmtree(folder, ignore_errors=True)
