"""Pages of events in the order of a field's values; the cursor says behind which event to go on."""

from __future__ import annotations

import hashlib

import msgspec

from tocsin.api.event_selection import Asked
from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID, TIMESTAMP, canonical, field_type
from tocsin.query.aggregation import SortKey
from tocsin.query.tree import Everything, Term
from tocsin.store.base import Behind, EventStore, Page, Selection


class _Cursor(msgspec.Struct, array_like=True):
    stamp: str
    event_id: str


def sort_key(asked: Asked, text: str) -> SortKey | None:
    """Read `rule.level` or `-rule.level`; None for time and for nothing, which the log is ordered by anyway.

    A field that the catalogue does not know is ordered as the numbers it holds, else as text.
    """
    name = canonical(text.removeprefix("-"))
    if not name or name == TIMESTAMP:
        return None
    numeric = field_type(name) is None and _holds_numbers(asked, name)
    return SortKey(name, descending=text.startswith("-"), kind="number" if numeric else None)


def ranked_page(asked: Asked, key: SortKey, limit: int) -> Page:
    """Return a page in the order of one field, ties newest first, events without the field last.

    Raises `InvalidError` for a cursor of another search, and when the event it stands on is gone.
    """
    stamp = hashlib.sha256(repr((asked.selection, key)).encode()).hexdigest()[:16]
    behind = _behind(asked.store, asked.cursor, stamp, key)
    events = [one.event for one in asked.store.rank(asked.selection, [key], limit=limit + 1, behind=behind)]
    if len(events) <= limit:
        return Page(events, None)
    cursor = msgspec.json.encode(_Cursor(stamp, events[limit - 1].id)).hex()
    return Page(events[:limit], cursor)


def _holds_numbers(asked: Asked, name: str) -> bool:
    span = Selection(Everything(), asked.selection.from_at, asked.selection.to_at)
    return any(seen.name == name and seen.type in {"long", "double"} for seen in asked.store.fields(span))


def _behind(store: EventStore, cursor: str | None, stamp: str, key: SortKey) -> Behind | None:
    """Return the place of the cursor's event, whose value is read again: it may be long."""
    if cursor is None:
        return None
    try:
        found = msgspec.json.decode(bytes.fromhex(cursor), type=_Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise InvalidError("the cursor is not one of this log") from error
    if found.stamp != stamp:
        raise InvalidError("the cursor belongs to another search")
    events = store.get([found.event_id])
    if not events:
        raise InvalidError("the event to go on behind is not in the log any more")
    alone = Selection(Term(EVENT_ID, found.event_id), events[0].at, events[0].at + 1)
    (ranked,) = store.rank(alone, [key], limit=1)
    return Behind(ranked.values, found.event_id)
