"""The call that is being answered: how long it may take, whether anybody still wants it, how far it is."""

from __future__ import annotations

import contextvars
import math
import threading
import time
from typing import Callable, Optional

from .errors import ConnectorError


class Call:
    """One call of the host. May be used from any thread that the call's work is done in."""

    def __init__(
        self,
        deadline: float = math.inf,
        traceparent: Optional[str] = None,
        report: Optional[Callable[[str, Optional[float]], None]] = None,
    ) -> None:
        self.deadline = deadline
        self.traceparent = traceparent
        self._report = report
        self._ended = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return self._ended.is_set()

    def cancel(self) -> None:
        self._ended.set()

    def remaining(self, most: float = math.inf) -> float:
        """Seconds until the deadline, at most ``most``: the time limit of a request to the cloud. Never below 0.1."""
        return max(0.1, min(most, self.deadline - time.monotonic()))

    def check(self) -> None:
        """Raises ``cancelled`` or ``timeout`` where going on is for nothing. Before a step that makes something."""
        if self.cancelled:
            raise ConnectorError("cancelled", "the call was cancelled")
        if time.monotonic() >= self.deadline:
            raise ConnectorError("timeout", "the call is over its deadline")

    def progress(self, message: str, fraction: Optional[float] = None) -> None:
        """Tells the host how far the call is (feature ``progress``), from 0 to 1 where that is known."""
        if self._report is not None:
            self._report(message, fraction)


_current: contextvars.ContextVar[Call] = contextvars.ContextVar("gantry_call")


def current_call() -> Call:
    """The call that this thread answers; one without limits outside of any call."""
    return _current.get(_NO_CALL)


_NO_CALL = Call()
