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
) -> Processor:
    """Return the processor that reads `a=1 b="two words"`; any character of a split separates."""
    pair = _pair(field_split, value_split)

    def run(event: Event) -> None:
        count = 0
        for match in pair.finditer(read_text(event, field)):
            name, value = match[1].strip(), (match[2] or "").strip().strip(trim)
            if not name or not value or (include and name not in include) or name in exclude:
                continue
            write(event, claimed(prefix + name), value)
            count += 1
            if count == MOST_FIELDS:
                break
        if not count:
            raise Unable(f"{field} holds no pairs")

    return run


def _pair(field_split: str, value_split: str) -> re.Pattern[str]:
    """A name without a value is taken too, and skipped: it is looked at once, so time stays linear."""
    between, inside = re.escape(field_split), re.escape(value_split)
    name = f"[^{between}{inside}\"']+"
    return re.compile(f"({name})(?:[{inside}](\"[^\"]*\"|'[^']*'|[^{between}]*))?")


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
