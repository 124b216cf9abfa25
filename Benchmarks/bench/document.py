"""Reading and checking a RADL document of 1,000 systems, beside the Python library of RADL."""
import json
import os
import subprocess

from .common import peers
from .connector import figures

PYTHON = """
import json, statistics, sys, time
from radl import radl_parse
text = open(sys.argv[1]).read()
parse, check = [], []
for _ in range(3):
    began = time.process_time()
    document = radl_parse.parse_radl(text)
    parsed = time.process_time()
    document.check()
    parse.append(parsed - began)
    check.append(time.process_time() - parsed)
print(json.dumps([statistics.median(parse) * 1000, statistics.median(check) * 1000]))
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
    file = work + "/thousand.radl"
    with open(file, "w") as target:
        target.write(text(1000))
    size = os.path.getsize(file) / 1000
    own = figures(report, "radl", file)
    if own["problems"]:
        raise SystemExit(f"bench: the document has {own['problems']:.0f} problems")
    parse, check = json.loads(subprocess.check_output([peers() + "/python", "-c", PYTHON, file], cwd=work))
    for name, value, other in (("parse", own["parse"], parse), ("check", own["check"], check)):
        report.peer(f"{name} of 1,000 systems ({size:.0f} KB of RADL)", f"{value:.1f} ms CPU", "Python's radl",
                    f"{other:.0f} ms CPU", f"{other / value:.0f}")
