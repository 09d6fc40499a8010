"""An event on its way through a pipeline, and what a processor may say about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tocsin.core.errors import TocsinError
from tocsin.core.event import Event, Value
from tocsin.core.fields import EVENT_ID, MESSAGE, OURS, RESERVED, TIMESTAMP, canonical

ERRORS = "event.pipeline_errors"
"""Lists what processors could not do; nothing of the event is lost by it."""
PIPELINES = "event.pipelines"
"""Lists the pipelines an event went through."""

Processor = Callable[[Event], None]
"""Changes an event in place. Raises `Unable` to leave it as it is, `Dropped` to have it left out."""


class Unable(TocsinError):  # noqa: N818 - an outcome of processing, not a failure of the program
    """The processor does not fit the event, which goes on as it is."""

    code = "processor"


class Dropped(TocsinError):  # noqa: N818 - as above
    """The operator does not want the event kept; the message is the reason it is counted under."""

    code = "dropped"


_BRACKETED = re.compile(r"(?:\[[^\[\]]+\])+")
_OF_THE_EVENT = frozenset({TIMESTAMP, EVENT_ID})


def named(field: str) -> str:
    """Return the name an event has a field under. `[a][b]` means `a.b`.

    `timestamp` and `id`, as patterns of Logstash call what they read, are fields like others and stand under
    `data`: the event's own time and identifier are `@timestamp` and `_id`.
    """
    if _BRACKETED.fullmatch(field):
        field = field[1:-1].replace("][", ".")
    name = canonical(field)
    return canonical(f"data.{field}") if name in _OF_THE_EVENT and name != field else name


def read(event: Event, field: str) -> Value | None:
    """Return the value of a field under any name we know; the text of the record for `message`."""
    name = named(field)
    return event.message if name == MESSAGE else event.fields.get(name)


def read_text(event: Event, field: str) -> str:
    """Return a field as text; raises `Unable` when it is absent or a list."""
    value = read(event, field)
    if value is None:
        raise Unable(f"there is no {field}")
    if isinstance(value, list):
        raise Unable(f"{field} is a list")
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def write(event: Event, field: str, value: Any) -> None:
    """Set a field under its own name; null and empty lists are absent. `message` stays what was received."""
    name = target(field)
    if value is None or value == []:
        event.fields.pop(name, None)
    else:
        event.fields[name] = value


def claimed(name: str) -> str:
    """Return the field for a name that stands in the text itself; `data.NAME` when no text may say it.

    So no sender can give its events a rule's level, and no name in a text keeps others from being read.
    """
    field = canonical(name)
    theirs = field not in RESERVED and field not in (ERRORS, PIPELINES) and not field.startswith(OURS)
    return field if theirs else f"data.{name}"


def target(field: str) -> str:
    """Return the name a processor writes to; the record's text and its time are not fields to write."""
    name = named(field)
    if name in (MESSAGE, *_OF_THE_EVENT):
        raise Unable(f"{field} cannot be written")
    return name
