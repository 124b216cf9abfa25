"""Values from and to JSON: dataclasses with ``snake_case`` members, objects with ``camelCase`` ones."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from .errors import ConnectorError


class ParametersError(Exception):
    """The parameters of a call are not of the form that the contract states."""


def wire_name(name: str) -> str:
    """``machine_id`` is ``machineID``, ``max_age_ms`` is ``maxAgeMs``."""
    first, *rest = name.split("_")
    return first + "".join("ID" if word == "id" else word.capitalize() for word in rest)


def to_json(value: object) -> Any:
    """What stands on the wire for a value."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, ConnectorError):
        members = {
            "code": value.code,
            "message": value.message,
            "retryAfterMs": value.retry_after_ms,
            "field": value.field,
            "provider": to_json(value.provider),
        }
        return {key: member for key, member in members.items() if member is not None}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): to_json(member) for key, member in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {}
        for name, wire in _members(type(value)):
            member = getattr(value, name)
            if member is not None:
                found[wire] = to_json(member)
        return found
    if isinstance(value, Sequence):
        return [to_json(member) for member in value]
    raise TypeError(f"a value of the type {type(value).__name__} has no form in JSON")


@functools.cache
def _members(cls: type) -> tuple[tuple[str, str], ...]:
    return tuple((item.name, wire_name(item.name)) for item in dataclasses.fields(cls))


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


@functools.cache
def _required(cls: type) -> frozenset[str]:
    return frozenset(
        item.name
        for item in dataclasses.fields(cls)
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
    )


_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def from_json(hint: Any, value: Any, path: str = "") -> Any:
    """A value of the hinted type; unknown members are ignored.

    Raises ``ParametersError`` with the path of what is wrong.
    """
    if hint is Any:
        return value
    origin = get_origin(hint)
    if origin is Union:
        if value is None:
            return None
        return from_json(next(arm for arm in get_args(hint) if arm is not type(None)), value, path)
    if origin is Literal:
        if value not in get_args(hint):
            raise ParametersError(f"{path} must be one of {', '.join(map(str, get_args(hint)))}")
        return value
    if origin is list:
        if not isinstance(value, list):
            raise ParametersError(f"{path} must be a list")
        return [from_json(get_args(hint)[0], item, f"{path}[{index}]") for index, item in enumerate(value)]
    if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
        if not isinstance(value, dict):
            raise ParametersError(f"{path} must be an object")
        return {key: from_json(get_args(hint)[1], item, f"{path}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _object(hint, value, path)
    if hint is bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise ParametersError(f"{path} must be base64") from None
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ParametersError(f"{path} must be {_NAMES.get(hint, hint)}")
    return value


def _object(cls: type, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise ParametersError(f"{path or 'params'} must be an object")
    hints = _hints(cls)
    found: dict[str, Any] = {}
    for name, wire in _members(cls):
        inner = f"{path}.{wire}" if path else wire
        member = value.get(wire)
        if member is not None:
            found[name] = from_json(hints[name], member, inner)
        elif name in _required(cls):
            raise ParametersError(f"{inner} is missing")
    return cls(**found)
