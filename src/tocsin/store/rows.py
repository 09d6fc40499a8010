"""The event table of a day's file, and how events become its rows and rows become events."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import orjson

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.sql import COLUMNS
from tocsin.query.values import text_of, texts_of
from tocsin.store.forms import CODES, code_of_list, form_of, values_of
from tocsin.store.storable import encodable, storable

LAYOUT_VERSION = 2
OLDEST_LAYOUT = 1
"""The oldest that can be read: in it `fields` holds documents; see `forms`."""

_COLUMN_NAMES = tuple(COLUMNS.values())
_POSITION = {name: place for place, name in enumerate(COLUMNS)}

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

INSERT = (
    "INSERT INTO {day}.events SELECT commit_no, at_us, received_us, source, seq, message, from_base64(raw), "
    + ", ".join(_COLUMN_NAMES)
    + ", texts::JSON::MAP(VARCHAR, VARCHAR), lists::JSON::MAP(VARCHAR, VARCHAR[]), fields FROM incoming"
)
"""Fills the event table from `frame`, registered under the name `incoming`."""


def frame(commit: int, events: Sequence[Event]) -> tuple[dict[str, Any], set[str]]:
    """Return the events as one array for each column, and the names of fields that hold lists.

    Raises `InvalidError` for an event whose numbers no column can hold.
    """
    columns: list[list[str | None]] = [[None] * len(events) for _ in _COLUMN_NAMES]
    texts: list[str] = []
    lists: list[str] = []
    forms: list[str] = []
    listed: set[str] = set()
    for row, event in enumerate(events):
        single: dict[str, str] = {}
        many: dict[str, list[str]] = {}
        codes = ""
        fields = storable(event.fields)
        for name, value in fields.items():
            if isinstance(value, list):
                many[name] = texts_of(value)
                codes += code_of_list(value)
                continue
            codes += CODES[type(value)]
            text = value if isinstance(value, str) else text_of(value)
            place = _POSITION.get(name)
            if place is None:
                single[name] = text
            else:
                columns[place][row] = text
        listed.update(many)
        texts.append(orjson.dumps(single).decode())
        lists.append(orjson.dumps(many).decode() if many else "{}")
        forms.append(form_of(codes, fields))
    arrays = dict(zip(_COLUMN_NAMES, map(_objects, columns), strict=True))
    arrays |= {"texts": _objects(texts), "lists": _objects(lists), "fields": _objects(forms)}
    return _properties(commit, events) | arrays, listed


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


def _properties(commit: int, events: Sequence[Event]) -> dict[str, Any]:
    raws = [None if event.raw is None else base64.b64encode(event.raw).decode() for event in events]
    return {
        "commit_no": np.full(len(events), commit, dtype=np.int64),
        "at_us": _integers([event.at for event in events]),
        "received_us": _integers([event.received_at for event in events]),
        "source": _objects([event.source for event in events]),
        "seq": _integers([event.seq for event in events]),
        "message": _objects([encodable(event.message) for event in events]),
        "raw": _objects(raws),
    }


def _objects(values: Sequence[Any]) -> Any:
    return np.array(values, dtype=object)


def _integers(values: Sequence[int]) -> Any:
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError as error:
        raise InvalidError("a time or sequence does not fit into 64 bits") from error
