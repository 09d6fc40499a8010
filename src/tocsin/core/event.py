"""A record understood: flat, typed fields under ECS names, beside the text it came from."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from tocsin.core import fields
from tocsin.core.clock import to_iso
from tocsin.core.ids import EventId, event_id

Value = str | int | float | bool | list[Any]
"""Text, a number, a truth value, or a list of those."""


class Event(msgspec.Struct, gc=False):
    """One event. `fields` maps full ECS names (`source.ip`) to values; it is never nested.

    Absent means not there: no field is ever present with null or an empty list.
    """

    source: str
    seq: int
    at: int
    """Event time in microseconds since 1970, UTC: the log's own time when it has one we trust."""
    received_at: int
    """When the collector read the record."""
    message: str
    """The record's text, decoded as UTF-8; bytes that are not UTF-8 appear as U+FFFD."""
    fields: dict[str, Value]
    raw: bytes | None = None
    """The record's bytes, kept only when `message` does not encode back to them."""

    @property
    def id(self) -> EventId:
        """The identifier, derived from source and sequence."""
        return event_id(self.source, self.seq)


class Classified(msgspec.Struct, gc=False):
    """The stateless half of analysis: an event, and what still has to be decided in event order.

    `pending` is None when the event's fields already hold the final verdict. Otherwise it belongs
    to the rule engine (plain lists, text and numbers only) and must be handed back unchanged.
    """

    event: Event
    pending: list[Any] | None = None
    dropped: str | None = None
    """Why the operator does not want the event kept; it is counted under this reason."""


def value_of(event: Event, name: str) -> Value | None:
    """Return what a column of a table shows: a field, or a property under its name; None for neither.

    The properties are `@timestamp` (as RFC 3339 text), `_id`, `message`, `event.source`, `event.sequence`.
    """
    match name:
        case fields.TIMESTAMP:
            return to_iso(event.at)
        case fields.EVENT_ID:
            return event.id
        case fields.MESSAGE:
            return event.message
        case "event.source":
            return event.source
        case "event.sequence":
            return event.seq
    return event.fields.get(name)


def nested(event: Event) -> dict[str, Any]:
    """Return the event as the nested document people and other systems read.

    A field that is both a value and a prefix of others (`a` and `a.b`) keeps its value under `a.value`.
    """
    fields = event.fields
    layout = _layout(tuple(fields))
    document: dict[str, Any] = {}
    if layout is None:
        for field in sorted(fields):
            _place(document, field.split("."), fields[field])
        return document
    inside = [document]
    for name, place, key in layout:
        if name is not None:
            inside[place][key] = fields[name]
        else:
            inner: dict[str, Any] = {}
            inside[place][key] = inner
            inside.append(inner)
    return document


@lru_cache(maxsize=512)
def _layout(names: tuple[str, ...]) -> tuple[tuple[str | None, int, str], ...] | None:
    """Return the steps that nest fields of these names; None where one is a prefix of another.

    A step puts a field into the mapping at a place, or, without a name, makes the next mapping there.
    """
    paths = {tuple(name.split(".")): name for name in sorted(names)}
    steps: list[tuple[str | None, int, str]] = []
    places: dict[tuple[str, ...], int] = {(): 0}
    for path, name in paths.items():
        for end in range(1, len(path)):
            inner = path[:end]
            if inner in paths:
                return None
            if inner not in places:
                steps.append((None, places[inner[:-1]], inner[-1]))
                places[inner] = len(places)
        steps.append((name, places[path[:-1]], path[-1]))
    return tuple(steps)


def _place(document: dict[str, Any], path: list[str], value: Value) -> None:
    for part in path[:-1]:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            inner = document[part] = {"value": inner}
        document = inner
    document[path[-1]] = value
