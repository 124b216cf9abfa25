"""A connector in a process of its own, through the code that the service uses (gantry-bench)."""
import json
import subprocess


def figures(report, *words):
    return json.loads(subprocess.check_output([report.program("gantry-bench"), *words]))


def run(report, _):
    connector = figures(report, "connector", report.program("connector-dummy"))
    report.row(
        "connector call out of process; median of 2,000",
        f"{connector['call']:.3f} ms (CPU: service {connector['callHostCPU']:.3f}, "
        f"connector {connector['callConnectorCPU']:.3f} ms)", "0.2 ms", connector["call"] < 0.2)
    report.row(
        "describe of 1,000 machines out of process, end to end; median of 30",
        f"{connector['describe']:.1f} ms (CPU: service {connector['describeHostCPU']:.1f}, "
        f"connector {connector['describeConnectorCPU']:.1f} ms)", "70 ms", connector["describe"] < 70)
    host = figures(report, "supervision", report.program("connector-dummy"))
    report.row("connector calls out of process, 32 at a time; best of 3 rounds of 32,000",
               f"{host['callsPerSecond']:,.0f} a second", "5,000 a second", host["callsPerSecond"] > 5000)
    report.row("from `kill -9` of a connector to the next good answer, with one call that fails",
               f"{host['crash'] / 1000:.2f} s", "2 s", host["crash"] < 2000)
    report.row("100 installed connectors at a start; median of 15",
               f"{host['discovery']:.1f} ms (the first time {host['discoveryFirst'] / 1000:.1f} s)", "20 ms",
               host["discovery"] < 20)
    coder = figures(report, "json")
    for work in ("encode", "decode"):
        own, other = coder[work], coder["foundation" + work.capitalize()]
        report.peer(f"JSON of 1,000 machines ({coder['bytes'] / 1000:.0f} KB), {work}", f"{own:.1f} ms CPU",
                    "Foundation", f"{other:.1f} ms CPU", f"{other / own:.1f}")
