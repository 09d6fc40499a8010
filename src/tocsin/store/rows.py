"""The event table of a day's file, and how its rows become events; `frames` makes them of events."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.core.event import Event
from tocsin.query.own_columns import NONE, OwnColumns
from tocsin.query.sql import COLUMNS
from tocsin.store.forms import values_of

LAYOUT_VERSION = 3
OLDEST_LAYOUT = 1
"""The oldest that can be read: in it `fields` holds documents; see `forms`. Before the third no table has
columns of its own."""

_COLUMN_NAMES = tuple(COLUMNS.values())

DDL = (
    "CREATE TABLE {day}.events (commit_no BIGINT NOT NULL, at_us BIGINT NOT NULL,"
    " received_us BIGINT NOT NULL, source VARCHAR NOT NULL, seq BIGINT NOT NULL,"
    " message VARCHAR NOT NULL USING COMPRESSION zstd, raw BLOB, "
    + ", ".join(f"{name} VARCHAR" for name in _COLUMN_NAMES)
    + ", texts MAP(VARCHAR, VARCHAR), lists MAP(VARCHAR, VARCHAR[]), fields VARCHAR NOT NULL{own})",
    "CREATE TABLE {day}.commits (number BIGINT NOT NULL, events INTEGER NOT NULL)",
    "CREATE TABLE {day}.marks (source VARCHAR NOT NULL, first_seq BIGINT, seq BIGINT, acked BIGINT NOT NULL)",
    "CREATE TABLE {day}.listed (name VARCHAR NOT NULL)",
    "CREATE TABLE {day}.layout (version INTEGER NOT NULL, own VARCHAR NOT NULL)",
)
"""What a day's file holds. The values of an event are the columns named after fields, `texts` and `lists`;
`fields` is the event's form, which says their types and order. A sealed file has columns of its own where
`{own}` stands, whose values are in no map; `layout.own` says of which fields, as JSON. Messages are by far
the most of it: zstd halves what DuckDB would choose for them, and is read as fast.

`marks.seq`: events of this day up to it are settled. `marks.acked`: the source's mark over all days, as
it stood when this row was written; the greatest over all files is the one that counts.
"""

_EVERYWHERE = f"commit_no, at_us, received_us, source, seq, message, raw, {', '.join(_COLUMN_NAMES)}"


def base_columns(texts: str = "texts", lists: str = "lists") -> str:
    """Return the columns that every event table has, in their order; the maps as told."""
    return f"{_EVERYWHERE}, {texts}, {lists}, fields"


_READ = (
    "at_us, received_us, source, seq, message, raw, fields, texts::JSON::VARCHAR, lists::JSON::VARCHAR, "
    + ", ".join(_COLUMN_NAMES)
)


def event_columns(own: OwnColumns = NONE) -> str:
    """Return what `to_event` reads, of a table with these columns of its own."""
    singles = [f"{column}::VARCHAR" for column, _ in own.singles.values()]
    return ", ".join([_READ, *singles, *own.lists.values()])


def insert(day: str, *, raw: bool) -> str:
    """Return what fills a day's event table from `frames.frame`, registered under the name `incoming`.

    `raw` says whether any of the events has its bytes kept; most have not.
    """
    return (
        f"INSERT INTO {day}.events SELECT commit_no, at_us, received_us, source, seq, message,"
        f" {'from_base64(raw)' if raw else 'NULL'}, {', '.join(_COLUMN_NAMES)},"
        " texts::JSON::MAP(VARCHAR, VARCHAR), lists::JSON::MAP(VARCHAR, VARCHAR[]), fields FROM incoming"
    )


def to_event(row: Sequence[Any], own: OwnColumns = NONE) -> Event:
    """Return the event of a row read as `event_columns`."""
    at, received_at, source, seq, message, raw, form, texts, lists, *columns = row
    held = _TEXTS.decode(texts)
    held.update(zip(COLUMNS, columns, strict=False))
    held.update(zip(own.singles, columns[len(COLUMNS) :], strict=False))
    if lists != "{}":
        held.update(_LISTS.decode(lists))
    if own.lists:
        found = zip(own.lists, columns[len(COLUMNS) + len(own.singles) :], strict=True)
        held.update((name, values) for name, values in found if values is not None)
    return Event(source, seq, at, received_at, message, values_of(form, held), raw)


_TEXTS = msgspec.json.Decoder(dict[str, Any])
_LISTS = msgspec.json.Decoder(dict[str, list[str]])
