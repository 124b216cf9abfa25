"""Makes this process a connector."""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Optional

from .connector import Connector
from .redaction import HostHandler, RedactingStream, Redactor
from .server import Server


def serve(connector: Connector[Any], arguments: Optional[Sequence[str]] = None) -> NoReturn:
    """The last line of a connector: answers the host until the input ends, then exits.

    ``describe`` prints what the connector is; ``serve`` speaks the protocol. Standard output is put out of reach
    first: what is printed goes to the log, without the secrets of open sessions. So do records of ``logging``.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = os.path.basename(sys.argv[0])
    if words == ["describe"]:
        print(json.dumps(connector.description(), ensure_ascii=False))
        sys.stdout.flush()
        sys.exit(0)
    if words not in ([], ["serve"]):
        _leave(name, f"'{' '.join(words)}' is not known; use 'describe' or 'serve'")
    if not os.environ.get("CONNECTOR_COOKIE"):
        _leave(
            name,
            f"this is a connector; it is started by the server. Try '{name} describe', or test it with "
            f"'connector-check -- {sys.argv[0]}'",
        )
    sys.exit(_serve(connector))


def _leave(name: str, message: str) -> NoReturn:
    sys.stderr.write(f"{name}: {message}\n")
    sys.exit(64)


def _serve(connector: Connector[Any]) -> int:
    # The process holds credentials: no core dump.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.flush()
    output = os.dup(1)  # Not inherited by children.
    os.dup2(2, 1)
    redactor = Redactor()
    sys.stdout = sys.stderr = RedactingStream(sys.stderr, redactor)
    root = logging.getLogger()
    root.handlers[:] = [HostHandler()]
    root.setLevel(logging.INFO)

    wakes, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGTERM, lambda *_: os.write(wake, b"\0"))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # Descriptor 0 belongs to the protocol: children get an empty one.
    source = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    Server(connector, output, redactor).run(source, wakes)
    sys.stderr.flush()
    # Threads of calls that never end must not keep the process.
    os._exit(0)
