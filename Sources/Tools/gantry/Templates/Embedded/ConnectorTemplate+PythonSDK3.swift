// swift-format-ignore-file
// Made by scripts/embed-templates of sdk/python/src/gantry_connector; do not edit.

extension ConnectorTemplate {
    static let pythonSDK3: [File] = [
        File(path: "gantry_connector/redaction.py", isExecutable: false, text: ####"""
"""Keeps secrets out of what a connector says: its log, its errors, whatever is printed."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

_WORDS = ("password", "secret", "token", "private", "key", "passphrase")


def sounds_secret(name: str) -> bool:
    """Whether credentials of this name are secret although nobody declared them so."""
    return any(word in name.lower() for word in _WORDS)


class Redactor:
    """Replaces the secrets of the open sessions. Shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._forms: tuple[str, ...] = ()

    def add(self, secrets: Iterable[str]) -> None:
        """Values shorter than 4 characters are left out: they stand in half of all words."""
        self._count(secrets, 1)

    def remove(self, secrets: Iterable[str]) -> None:
        self._count(secrets, -1)

    def _count(self, secrets: Iterable[str], change: int) -> None:
        with self._lock:
            for secret in secrets:
                if len(secret) >= 4:
                    self._counts[secret] = self._counts.get(secret, 0) + change
                    if self._counts[secret] <= 0:
                        del self._counts[secret]
            forms = set()
            for secret in self._counts:
                forms |= {secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
            self._forms = tuple(sorted(forms, key=len, reverse=True))

    def text(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "<redacted>")
        return text

    def value(self, value: Any) -> Any:
        """A value of JSON without secrets in its texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        return value


class RedactingStream(io.TextIOBase):
    """Standard error (and what is printed) without secrets, one whole line at a time."""

    def __init__(self, target: Any, redactor: Redactor) -> None:
        self._target = target
        self._redactor = redactor
        self._lock = threading.Lock()
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        with self._lock:
            lines = (self._rest + text).split("\n")
            self._rest = lines.pop()
            if lines:
                self._put("".join(line + "\n" for line in lines))
        return len(text)

    def flush(self) -> None:
        with self._lock:
            rest, self._rest = self._rest, ""
            if rest:
                self._put(rest + "\n")

    def _put(self, text: str) -> None:
        try:
            self._target.write(self._redactor.text(text))
            self._target.flush()
        except (OSError, ValueError):
            pass  # The host is gone: nobody reads the log.


class HostHandler(logging.Handler):
    """Writes records of ``logging`` as the objects that the host relabels."""

    _LEVELS = ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info"), (0, "debug"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = self.format(record)
            level = next(name for number, name in self._LEVELS if record.levelno >= number)
            sys.stderr.write(json.dumps({"level": level, "message": message}, ensure_ascii=False) + "\n")
        except Exception:
            self.handleError(record)

"""####),
        File(path: "gantry_connector/server.py", isExecutable: false, text: ####"""
"""Answers one host: JSON-RPC 2.0, one message a line, any number of calls at the same time."""

from __future__ import annotations

import json
import math
import os
import selectors
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Callable, Generic, Optional, TypeVar

from . import call as calls
from .call import Call
from .coding import ParametersError, from_json, to_json
from .connector import Connector
from .errors import ConnectorError
from .log import logger
from .methods import METHODS
from .redaction import Redactor, sounds_secret
from .values import OpenRequest

S = TypeVar("S")

MOST_BYTES = 16 << 20
MOST_WAITING = 1024
PATIENCE_AT_END = 5.0
"""Seconds that calls in flight get when the conversation is over."""

PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602
NOT_INITIALIZED, FAILURE = -32002, -32000


class _Refused(Exception):
    def __init__(self, code: int, message: str, data: Optional[ConnectorError] = None) -> None:
        super().__init__(message)
        self.error: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = to_json(data)


@dataclass
class _Session(Generic[S]):
    value: S
    secrets: list[str]
    expires: float


@dataclass
class _Pending:
    call: Call
    milliseconds: float
    runs: bool = False


class Server(Generic[S]):
    """One conversation. The thread of ``run`` reads and keeps deadlines; others carry calls out."""

    def __init__(self, connector: Connector[S], output: int, redactor: Optional[Redactor] = None) -> None:
        self._connector = connector
        self._output = output
        self._redactor = redactor or Redactor()
        self._writing = threading.Lock()
        self._state = threading.Condition()
        self._initialized = False
        self._closing = False
        self._sessions: dict[str, _Session[S]] = {}
        self._pending: dict[Any, _Pending] = {}
        self._queue: deque[tuple[Any, Callable[[], Any]]] = deque()
        self._refused: deque[list[str]] = deque()
        """Secrets of the latest sessions that could not be opened."""
        self._threads = 0
        self._idle = 0
        self._abandoned = 0
        """Calls that were answered by their deadline but still hold a thread."""

    # Reading

    def run(self, source: int, stop: Optional[int] = None) -> None:
        """Until the input ends, ``exit`` comes, or the descriptor ``stop`` can be read."""
        pieces: list[bytes] = []
        size = 0
        with selectors.DefaultSelector() as selector:
            selector.register(source, selectors.EVENT_READ)
            if stop is not None:
                selector.register(stop, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select(self._until_deadline())}
                self._expire()
                if stop is not None and stop in ready:
                    break
                if source not in ready:
                    continue
                data = os.read(source, 1 << 18)
                if not data:
                    break
                *lines, rest = data.split(b"\n")
                over = False
                for line in lines:
                    pieces.append(line)
                    size += len(line)
                    over = not self._take(b"".join(pieces) if size <= MOST_BYTES else None)
                    pieces, size = [], 0
                    if over:
                        break
                if over:
                    break
                size += len(rest)
                if size <= MOST_BYTES:
                    pieces.append(rest)
                else:
                    pieces.clear()
        self._finish()

    def _take(self, line: Optional[bytes]) -> bool:
        """False when the conversation is over."""
        if line is None:
            self._refuse(None, INVALID_REQUEST, f"a message is larger than {MOST_BYTES} bytes")
            return True
        if not line.strip():
            return True
        try:
            message = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError):
            self._refuse(None, PARSE_ERROR, "a line is no JSON in UTF-8")
            return True
        if not isinstance(message, dict):
            self._refuse(None, INVALID_REQUEST, "a message is no JSON object")
            return True
        id, method, params = message.get("id"), message.get("method"), message.get("params", {})
        if not isinstance(method, str):
            if "result" not in message and "error" not in message:
                self._refuse(id if isinstance(id, (str, int)) else None, INVALID_REQUEST, "a message has no method")
            return True
        if id is None:
            if method == "$/cancel" and isinstance(params, dict):
                self._cancel(params.get("id"))
            return method != "exit"
        if isinstance(id, bool) or not isinstance(id, (str, int)):
            self._refuse(None, INVALID_REQUEST, "the id of a call is neither a text nor a whole number")
        elif not isinstance(params, dict):
            self._refuse(id, INVALID_PARAMS, f"the parameters of {method} are no object")
        else:
            self._begin(id, method, params)
        return True

    def _until_deadline(self) -> Optional[float]:
        with self._state:
            soonest = min((pending.call.deadline for pending in self._pending.values()), default=math.inf)
        return None if soonest == math.inf else max(0.0, soonest - time.monotonic())

    def _expire(self) -> None:
        now = time.monotonic()
        with self._state:
            late = [(id, pending) for id, pending in self._pending.items() if pending.call.deadline <= now]
            for id, pending in late:
                del self._pending[id]
                self._abandoned += pending.runs
        for id, pending in late:
            pending.call.cancel()
            self._fail(id, ConnectorError("timeout", f"the call did not end within {pending.milliseconds:.0f} ms"))

    def _cancel(self, id: Any) -> None:
        try:
            with self._state:
                pending = self._pending.get(id)
                if pending is None:
                    return
                waits = not pending.runs
                if waits:
                    del self._pending[id]
        except TypeError:
            return  # An id that cannot be one.
        pending.call.cancel()
        if waits:
            self._fail(id, ConnectorError("cancelled", "the call was cancelled before it began"))

    # Calls

    def _begin(self, id: Any, method: str, params: dict[str, Any]) -> None:
        try:
            if method == "initialize":
                self._send({"id": id, "result": self._initialize(params)})
            elif method == "ping":
                self._send({"id": id, "result": {}})
            elif method == "shutdown":
                self._closing = True
                self._send({"id": id, "result": {}})
            else:
                self._enqueue(id, method, params)
        except _Refused as refused:
            self._send({"id": id, "error": refused.error})

    def _initialize(self, params: dict[str, Any]) -> dict[str, Any]:
        versions = params.get("protocolVersions")
        if not isinstance(versions, list):
            raise _Refused(INVALID_PARAMS, "the parameters of initialize are wrong: protocolVersions must be a list")
        if 1 not in versions:
            offered = ", ".join(map(str, versions))
            message = f"no protocol version in common: the host speaks {offered}, this connector speaks 1"
            raise _Refused(FAILURE, message, ConnectorError("unsupported", message))
        self._initialized = True
        return self._connector.description()

    def _enqueue(self, id: Any, method: str, params: dict[str, Any]) -> None:
        if not self._initialized:
            raise _Refused(NOT_INITIALIZED, "call 'initialize' first")
        if method not in METHODS and method not in ("session.open", "session.close"):
            raise _Refused(UNKNOWN_METHOD, f"the method '{method}' is not known")
        limit = params.get("deadlineMs")
        milliseconds = float(limit) if isinstance(limit, (int, float)) and not isinstance(limit, bool) else math.inf
        meta = params.get("_meta")
        trace = meta.get("traceparent") if isinstance(meta, dict) else None
        call = Call(
            time.monotonic() + max(0.0, milliseconds) / 1000,
            trace if isinstance(trace, str) else None,
            lambda message, fraction: self._progress(id, message, fraction),
        )
        error = None
        with self._state:
            if id in self._pending:
                raise _Refused(INVALID_REQUEST, "the id of a call is in use")
            if self._closing:
                error = ConnectorError("unavailable", "the connector is shutting down")
            elif len(self._queue) >= MOST_WAITING:
                error = ConnectorError("throttled", f"{MOST_WAITING} calls wait already", retry_after_ms=1000)
            else:
                self._pending[id] = _Pending(call, milliseconds)
                self._queue.append((id, lambda: self._invoke(method, params)))
                self._offer_thread()
        if error is not None:
            self._fail(id, error)

    def _offer_thread(self) -> None:
        most = max(1, self._connector.max_concurrent_calls)
        if self._idle >= len(self._queue):
            self._state.notify()
        elif self._threads < most + min(self._abandoned, most):
            self._threads += 1
            threading.Thread(target=self._work, name=f"call-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._state:
                while not self._queue:
                    self._idle += 1
                    self._state.wait()
                    self._idle -= 1
                id, work = self._queue.popleft()
                pending = self._pending.get(id)
                if pending is None:
                    continue  # Cancelled, or over its deadline, before it began.
                pending.runs = True
            token = calls._current.set(pending.call)
            try:
                answer = self._answer(id, work)
            finally:
                calls._current.reset(token)
            with self._state:
                wanted = self._pending.get(id) is pending
                if wanted:
                    del self._pending[id]
                else:
                    self._abandoned -= 1
            if wanted:
                self._send(answer)
            if self._closing:
                with self._state:
                    self._state.notify_all()

    def _answer(self, id: Any, work: Callable[[], Any]) -> dict[str, Any]:
        try:
            return {"id": id, "result": work()}
        except _Refused as refused:
            return {"id": id, "error": refused.error}
        except ParametersError as error:
            return {"id": id, "error": {"code": INVALID_PARAMS, "message": f"wrong parameters: {error}"}}
        except ConnectorError as error:
            return {"id": id, "error": _failure(error)}
        except Exception as error:
            logger.exception("a call failed by a fault of the connector")
            fault = ConnectorError("internal", f"the connector failed: {type(error).__name__}: {error}")
            return {"id": id, "error": _failure(fault)}

    def _invoke(self, name: str, params: dict[str, Any]) -> Any:
        if name == "session.open":
            return self._open(from_json(OpenRequest, params))
        session_id = params.get("session")
        if not isinstance(session_id, str):
            raise ParametersError("session must be a text")
        if name == "session.close":
            self._close(session_id)
            return {}
        method = METHODS[name]
        if method.method is not None and not self._connector.defines(method.method):
            raise self._connector.unsupported(name)
        with self._state:
            session = self._sessions.get(session_id)
        if session is None or session.expires <= time.monotonic():
            raise ConnectorError("unauthenticated", "the session is not open; open it again")
        return method.invoke(self._connector, session.value, from_json(method.request, params))

    def _open(self, request: OpenRequest) -> dict[str, Any]:
        declared = {setting.name: setting.secret for setting in self._connector.credentials}
        secrets = [
            value for name, value in request.credentials.items() if declared.get(name, True) or sounds_secret(name)
        ]
        # Known before anything is done with them, so that errors of opening are clean, too.
        self._redactor.add(secrets)
        try:
            settings = self._connector.read_settings(request)
            opened = self._connector.open_session(replace(request, settings=settings))
        except BaseException:
            # What is said about it comes later.
            with self._state:
                self._refused.append(secrets)
                forgotten = self._refused.popleft() if len(self._refused) > 64 else []
            self._redactor.remove(forgotten)
            raise
        name = str(uuid.uuid4())
        life = math.inf if opened.expires_after_ms is None else opened.expires_after_ms / 1000
        with self._state:
            self._sessions[name] = _Session(opened.session, secrets, time.monotonic() + life)
        answer: dict[str, Any] = {"session": name, "account": opened.account}
        if opened.expires_after_ms is not None:
            answer["expiresAfterMs"] = opened.expires_after_ms
        return answer

    def _close(self, name: str) -> None:
        with self._state:
            session = self._sessions.pop(name, None)
        if session is not None:
            try:
                self._connector.close_session(session.value)
            finally:
                self._redactor.remove(session.secrets)

    # Writing

    def _fail(self, id: Any, error: ConnectorError) -> None:
        self._send({"id": id, "error": _failure(error)})

    def _refuse(self, id: Any, code: int, message: str) -> None:
        self._send({"id": id, "error": {"code": code, "message": message}})

    def _progress(self, id: Any, message: str, fraction: Optional[float]) -> None:
        with self._state:
            if id not in self._pending:
                return
        params: dict[str, Any] = {"id": id, "message": self._redactor.text(message)}
        if fraction is not None:
            params["fraction"] = fraction
        self._send({"method": "$/progress", "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        if "error" in message:
            message = {**message, "error": self._redactor.value(message["error"])}
        try:
            line = _encode(message)
            if len(line) > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES} bytes; ask for less")
        except ValueError as error:
            fault = ConnectorError("internal", f"the answer cannot be written: {error}")
            line = _encode({"id": message.get("id"), "error": _failure(fault)})
        with self._writing:
            left = memoryview(line)
            while left:
                try:
                    left = left[os.write(self._output, left) :]
                except OSError:
                    return  # The host is gone: the input ends too, and with it the process.

    # Ends

    def _finish(self) -> None:
        end = time.monotonic() + PATIENCE_AT_END
        with self._state:
            self._closing = True
            while self._pending and time.monotonic() < end:
                self._state.wait(end - time.monotonic())
            left = list(self._pending.values())
        for pending in left:
            pending.call.cancel()


def _failure(error: ConnectorError) -> dict[str, Any]:
    return {"code": FAILURE, "message": error.message, "data": to_json(error)}


def _encode(message: dict[str, Any]) -> bytes:
    text = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"

"""####),
    ]
}
