"""A recipe of 20 tasks over SSH hosts, beside pyinfra, Ansible and mitogen with the same tasks there."""
import glob
import json
import os
import statistics
import subprocess
import sys
import time

from .common import ROOT, cpu_of, peak_memory, peers, timed
from .distance import far
from .service import Daemon

TESTBED = ROOT + "/testbed/hosts"
# Ansible needs Python on the hosts; Gantry and pyinfra do not.
ENVIRONMENT = dict(os.environ, GANTRY_TESTBED_INSTALL="python3")
# In the second run only the shell command has something to do.
RUNS = ("first run", "second run")


def tasks(folder):
    lines = [f"    - set_fact: {{base: {folder}}}",
             f"    - file: {{path: {folder}, state: directory, mode: '0755'}}"]
    lines += [f"    - copy: {{dest: '{{{{ base }}}}/copy{i}', content: 'value {i} of {{{{ ansible_hostname }}}}'}}"
              for i in range(5)]
    lines += [f"    - lineinfile: {{path: '{{{{ base }}}}/lines{i}', line: 'line {i}', create: true}}"
              for i in range(5)]
    lines += [f"    - file: {{path: '{{{{ base }}}}/copy{i}', mode: '0640'}}" for i in range(5)]
    lines += [f"    - command: {{cmd: touch {folder}/made, creates: {folder}/made}}",
              "    - shell: echo done | tr a-z A-Z\n      register: said",
              "    - debug: {msg: '{{ said.stdout }}'}"]
    assert len(lines) == 20
    return "\n".join(lines)


PYINFRA = """
import io
from pyinfra import config, host
from pyinfra.facts.files import File
from pyinfra.facts.server import Hostname
from pyinfra.operations import files, python, server
config.SUDO = True
base = "/srv/pyinfra"
name = host.get_fact(Hostname)
files.directory(path=base, mode="755")
for i in range(5):
    files.put(src=io.StringIO("value %d of %s\\n" % (i, name)), dest="%s/copy%d" % (base, i))
for i in range(5):
    files.line(path="%s/lines%d" % (base, i), line="line %d" % i)
for i in range(5):
    files.file(path="%s/copy%d" % (base, i), mode="640")
if not host.get_fact(File, path=base + "/made", _sudo=True):
    server.shell(commands=["touch %s/made" % base])
said = server.shell(commands=["echo done | tr a-z A-Z"])
python.call(function=lambda: print(said.stdout))
"""


def radl(hosts, configured=True):
    with open(hosts[0]["privateKey"]) as file:
        key = file.read().strip()
    text = "network lan ( outbound = 'yes' )\n"
    for number, host in enumerate(hosts):
        text += f"""system s{number} (
    net_interface.0.connection = 'lan' and net_interface.0.ip = '{host["address"]}' and
    disk.0.os.name = 'linux' and
    disk.0.os.credentials.username = '{host["user"]}' and
    disk.0.os.credentials.private_key = '{key}'
)
deploy s{number} 1
"""
    if not configured:
        return text + "contextualize ()\n"
    text += f"configure bench (\n@begin\n- become: true\n  tasks:\n{tasks('/srv/gantry')}\n@end\n)\ncontextualize (\n"
    return text + "".join(f"    system s{number} configure bench step 1\n" for number in range(len(hosts))) + ")\n"


def write(name, text):
    with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return name


def over(hosts):
    return f"{len(hosts)} SSH host{'s' if len(hosts) > 1 else ''}"


def known_hosts(work, hosts, address=None, port=22):
    def place(host):
        return (address or host["address"]) if port == 22 else f"[{address or host['address']}]:{port}"
    return write(f"{work}/known_hosts-{port}", "".join(f"{place(host)} {host['hostKey']}\n" for host in hosts))


def inventory(work, hosts, address=None, port=22):
    """The inventory that Gantry and Ansible take, with pinned host keys; one host may be had at another place."""
    known = known_hosts(work, hosts, address, port)
    return write(f"{work}/inventory-{port}.ini", "\n".join(
        f"{host['name']} ansible_host={address or host['address']} ansible_port={port} "
        f"ansible_user={host['user']} ansible_ssh_private_key_file={host['privateKey']} "
        f"ansible_ssh_common_args='-o UserKnownHostsFile={known}'" for host in hosts) + "\n")


def playbook(work, folder):
    return write(f"{work}/site-{os.path.basename(folder)}.yml",
                 "- hosts: all\n  become: true\n  tasks:\n" + tasks(folder) + "\n")


