"""Values of events as Elasticsearch's answers show them: what an event is sorted by, and times."""

from __future__ import annotations

from typing import Any

from tocsin.core.event import Event
from tocsin.query.aggregation import SortKey, order_kind
from tocsin.query.date_formats import format_date
from tocsin.query.elasticsearch_sort import SortedBy
from tocsin.query.predicate import reader
from tocsin.query.tree import Scalar
from tocsin.query.values import KEYS


def milliseconds(at: float) -> int | float:
    """Return microseconds as milliseconds: whole where they are."""
    whole, rest = divmod(int(at), 1_000)
    return at / 1_000 if rest else whole


def sort_value(by: SortedBy, value: Scalar | None, of: str) -> Any:
    """Return a value that a hit is sorted by; `of` is the type of its field."""
    if of == "long" and isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or of != "date" or not isinstance(value, int):
        return value
    return format_date(value, formats=by.format) if by.format else milliseconds(value)


def sorted_by(event: Event, key: SortKey) -> Scalar | None:
    """Return by which of its values an event is ordered: of a list the least going up, the greatest down."""
    kind = order_kind(key)
    keyed: list[tuple[Any, str]] = []
    for text in reader(key.field)(event):
        place = text if kind == "text" else KEYS[kind](text)
        if place is not None:
            keyed.append((place, text))
    if not keyed:
        return None
    place, text = max(keyed) if key.descending else min(keyed)
    found: Scalar = text if kind == "address" else place
    return found
