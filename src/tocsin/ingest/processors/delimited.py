"""Text that carries its own structure: key=value pairs, separated columns, JSON."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import orjson

from tocsin.core.event import Event
from tocsin.ingest.processors.draft import Processor, Unable, claimed, read_text, write

MOST_FIELDS = 1_000
"""An event gets at most so many fields from one processor."""
_DEEPEST = 20


def key_values(
    field: str,
    *,
    field_split: str = " ",
    value_split: str = "=",
    prefix: str = "",
    include: Collection[str] = (),
    exclude: Collection[str] = (),
    trim: str = "\"'",
    allow_duplicate_values: bool = True,
) -> Processor:
    """Return the processor that reads `a=1 b="two words"`; any character of a split separates.

    A key that comes several times has a list of its values, each once without `allow_duplicate_values`.
    """
    pair = _pair(field_split, value_split)

    def run(event: Event) -> None:
        found: dict[str, list[str]] = {}
        for name, value in _pairs(pair, read_text(event, field), trim):
            if not name or not value or (include and name not in include) or name in exclude:
                continue
            values = found.setdefault(name, [])
            if allow_duplicate_values or value not in values:
                values.append(value)
            if sum(map(len, found.values())) == MOST_FIELDS:
                break
        if not found:
            raise Unable(f"{field} holds no pairs")
        for name, values in found.items():
            write(event, claimed(prefix + name), values if len(values) > 1 else values[0])

    return run


def _pairs(pair: re.Pattern[str], text: str, trim: str) -> Iterator[tuple[str, str]]:
    for match in pair.finditer(text):
        value = (match[2] or match[3] or "").strip()
        quote = value[:1]
        if len(value) > 1 and quote in "\"'" and quote in trim and value.endswith(quote):
            yield match[1].strip(), value[1:-1].replace(f"\\{quote}", quote)
        else:
            yield match[1].strip(), value.strip(trim)


def _pair(field_split: str, value_split: str) -> re.Pattern[str]:
    """A name without a value is taken too, and skipped: it is looked at once, so time stays linear."""
    between, inside = re.escape(field_split), re.escape(value_split)
    name = f"[^{between}{inside}\"']+"
    quoted = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\''
    value = f"({quoted}|[^{between}]*)"
    return re.compile(f"({name})(?:[{inside}]{value}|\\s+[{inside}]\\s*{value})?", re.DOTALL)


def columns(field: str, names: Sequence[str], *, separator: str = ",", quote: str = '"') -> Processor:
    """Return the processor that reads one line of separated values; a column named `-` is skipped."""

    def run(event: Event) -> None:
        text = read_text(event, field)
        try:
            row = next(csv.reader([text], delimiter=separator, quotechar=quote, strict=True), [])
        except csv.Error as error:
            raise Unable(f"{field} is not separated values: {error}") from error
        if len(row) > len(names):
            raise Unable(f"{field} has {len(row)} columns, {len(names)} are named")
        for name, value in zip(names, row, strict=False):
            if name != "-" and value:
                write(event, name, value)

    return run


def json_document(field: str, into: str = "") -> Processor:
    """Return the processor that reads a JSON object and adds its values, names joined by dots."""

    def run(event: Event) -> None:
        try:
            document = orjson.loads(read_text(event, field))
        except orjson.JSONDecodeError as error:
            raise Unable(f"{field} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise Unable(f"{field} is not a JSON object")
        for count, (name, value) in enumerate(_flat(document, into, 0)):
            if count == MOST_FIELDS:
                raise Unable(f"{field} has more than {MOST_FIELDS} values; the rest is left out")
            write(event, claimed(name), value)

    return run


def _flat(document: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise Unable(f"nested more than {_DEEPEST} deep")
    for key, value in document.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict):
            yield from _flat(value, name, depth + 1)
        elif isinstance(value, list):
            yield (
                name,
                [one if isinstance(one, str | int | float) else orjson.dumps(one).decode() for one in value],
            )
        else:
            yield name, value
