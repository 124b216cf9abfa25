#!/usr/bin/env python3
"""Runs playbooks by real ansible-playbook on some hosts and by `gantry recipe run` on their twins, and compares.

    differential.py --ansible VENV --gantry PROGRAM --testbed testbed/hosts --state DIR FOLDER...

Each FOLDER holds `site.yml` and what it needs: `inventory` or `inventory.yml` (by default alpha and beta in web, gamma in
db), and `args`, further options of both. DIR is the state of `testbed/hosts` with six hosts twin-1 to twin-6, which have
Python: alpha, beta and gamma of each side. Compared are the recap, the tasks in their order with the status on each host
and what they returned, and what lies on the hosts afterwards: files with owner, mode and content, accounts, packages,
processes. Prints a line for each difference and ends with 1 when there is one.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["alpha", "beta", "gamma"]
INVENTORY = "[web]\nalpha\nbeta\n[db]\ngamma\n"

# What says nothing about the work: times, ways of calling, texts for people.
DROPPED = {
    "invocation", "start", "end", "delta", "exception", "warnings", "deprecations", "elapsed", "uuid", "mtime", "ctime",
    "atime", "inode", "dev", "failed", "changed", "action", "ansible_loop_var", "ansible_index_var", "module_stderr",
    "module_stdout", "cache_update_time", "cache_updated", "_gantry_status", "src", "unreachable", "finished", "date",
    "last_modified", "server", "connection", "etag", "accept_ranges", "attempts_left", "rip", "timedout", "diff",
    "ansible_stats", "false_condition", "skip_reason", "skipped_reason", "_ansible_delegated_vars", "backup_file",
    "stdout_lines", "stderr_lines", "attributes", "version", "ansible_no_log", "charset", "block_size", "blocks",
    "device_type", "mimetype", "executable", "content_type", "expires", "last_modified", "cookies", "cookies_string",
    "validate_args_context", "md5sum", "skipped", "examined", "skipped_paths", "secontext", "argument_spec_data", "results_file", "failed_when_suppressed_exception", "ansible_included_var_files",
}
FACTS = {"setup", "gather_facts"}
# Names of hosts are compared as theirs, so the machine's own name may show.
SNAPSHOT = r"""
cd /
skip="-path ./etc/ssh -o -name .ansible -o -name .gantry-run-* -o -name .ssh -o
 -path ./etc/ld.so.cache -o -path ./srv/repo -o -path ./etc/hosts -o -path ./etc/hostname -o -path ./etc/passwd -o
 -path ./etc/group -o -path ./etc/shadow -o -path ./etc/gshadow -o -name *- -o -path ./root/.cache"
