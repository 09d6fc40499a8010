"""Read indicators from plain text and from CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from tocsin.core.clock import from_iso
from tocsin.core.errors import InvalidError
from tocsin.core.severity import TLP
from tocsin.intel.drafts import Defaults, Draft, Reading
from tocsin.intel.extract import Extractor
from tocsin.intel.kinds import KINDS, normalise
from tocsin.intel.mapping import kind_of_misp_type, tlp_of
from tocsin.intel.recognise import Recognised, Recogniser

MAX_LINE = 65_536

_COLUMNS = {
    "value": ("value", "indicator", "ioc", "observable", "address", "domain", "url", "hash", "ip"),
    "kind": ("kind", "type", "ioc_type", "indicator_type"),
    "confidence": ("confidence", "confidence_level", "score"),
    "tlp": ("tlp",),
    "tags": ("tags", "tag"),
    "comment": ("comment", "description", "reference"),
    "valid_until": ("valid_until", "expires", "expires_at", "expiration"),
    "first_seen": ("first_seen", "first_seen_utc", "first_seen_at"),
    "last_seen": ("last_seen", "last_seen_utc", "last_seen_at"),
}
_DELIMITERS = (",", ";", "\t", "|")
_SHORTEST = len("a.io")
_WORD_SEPARATOR = re.compile(r"[\s,;|<>\"']+")
_TAG_SEPARATOR = re.compile(r"[,;|\s]+")


def read_freetext(text: str, extractor: Extractor, defaults: Defaults, reading: Reading) -> None:
    """Take every value of every line; `#` starts a comment line; a line without a value is refused."""
    for number, line in _lines(text, reading):
        found = _values(line, extractor)
        for value in found:
            reading.take(_draft(value.kind, value.value, defaults))
        if not found:
            reading.refuse(number, "no indicator was recognised", line)


def _values(line: str, extractor: Extractor) -> list[Recognised]:
    """Take what is a value whole, as `evil.example/x` or a file's name, and else what stands within."""
    found: list[Recognised] = []
    for token in _WORD_SEPARATOR.split(line):
        if len(token) < _SHORTEST:
            continue
        value = extractor.recogniser.recognise(token.rstrip(".:"))
        if value is not None and value.kind != "path":
            found.append(value)
        else:
            found.extend(extractor.in_text(token))
    return found


def read_csv(text: str, recogniser: Recogniser, defaults: Defaults, reading: Reading) -> None:
    """Take one value of every row.

    With a heading that names `value` the columns it names are read (`kind`, `confidence`, `tlp`, `tags`,
    `comment`, `valid_until`, `first_seen`, `last_seen`); without, the first cell that is recognised.
    """
    lines = iter(_lines(text, reading))
    first = next(lines, None)
    if first is None:
        return
    delimiter = delimiter_of(first[1])
    heading = _heading(_cells(first[1], delimiter))
    for number, line in lines if heading else _again(first, lines):
        try:
            reading.take(_row(_cells(line, delimiter), heading, recogniser, defaults))
        except InvalidError as error:
            reading.refuse(number, error.message, line)


def delimiter_of(line: str) -> str:
    """Return the delimiter the line holds most often; a comma when it holds none."""
    return max(_DELIMITERS, key=line.count)


def has_heading(line: str) -> bool:
    """Say whether the line is a CSV heading that names the column of values."""
    return bool(_heading(_cells(line, delimiter_of(line))))


def _lines(text: str, reading: Reading) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith(("#", "//")):
            continue
        if len(line) > MAX_LINE:
            reading.refuse(number, f"the line has {len(line)} characters, {MAX_LINE} are allowed", line)
            continue
        yield number, line


def _again(first: tuple[int, str], rest: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from rest


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]
    except (csv.Error, StopIteration):
        return [line]


def _heading(cells: Sequence[str]) -> dict[str, int]:
    names = [cell.lower().replace(" ", "_") for cell in cells]
    found: dict[str, int] = {}
    for meaning, spellings in _COLUMNS.items():
        column = next((names.index(name) for name in spellings if name in names), None)
        if column is not None:
            found[meaning] = column
    return found if "value" in found else {}


def _row(cells: Sequence[str], heading: dict[str, int], recogniser: Recogniser, defaults: Defaults) -> Draft:
    if not heading:
        found = next((seen for cell in cells if (seen := recogniser.recognise(cell))), None)
        if found is None:
            raise InvalidError("no indicator was recognised")
        return _draft(found.kind, found.value, defaults)
    row = {meaning: cells[column] for meaning, column in heading.items() if column < len(cells)}
    kind, value = _kind_and_value(row, recogniser)
    return Draft(
        kind=kind,  # type: ignore[arg-type]  # checked by _kind_and_value
        value=value,
        confidence=_confidence(row.get("confidence"), defaults.confidence),
        tlp=_tlp(row.get("tlp"), defaults.tlp),
        tags=tuple(dict.fromkeys((*defaults.tags, *filter(None, _TAG_SEPARATOR.split(row.get("tags", "")))))),
        comment=row.get("comment", ""),
        valid_until_at=_instant(row.get("valid_until")) or defaults.valid_until_at,
        first_seen_at=_instant(row.get("first_seen")),
        last_seen_at=_instant(row.get("last_seen")),
    )


def _kind_and_value(row: dict[str, str], recogniser: Recogniser) -> tuple[str, str]:
    value = row.get("value", "")
    stated = row.get("kind", "").lower()
    kind = stated if stated in KINDS else kind_of_misp_type(stated)
    if kind:
        return kind, normalise(kind, value)
    if stated:
        raise InvalidError(f"{stated!r} is not a kind of indicator")
    found = recogniser.recognise(value)
    if found is None:
        raise InvalidError("no indicator was recognised")
    return found


def _draft(kind: str, value: str, defaults: Defaults) -> Draft:
    return Draft(
        kind=kind,  # type: ignore[arg-type]  # the recogniser gives only kinds
        value=value,
        confidence=defaults.confidence,
        tlp=defaults.tlp,
        tags=defaults.tags,
        valid_until_at=defaults.valid_until_at,
    )


def _confidence(text: str | None, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:4]) <= 100):
        raise InvalidError(f"confidence {text!r} is not a number from 0 to 100")
    return int(text)


def _tlp(text: str | None, default: int) -> int:
    if not text:
        return default
    found = tlp_of(text)
    if found is None:
        names = ", ".join(level.name.lower() for level in TLP)
        raise InvalidError(f"TLP {text!r} is none of {names}")
    return found


def _instant(text: str | None) -> int | None:
    return from_iso(text) if text else None
