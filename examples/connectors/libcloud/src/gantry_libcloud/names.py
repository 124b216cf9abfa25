"""Tags in the name of a machine or key, for clouds that have no tags.

A name is ``g`` + the host's id of the machine + ``-`` + a digest of 30 bits for each tag. From it comes back: the id
in clear, and whether the thing carries a tag that somebody asks for, which is what a list by tags needs.
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Mapping

from gantry_connector import MACHINE_TAG, invalid

_DIGEST = 6
LONGEST = 63
"""Most characters of a host name, which many clouds want names to be."""

_NAME = re.compile(rf"g([um])([a-z2-7]*)(?:x([0-9]+))?-((?:[a-z2-7]{{{_DIGEST}}})+)")


class NamedTags(dict[str, str]):
    """What is known of the tags: some in clear, of the others their digests."""

    def __init__(self, clear: Mapping[str, str], digests: frozenset[str]) -> None:
        super().__init__(clear)
        self.digests = digests

    def carries(self, wanted: Mapping[str, str]) -> bool:
        return all(self.get(key) == value or digest(key, value) in self.digests for key, value in wanted.items())


def digest(key: str, value: str) -> str:
    found = hashlib.sha256(f"{key}\0{value}".encode()).digest()
    return base64.b32encode(found).decode("ascii").lower()[:_DIGEST]


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").lower().rstrip("=")


def _from_base32(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def name_of(tags: Mapping[str, str]) -> str:
    """The name that carries these tags."""
    id = tags.get(MACHINE_TAG, "")
    head, _, number = id.rpartition(".")
    try:
        # The form of the host's own ids, half as long in binary.
        encoded = "u" + _base32(uuid.UUID(head).bytes) + f"x{int(number)}"
        if str(uuid.UUID(head)) != head or str(int(number)) != number:
            raise ValueError
    except ValueError:
        encoded = "m" + _base32(id.encode())
    digests = "".join(sorted(digest(key, value) for key, value in tags.items() if key != MACHINE_TAG))
    name = f"g{encoded}-{digests}"
    if len(name) > LONGEST:
        raise invalid(
            f"this cloud keeps tags in names of {LONGEST} characters, and {len(tags)} tags do not fit", field="tags"
        )
    return name


def tags_in(name: str) -> NamedTags | None:
    """The tags that a name carries; None where it is none of ours."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    form, encoded, number, digests = match.groups()
    try:
        data = _from_base32(encoded)
        id = f"{uuid.UUID(bytes=data)}.{number}" if form == "u" else data.decode()
    except ValueError:
        return None
    pieces = frozenset(digests[at : at + _DIGEST] for at in range(0, len(digests), _DIGEST))
    return NamedTags({MACHINE_TAG: id} if id else {}, pieces)