set -f; set -- srv etc home root var/www opt usr/local; d=; for i; do d="$d ./$i"; done
find $d -xdev \( $skip \) -prune -o -type f -printf 'file %p %m %u %g\n' -o -printf '%y %p %m %u %g %l\n'
find $d -xdev \( $skip \) -prune -o -type f -print0 | xargs -0 sha1sum | sed 's/^/content /'
sed 's/^/passwd /' /etc/passwd; sed 's/^/group /' /etc/group; cut -d: -f1,4- /etc/shadow | sed 's/^/shadow /'
dpkg-query -W -f 'package ${db:Status-Abbrev} ${Package} ${Version}\n' | grep -v '^package un'
hostname | sed 's/^/hostname /'
for c in /proc/[0-9]*/comm; do cat $c 2>/dev/null; done | grep -xE 'nginx|cron' | sort -u | sed 's/^/process /'
"""


class Side:
    """Three hosts and the program that works on them."""

    def __init__(self, given, rows):
        self.given, self.rows = given, rows

    def connections(self):
        lines = []
        for name, row in zip(NAMES, self.rows):
            lines.append(
                f"{name} ansible_host={row['address']}")
        return "\n".join(lines) + (
            f"\n[all:vars]\nansible_user=root\nansible_ssh_private_key_file={self.rows[0]['privateKey']}\n"
            "ansible_python_interpreter=/usr/bin/python3\n"
            "ansible_ssh_common_args='-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no'\n")

    def everywhere(self, script):
        def one(row):
            done = subprocess.run(
                [self.given.testbed, "--state", self.given.state, "exec", row["name"], "sh", "-c", script],
                capture_output=True, text=True)
            if done.returncode:
                raise SystemExit(f"{row['name']}: {done.stderr}")
            return done.stdout
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return list(pool.map(one, self.rows))

    def masked(self, text):
        for name, row in zip(NAMES, self.rows):
            text = re.sub(rf"\b{re.escape(row['name'])}\b", f"<{name}>", text)
            text = re.sub(rf"\b{re.escape(row['address'])}\b", f"<address of {name}>", text)
        return text

    def snapshot(self):
        return [sorted(self.masked(text).splitlines()) for text in self.everywhere(SNAPSHOT)]

    def options(self, folder):
        inventory = next((n for n in ("inventory", "inventory.yml") if os.path.exists(f"{folder}/{n}")), None)
        if not inventory:
            inventory = "inventory.default"
            with open(f"{folder}/{inventory}", "w") as file:
                file.write(INVENTORY)
        with open(f"{folder}/connections.ini", "w") as file:
            file.write(self.connections())
        words = []
        if os.path.exists(f"{folder}/args"):
            with open(f"{folder}/args") as file:
                words = shlex.split(file.read().replace('{"', "'{\"").replace('"]}', "\"]}'"))
        return ["site.yml", "-i", "connections.ini", "-i", inventory] + words


def run_ansible(side, folder):
    record = f"{folder}/.record"
    environment = {
        **os.environ, "ANSIBLE_CALLBACK_PLUGINS": f"{HERE}/ansible_callbacks", "GANTRY_RECORD": record,
        "ANSIBLE_STDOUT_CALLBACK": "gantry_record", "ANSIBLE_PIPELINING": "1", "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_DEPRECATION_WARNINGS": "0", "ANSIBLE_HOST_KEY_CHECKING": "0", "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCAL_TEMP": f"{folder}/.tmp", "ANSIBLE_SSH_CONTROL_PATH_DIR": side.given.sockets, "ANSIBLE_HOME": folder,
        "ANSIBLE_GATHER_TIMEOUT": "30", "ANSIBLE_INJECT_FACT_VARS": "1",
    }
    done = subprocess.run(
        [f"{side.given.ansible}/bin/ansible-playbook"] + side.options(folder), cwd=folder, capture_output=True,
        text=True, env=environment)
    if not os.path.exists(record):
        return None, done.stdout + done.stderr
    with open(record) as file:
        return json.loads(side.masked(file.read())), done.stdout + done.stderr


def run_gantry(side, folder):
    environment = {**os.environ, "XDG_STATE_HOME": f"{folder}/.state"}
    done = subprocess.run(
        [side.given.gantry, "recipe", "run", "--json"] + side.options(folder), cwd=folder, capture_output=True, text=True,
        env=environment)
    try:
        return json.loads(side.masked(done.stdout)), done.stdout + done.stderr
    except ValueError:
        return None, done.stdout + done.stderr


def plain(value, action):
    """A result without what says nothing."""
    if isinstance(value, dict):
        return {
            key: plain(item, action) for key, item in value.items()
            if key not in DROPPED and not str(key).startswith("_ansible") and not (key == "ansible_facts" and action in FACTS)
            and item not in ([], {}, None, "") and not (key == "path" and "dest" in value)}
    if isinstance(value, list):
        return [plain(item, action) for item in value]
    if isinstance(value, str):
        return re.sub(r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~|/tmp/ansible\.\w+|/tmp/tmp\w+", "*", value)
    return value


def tasks(document):
    rows = []
    for play in document["plays"]:
        for task in play["tasks"]:
            hosts = task["hosts"]
            action = next(iter(hosts.values()), {}).get("action", "").split(".")[-1]
            if not hosts or action in ("include_tasks", "include_role", "connect"):
                if action != "connect" and any(h["_gantry_status"] in ("skipped", "failed") for h in hosts.values()):
                    pass
                else:
                    continue
            if action == "meta":
                continue
            name = task["task"]["name"].split(" #")[0]
            rows.append((name, {host: (status(data["_gantry_status"], data), plain(data, action)) for host, data in hosts.items()}))
    return rows


def status(word, result):
    """A failure that a block rescues is a failure in Ansible's callbacks, and one that is ignored is out of reach."""
    if word == "ignored" and result.get("unreachable"):
        return "unreachable"
    return "failed" if word == "rescued" else word


def differences(theirs, ours):
    lines = []
    if theirs["stats"] != ours["stats"]:
        for host in sorted(set(theirs["stats"]) | set(ours["stats"])):
            one, two = theirs["stats"].get(host), ours["stats"].get(host)
            if one != two:
                one, two = one or {}, two or {}
                keys = [k for k in sorted(set(one) | set(two)) if one.get(k) != two.get(k)]
                lines.append(f"recap of {host}: " + ", ".join(f"{k}={one.get(k)} here {two.get(k)}" for k in keys))
    left, right = by_host(tasks(theirs)), by_host(tasks(ours))
    for host in sorted(set(left) | set(right)):
        lines += host_differences(host, left.get(host, []), right.get(host, []))
    return lines


def by_host(rows):
    """What each host did, in its order: machines that include different files are not compared with each other."""
    hosts = {}
    for name, results in rows:
        for host, (word, data) in results.items():
            hosts.setdefault(host, []).append((name, word, data))
    return hosts


