"""System calls and small tools that the test hosts are made with."""
import contextlib
import ctypes
import fcntl
import os
import re
import subprocess
import sys

NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWPID, NEWNET = (
    0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18)
MNT_DETACH = 2
PR_CAPBSET_DROP = 24

libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What could not be done, on which object, and what to do next."""


def check(result, what):
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(source, target, kind, flags=0, data=""):
    check(
        libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode()),
        f"mount of {kind} on {target}")


def unshare(flags):
    check(libc.unshare(flags), "unshare")


def pivot_root_here():
    """Makes the working directory the root and takes the old root away."""
    numbers = {"x86_64": 155, "aarch64": 41}
    machine = os.uname().machine
    if machine not in numbers:
        raise Failure(f"the number of pivot_root is not known for {machine}")
    check(libc.syscall(ctypes.c_long(numbers[machine]), b".", b"."), "pivot_root")
    check(libc.umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def drop_from_bounding_set(capability):
    check(libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), f"dropping capability {capability}")


def set_hostname(name):
    check(libc.sethostname(name.encode(), len(name)), "sethostname")


def run(*command, **options):
    """Runs a command that must succeed; what it wrote to standard error is in the message."""
    try:
        return subprocess.run(
            command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options).stdout
    except FileNotFoundError:
        raise Failure(f"{command[0]} is not installed: run scripts/setup integration") from None
    except subprocess.CalledProcessError as error:
        last = "\n".join((error.stderr or error.stdout).strip().splitlines()[-8:])
        raise Failure(f"{' '.join(command)[:200]}: exit status {error.returncode}\n{last}") from None


def ip_batch(lines):
    if lines:
        run("ip", "-batch", "-", input="\n".join(lines) + "\n")


def read(path, default=""):
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return default


def write(path, text, mode=0o644, owner=0):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    os.chmod(path, mode)
    if owner:
        os.chown(path, owner, owner)


def set_kernel(name, value):
    with open(f"/proc/sys/{name}", "w") as file:
        file.write(str(value))


def process_state(pid):
    """(state letter, start time) of a process; the pair of number and start time is never used again."""
    fields = (read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split() + [""] * 20)
    return fields[0], fields[19]


def is_running(pid, start):
    state, began = process_state(pid)
    return pid > 0 and began == start and state not in ("", "Z", "X")


@contextlib.contextmanager
def locked(path):
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cache_folder():
    home = os.environ.get("HOME", "/var")
    return os.environ.get("GANTRY_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "gantry")


def clean_path(path):
    """The absolute path; overlayfs and mountinfo would need others escaped."""
    path = os.path.realpath(path)
    if not re.fullmatch(r"/[A-Za-z0-9_./+@-]+", path):
        raise Failure(f"the folder '{path}' has a character that mount options cannot hold: choose another")
    return path


def become_root():
    """Runs this program again through sudo when it is not root."""
    if os.geteuid() != 0:
        keep = "--preserve-env=GANTRY_TESTBED,GANTRY_CACHE,MIRROR"
        try:
            os.execvp("sudo", ["sudo", keep, sys.executable, *sys.argv])
        except FileNotFoundError:
            raise Failure("namespaces need root: run this as root, or install sudo") from None
