#!/usr/bin/env python3
"""Records what the modules of real ansible-core do, for VectorTests.swift.

    record.py [MODULE...]

Runs with the Python of an environment that has ansible-core; the collections ansible.posix and community.general are
looked for in $ANSIBLE_COLLECTIONS_PATH. Reads cases/MODULE.yml, writes MODULE.json beside this file.

Each case has its own folder, written `{root}`. A step is a task: `before` is shell text that runs first, `args` are
the arguments, `check` and `diff` the modes. Kept are the result and what is in the folder after the step. `differs`
names keys in which Gantry is another on purpose, with the reason. With `exact` Gantry's results must have no other keys
than the real ones, and failures are kept whole. `binds` are folders of the machine that the case's
folder stands for: the real modules see it there in a mount namespace, in Gantry's programs the path is replaced. That
needs root, and so does nothing else.
"""
import base64
import hashlib
import http.server
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = "/tmp/gantry-vectors"
# Noise, and what depends on the machine or on the time.
BLANK = {
    "invocation", "exception", "deprecations", "warnings", "uid", "gid", "owner", "group", "secontext", "atime", "mtime",
    "ctime", "dev", "inode", "start", "end", "delta", "elapsed", "_ansible_no_log", "_ansible_verbose_always",
    "_ansible_verbose_override", "_ansible_parsed", "_ansible_delegated_vars", "ansible_facts.discovered_interpreter_python",
    "module_stderr", "module_stdout",
}


def masked(value, root, address):
    """The value without the places of this machine."""
    if isinstance(value, dict):
        return {str(k).replace(root, "{root}"): masked(v, root, address) for k, v in value.items()
                if k not in BLANK and not str(k).startswith("_ansible")}
    if isinstance(value, (list, tuple)):
        items = [masked(item, root, address) for item in value]
        # The order in which a file system names its files means nothing.
        return sorted(items, key=lambda i: i["path"]) if items and all(
            isinstance(i, dict) and "path" in i for i in items) else items
    if isinstance(value, str):
        text = value.replace(root, "{root}")
        if address:
            text = text.replace(address, "{http}")
        return re.sub(r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~", ".*~", text)
    return value


def snapshot(root):
    """Kind, mode and content of all that is in a folder, but for the stand-ins of tools."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not (folder == root and f in ("bin", "controller", ".ansible", ".cache")))
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            info = os.lstat(path)
            key = re.sub(r"\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~", ".*~", os.path.relpath(path, root))
            mode = "%04o" % stat.S_IMODE(info.st_mode)
            if stat.S_ISLNK(info.st_mode):
                found[key] = "link " + os.readlink(path).replace(root, "{root}")
            elif stat.S_ISDIR(info.st_mode):
                found[key] = "directory " + mode
            else:
                with open(path, "rb") as file:
                    content = file.read()
                text = content.decode("utf-8", "replace")
                if len(content) > 4000 or "\ufffd" in text or "\0" in text:
                    text = "sha1 " + hashlib.sha1(content).hexdigest()
                found[key] = "file %s %s" % (mode, text.replace(root, "{root}"))
    return found


class Pages(http.server.BaseHTTPRequestHandler):
    """The same answers as TestPages in PageServer.swift."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def answer(self, status, body, kind="text/plain", **headers):
        content = body.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = True

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        path = self.path.split("?")[0]
        if path == "/file.txt":
            self.answer(200, "hello\n", Last_Modified="Wed, 01 Jan 2020 00:00:00 GMT")
        elif path == "/sums":
            self.answer(200, hashlib.sha256(b"hello\n").hexdigest() + "  file.txt\n")
        elif path == "/json":
            self.answer(200, '{"a": [1, 2], "b": "c"}', "application/json")
        elif path == "/created":
            self.answer(201, "made")
        elif path == "/redirect":
            self.answer(302, "", Location="/file.txt")
        elif path == "/auth":
            wanted = "Basic " + base64.b64encode(b"user:secret").decode()
            if self.headers.get("Authorization") == wanted:
                self.answer(200, "welcome\n")
            else:
                self.answer(401, "no\n", WWW_Authenticate='Basic realm="x"')
        elif path == "/echo":
            self.answer(200, json.dumps({
                "method": self.command, "path": self.path, "body": body, "type": self.headers.get("Content-Type"),
                "x": self.headers.get("X-Test")}), "application/json")
        else:
            self.answer(404, "nothing here\n")

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any


try:
    from ansible.plugins.callback import CallbackBase
except ImportError:  # Read without ansible.
    CallbackBase = object


class CallbackModule(CallbackBase):
    """Runs in ansible-playbook: prepares each step before it starts and keeps what came out."""
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "record"

    def __init__(self):
        super().__init__()
        with open(os.environ["RECORD_CASES"]) as file:
            self.data = json.load(file)
        self.output = {}

    def place(self, task):
        case, step = task.get_name().split()[-1].split(".")
        return int(case), int(step)

    def v2_playbook_on_task_start(self, task, is_conditional):
        case, step = self.place(task)
        root = "%s/%d" % (self.data["root"], case)
        if step == 0:
            os.makedirs(root)
            for bind in self.data.get("binds", []):
                os.makedirs(root + bind)
                os.makedirs(bind, exist_ok=True)
                if case > 0:
                    subprocess.run(["umount", bind], check=True)
                subprocess.run(["mount", "--bind", root + bind, bind], check=True)
        text = self.data["cases"][case]["steps"][step].get("before", "")
        subprocess.run(["/bin/sh", "-ec", "umask 022\n" + text.replace("{root}", root)], check=True, cwd=root)

    def keep(self, result, **more):
        case, step = self.place(result._task)
        root = "%s/%d" % (self.data["root"], case)
        values = json.loads(json.dumps(result._result, default=str))
        values.update(more)
        self.output["%d.%d" % (case, step)] = {
            "result": masked(values, root, self.data.get("http")), "files": snapshot(root)}

    def v2_runner_on_ok(self, result):
        self.keep(result, failed=False)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.keep(result, failed=True)

    def v2_runner_on_skipped(self, result):
        self.keep(result, skipped=True)

    def v2_runner_on_unreachable(self, result):
        self.keep(result, unreachable=True)

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["RECORD_OUTPUT"], "w") as file:
            json.dump(self.output, file)


