"""Pages that have nothing twice although items come and go between them."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Callable, Optional, TypeVar

from .errors import invalid
from .values import Page

T = TypeVar("T")


def paged(
    items: Iterable[T],
    page: Optional[str],
    size: int,
    key: Callable[[T], str],
    max_age_ms: Optional[int] = None,
) -> Page[T]:
    """The page after the mark ``page``, in the order of ``key``, which must be unique."""
    ordered = sorted(items, key=key)
    if page is not None:
        try:
            last = base64.urlsafe_b64decode(page.encode("ascii")).decode("utf-8")
        except ValueError:
            raise invalid("the page is none of this connector's", field="page") from None
        ordered = [item for item in ordered if key(item) > last]
    chosen = ordered[:size]
    following = None
    if len(ordered) > size:
        following = base64.urlsafe_b64encode(key(chosen[-1]).encode("utf-8")).decode("ascii")
    return Page(chosen, next=following, max_age_ms=max_age_ms)
