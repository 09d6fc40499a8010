"""Reading page by page: where an event stands in the order, and the cursor that says where to go on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import msgspec

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.store.base import Order, Page, Selection

LARGEST_PAGE = 10_000

Key = tuple[int, str, int]
"""Where an event stands in the order: time, source, sequence."""


class _Cursor(msgspec.Struct, array_like=True):
    selection: str
    key: Key


def key_of(event: Event) -> Key:
    """Return where an event stands in the order."""
    return event.at, event.source, event.seq


def page_of(
    read: Callable[[int, Key | None], list[Event]],
    selection: Selection,
    order: Order,
    limit: int,
    cursor: str | None,
) -> Page:
    """Return a page; `read` returns up to so many events that come behind a place, or from the start.

    Raises `InvalidError` for a cursor of another selection or order.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    stamp = hashlib.sha256(repr((selection, order)).encode()).hexdigest()[:16]
    events = read(limit + 1, None if cursor is None else _key(cursor, stamp))
    if len(events) <= limit:
        return Page(events, None)
    events = events[:limit]
    return Page(events, msgspec.json.encode(_Cursor(stamp, key_of(events[-1]))).hex())


def pages(read: Callable[[str | None], Page]) -> Iterator[Sequence[Event]]:
    """Yield the events of every page; `read` returns the one at a cursor."""
    cursor: str | None = None
    while True:
        page = read(cursor)
        if page.events:
            yield page.events
        cursor = page.cursor
        if cursor is None:
            return


def clamped(at: int) -> int:
    """Return a time as it can be compared with a column of 64 bits."""
    return max(-(2**63), min(at, 2**63 - 1))


def _key(cursor: str, stamp: str) -> Key:
    try:
        found = msgspec.json.decode(bytes.fromhex(cursor), type=_Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidError("the cursor is not one of this log") from error
    if found.selection != stamp:
        raise InvalidError("the cursor belongs to another search")
    return found.key
