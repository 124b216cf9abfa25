"""The API under load: many clients at once, beside IM 2.0 in the same run."""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from .common import CACHE, ROOT
from .service import Daemon, machines

sys.path.insert(0, os.path.join(ROOT, "testbed", "im"))

CLIENTS = 8
AUTHORIZATION = "id = im; type = InfrastructureManager; username = bench; password = bench" \
    "\\nid = dummy; type = Dummy"


class Service:
    """A server with an infrastructure of so many Dummy machines, which were asked for as a client asks that waits."""

    def __init__(self, port, count):
        self.base = f"http://127.0.0.1:{port}"
        began = time.monotonic()
        self.address = self.call("POST", "/infrastructures", machines(count)).decode().strip()
        self.created = time.monotonic() - began
        self.path = self.address.split("/", 3)[3]
        while json.loads(self.call("GET", f"/{self.path}/state"))["state"]["state"] != "configured":
            time.sleep(0.1)

    def call(self, method, path, body=None, timeout=900):
        request = urllib.request.Request(
            self.base + path, body and body.encode(),
            {"Authorization": AUTHORIZATION, "Content-Type": "text/plain",
             "Accept": "application/json" if path.endswith("/state") else "*/*"}, method=method)
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.read()


class Changes:
    """Stops and starts one machine again and again, a change every 100 ms, or as soon as the server lets it."""

    def __init__(self, service):
        self.service, self.ended, self.count, self.delays = service, threading.Event(), 0, []
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def run(self):
        path = f"/{self.service.path}/vms/0/"
        next_time = time.monotonic()
        while not self.ended.is_set():
            stops = self.count % 2 == 0
            try:
                self.service.call("PUT", path + ("stop" if stops else "start"))
                self.count += 1
                began = time.monotonic()
                wanted = ("stopped", "off") if stops else ("running", "configured", "unconfigured", "pending")
                while time.monotonic() - began < 5:
                    answer = json.loads(self.service.call("GET", f"/{self.service.path}/state"))
                    if answer["state"]["vm_states"]["0"] in wanted:
                        break
                self.delays.append(time.monotonic() - began)
            except (urllib.error.HTTPError, TimeoutError):
                pass
            next_time = max(next_time + 0.1, time.monotonic())
            self.ended.wait(next_time - time.monotonic())


def wrk(url, seconds, *words, script=None, clients=CLIENTS):
    """(requests a second, p50, p95, p99 in milliseconds) of so many clients that ask as fast as they are answered."""
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "60s", "--latency",
               "-H", f"Authorization: {AUTHORIZATION}", *words]
    if script:
        command += ["-s", script]
    output = subprocess.run(command + [url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"bench: {url} was answered with errors:\n{output}")
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}

    def percentile(name):
        number, unit = re.search(rf"\s{name}%\s+([\d.]+)(us|ms|s|m)\b", output).groups()
        return float(number) * scale[unit]

    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))
    return rate, percentile(50), percentile(75), percentile(90), percentile(99)


def told(result):
    rate, p50, _, p90, p99 = result
    return f"{rate:,.0f}/s (p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms)"


