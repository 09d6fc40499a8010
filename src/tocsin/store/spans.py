"""What is left of a selection to be asked of one day, when the day lies within its time as a whole."""

from __future__ import annotations

from tocsin.core.clock import DAY, from_iso
from tocsin.core.fields import TIMESTAMP
from tocsin.query.spans import time_span
from tocsin.query.tree import And, Everything, Node, Range
from tocsin.store.base import Selection


def asked_of(day: str, selection: Selection) -> Node | None:
    """Return the query without the conditions on time that every event of a day (`YYYY-MM-DD`) fulfils.

    None when the selection's time begins or ends within the day, or leaves it out.
    """
    start = from_iso(f"{day}T00:00:00Z")
    if not _covers(start, selection.from_at, selection.to_at):
        return None
    return _without_time(selection.query, start)


def _without_time(node: Node, start: int) -> Node | None:
    match node:
        case Range(field) if field == TIMESTAMP:
            return Everything() if _covers(start, *time_span(node)) else None
        case And(args):
            kept = [_without_time(arg, start) for arg in args]
            left = tuple(one for one in kept if one is not None and not isinstance(one, Everything))
            if any(one is None for one in kept):
                return None
            return And(left) if left else Everything()
    return node


def _covers(start: int, first: int | None, end: int | None) -> bool:
    return (first is None or first <= start) and (end is None or end >= start + DAY)
