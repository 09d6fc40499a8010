"""Events as files: JSON lines, or CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from tocsin.api.event_view import event_view
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event, value_of
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP
from tocsin.core.spreadsheet import harmless
from tocsin.query.tree import Everything
from tocsin.store.base import EventStore, Selection

_MOST_COLUMNS = 500


def json_lines(batches: Iterable[Sequence[Event]]) -> Iterator[bytes]:
    """Yield each batch as lines, one event's document each."""
    for batch in batches:
        yield b"".join(orjson.dumps(event_view(event), option=orjson.OPT_APPEND_NEWLINE) for event in batch)


def csv_lines(batches: Iterable[Sequence[Event]], columns: Sequence[str]) -> Iterator[bytes]:
    """Yield a header line, then each batch as lines; a list is written as its elements with `, ` between.

    Text a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection).
    """
    yield _written([[_safe(column.removeprefix("@")) for column in columns]])
    for batch in batches:
        yield _written([[_safe(_cell(event, column)) for column in columns] for event in batch])


def columns_of(store: EventStore, selection: Selection) -> list[str]:
    """Return the columns of a file when none are chosen: every field of the days selected.

    Raises `InvalidError` when they are more than a file should have.
    """
    seen = [field.name for field in store.fields(Selection(Everything(), selection.from_at, selection.to_at))]
    return checked_columns([*FIRST_COLUMNS, *(name for name in seen if name not in FIRST_COLUMNS)])


def checked_columns(columns: list[str]) -> list[str]:
    """Return the columns; raises `InvalidError` when they are too many."""
    if len(columns) > _MOST_COLUMNS:
        raise InvalidError(f"{len(columns)} columns are more than {_MOST_COLUMNS}: name those you need")
    return columns


def _written(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(event: Event, column: str) -> Any:
    value = value_of(event, column)
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _safe(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


FIRST_COLUMNS = (TIMESTAMP, EVENT_ID, MESSAGE)
"""Columns every CSV begins with."""
