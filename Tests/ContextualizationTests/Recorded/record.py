#!/usr/bin/env python3
"""Records what there is in Ansible: keywords, filters, tests, lookups, modules with their parameters.

    record.py [MODULE...]

Runs with the Python of an environment that has ansible-core; modules of collections are named, and looked for in
$ANSIBLE_COLLECTIONS_PATH. Writes ansible.json beside this file, from which docs/compatibility-ansible.md is made.
"""
import json
import os
import subprocess
import sys

import ansible.release
from ansible.playbook.block import Block
from ansible.playbook.handler import Handler
from ansible.playbook.play import Play
from ansible.playbook.loop_control import LoopControl
from ansible.playbook.role.include import RoleInclude
from ansible.playbook.task import Task

HERE = os.path.dirname(os.path.abspath(__file__))
DOC = os.path.join(os.path.dirname(sys.executable), "ansible-doc")


def listed(kind):
    text = subprocess.run([DOC, "-t", kind, "-l", "--json"], check=True, capture_output=True, text=True).stdout
    return sorted(n.split(".")[-1] for n in json.loads(text) if n.startswith("ansible.builtin."))


def keywords(kind, more=()):
    hidden = {"uuid", "args" if kind is not Task else "", "loop_with", "implicit", "import_playbook_"}
    names = {n for n in kind.fattributes if not n.startswith("_") and n not in hidden}
    # In Python `async` is a word of the language.
    return sorted({"async" if n == "async_val" else n for n in names} | set(more))


def parameters(modules):
    text = subprocess.run([DOC, "-t", "module", "--json"] + modules, check=True, capture_output=True, text=True).stdout
    found = {}
    for name, entry in json.loads(text).items():
        if "doc" in entry:
            short = name.removeprefix("ansible.builtin.")
            found[short] = {key: sorted(option.get("aliases", [])) for key, option in
                            (entry["doc"].get("options") or {}).items()}
    return dict(sorted(found.items()))


def connection_variables():
    """The variables by which a connection over SSH, and who becomes whom on it, are told what to do."""
    found = set()
    for kind, names in (("connection", ["ssh", "local"]), ("become", ["sudo", "su"]), ("shell", ["sh"])):
        text = subprocess.run([DOC, "-t", kind, "--json"] + names, check=True, capture_output=True, text=True).stdout
        for entry in json.loads(text).values():
            for option in entry["doc"]["options"].values():
                found |= {variable["name"] for variable in option.get("vars", [])}
    return sorted(name for name in found if name.startswith("ansible_"))


def main():
    builtin = [f"ansible.builtin.{name}" for name in listed("module")]
    record = {
        "version": ansible.release.__version__,
        "keywords": {
            "play": keywords(Play), "role": keywords(RoleInclude, ["role", "vars"]),
            "block": keywords(Block), "task": keywords(Task, ["args", "local_action", "with_<lookup>"]),
            "handler": keywords(Handler), "loop_control": keywords(LoopControl),
        },
        "filters": listed("filter"), "tests": listed("test"), "lookups": listed("lookup"),
        "modules": parameters(builtin + sys.argv[1:]),
        "connection_variables": connection_variables(),
    }
    record["keywords"]["handler"] = sorted(set(record["keywords"]["handler"]) - set(record["keywords"]["task"]))
    with open(os.path.join(HERE, "ansible.json"), "w") as file:
        json.dump(record, file, indent=0, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
