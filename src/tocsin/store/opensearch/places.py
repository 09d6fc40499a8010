"""Where the values of a field stand in the index, for counting and sorting."""

from __future__ import annotations

from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.query.aggregation import ValueKind
from tocsin.query.opensearch_terms import AT, SEQ, SOURCE, column
from tocsin.store.opensearch.mapping import NUMBERS, VALUES


def place_of(name: str, kind: ValueKind) -> str | None:
    """Return the field of the index that holds a field's values as one kind, or None."""
    if name in (MESSAGE, EVENT_ID) or kind == "address":
        return None
    if name == TIMESTAMP:
        return AT if kind in ("date", "number") else None
    if name == "event.source":
        return SOURCE if kind == "text" else None
    if name == "event.sequence":
        return SEQ if kind == "number" else None
    if kind == "text":
        return f"{VALUES}.{column(name)}"
    if (field_type(name) == "date") != (kind == "date"):
        return None
    return f"{NUMBERS}.{column(name)}"
