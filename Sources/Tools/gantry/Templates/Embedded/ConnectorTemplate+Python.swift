// swift-format-ignore-file
// Made by scripts/embed-templates of sdk/templates/python; do not edit.

extension ConnectorTemplate {
    static let pythonFiles: [File] = [
        File(path: "README.md", isExecutable: false, text: ####"""
# connector-mycloud

Makes MyCloud usable for Gantry: one Python file, `connector-mycloud`, on the SDK in
`gantry_connector/` (no other dependency; Python 3.9 and later). As written, its machines are files in a folder.

| Command | Does |
| --- | --- |
| `./connector-mycloud describe` | prints what it is |
| `connector-check -- ./connector-mycloud` | runs the conformance kit; `--secrets FILE` for credentials |
| `python3 -m unittest` | the tests; the kit is among them where `connector-check` is in `PATH` or named by `CONNECTOR_CHECK` |
| `gantry connector list --connector-dir .` | shows it among the others |
| `gantry up cluster.radl --connector-dir .` | launches machines on it, with `id = mine; type = MyCloud; username = ada` in the auth file |

Next: replace what `open_session`, `create`, `machines` and `destroy` do by requests to the cloud. The contract stands in
`docs/connector-authors.md` of Gantry, a way from nothing to the first machine in `docs/connector-tutorial.md`. To use an
installed SDK instead (`pip install gantry-connector`), remove the folder `gantry_connector`.

"""####),
        File(path: "connector-mycloud", isExecutable: true, text: ####"""
#!/usr/bin/env python3
"""Makes MyCloud usable for Gantry. As written it keeps machines as files: replace what reads and writes them."""

import json
import os
from dataclasses import replace
from pathlib import Path

import gantry_connector as gantry

# Ask the cloud for these in `flavors` and `images`; sizes are in bytes.
FLAVORS = [gantry.Flavor("small", "small", 1, 1 << 30), gantry.Flavor("large", "large", 4, 8 << 30)]
IMAGES = [gantry.Image("debian-12", "mycloud://debian-12", "Debian 12", login_user="admin")]


class MyCloudConnector(gantry.MachineCloud[Path]):
    # `type = MyCloud` in an auth line finds this connector, `mycloud://…` are its images.
    name, version, title, provider_types, image_schemes = "mycloud", "0.1.0", "MyCloud", ["MyCloud"], ["mycloud"]
    credentials = (gantry.Setting("username", default="nobody"), gantry.Setting("password", secret=True))
    config = (gantry.Setting("folder", "Folder of the machines", default="~/.local/state/connector-mycloud"),)

    def open_session(self, request):
        """Log in. What is returned as session is the first argument of all other calls."""
        if request.settings["password"] == "wrong":
            raise gantry.unauthenticated("MyCloud does not accept this password: correct the auth line")
        folder = Path(request.settings["folder"]).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        return gantry.Opened(folder, account=request.settings["username"])

    def flavors(self, folder, request):
        return FLAVORS

    def images(self, folder, request):
        return IMAGES

    def create(self, folder, item, tags):
        """Make one machine with all of these tags from its first moment on. Do not wait until it runs."""
        if item.flavor not in [flavor.id for flavor in FLAVORS]:
            raise gantry.invalid(f"there is no flavor '{item.flavor}'", field="flavor")
        machine = gantry.Machine(os.urandom(6).hex(), "running", flavor=item.flavor, image=item.image, tags=tags)
        return self.write(folder, machine)

    def machines(self, folder):
        """Name all machines of the account, with as few requests as possible."""
        for file in folder.glob("*.json"):
            yield gantry.Machine(file.stem, addresses=[gantry.Address(0, "192.0.2.1")], **json.loads(file.read_text()))

    def destroy(self, folder, id):
        """End one machine and what belongs to it alone."""
        (folder / f"{self.machine(folder, id).id}.json").unlink(missing_ok=True)

    # Whatever of `start`, `stop`, `reboot`, `ensure_key_pair`, … is defined here is announced to the host.

    def start(self, folder, ids):
        return gantry.each(ids, lambda id: self.write(folder, replace(self.machine(folder, id), state="running")))

    def stop(self, folder, ids):
        return gantry.each(ids, lambda id: self.write(folder, replace(self.machine(folder, id), state="stopped")))

    def write(self, folder, machine):
        kept = {name: getattr(machine, name) for name in ("state", "flavor", "image", "tags")}
        (folder / f"{machine.id}.new").write_text(json.dumps(kept))
        (folder / f"{machine.id}.new").rename(folder / f"{machine.id}.json")
        return machine


gantry.serve(MyCloudConnector())

"""####),
        File(path: "test_connector.py", isExecutable: false, text: ####"""
"""Tests of connector-mycloud: python3 -m unittest"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

CONNECTOR = Path(__file__).parent.resolve() / "connector-mycloud"
KIT = os.environ.get("CONNECTOR_CHECK") or shutil.which("connector-check")


class MyCloudTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def talk(self, *calls):
        """The answers of a connector that is started, asked, and ended."""
        lines = [{"id": number, "method": method, "params": params} for number, (method, params) in enumerate(calls)]
        ended = subprocess.run(
            [CONNECTOR, "serve"],
            input="".join(json.dumps({"jsonrpc": "2.0", **line}) + "\n" for line in lines),
            env={**os.environ, "CONNECTOR_COOKIE": "test"},
            stdout=subprocess.PIPE,
            timeout=60,
            check=True,
            text=True,
        )
        answers = {answer["id"]: answer for answer in map(json.loads, ended.stdout.splitlines())}
        return [answers[number].get("result", answers[number].get("error")) for number in range(len(calls))]

    def open(self, **credentials):
        request = {"credentials": {"username": "ada", **credentials}, "config": {"folder": self.folder}}
        return ("initialize", {"protocolVersions": [1]}), ("session.open", request)

    def test_it_says_what_it_is(self):
        ended = subprocess.run([CONNECTOR, "describe"], stdout=subprocess.PIPE, timeout=60, check=True)
        self.assertEqual(json.loads(ended.stdout)["providerTypes"], ["MyCloud"])

    def test_a_wrong_password(self):
        self.assertEqual(self.talk(*self.open(password="wrong"))[1]["data"]["code"], "unauthenticated")

    def test_a_session(self):
        self.assertEqual(self.talk(*self.open())[1]["account"], "ada")

    @unittest.skipUnless(KIT, "connector-check is neither in PATH nor named by CONNECTOR_CHECK")
    def test_it_keeps_the_contract(self):
        files = {
            "config": {"config": {"folder": self.folder}, "badCredentials": {"username": "ada", "password": "wrong"}},
            "secrets": {"username": "ada", "password": "a-secret"},
        }
        with tempfile.TemporaryDirectory() as scratch:
            options = []
            for name, content in files.items():
                (Path(scratch) / name).write_text(json.dumps(content))
                options += [f"--{name}", str(Path(scratch) / name)]
            ended = subprocess.run(
                [KIT, "--level", "should", *options, "--", CONNECTOR],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.assertEqual(ended.returncode, 0, ended.stdout)


if __name__ == "__main__":
    unittest.main()

"""####),
    ]
}
