"""Reading and checking RADL documents of 1,000 and 10,000 systems, beside the Python library of RADL."""
import json
import os
import subprocess

from .common import peers
from .connector import figures

# The same steps as in gantry-bench/DocumentBench.swift.
PYTHON = """
import json, statistics, sys, time
from radl import radl_parse
text, one = (open(name).read() for name in sys.argv[1:3])
def used(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name + ":"))
start = used("VmRSS")
radl_parse.parse_radl(one).check()
before = used("VmRSS")
parse, check, memory = [], [], None
for _ in range(int(sys.argv[3])):
    began = time.process_time()
    document = radl_parse.parse_radl(text)
    parsed = time.process_time()
    document.check()
    parse.append(parsed - began)
    check.append(time.process_time() - parsed)
    if memory is None:
        memory = used("VmHWM") - before
print(json.dumps([statistics.median(parse) * 1000, statistics.median(check) * 1000, memory, before - start]))
"""


def text(count):
    systems = "".join(f"""system node{number} (
    cpu.arch = 'x86_64' and cpu.count >= 2 and memory.size >= 2048m and
    net_interface.0.connection = 'public' and net_interface.0.dns_name = 'node{number}' and
    disk.0.os.name = 'linux' and disk.0.os.version >= '12' and
    disk.0.image.url = 'mock0://linux.for.ev.er/image{number % 10}' and
    disk.0.os.credentials.username = 'user'
)
""" for number in range(count))
    deploys = "".join(f"deploy node{number} 1\n" for number in range(count))
    return "network public ( outbound = 'yes' )\n" + systems + deploys


def run(report, work):
    os.makedirs(work)
    first = f"{work}/1.radl"
    with open(first, "w") as target:
        target.write(text(1))
    once = None
    for count, times in ((1000, 3), (10000, 1)):
        file = f"{work}/{count}.radl"
        with open(file, "w") as target:
            target.write(text(count))
        size = os.path.getsize(file) / 1000
        own = figures(report, "radl", file, first)
        if own["problems"]:
            raise SystemExit(f"bench: the documents have {own['problems']:.0f} problems")
        python = [peers() + "/python", "-c", PYTHON, file, first, str(times)]
        parse, check, memory, opening = json.loads(subprocess.check_output(python, cwd=work))
        for name, value, other in (("parse", own["parse"], parse), ("check", own["check"], check)):
            report.peer(f"{name} of {count:,} systems ({size:,.0f} KB of RADL)", f"{value:.1f} ms CPU", "Python's radl",
                        f"{other:,.0f} ms CPU", f"{other / value:.0f}")
        report.peer(f"memory for {count:,} systems, at most, above that before",
                    f"{own['memory'] * 1.024 / size:.1f} times the text", "Python's radl",
                    f"{memory * 1.024 / size:.1f} times the text", f"{memory / max(own['memory'], 1):.1f}")
        once = once or (own["once"] / 1000, opening / 1000)
    report.peer("memory that the first document of a process takes, of one system: mostly pages of the program",
                f"{once[0]:.1f} MB", "Python's radl", f"{once[1]:.1f} MB", f"{once[1] / max(once[0], 0.1):.1f}")