def gantry(report, work, hosts):
    """The recipe alone, as the others run it. CPU seconds a host, here and there, of both runs."""
    program = report.program("gantry")
    # One host keeps two processors idle most of the time, and how deep they sleep changes what a wakeup costs.
    rounds = 11 if len(hosts) == 1 else 1
    inventory_file = inventory(work, hosts)
    # As of the others: all that comes before the first connection.
    tasks_only = [program, "recipe", "list-tasks", playbook(work, "/srv/recipe0"), "-i", inventory_file]
    started = statistics.median(timed(tasks_only)[1] for _ in range(5))
    measured = [[], []]
    for number in range(rounds):
        command = [program, "recipe", "run", playbook(work, f"/srv/recipe{number}"), "-i", inventory_file]
        for runs in measured:
            # All processes of a host are children of its first one in the end.
            before = sum(cpu_of(host["pid"]) for host in hosts)
            wall, cpu = timed(command)
            time.sleep(0.3)
            runs.append((wall, cpu, sum(cpu_of(host["pid"]) for host in hosts) - before))
    found = []
    for run, runs, target_goal in zip(RUNS, measured, (0.6, 0.4)):
        wall, cpu, target = (statistics.median(values) for values in zip(*runs))
        found.append(((cpu - started) / len(hosts), target / len(hosts)))
        kind = f"{run}, median of {rounds}" if rounds > 1 else run
        report.row(f"recipe of 20 tasks, {over(hosts)}, {kind}: controller CPU a host, start-up apart",
                   f"{found[-1][0]:.3f} s (wall {wall:.2f} s, start-up {started:.3f} s CPU)", "0.03 s",
                   found[-1][0] < 0.03)
        report.row(f"recipe of 20 tasks, {over(hosts)}, {kind}: CPU of each host", f"{target / len(hosts):.2f} s",
                   f"{target_goal} s", target / len(hosts) < target_goal)
    if len(hosts) == 50:
        peak = peak_memory([program, "recipe", "run", playbook(work, "/srv/memory"), "-i", inventory_file])
        report.row("recipe of 20 tasks, 50 SSH hosts: anonymous memory of `gantry recipe run`, at most",
                   f"{peak / 1e6:.0f} MB", "60 MB", peak < 60e6)
    return found


def journeys(report, work, host):
    """How often one waits for the other: what a host 0.4 s away costs beside one that is near."""
    round_trip = 0.4
    program = report.program("gantry")
    def wall(name, distance):
        with far(host["address"], 22, distance) as port:
            place = inventory(work, [host], "127.0.0.1", port)
            command = [program, "recipe", "run", playbook(work, f"/srv/{name}"), "-i", place]
            return [timed(command)[0] for _ in RUNS]
    near, distant = wall("near", 0), wall("far", round_trip)
    for run, here, there in zip(RUNS, near, distant):
        trips = (there - here) / round_trip
        report.row(f"recipe of 20 tasks, 1 SSH host 0.4 s away, {run}: serial round trips",
                   f"{trips:.0f} (wall {there:.1f} s, near {here:.1f} s)", "60", trips < 60)


def deployment(report, work, hosts):
    """The same recipe in a document: an infrastructure is made, its state kept on disk, the machine prepared."""
    program = [report.program("gantry")]
    where = ["--state-dir", f"{work}/state-{len(hosts)}"]
    document = write(f"{work}/{len(hosts)}.radl", radl(hosts))
    # The state folder is there, as it is for every infrastructure but the first.
    first = write(f"{work}/first.radl", radl(hosts[:1], configured=False))
    timed(program + ["up", first, "--yes", "--quiet"] + where)
    started = statistics.median(timed(program + ["list"] + where)[1] for _ in range(5))
    for run in RUNS:
        wall, cpu = timed(program + ["up", document, "--yes", "--quiet"] + where)
        each = (cpu - started) / len(hosts)
        report.row(f"deployment with this recipe by `gantry up`, {over(hosts)}, {run}: as above",
                   f"{each:.3f} s (wall {wall:.2f} s, start-up {started:.3f} s CPU)", "0.05 s", each < 0.05)


def in_service(report, work, hosts, rounds=10):
    """The same by a gantryd that runs already: nothing that happens once in a process is in the figure."""
    def configure(daemon):
        address = daemon.call("POST", "/infrastructures?async=true", radl(hosts)).strip()
        while True:
            time.sleep(0.3)
            state = daemon.state(address)["state"]
            if state == "configured":
                return
            if state not in ("pending", "running"):
                raise SystemExit(f"bench: {over(hosts)} ended as {state}")

    with Daemon(report, f"{work}/service-{len(hosts)}") as daemon:
        configure(daemon)
        cpu = cpu_of(daemon.process.pid)
        for _ in range(rounds):
            configure(daemon)
        used = (cpu_of(daemon.process.pid) - cpu) / rounds / len(hosts)
    report.row(
        f"deployment with this recipe by a gantryd that runs, {over(hosts)}: as above, mean of {rounds}",
        f"{used:.3f} s", "0.05 s", used < 0.05)


def ansible(work, hosts, port=22, strategy=""):
    name = "mitogen" if strategy else "ansible"
    settings = write(f"{work}/{name}.cfg", f"""[defaults]
nocolor = 1
forks = 50
interpreter_python = /usr/bin/python3
{strategy}
[ssh_connection]
pipelining = True
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
""")
    environment = dict(os.environ, ANSIBLE_CONFIG=settings, ANSIBLE_HOME=f"{work}/{name}", LC_ALL="C.UTF-8")
    command = [peers() + "/ansible-playbook", "-i", inventory(work, hosts, port=port),
               playbook(work, f"/srv/{name}{port}")]
    return command + ["--list-tasks"], command, environment


