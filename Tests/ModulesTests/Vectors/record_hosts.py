#!/usr/bin/env python3
"""Records what the modules of real ansible-core do on a whole host, for HostModuleTests.swift.

    record_hosts.py [NAME...]

For what no folder can stand for: accounts, packages, services, facts. Runs as root with the Python of an environment that
has ansible-core (and, on ANSIBLE_COLLECTIONS_PATH, the collections whose modules are used) and needs `testbed/hosts`;
the host gets Python, which no host of the tests has, unless `install` names the packages of the hosts of both sides. Reads
hosts/cases/NAME.yml, writes hosts/NAME.json.

A step is a task: `before` is shell text that runs first, `args` are the arguments, `check` and `diff` the modes, `state`
is shell text that prints what is to be compared beside the result. `ignore` names keys that say nothing about the module, `leaveOut`
keys at any depth, `only` the facts that count; `differs` those in which Gantry is another on purpose, with the reason. All steps of a file are one playbook, which both
Ansible and Gantry run on a host that nobody used before; it leaves its results in a file there.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTBED = os.path.join(HERE, "../../../testbed/hosts")
PACKAGES = ["python3", "python3-apt"]
RESULTS = "/var/tmp/results.json"
# Noise, and what depends on the machine or on the time.
BLANK = {
    "invocation", "exception", "deprecations", "warnings", "start", "end", "delta", "elapsed", "cache_update_time",
    "cache_updated", "module_stderr", "module_stdout", "ansible_facts.discovered_interpreter_python",
}


def playbook(document):
    """The playbook of a file of cases."""
    tasks, results = [], []
    for number, step in enumerate(document["steps"]):
        if step.get("before"):
            tasks.append({"name": "before %d" % number, "shell": step["before"]})
        tasks.append({
            "name": "step %d" % number, step.get("module") or document["module"]: step["args"], "ignore_errors": True,
            "register": "s%d" % number, "check_mode": bool(step.get("check")), "diff": bool(step.get("diff"))})
        state = "''"
        if step.get("state"):
            tasks.append({"name": "state %d" % number, "shell": step["state"], "register": "p%d" % number,
                          "failed_when": False})
            state = "p%d.stdout" % number
        results.append("{'result': s%d, 'state': %s}" % (number, state))
    tasks.append({"name": "keep", "copy": {
        "dest": RESULTS, "content": "{{ [" + ", ".join(results) + "] | to_json }}"}})
    return [{"hosts": "all", "become": True, "gather_facts": bool(document.get("facts")), "tasks": tasks}]


def without(value, names):
    """The value without these keys at any depth."""
    if isinstance(value, dict):
        return {k: without(v, names) for k, v in value.items() if k not in names}
    if isinstance(value, list):
        return [without(item, names) for item in value]
    return value


def kept(result, step, document):
    ignored = BLANK.union(document.get("ignore", []), step.get("ignore", []))
    result = {k: v for k, v in result.items() if k not in ignored and not k.startswith("_ansible")}
    result = without(result, set(document.get("leaveOut", [])))
    if document.get("only") and "ansible_facts" in result:
        result["ansible_facts"] = {k: v for k, v in result["ansible_facts"].items() if k in document["only"]}
    if not step.get("diff"):
        result.pop("diff", None)
    if result.get("failed"):
        result = {k: v for k, v in result.items() if k in ("failed", "changed", "msg", "rc")}
    return result


def record(name):
    import yaml
    import ansible.release
    with open(os.path.join(HERE, "hosts/cases", name + ".yml")) as file:
        document = yaml.safe_load(file)
    play = playbook(document)
    environment = dict(os.environ, GANTRY_TESTBED_INSTALL=",".join(document.get("install", PACKAGES)))
    with tempfile.TemporaryDirectory() as folder:
        def testbed(*words):
            return subprocess.run(
                [TESTBED, "--state", folder + "/hosts", *words], env=environment, check=True, text=True,
                stdout=subprocess.PIPE).stdout
        try:
            testbed("up", "1", "--prefix", "module")
            host = json.loads(testbed("list", "--json"))[0]
            with open(folder + "/play.json", "w") as file:
                json.dump(play, file)
            with open(folder + "/known_hosts", "w") as file:
                file.write("%s %s\n" % (host["address"], host["hostKey"]))
            with open(folder + "/inventory", "w") as file:
                file.write("module-1 ansible_host=%s ansible_user=%s ansible_ssh_private_key_file=%s "
                           "ansible_python_interpreter=/usr/bin/python3 "
                           "ansible_ssh_common_args='-o UserKnownHostsFile=%s/known_hosts'\n"
                           % (host["address"], host["user"], host["privateKey"], folder))
            subprocess.run(
                [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "-i", folder + "/inventory",
                 folder + "/play.json"], check=True,
                env=dict(os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_PIPELINING="1", ANSIBLE_HOME=folder + "/home"))
            output = json.loads(testbed("exec", host["name"], "cat", RESULTS))
        finally:
            testbed("down")
    for step, one in zip(document["steps"], output):
        text = json.dumps(kept(one["result"], step, document)).replace(host["address"], "{address}")
        step["result"] = json.loads(text)
        if step.get("state"):
            step["printed"] = one["state"].replace(host["address"], "{address}")
    document["play"] = play
    document["version"] = "ansible-core " + ansible.release.__version__
    with open(os.path.join(HERE, "hosts", name + ".json"), "w") as file:
        json.dump(document, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    for case in sys.argv[1:] or sorted(f[:-4] for f in os.listdir(HERE + "/hosts/cases")):
        record(case)