def xmlrpc_script(folder, method, service):
    """wrk's description of a call, which is the same each time."""
    identifier = service.path.split("/")[-1]
    authorization = "".join(
        "<value><struct>" + "".join(
            f"<member><name>{name}</name><value><string>{value}</string></value></member>"
            for name, value in line.items()) + "</struct></value>"
        for line in ({"id": "im", "type": "InfrastructureManager", "username": "bench", "password": "bench"},
                     {"id": "dummy", "type": "Dummy"}))
    body = (f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params>"
            f"<param><value><string>{identifier}</string></value></param>"
            f"<param><value><array><data>{authorization}</data></array></value></param></params></methodCall>")
    path = os.path.join(folder, f"{method}.lua")
    with open(path, "w") as file:
        file.write(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "text/xml"\nwrk.body = [[{body}]]\n')
    return path


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024


def run(report, work):
    os.makedirs(work)
    ours = measure_ours(report, work)
    if shutil.which("wrk") and not os.environ.get("GANTRY_BENCH_NO_IM"):
        measure_im(report, work, ours)
    endurance(report, work)


def measure_ours(report, work):
    results = {}
    for count, goals in ((1000, (2000, 20)), (10000, (150, None))):
        with Daemon(report, f"{work}/{count}", xmlrpc=True) as daemon:
            service = Service(daemon.port, count)
            results["create", count] = service.created
            if count == 1000:
                report.row(
                    "create 1,000 Dummy machines, time of the answer to a client that waits for it",
                    f"{service.created:.2f} s", "1 s", service.created < 1)
            state = f"{service.base}/{service.path}/state"
            json_form = ("-H", "Accept: application/json")
            with Changes(service) as changes:
                result = wrk(state, 20, *json_form)
            delay = max(changes.delays)
            results["state", count] = result
            reached = result[0] >= goals[0] and (goals[1] is None or result[4] <= goals[1]) and delay <= 0.1
            report.row(
                f"state of {count:,} machines, {CLIENTS} clients, one machine stopped and started meanwhile",
                f"{told(result)}; {changes.count / 20:.1f} changes a second, seen after {delay * 1000:.0f} ms at most "
                f"(median {statistics.median(changes.delays) * 1000:.0f} ms)",
                f"{goals[0]:,}/s" + (f", p99 {goals[1]} ms" if goals[1] else "") + ", 100 ms", reached)
            if count == 1000:
                result = wrk(f"{service.base}/{service.path}", 10)
                results["info", count] = result
                report.row("info of 1,000 machines", told(result), "2,000/s", result[0] >= 2000)
                url = f"http://127.0.0.1:{daemon.xmlrpc_port}/"
                for name, method, rest in (("state", "GetInfrastructureState", state),
                                           ("info", "GetInfrastructureInfo", f"{service.base}/{service.path}")):
                    rest_result = wrk(rest, 10, *(json_form if name == "state" else ()))
                    result = wrk(url, 10, script=xmlrpc_script(work, method, service))
                    report.row(
                        f"XML-RPC: {name} of 1,000 machines, beside REST's {rest_result[0]:,.0f}/s", told(result),
                        "half of REST", result[0] >= rest_result[0] / 2)
    return results


def measure_im(report, work, ours):
    from servers import IM  # of the test bed
    environment = im_environment()
    server = IM("2.0.0", environment, f"{work}/im", "")
    try:
        server.ready()
        service = Service(server.rest, 1000)
        report.peer(
            "create 1,000 Dummy machines, time of the answer", f"{ours['create', 1000]:.2f} s", "IM 2.0.0",
            f"{service.created:.1f} s", f"{service.created / ours['create', 1000]:.0f}")
        with Changes(service):
            result = wrk(f"{service.base}/{service.path}/state", 30, "-H", "Accept: application/json")
        report.peer(
            "state of 1,000 machines, one machine changing", told(ours["state", 1000]), "IM 2.0.0", told(result),
            f"{ours['state', 1000][0] / result[0]:.0f}")
        result = wrk(f"{service.base}/{service.path}", 10)
        report.peer(
            "info of 1,000 machines", told(ours["info", 1000]), "IM 2.0.0", told(result),
            f"{ours['info', 1000][0] / result[0]:.0f}")
    finally:
        server.end()


def im_environment():
    """The Python environment with IM that the differential test uses, made here where it is missing."""
    path = os.path.join(ROOT, "testbed", "lib", "im-2.0.0-requirements.txt")
    with open(path, "rb") as file:
        name = subprocess.check_output(["cksum"], stdin=file, text=True).split()[0]
    folder = os.path.join(CACHE, "im-2.0.0-" + name)
    if not os.path.exists(folder + "/.complete"):
        subprocess.run([f"{ROOT}/scripts/setup", "bench"], check=True, stdout=sys.stderr)
    return folder


def endurance(report, work):
    """Memory after minutes of load."""
    minutes = float(os.environ.get("GANTRY_BENCH_MINUTES", "10"))
    with Daemon(report, f"{work}/endurance", xmlrpc=True) as daemon:
        service = Service(daemon.port, 5000)
        samples = []
        with Changes(service):
            for _ in range(10):
                wrk(f"{service.base}/{service.path}/state", max(1, int(minutes * 6 * 0.7)),
                    "-H", "Accept: application/json")
                wrk(f"{service.base}/{service.path}", max(1, int(minutes * 6 * 0.3)))
                samples.append(memory(daemon.process.pid))
        growth = samples[-1] - samples[1]
        report.row(
            f"memory (PSS) of gantryd after {minutes:g} minutes of such load with 5,000 machines",
            f"{samples[-1]:.0f} MB (after a fifth of it {samples[1]:.0f} MB, at most {max(samples):.0f} MB)",
            "80 MB, no growth", max(samples) < 80 and growth < 0.05 * samples[1])
