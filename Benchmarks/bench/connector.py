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
    coder = figures(report, "json")
    for work in ("encode", "decode"):
        own, other = coder[work], coder["foundation" + work.capitalize()]
        report.peer(f"JSON of 1,000 machines ({coder['bytes'] / 1000:.0f} KB), {work}", f"{own:.1f} ms CPU",
                    "Foundation", f"{other:.1f} ms CPU", f"{other / own:.1f}")
