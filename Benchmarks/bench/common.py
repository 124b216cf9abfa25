"""What all parts share: building, processor time, and the report."""
import ctypes
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
PRODUCTS = ["gantry", "gantryd", "connector-dummy", "connector-libvirt", "gantry-bench"]
CACHE = os.environ.get("GANTRY_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "gantry")


def binaries():
    """The folder of the release binaries, built where no folder is given."""
    if os.environ.get("GANTRY_BENCH_BINARIES"):
        return os.environ["GANTRY_BENCH_BINARIES"]
    return subprocess.check_output([f"{ROOT}/scripts/release", *PRODUCTS], text=True).strip()


# --- Processor time


def cpu_of(pid):
    """User and system seconds that a living process has used, with those of its reaped children."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def become_reaper():
    """Processes whose parents end become children of this one: their time is counted too."""
    set_child_subreaper = 36
    ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def end_orphans():
    """Ends and reaps what a program left running, such as the connections that Ansible keeps open."""
    while True:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = [int(pid) for pid in file.read().split()]
        if not children:
            return
        for pid in children:
            try:
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def timed(command, **options):
    """(wall, CPU) seconds of a command and all that it started.

    Runs in a process of its own, since the hosts' processes must not become children of the one that ends orphans.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.write(writing, json.dumps(timed_here(command, options)).encode())
            status = 0
        except Exception as error:  # whatever it is: the parent must see its own process end
            print(f"bench: {error}", file=sys.stderr)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    os.waitpid(pid, 0)
    if not text:
        raise SystemExit(f"bench: {' '.join(command)} failed")
    return tuple(json.loads(text))


def timed_here(command, options):
    become_reaper()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
    wall = time.monotonic() - began
    end_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peak_memory(command, **options):
    """Most anonymous memory of a command's own process, in bytes, looked at 50 times a second."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **options)
    peak = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as file:
                for line in file:
                    if line.startswith("RssAnon:"):
                        peak = max(peak, int(line.split()[1]) * 1024)
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    if process.returncode:
        raise SystemExit(f"bench: {' '.join(command)} failed")
    return peak


def busy(seconds=1):
    """How busy the machine is, in percent of all its processors."""
    def read():
        with open("/proc/stat") as file:
            fields = list(map(int, file.readline().split()[1:9]))
        return sum(fields), fields[3] + fields[4]
    total, idle = read()
    time.sleep(seconds)
    later, idle_later = read()
    return 100 * (1 - (idle_later - idle) / max(1, later - total))


# --- The peers


def peers():
    """The bin folder of a Python environment with the programs and libraries that are measured beside Gantry."""
    lock = os.path.join(ROOT, "Benchmarks/peers.txt")
    with open(lock, "rb") as file:
        name = subprocess.check_output(["cksum"], stdin=file, text=True).split()[0]
    folder = os.path.join(CACHE, "peers-" + name)
    if not os.path.exists(folder + "/.complete"):
        print(f"bench: Python environment of the peers in {folder}", file=sys.stderr)
        subprocess.run(["rm", "-rf", folder], check=True)
        os.makedirs(CACHE, exist_ok=True)
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
        subprocess.run(
            [folder + "/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", lock],
            check=True, stdout=sys.stderr)
        open(folder + "/.complete", "w").close()
    return folder + "/bin"


def peer_versions():
    with open(os.path.join(ROOT, "Benchmarks/peers.txt")) as file:
        lines = dict(line.strip().split("==") for line in file if "==" in line)
    return ", ".join(f"{name} {lines[name]}" for name in ("pyinfra", "ansible-core", "mitogen", "radl"))


# --- The report


class Report:
    def __init__(self, parts, folder):
        self.parts = parts
        self.binaries = folder
        self.rows = []
        self.others = []
        self.load = 0.0

    def program(self, name):
        return os.path.join(self.binaries, name)

    def part(self, name):
        self.load = busy()
        print(f"bench: {name} (the machine is {self.load:.0f} % busy)", file=sys.stderr, flush=True)

    def row(self, work, measured, goal, reached):
        self.rows.append((work, measured, goal, "yes" if reached else "**no**", f"{self.load:.0f} %"))
        print(f"  {work}: {measured} (to reach: {goal})", file=sys.stderr, flush=True)

    def peer(self, work, gantry, peer, value, ratio):
        """A row of the comparison: what Gantry takes, what another program takes, and how many times as much."""
        self.others.append((work, gantry, peer, value, ratio))
        print(f"  {work}: Gantry {gantry}, {peer} {value}: {ratio}", file=sys.stderr, flush=True)

    def print(self):
        print(f"`Benchmarks/run{''.join(' ' + part for part in self.parts) if len(self.parts) < 7 else ''}` on "
              f"{time.strftime('%Y-%m-%d %H:%M')}, {commit()}; {machine()}\n")
        if self.rows:
            table(("Work", "Measured", "To reach", "Reached", "Busy before"), self.rows)
        if self.others:
            print(f"\nBeside others in the same run ({peer_versions()}):\n")
            table(("Work", "Gantry", "Peer", "Takes", "Ratio"), self.others)


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def commit():
    built = os.path.join(os.environ.get("GANTRY_BENCH_BINARIES", ""), "COMMIT")
    if os.environ.get("GANTRY_BENCH_BINARIES") and os.path.exists(built):
        with open(built) as file:
            return f"binaries of commit {file.read().strip()}"
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = git("status", "--porcelain", "--untracked-files=no", "--", "Sources", "Package.swift")
    return f"commit {git('rev-parse', '--short', 'HEAD') or 'unknown'}{' with changes' if changed else ''}"


def machine():
    def field(path, name):
        with open(path) as file:
            for line in file:
                key, _, value = line.partition("=" if "release" in path else ":")
                if key.strip() == name:
                    return value.strip().strip('"')
        return "unknown"
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True).stdout.split("(")[0].strip()
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20)
    return (f"{swift}, release build; {field('/etc/os-release', 'PRETTY_NAME')}, Linux {platform.release()}; "
            f"{os.cpu_count()} processors ({field('/proc/cpuinfo', 'model name')}), {memory:.0f} GB")
