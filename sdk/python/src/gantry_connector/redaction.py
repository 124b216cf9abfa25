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
