"""Errors of Libcloud and its drivers as those of the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from gantry_connector import ConnectorError, ProviderError
from libcloud.common import exceptions, types
from libcloud.compute.drivers.ec2 import IdempotentParamError

_BY_STATUS = {
    400: "invalidArgument",
    401: "unauthenticated",
    403: "permissionDenied",
    404: "notFound",
    405: "unsupported",
    408: "timeout",
    409: "aborted",
    413: "quotaExceeded",
    429: "throttled",
}

# What the texts of drivers begin with or hold, most telling first. Amazon's words are used by many clouds.
_BY_WORDS = (
    (r"quota|LimitExceeded\b(?<!RequestLimitExceeded)|VcpuLimit", "quotaExceeded"),
    (r"RequestLimitExceeded|Throttling|rate limit", "throttled"),
    (r"InsufficientInstanceCapacity|No valid host", "unavailable"),
    (r"^Invalid(AMIID|InstanceType|KeyPair|Subnet|Zone|Parameter)|cannot be found|does not exist", "invalidArgument"),
    (r"^Invalid\w+\.(NotFound|Malformed)", "notFound"),
    (r"IncorrectInstanceState|IncorrectState|DependencyViolation", "aborted"),
    (r"UnauthorizedOperation", "permissionDenied"),
    (r"AuthFailure|InvalidClientTokenId|SignatureDoesNotMatch", "unauthenticated"),
)


def translate(error: Exception, what: str) -> ConnectorError:
    """What the host gets to know of an error that happened while doing ``what``."""
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, NotImplementedError):
        return ConnectorError("unsupported", f"{what}: the driver cannot do this")
    if isinstance(error, exceptions.RateLimitReachedError):
        delay = max(1, int(getattr(error, "retry_after", 0))) * 1000
        return ConnectorError("throttled", f"{what}: too many requests", retry_after_ms=delay)
    if isinstance(error, types.InvalidCredsError):
        return ConnectorError("unauthenticated", f"{what}: the cloud does not accept the credentials")
    if isinstance(error, IdempotentParamError):
        return ConnectorError("alreadyExists", f"{what}: the token was used for other machines")
    text = " ".join(str(getattr(error, "message", None) or getattr(error, "value", None) or error).split())[:500]
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)):
        return ConnectorError("timeout", f"{what}: no answer in time")
    if isinstance(error, (requests.exceptions.RequestException, OSError)):
        return ConnectorError("unavailable", f"{what}: the cloud cannot be reached: {text}")
    status = getattr(error, "code", None) or getattr(error, "http_code", None) or _status(text)
    if isinstance(status, int):
        provider = ProviderError(code=_word(text), status=status)
        code = next((code for pattern, code in _BY_WORDS if status < 500 and re.search(pattern, text, re.I)), None)
        code = code or _BY_STATUS.get(status) or ("unavailable" if status >= 500 else "internal")
        return ConnectorError(code, f"{what}: {text}", provider=provider)
    return ConnectorError("internal", f"{what}: {type(error).__name__}: {text}")


def _status(text: str) -> int | None:
    found = re.match(r"(?:HTTPStatus\.\w+|([45]\d\d))\b", text)
    return int(found.group(1)) if found and found.group(1) else None


def _word(text: str) -> str | None:
    found = re.match(r"([A-Z][A-Za-z]+(?:\.[A-Za-z]+)*):", text)
    return found.group(1) if found else None


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raises the contract's error in place of any other."""
    try:
        yield
    except ConnectorError:
        raise
    except Exception as error:
        raise translate(error, what) from error
