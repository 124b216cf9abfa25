"""A connector for tests and a conversation with it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from gantry_connector import (
    CatalogRequest,
    Flavor,
    Items,
    Machine,
    MachineCloud,
    MachineSpec,
    Opened,
    OpenRequest,
    Outcome,
    Setting,
    current_call,
    unauthenticated,
)
from gantry_connector.redaction import Redactor
from gantry_connector.server import Server


class Memory(MachineCloud[str]):
    name = "memory"
    provider_types = ("Memory",)
    credentials = (Setting("username", required=True), Setting("password", secret=True))
    config = (Setting("size", type=int, default=3), Setting("mode", choices=("a", "b")))
    max_concurrent_calls = 3
    page_size = 2

    def __init__(self) -> None:
        super().__init__()
        self.there: dict[str, Machine] = {}
        self.hidden: dict[str, Machine] = {}
        self.made = 0
        self.gate = threading.Event()
        self.cancelled = 0
        self.most = 0
        self.now = 0
        self.counting = threading.Lock()

    def open_session(self, request: OpenRequest) -> Opened[str]:
        if request.settings["password"] == "wrong-password":
            raise unauthenticated(f"the password {request.credentials['password']} is wrong")
        return Opened("session of " + request.settings["username"], account=request.settings["username"])

    def create(self, session: str, item: MachineSpec, tags: Mapping[str, str]) -> Machine:
        if item.flavor == "raises":
            raise RuntimeError("a fault")
        if item.flavor == "bad":
            raise ValueError("no such flavor")
        with self.counting:
            self.made += 1
            machine = Machine(f"m{self.made}", "pending", tags=dict(tags))
            self.there[machine.id] = machine
        return machine

    def machines(self, session: str) -> Iterable[Machine]:
        with self.counting:
            return list(self.there.values())

    def destroy(self, session: str, id: str) -> None:
        self.there.pop(id, None)

    def flavors(self, session: str, request: CatalogRequest) -> Items[Flavor]:
        return [Flavor(name, name, 1, 1 << 30) for name in "edcba"]

    def reboot(self, session: str, ids: Sequence[str]) -> Sequence[Outcome[Machine]]:
        """Waits for the gate: a call that takes as long as a test wants."""
        with self.counting:
            self.now += 1
            self.most = max(self.most, self.now)
        current_call().progress("waits", 0.5)
        while not self.gate.wait(0.01):
            if current_call().cancelled:
                self.cancelled += 1
                break
        with self.counting:
            self.now -= 1
        current_call().check()
        return [self.machine(session, id) for id in ids]


class Conversation:
    """Speaks with a server in this process over pipes."""

    def __init__(self, connector: MachineCloud[str]) -> None:
        source, self._requests = os.pipe()
        answers, output = os.pipe()
        self._answers = os.fdopen(answers, "rb")
        self.redactor = Redactor()
        self.server = Server(connector, output, self.redactor)

        def run() -> None:
            self.server.run(source)
            os.close(source)
            os.close(output)

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        self._number = 0
        self._kept: dict[Any, dict[str, Any]] = {}
        self.notifications: list[dict[str, Any]] = []

    def raw(self, line: bytes) -> None:
        left = memoryview(line)
        while left:
            left = left[os.write(self._requests, left) :]

    def send(self, method: str, params: Optional[dict[str, Any]] = None, id: Any = None) -> Any:
        self._number += 1
        id = self._number if id is None else id
        self.raw(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}).encode() + b"\n")
        return id

    def notify(self, method: str, params: Optional[dict[str, Any]] = None) -> None:
        self.raw(json.dumps({"jsonrpc": "2.0", "method": method, "params": params or {}}).encode() + b"\n")

    def next(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise EOFError
        message: dict[str, Any] = json.loads(line)
        return message

    def answer(self, id: Any) -> dict[str, Any]:
        while id not in self._kept:
            message = self.next()
            if "method" in message:
                self.notifications.append(message)
            else:
                self._kept[message["id"]] = message
        return self._kept.pop(id)

    def call(self, method: str, params: Optional[dict[str, Any]] = None) -> Any:
        message = self.answer(self.send(method, params))
        if "error" in message:
            raise Failed(message["error"])
        return message["result"]

    def open(self, **credentials: str) -> str:
        self.call("initialize", {"protocolVersions": [1]})
        opened = self.call("session.open", {"credentials": {"username": "ada", **credentials}})
        return str(opened["session"])

    def close(self) -> None:
        if self._requests >= 0:
            os.close(self._requests)
            self._requests = -1
        self.thread.join(10)
        self._answers.close()


class Failed(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error
        self.code = error.get("data", {}).get("code")
