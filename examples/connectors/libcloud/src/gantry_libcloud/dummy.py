"""Libcloud's dummy driver with its nodes in a file: the driver's own live as long as its process."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from libcloud.common.exceptions import BaseHTTPError
from libcloud.compute.base import Node
from libcloud.compute.drivers.dummy import DummyNodeDriver
from libcloud.compute.types import NodeState


class FileDummyNodeDriver(DummyNodeDriver):  # type: ignore[misc]
    """Sizes, images and locations are the dummy's. Like many real clouds it has names and no tags."""

    def __init__(self, creds: str, path: str) -> None:
        super().__init__(0)
        self.creds = creds
        self.path = Path(path).expanduser()
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def list_nodes(self) -> list[Node]:
        with self._nodes() as nodes:
            return [self._node(id, node) for id, node in nodes.items()]

    def create_node(self, name: str, size: Any, image: Any) -> Node:
        with self._nodes(change=True) as nodes:
            number = max(map(int, nodes), default=0) + 1
            node = {"name": name, "state": "running", "size": size.id, "image": image.id}
            nodes[str(number)] = node
        return self._node(str(number), node)

    def destroy_node(self, node: Node) -> bool:
        with self._nodes(change=True) as nodes:
            return nodes.pop(node.id, None) is not None

    def start_node(self, node: Node) -> bool:
        return self._set(node, "running")

    def stop_node(self, node: Node) -> bool:
        return self._set(node, "stopped")

    def reboot_node(self, node: Node) -> bool:
        return self._set(node, "running")

    def _set(self, node: Node, state: str) -> bool:
        with self._nodes(change=True) as nodes:
            if node.id not in nodes:
                raise BaseHTTPError(404, f"there is no node {node.id}")
            nodes[node.id]["state"] = state
        return True

    def _node(self, id: str, node: dict[str, Any]) -> Node:
        address = f"127.1.{int(id) >> 8 & 255}.{int(id) & 255}"
        state = NodeState.RUNNING if node["state"] == "running" else NodeState.STOPPED
        return Node(id, node["name"], state, [address], [], self, extra={"size": node["size"], "image": node["image"]})

    @contextmanager
    def _nodes(self, change: bool = False) -> Iterator[dict[str, Any]]:
        with open(f"{self.path}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            nodes = json.loads(self.path.read_text()) if self.path.exists() else {}
            yield nodes
            if change:
                new = Path(f"{self.path}.new")
                new.write_text(json.dumps(nodes))
                os.replace(new, self.path)
