"""Reading and checking RADL documents of 1,000 and 10,000 systems, beside the Python library of RADL."""
import json
import os
import subprocess

from .common import peers
from .connector import figures

PYTHON = """
import json, resource, statistics, sys, time
from radl import radl_parse
text = open(sys.argv[1]).read()
used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = used()
parse, check, memory = [], [], 0
for _ in range(int(sys.argv[2])):
    began = time.process_time()
    document = radl_parse.parse_radl(text)
    parsed = time.process_time()
    document.check()
    parse.append(parsed - began)
    check.append(time.process_time() - parsed)
    memory = memory or used() - before
print(json.dumps([statistics.median(parse) * 1000, statistics.median(check) * 1000, memory]))
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
    for count, times in ((1000, 3), (10000, 1)):
        file = f"{work}/{count}.radl"
        with open(file, "w") as target:
            target.write(text(count))
        size = os.path.getsize(file) / 1000
        own = figures(report, "radl", file)
        if own["problems"]:
            raise SystemExit(f"bench: the document has {own['problems']:.0f} problems")
        python = [peers() + "/python", "-c", PYTHON, file, str(times)]
        parse, check, memory = json.loads(subprocess.check_output(python, cwd=work))
        for name, value, other in (("parse", own["parse"], parse), ("check", own["check"], check)):
            report.peer(f"{name} of {count:,} systems ({size:,.0f} KB of RADL)", f"{value:.1f} ms CPU", "Python's radl",
                        f"{other:,.0f} ms CPU", f"{other / value:.0f}")
        report.peer(f"memory for {count:,} systems, above that before", f"{own['memory'] * 1.024 / size:.1f} times the text",
                    "Python's radl", f"{memory * 1.024 / size:.1f} times the text",
                    f"{memory / max(own['memory'], 1):.0f}")