def host_differences(host, left, right):
    lines = []
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else ("none", "", {})
        two = right[index] if index < len(right) else ("none", "", {})
        if one[0] != two[0]:
            return lines + [f"task {index + 1} of {host}: {one[0]!r} here {two[0]!r}"]
        place = f"{one[0]} on {host}"
        if one[1] != two[1]:
            lines.append(
                f"{place}: {one[1]} here {two[1]}: {json.dumps(one[2])[:600]} here {json.dumps(two[2])[:600]}")
        elif one[2] != two[2]:
            lines += values(place, one[2], two[2])
    return lines


# What lies at the place that a module changed: told here by more modules than there.
MORE = {"gid", "group", "mode", "owner", "path", "size", "state", "uid", "dest", "checksum", "start", "delta", "rc"}


def same_words(one, two):
    """Whether a message is Ansible's; ours may say where in addition, and Ansible's how it came there."""
    if not isinstance(one, str) or not isinstance(two, str) or not re.match("Task failed: |Error |The task includes", one):
        return False
    core = one.split("failed: ")[-1]
    return core in two or core.split(": ")[-1].strip() in two


def values(place, one, two):
    if place.endswith(("msg", "message", "reason")) and same_words(one, two):
        return []
    if isinstance(one, dict) and isinstance(two, dict):
        lines = []
        for key in sorted(set(one) | set(two)):
            if one.get(key) != two.get(key) and not (key in MORE and key not in one):
                lines += values(f"{place}: {key}", one.get(key), two.get(key))
        return lines
    if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        return [line for i, (a, b) in enumerate(zip(one, two)) if a != b for line in values(f"{place}[{i}]", a, b)]
    return [f"{place}: {json.dumps(one)[:400]} here {json.dumps(two)[:400]}"]


def compare(folder, sides, given):
    work = tempfile.mkdtemp(prefix="differential-")
    try:
        folders = []
        for name in ("theirs", "ours"):
            shutil.copytree(folder, f"{work}/x/{name}/play")
            folders.append(f"{work}/x/{name}/play")
            os.chmod(folders[-1], 0o755)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda s: s.everywhere("rm -rf /srv/t; mkdir -m 755 /srv/t"), sides))
            first = pool.submit(run_ansible, sides[0], folders[0])
            second = pool.submit(run_gantry, sides[1], folders[1])
            (theirs, log), (ours, own) = first.result(), second.result()
            snapshots = list(pool.map(lambda s: s.snapshot(), sides))
        if given.verbose:
            print(log, own, sep="\n-----\n")
        lines = []
        if theirs is None or ours is None:
            lines.append(f"ansible: {'ran' if theirs else log[-1500:]}\ngantry: {'ran' if ours else own[-1500:]}")
        else:
            theirs, ours = (json.loads(json.dumps(d).replace(f, "<folder>")) for d, f in ((theirs, folders[0]), (ours, folders[1])))
            lines += differences(theirs, ours)
        after = []
        for name, one, two in zip(NAMES, *snapshots):
            after += [f"on {name}, Ansible only: {line}" for line in sorted(set(one) - set(two))]
            after += [f"on {name}, Gantry only: {line}" for line in sorted(set(two) - set(one))]
        # What a playbook before has left is told once.
        lines += [line for line in after if line not in given.left]
        given.left = after
        return lines
    finally:
        shutil.rmtree(work, ignore_errors=True)


def expected(folder):
    """Differences that are known, one pattern a line with the reason behind ` # `."""
    if not os.path.exists(f"{folder}/differences"):
        return []
    with open(f"{folder}/differences") as file:
        return [line.split(" # ")[0].strip() for line in file if line.strip()]


def main():
    parser = argparse.ArgumentParser()
    for name in ("ansible", "gantry", "testbed", "state"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("folders", nargs="+")
    given = parser.parse_args()
    given.left = []
    given.sockets = tempfile.mkdtemp(prefix="cp-")
    rows = json.loads(subprocess.run(
        [given.testbed, "--state", given.state, "list", "--json"], check=True, capture_output=True, text=True).stdout)
    rows = sorted((r for r in rows if r["name"].startswith("twin-")), key=lambda r: r["name"])
    sides = [Side(given, rows[:3]), Side(given, rows[3:6])]
    bad = 0
    for folder in given.folders:
        patterns = expected(folder)
        lines = compare(folder, sides, given)
        unexpected = [line for line in lines if not any(re.search(p, line) for p in patterns)]
        unused = [p for p in patterns if not any(re.search(p, line) for line in lines)]
        name = os.path.basename(folder.rstrip("/"))
        for line in unexpected:
            print(f"{name}: {line}")
        for pattern in unused:
            print(f"{name}: no difference any more: {pattern}")
        bad += bool(unexpected or unused)
        if not unexpected and not unused:
            print(f"{name}: same")
        sys.stdout.flush()
    shutil.rmtree(given.sockets, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
