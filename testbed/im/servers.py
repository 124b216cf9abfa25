"""A real Infrastructure Manager and a gantryd, each on ports of its own of the loopback address."""

import ctypes
import http.client
import http.server
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

ADMIN = {"username": "admin", "password": "adminpw"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Server:
    """A program that serves REST, and XML-RPC where `xmlrpc` is a port; it ends with this process."""

    # How the body of a request has to name the types of TOSCA templates.
    types = ""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        os.makedirs(folder)
        self.rest, self.xmlrpc = free_port(), free_port()
        self.process = None

    def start(self, command, environment):
        self.log = open(os.path.join(self.folder, "out"), "wb")
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            preexec_fn=_with_parent, start_new_session=True)

    def wait(self, ports, seconds=180):
        deadline = time.monotonic() + seconds
        for port in ports:
            while True:
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                    connection.request("GET", "/version")
                    connection.getresponse().read()
                    break
                except OSError:
                    if time.monotonic() > deadline or self.process.poll() is not None:
                        raise SystemExit(f"{self.name} does not answer:\n{self.text()}") from None
                    time.sleep(0.1)

    def text(self):
        with open(os.path.join(self.folder, "out"), encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def end(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()


class IM(Server):
    """The version that is installed in a Python environment, with settings and data in a folder of its own.

    It reads `im.cfg` beside its package, so that it runs from a copy of the package.
    """

    def __init__(self, version, environment, folder, types):
        super().__init__(version, folder)
        self.types = types
        package = next(
            os.path.join(root, "IM") for root, folders, _ in os.walk(os.path.join(environment, "lib"))
            if root.endswith("site-packages") and "IM" in folders)
        shutil.copytree(package, os.path.join(folder, "IM"))
        with open(os.path.join(folder, "im.cfg"), "w", encoding="utf-8") as file:
            file.write(f"""[im]
DATA_DB = sqlite://{folder}/inf.dat
REST_ADDRESS = 127.0.0.1
REST_PORT = {self.rest}
XMLRCP_ADDRESS = 127.0.0.1
XMLRCP_PORT = {self.xmlrpc}
LOG_FILE = {folder}/im.log
LOG_LEVEL = INFO
VM_INFO_UPDATE_FREQUENCY = 1
CONFMAMAGER_CHECK_STATE_INTERVAL = 1
ENABLE_CORS = True
ADMIN_USER = {{"username": "{ADMIN['username']}", "password": "{ADMIN['password']}"}}
""")
        self.start(
            [os.path.join(environment, "bin", "python"), os.path.join(environment, "bin", "im_service")],
            {"PATH": os.environ["PATH"], "HOME": folder, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1",
             "no_proxy": "127.0.0.1"})

    def ready(self):
        self.wait([self.rest] + ([self.xmlrpc] if self.name.startswith("1.") else []))


class Gantry(Server):
    types = "https://raw.githubusercontent.com/grycap/tosca/main/custom_types.yaml"

    def __init__(self, program, folder):
        super().__init__("gantryd", folder)
        settings = os.path.join(folder, "gantryd.cfg")
        with open(settings, "w", encoding="utf-8") as file:
            file.write(f"""[im]
ENABLE_CORS = True
WAIT_SSH_ACCCESS_TIMEOUT = 2
ADMIN_USER = {{"username": "{ADMIN['username']}", "password": "{ADMIN['password']}"}}
""")
        self.start(
            [program, "--state-dir", os.path.join(folder, "state"), "--config", settings,
             "--rest-port", str(self.rest), "--xmlrpc-port", str(self.xmlrpc)],
            {"PATH": os.environ["PATH"], "HOME": folder})

    def ready(self):
        self.wait([self.rest, self.xmlrpc])


class Types:
    """Serves the types of TOSCA that come with Gantry to a server that fetches them."""

    def __init__(self, source):
        with open(source, encoding="utf-8") as file:
            text = file.read().split('#"""\n', 1)[1].rsplit('"""#', 1)[0]
        document = "\n".join(line[8:] for line in text.split("\n")).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/custom_types.yaml"