def substituted(value, root, address):
    if isinstance(value, dict):
        return {k: substituted(v, root, address) for k, v in value.items()}
    if isinstance(value, list):
        return [substituted(item, root, address) for item in value]
    if isinstance(value, str):
        return value.replace("{root}", root).replace("{http}", address or "")
    return value


def without(value, names):
    """The value without these keys at any depth."""
    if isinstance(value, dict):
        return {k: without(v, names) for k, v in value.items() if k not in names}
    return value


def record(name):
    import yaml
    import ansible.release
    with open(os.path.join(HERE, "cases", name + ".yml")) as file:
        document = yaml.safe_load(file)
    shutil.rmtree(ROOT, ignore_errors=True)
    os.makedirs(ROOT)
    address = None
    if document.get("http"):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = "http://127.0.0.1:%d" % server.server_address[1]
    tasks = []
    for number, case in enumerate(document["cases"]):
        root = "%s/%d" % (ROOT, number)
        tools = "mkdir -p {root}/bin\n" if case.get("tools") else ""
        for tool, text in (case.get("tools") or {}).items():
            tools += "cat >{root}/bin/%s <<'TOOL'\n#!/bin/sh\n%sTOOL\nchmod 755 {root}/bin/%s\n" % (tool, text, tool)
        for path, text in (case.get("controller") or {}).items():
            tools += "mkdir -p {root}/controller\ncat >{root}/controller/%s <<'FILE'\n%sFILE\n" % (path, text)
        case["steps"][0]["before"] = tools + case["steps"][0].get("before", "")
        for index, step in enumerate(case["steps"]):
            arguments = substituted(step["args"], root, address)
            if case.get("controller") and "src" in arguments and not arguments.get("remote_src"):
                arguments["src"] = root + "/controller/" + arguments["src"]
            tasks.append({
                "name": "step %d.%d" % (number, index), document["module"]: arguments, "ignore_errors": True,
                "check_mode": bool(step.get("check")), "diff": bool(step.get("diff")),
                "environment": {"PATH": root + "/bin:" + os.environ["PATH"], "HOME": root, "LC_ALL": "C.UTF-8"}})
    play = [{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks,
             "vars": {"ansible_python_interpreter": document.get("python", sys.executable)}}]
    with open(ROOT + "/play.json", "w") as file:
        json.dump(play, file)
    with open(ROOT + "/cases.json", "w") as file:
        json.dump({"cases": document["cases"], "root": ROOT, "http": address, "binds": document.get("binds", [])}, file)
    environment = dict(
        os.environ, RECORD_CASES=ROOT + "/cases.json", RECORD_OUTPUT=ROOT + "/output.json", ANSIBLE_CALLBACK_PLUGINS=HERE,
        ANSIBLE_STDOUT_CALLBACK="record", ANSIBLE_REMOTE_TMP=ROOT + "/remote", ANSIBLE_LOCAL_TEMP=ROOT + "/local",
        ANSIBLE_NOCOLOR="1", ANSIBLE_LOCALHOST_WARNING="0", PYTHONDONTWRITEBYTECODE="1", ANSIBLE_INVENTORY_UNPARSED_WARNING="0")
    subprocess.run(
        (["unshare", "-m", "--propagation", "private"] if document.get("binds") else []) +
        [os.path.join(os.path.dirname(sys.executable), "ansible-playbook"), "-i", "localhost,", ROOT + "/play.json"],
        env=environment, check=False)
    with open(ROOT + "/output.json") as file:
        output = json.load(file)
    ignored = set(document.get("ignore", []))
    for number, case in enumerate(document["cases"]):
        for index, step in enumerate(case["steps"]):
            kept = output["%d.%d" % (number, index)]
            kept["result"] = {k: v for k, v in kept["result"].items() 
                              if k not in ignored.union(case.get("ignore", []), step.get("ignore", []))}
            kept["result"] = without(kept["result"], set(document.get("leaveOut", [])))
            if not step.get("diff"):
                kept["result"].pop("diff", None)
            if kept["result"].get("failed") and not document.get("exact"):
                kept["result"] = {k: v for k, v in kept["result"].items()
                                  if k in ("failed", "changed", "msg", "rc", "stdout", "stderr")}
            step.update(kept)
    document["version"] = "ansible-core " + ansible.release.__version__
    with open(os.path.join(HERE, name + ".json"), "w") as file:
        json.dump(document, file, indent=1, sort_keys=True)
        file.write("\n")
    shutil.rmtree(ROOT)


if __name__ == "__main__":
    for module in sys.argv[1:] or sorted(f[:-4] for f in os.listdir(HERE + "/cases")):
        record(module)
