"""Events as the columns of a day's table: those that look alike together, column by column."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import orjson

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event, Value
from tocsin.query.sql import COLUMNS
from tocsin.query.values import text_of, texts_of
from tocsin.store.forms import CODES, code_of_list, form_of
from tocsin.store.storable import encodable, is_encodable, storable

_COLUMN_NAMES = tuple(COLUMNS.values())
_POSITION = {name: place for place, name in enumerate(COLUMNS)}
_ALIKE = 8
"""From so many events on it pays to take those that look alike together."""
_LONGEST_INT = 2**63
_ESCAPED = re.compile(r'["\\\x00-\x1f]')

Shape = tuple[tuple[str, ...], tuple[type, ...]]
"""The names of an event's fields and the types of their values."""


class Frame:
    """The columns of a table to be: a row for each event, filled in any order."""

    def __init__(self, count: int) -> None:
        self.columns = [np.full(count, None, dtype=object) for _ in _COLUMN_NAMES]
        self.texts = np.full(count, "{}", dtype=object)
        self.lists = np.full(count, "{}", dtype=object)
        self.forms = np.empty(count, dtype=object)
        self.listed: set[str] = set()

    def add(self, row: int, event: Event) -> None:
        """Fill the row of one event, whatever it holds."""
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
                self.columns[place][row] = text
        self.texts[row] = orjson.dumps(single).decode()
        if many:
            self.listed.update(many)
            self.lists[row] = orjson.dumps(many).decode()
        self.forms[row] = form_of(codes, fields)

    def add_alike(self, shape: Shape, rows: Sequence[int], events: Sequence[dict[str, Value]]) -> bool:
        """Fill the rows of events of one shape; returns False, with nothing filled, when they need `add`."""
        names, types = shape
        codes = ""
        found: dict[str, Sequence[str]] = {}
        many: dict[str, Sequence[list[str]]] = {}
        values: list[Any] = [value for fields in events for value in fields.values()]
        for place, (name, of_type) in enumerate(zip(names, types, strict=True)):
            column = values[place :: len(names)]
            if of_type is list:
                if not _is_plain_lists(column):
                    return False
                many[name] = column
                codes += CODES[str].upper()
                continue
            texts = _TEXTS[of_type](column) if of_type in _TEXTS else None
            if texts is None:
                return False
            found[name] = texts
            codes += CODES[of_type]
        for name in found.keys() & _POSITION.keys():
            _place(self.columns[_POSITION[name]], rows, found.pop(name))
        if found:
            escaped = {name: _escaped(texts) for name, texts in found.items()}
            _place(self.texts, rows, _documents(escaped, '"%s"'))
        if many:
            self.listed.update(many)
            written = {name: [orjson.dumps(one).decode() for one in lists] for name, lists in many.items()}
            _place(self.lists, rows, _documents(written, "%s"))
        self.forms[rows] = form_of(codes, dict.fromkeys(names, ""))
        return True

    def arrays(self) -> dict[str, Any]:
        """Return the columns by name."""
        named = dict(zip(_COLUMN_NAMES, self.columns, strict=True))
        return named | {"texts": self.texts, "lists": self.lists, "fields": self.forms}


def frame(commit: int, events: Sequence[Event]) -> tuple[dict[str, Any], set[str]]:
    """Return the events as one array for each column, and the names of fields that hold lists.

    `raw` is among them only when an event has its bytes kept. Raises `InvalidError` for an event whose
    numbers no column can hold.
    """
    alike: dict[Shape, list[int]] = {}
    for row, event in enumerate(events):
        fields = event.fields
        shape = (tuple(fields), tuple(map(type, fields.values())))
        try:
            alike[shape].append(row)
        except KeyError:
            alike[shape] = [row]
    made = Frame(len(events))
    for shape, rows in alike.items():
        if len(rows) < _ALIKE or not shape[0] or not all(map(is_encodable, shape[0])):
            done = False
        else:
            done = made.add_alike(shape, rows, [events[row].fields for row in rows])
        if not done:
            for row in rows:
                made.add(row, events[row])
    return _properties(commit, events) | made.arrays(), made.listed


def _place(column: Any, rows: Sequence[int], texts: Sequence[str]) -> None:
    column[rows] = _objects(texts)


def _strings(column: Sequence[str]) -> Sequence[str] | None:
    return column if _is_writable(column) else None


def _integers_as_text(column: Sequence[int]) -> Sequence[str] | None:
    if not (min(column) >= -_LONGEST_INT and max(column) < _LONGEST_INT):
        return None
    return list(map(repr, column))


def _floats_as_text(column: Sequence[float]) -> Sequence[str] | None:
    return list(map(repr, column)) if all(map(math.isfinite, column)) else None


_TEXTS: dict[type, Callable[[Sequence[Any]], Sequence[str] | None]] = {
    str: _strings,
    int: _integers_as_text,
    float: _floats_as_text,
    bool: lambda column: ["true" if value else "false" for value in column],
}
"""The texts of a column of values of one type, or None when not all of them can be kept as they are."""


def _is_plain_lists(column: Sequence[list[Any]]) -> bool:
    """Say whether these are lists of text, none empty, that can be kept as they are."""
    values = list(chain.from_iterable(column))
    return all(column) and set(map(type, values)) == {str} and _is_writable(values)


def _is_writable(texts: Iterable[str]) -> bool:
    return is_encodable("".join(texts))


def _documents(found: Mapping[str, Sequence[str]], value: str) -> Sequence[str]:
    """Return a JSON object for each row of columns of JSON; `value` is where one stands in the object."""
    names = (orjson.dumps(name).decode().replace("%", "%%") for name in found)
    template = "{" + ",".join([f"{name}:{value}" for name in names]) + "}"
    return list(map(template.__mod__, zip(*found.values(), strict=True)))


def _escaped(column: Sequence[str]) -> Sequence[str]:
    if _ESCAPED.search("".join(column)) is None:
        return column
    return [orjson.dumps(text).decode()[1:-1] for text in column]


def _properties(commit: int, events: Sequence[Event]) -> dict[str, Any]:
    raws = [None if event.raw is None else base64.b64encode(event.raw).decode() for event in events]
    messages = [event.message for event in events]
    kept = {"raw": _objects(raws)} if any(raw is not None for raw in raws) else {}
    return kept | {
        "commit_no": np.full(len(events), commit, dtype=np.int64),
        "at_us": _integers([event.at for event in events]),
        "received_us": _integers([event.received_at for event in events]),
        "source": _objects([event.source for event in events]),
        "seq": _integers([event.seq for event in events]),
        "message": _objects(messages if _is_writable(messages) else list(map(encodable, messages))),
    }


def _objects(values: Sequence[Any]) -> Any:
    return np.array(values, dtype=object)


def _integers(values: Sequence[int]) -> Any:
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError as error:
        raise InvalidError("a time or sequence does not fit into 64 bits") from error
