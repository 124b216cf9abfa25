"""The service gantryd: deploying many machines, memory when idle, start."""
import json
import os
import signal
import socket
import statistics
import subprocess
import time
import urllib.request

from .common import cpu_of, timed

AUTHORIZATION = "id = im; type = InfrastructureManager; username = bench; password = bench" \
    "\\nid = dummy; type = Dummy"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Daemon:
    def __init__(self, report, folder, xmlrpc=False):
        self.port, self.xmlrpc_port = free_port(), free_port()
        began = time.monotonic()
        self.process = subprocess.Popen(
            [report.program("gantryd"), "--state-dir", folder, "--rest-port", str(self.port),
             *(["--xmlrpc-port", str(self.xmlrpc_port)] if xmlrpc else ["--no-xmlrpc"]), "--log-level", "error"])
        while time.monotonic() - began < 60:
            try:
                # A plain socket: nothing of Python's own start is in the figure.
                with socket.create_connection(("127.0.0.1", self.port)) as connection:
                    connection.sendall(b"GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    if connection.recv(4096).startswith(b"HTTP/1.1 200"):
                        break
            except OSError:
                time.sleep(0.002)
        self.first_answer = time.monotonic() - began
        self.first_cpu = cpu_of(self.process.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def call(self, method, path, body=None, accept="*/*"):
        request = urllib.request.Request(
            path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}", body and body.encode(),
            {"Authorization": AUTHORIZATION, "Content-Type": "text/plain", "Accept": accept}, method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return answer.read().decode()

    def state(self, address):
        return json.loads(self.call("GET", address + "/state", accept="application/json"))["state"]


def machines(count, systems=1):
    """A document of `count` machines, as many of each of these systems."""
    names = ["node"] if systems == 1 else [f"node{number}" for number in range(systems)]
    parts = ["network public ( outbound = 'yes' )\n"]
    parts += [system(name) for name in names]
    parts += ["contextualize ()\n"]
    parts += [f"deploy {name} {count // systems}\n" for name in names]
    return "".join(parts)


def system(name):
    return f"""system {name} (
    cpu.count >= 1 and memory.size >= 512m and
    net_interface.0.connection = 'public' and
    disk.0.os.name = 'linux' and
    disk.0.image.url = 'mock0://linux.for.ev.er/image1' and
    disk.0.os.credentials.username = 'user' and
    disk.0.os.credentials.password = 'yoyoyo'
)
"""


def deploy_once(report, folder, count, systems=1):
    """(wall seconds to all configured, to the answer of the request, processor seconds of gantryd)."""
    with Daemon(report, folder) as daemon:
        # One small infrastructure first: what happens once in a process is no part of the work.
        first = daemon.call("POST", "/infrastructures?async=true", machines(1)).strip()
        while daemon.state(first)["state"] != "configured":
            time.sleep(0.02)
        time.sleep(0.5)
        cpu, began = cpu_of(daemon.process.pid), time.monotonic()
        address = daemon.call("POST", "/infrastructures?async=true", machines(count, systems)).strip()
        answered = time.monotonic() - began
        state = {}
        while time.monotonic() - began < 300:
            state = daemon.state(address)
            if state["state"] == "configured":
                break
            # Each answer reads all machines: asked less often where there are more.
            time.sleep(count / 50_000)
        wall = time.monotonic() - began
        used = cpu_of(daemon.process.pid) - cpu
        if state["state"] != "configured" or len(state["vm_states"]) != count \
                or set(state["vm_states"].values()) != {"configured"}:
            raise SystemExit(f"bench: {count} machines ended as {state['state']}")
        return wall, answered, used


def deploy(report, work):
    for count, goal in ((1000, 1), (5000, 5)):
        rounds = [deploy_once(report, f"{work}/{count}-{round}", count) for round in range(3)]
        wall, answered, used = (statistics.median(column) for column in zip(*rounds))
        report.row(
            f"{count:,} Dummy machines from request to all configured, durable, in gantryd; median of 3",
            f"{wall:.2f} s (best {min(rounds)[0]:.2f} s; answered after {answered:.2f} s; {used:.2f} s CPU)",
            f"{goal} s", wall < goal)
    for count, goal in ((1000, 2), (5000, 5)):
        rounds = [deploy_once(report, f"{work}/{count}-different-{round}", count, count) for round in range(3)]
        wall, answered, used = (statistics.median(column) for column in zip(*rounds))
        report.row(
            f"{count:,} different systems of one machine each, from request to all configured, as above",
            f"{wall:.2f} s (best {min(rounds)[0]:.2f} s; answered after {answered:.2f} s; {used:.2f} s CPU)",
            f"{goal} s", wall < goal)


def idle(report, work):
    starts = []
    for round in range(5):
        with Daemon(report, f"{work}/{round}") as running:
            starts.append((running.first_answer * 1000, running.first_cpu * 1000))
            if round == 4:
                time.sleep(5)
                with open(f"/proc/{running.process.pid}/smaps_rollup") as file:
                    memory = {line.split(":")[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}
                with open(f"/proc/{running.process.pid}/status") as file:
                    threads = [line.split()[1] for line in file if line.startswith("Threads:")][0]
    wall, cpu = (statistics.median(column) for column in zip(*starts))
    report.row("`gantryd`, start to first answer; median of 5", f"{wall:.0f} ms wall, {cpu:.0f} ms CPU",
               "300 ms, 300 ms", wall < 300 and cpu < 300)
    pss, anonymous = memory["Pss"] / 1024, memory["Anonymous"] / 1024
    report.row("`gantryd` idle: PSS, anonymous memory", f"{pss:.1f} MB, {anonymous:.1f} MB ({threads} threads)",
               "45 MB, 15 MB", pss < 45 and anonymous < 15)


def start(report, _):
    runs = [timed([report.program("gantry"), "--help"]) for _ in range(20)]
    wall, cpu = (statistics.median(column) * 1000 for column in zip(*runs))
    size = os.path.getsize(report.program("gantry")) / (1 << 20)
    report.row("`gantry --help`; median of 20", f"{wall:.0f} ms wall, {cpu:.0f} ms CPU ({size:.0f} MB binary)",
               "50 ms", wall < 50)
