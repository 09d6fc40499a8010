"""Pages of events in the order of a field's values; the cursor says behind which event to go on."""

from __future__ import annotations

from tocsin.api.event_selection import Asked
from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID, TIMESTAMP, canonical, field_type
from tocsin.query.aggregation import SortKey
from tocsin.query.tree import Everything, Term
from tocsin.store.base import Behind, EventStore, Page, Selection
from tocsin.store.cursors import cursor_at, place_of


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
    search = (asked.selection, key)
    behind = None if asked.cursor is None else _behind(asked.store, place_of(asked.cursor, search, str), key)
    events = [one.event for one in asked.store.rank(asked.selection, [key], limit=limit + 1, behind=behind)]
    if len(events) <= limit:
        return Page(events, None)
    return Page(events[:limit], cursor_at(events[limit - 1].id, search))


def _holds_numbers(asked: Asked, name: str) -> bool:
    span = Selection(Everything(), asked.selection.from_at, asked.selection.to_at)
    return any(seen.name == name and seen.type in {"long", "double"} for seen in asked.store.fields(span))


def _behind(store: EventStore, event_id: str, key: SortKey) -> Behind:
    """Return the place of the cursor's event, whose value is read again: it may be long."""
    events = store.get([event_id])
    if not events:
        raise InvalidError("the event to go on behind is not in the log any more")
    alone = Selection(Term(EVENT_ID, event_id), events[0].at, events[0].at + 1)
    (ranked,) = store.rank(alone, [key], limit=1)
    return Behind(ranked.values, event_id)
