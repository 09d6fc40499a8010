"""The event table of a day's file, and how its rows become events; `frames` makes them of events."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.core.event import Event
from tocsin.query.sql import COLUMNS
from tocsin.store.forms import values_of

LAYOUT_VERSION = 2
OLDEST_LAYOUT = 1
"""The oldest that can be read: in it `fields` holds documents; see `forms`."""

_COLUMN_NAMES = tuple(COLUMNS.values())

DDL = (
    "CREATE TABLE {day}.events (commit_no BIGINT NOT NULL, at_us BIGINT NOT NULL,"
    " received_us BIGINT NOT NULL, source VARCHAR NOT NULL, seq BIGINT NOT NULL,"
    " message VARCHAR NOT NULL USING COMPRESSION zstd, raw BLOB, "
    + ", ".join(f"{name} VARCHAR" for name in _COLUMN_NAMES)
    + ", texts MAP(VARCHAR, VARCHAR), lists MAP(VARCHAR, VARCHAR[]), fields VARCHAR NOT NULL)",
    "CREATE TABLE {day}.commits (number BIGINT NOT NULL, events INTEGER NOT NULL)",
    "CREATE TABLE {day}.marks (source VARCHAR NOT NULL, first_seq BIGINT, seq BIGINT, acked BIGINT NOT NULL)",
    "CREATE TABLE {day}.listed (name VARCHAR NOT NULL)",
    "CREATE TABLE {day}.layout (version INTEGER NOT NULL)",
)
"""What a day's file holds. The values of an event are the columns named after fields, `texts` and `lists`;
`fields` is the event's form, which says their types and order. Messages are by far the most of it: zstd
halves what DuckDB would choose for them, and is read as fast.

`marks.seq`: events of this day up to it are settled. `marks.acked`: the source's mark over all days, as
it stood when this row was written; the greatest over all files is the one that counts.
"""

EVENT_COLUMNS = (
    "at_us, received_us, source, seq, message, raw, fields, texts::JSON::VARCHAR, lists::JSON::VARCHAR, "
    + ", ".join(_COLUMN_NAMES)
)
"""What `to_event` reads."""


def insert(day: str, *, raw: bool) -> str:
    """Return what fills a day's event table from `frames.frame`, registered under the name `incoming`.

    `raw` says whether any of the events has its bytes kept; most have not.
    """
    return (
        f"INSERT INTO {day}.events SELECT commit_no, at_us, received_us, source, seq, message,"
        f" {'from_base64(raw)' if raw else 'NULL'}, {', '.join(_COLUMN_NAMES)},"
        " texts::JSON::MAP(VARCHAR, VARCHAR), lists::JSON::MAP(VARCHAR, VARCHAR[]), fields FROM incoming"
    )


def to_event(row: Sequence[Any]) -> Event:
    """Return the event of a row read as `EVENT_COLUMNS`."""
    at, received_at, source, seq, message, raw, form, texts, lists, *columns = row
    held = _TEXTS.decode(texts)
    held.update(zip(COLUMNS, columns, strict=True))
    if lists != "{}":
        held.update(_LISTS.decode(lists))
    return Event(source, seq, at, received_at, message, values_of(form, held), raw)


_TEXTS = msgspec.json.Decoder(dict[str, Any])
_LISTS = msgspec.json.Decoder(dict[str, list[str]])
