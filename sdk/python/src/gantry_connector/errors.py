"""Failures of calls and items: a closed list of codes, each with a recovery by the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

CODES = frozenset(
    {
        "invalidArgument",
        "unauthenticated",
        "permissionDenied",
        "notFound",
        "alreadyExists",
        "quotaExceeded",
        "unavailable",
        "throttled",
        "aborted",
        "unsupported",
        "timeout",
        "cancelled",
        "internal",
    }
)


@dataclass(frozen=True)
class ProviderError:
    """What the provider itself said."""

    code: Optional[str] = None
    request_id: Optional[str] = None
    status: Optional[int] = None


class ConnectorError(Exception):
    """A failed call, or the outcome of one failed item.

    A code that says that nothing was made must be true, since the host then goes on to the next candidate: in doubt use
    ``timeout`` or ``internal``. The message says what failed, on which object, and what to do next; never a secret.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry_after_ms: Optional[int] = None,
        field: Optional[str] = None,
        provider: Optional[ProviderError] = None,
    ) -> None:
        if code not in CODES:
            raise ValueError(f"{code!r} is no error code of the contract; use one of {', '.join(sorted(CODES))}")
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retry_after_ms = retry_after_ms
        self.field = field
        self.provider = provider


def not_found(what: str, name: str) -> ConnectorError:
    """The named object does not exist."""
    return ConnectorError("notFound", f"there is no {what} '{name}'")


def unauthenticated(message: str) -> ConnectorError:
    """Credentials or session are not accepted."""
    return ConnectorError("unauthenticated", message)


def invalid(message: str, field: Optional[str] = None) -> ConnectorError:
    """The request can never succeed, and nothing was made."""
    return ConnectorError("invalidArgument", message, field=field)
