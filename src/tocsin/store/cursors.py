"""Reading page by page: where an event stands in the order, and the cursor that says where to go on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.store.base import Order, Page, Selection

LARGEST_PAGE = 10_000

Key = tuple[int, str, int]
"""Where an event stands in the order: time, source, sequence."""


_Place = TypeVar("_Place")


class _Cursor(msgspec.Struct, Generic[_Place], array_like=True):
    stamp: str
    place: _Place


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
    search = (selection, order)
    events = read(limit + 1, None if cursor is None else place_of(cursor, search, Key))
    if len(events) <= limit:
        return Page(events, None)
    events = events[:limit]
    return Page(events, cursor_at(key_of(events[-1]), search))


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


def cursor_at(place: object, search: object) -> str:
    """Return the cursor that says where a search, told apart by its `repr`, goes on."""
    return msgspec.json.encode(_Cursor(_stamp(search), place)).hex()


def place_of(cursor: str, search: object, kind: Any) -> Any:
    """Return the place, of this type, in a cursor.

    Raises `InvalidError` for what is none, or belongs to another search.
    """
    try:
        found = msgspec.json.decode(bytes.fromhex(cursor), type=_Cursor[kind])
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidError("the cursor is not one of this log") from error
    if found.stamp != _stamp(search):
        raise InvalidError("the cursor belongs to another search")
    return found.place


def _stamp(search: object) -> str:
    return hashlib.sha256(repr(search).encode()).hexdigest()[:16]