def mitogen(work, hosts, port=22):
    """Ansible with the engine that keeps one Python process on each host and sends it what it needs."""
    plugins = glob.glob(os.path.dirname(peers()) + "/lib/python3*/site-packages/ansible_mitogen/plugins/strategy")[0]
    return ansible(work, hosts, port, f"strategy = mitogen_linear\nstrategy_plugins = {plugins}")


def pyinfra(work, hosts, port=22):
    known = known_hosts(work, hosts, port=port)
    names = [(host["address"], {"ssh_user": host["user"], "ssh_key": host["privateKey"], "ssh_port": port})
             for host in hosts]
    settings = {"ssh_known_hosts_file": known, "ssh_strict_host_key_checking": "yes"}
    machines = write(f"{work}/inventory.py", f"hosts = ({names!r}, {settings!r})\n")
    deploy = write(f"{work}/deploy.py", PYINFRA.replace("/srv/pyinfra", f"/srv/pyinfra{port}"))
    program = peers() + "/pyinfra"
    return [program, "--version"], [program, "-y", machines, deploy], dict(os.environ, LC_ALL="C.UTF-8")


PEERS = (("Ansible", ansible), ("mitogen", mitogen), ("pyinfra", pyinfra))


def others(report, work, hosts, own):
    for name, prepare in PEERS:
        start, command, environment = prepare(work, hosts)
        quiet = {"env": environment, "cwd": work, "stderr": subprocess.DEVNULL}
        started = statistics.median(timed(start, **quiet)[1] for _ in range(3))
        for run, (mine, mine_there) in zip(RUNS, own):
            before = sum(cpu_of(host["pid"]) for host in hosts)
            wall, cpu = timed(command, **quiet)
            time.sleep(0.5)
            there = (sum(cpu_of(host["pid"]) for host in hosts) - before) / len(hosts)
            each = (cpu - started) / len(hosts)
            work_done = f"recipe of 20 tasks, {over(hosts)}, {run}"
            report.peer(f"{work_done}: controller CPU a host, start-up apart",
                        f"{mine:.3f} s", name, f"{each:.2f} s (wall {wall:.1f} s, start-up {started:.2f} s CPU)",
                        f"{each / mine:.0f}")
            report.peer(f"{work_done}: CPU of each host", f"{mine_there:.2f} s", name, f"{there:.2f} s",
                        f"{there / mine_there:.1f}")


def channels(report, work, state, host):
    """Programs and subsystems that each engine asks a host's sshd for, which has each in its log."""
    port, log = 2222, "/root/channels.log"
    inside = [TESTBED, *state, "exec", host["name"]]
    subprocess.run([*inside, "/usr/sbin/sshd", "-p", str(port), "-o", "LogLevel=VERBOSE", "-o", "PidFile=none",
                    "-o", f"ListenAddress={host['address']}", "-E", log], check=True)

    def asked(command, **options):
        subprocess.run([*inside, "truncate", "-s", "0", log], check=True)
        timed(command, **options)
        text = subprocess.check_output([*inside, "cat", log], text=True)
        return text.count("Starting session: "), text.count("Accepted publickey")

    own = asked([report.program("gantry"), "recipe", "run", playbook(work, "/srv/channels"), "-i",
                 inventory(work, [host], port=port)])
    what = "recipe of 20 tasks, 1 SSH host, first run: SSH channels"
    report.row(what, f"{own[0]} in {own[1]} connection{'s' if own[1] != 1 else ''}", "2", 1 <= own[0] <= 2)
    for name, prepare in PEERS:
        _, command, environment = prepare(work, [host], port)
        found = asked(command, env=environment, cwd=work, stderr=subprocess.DEVNULL)
        report.peer(what, str(own[0]), name, f"{found[0]} in {found[1]}", f"{found[0] / max(1, own[0]):.0f}")


def run(report, work):
    os.makedirs(work)
    state = ["--state", work + "/hosts"]
    try:
        for count in (1, 10, 50):
            subprocess.run([TESTBED, *state, "up", str(count)], check=True, stdout=sys.stderr, env=ENVIRONMENT)
            hosts = json.loads(subprocess.check_output([TESTBED, *state, "list", "--json"]))[:count]
            own = gantry(report, work, hosts)
            if count == 1:
                journeys(report, work, hosts[0])
                channels(report, work, state, hosts[0])
            deployment(report, work, hosts)
            in_service(report, work, hosts, 10 if count == 1 else 1)
            # Ansible over 50 hosts keeps two processors busy for minutes.
            if count <= 10:
                others(report, work, hosts, own)
    finally:
        subprocess.run([TESTBED, *state, "down"], check=True, stdout=sys.stderr)
