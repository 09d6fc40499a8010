"""Files as events: Windows event logs, JSON documents, CSV rows and log lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from os import SEEK_END
from typing import IO, Any

import evtx
import orjson

from tocsin.core.event import Event
from tocsin.core.record import Record
from tocsin.decode.analysis import Analyst
from tocsin.hunt.encoding import as_utf8
from tocsin.hunt.errors import UnreadableError
from tocsin.hunt.flatten import event_of, windows_event
from tocsin.hunt.inputs import Format, Input, Opened, Told, format_of

MAX_LINE = 4 * 1024**2
"""Bytes of one line; what is longer is no record."""

MAX_WHOLE = 256 * 1024**2
"""Bytes of a file of JSON that is one document, which must be read whole."""

_BLOCK = 64 * 1024
"""Bytes of a block of a Windows event log."""

_MAX_FAULTS = 10_000
_TOLD_EVERY = 500
_MAX_COLUMNS = 1_000
_MAX_CELL = 1024**2
_WRAPPERS = ("Records", "records", "value", "events", "hits")


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be read, and why."""

    record: int
    reason: str


Reading = Iterator[Event | Fault]


class Readers:
    """Reads the files of a hunt. `analyst` decodes log lines; one process owns it."""

    def __init__(self, analyst: Analyst) -> None:
        self._analyst = analyst

    def read(self, source: Input, told: Told, modified_at: int) -> Reading:
        """Yield the events of a file in order, and what is wrong with single records.

        `modified_at` stands in for what a line does not say of its time, such as the year. Raises
        `UnreadableError` where the file cannot be read further.
        """
        with Opened(source, told) as opened:
            yield from self._read(opened, source, opened.chunks(), modified_at)

    def _read(self, opened: Opened, source: Input, chunks: Iterator[bytes], modified_at: int) -> Reading:
        head, name = next(chunks, b""), source.member or source.path
        if format_of(name, head) == "evtx":
            return _event_log(opened, source.name, head)
        content = as_utf8(chain([head], chunks))
        head = next(content, b"")
        return self._text(format_of(name, head), chain([head], content), source.name, modified_at)

    def _text(self, found: Format, content: Iterable[bytes], name: str, modified_at: int) -> Reading:
        if found == "json":
            return _documents(content, name)
        if found == "csv":
            return _rows(lines(content, blank=True), name)
        return self._lines(lines(content), name, modified_at)

    def _lines(self, source: Iterable[tuple[int, bytes]], name: str, modified_at: int) -> Reading:
        for number, line in source:
            record = Record(name, number, line, modified_at, location=name)
            yield self._analyst.decode(record)[1]


def lines(content: Iterable[bytes], *, blank: bool = False) -> Iterator[tuple[int, bytes]]:
    """Yield number, from 1, and bytes of each line, of empty ones only if asked; one too long is cut."""
    number, rest = 0, b""
    for chunk in content:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            if blank or line.strip():
                yield number, line.rstrip(b"\r")[:MAX_LINE]
        if len(rest) > 2 * MAX_LINE:
            rest = rest[: MAX_LINE + 1]
    if rest.strip():
        yield number + 1, rest.rstrip(b"\r")[:MAX_LINE]


def _event_log(opened: Opened, name: str, head: bytes) -> Reading:
    if not head:
        raise UnreadableError("the file is empty")
    whole = opened.seekable(head)
    try:
        records = evtx.PyEvtxParser(whole).records_json()
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"no Windows event log: {error}") from error
    return chain(_windows_events(records, name, opened.at(whole)), _cut_off(whole, head))


def _cut_off(whole: IO[bytes], head: bytes) -> Reading:
    """Say so where the file ends before its header says, or inside one of its blocks."""
    start, blocks = int.from_bytes(head[40:42], "little"), int.from_bytes(head[42:44], "little")
    size = whole.seek(0, SEEK_END)
    rest = (size - start) % _BLOCK
    if rest or size < start + blocks * _BLOCK:
        left = max(size - start, 0) // _BLOCK
        yield Fault(0, f"the file was cut off: of its blocks of 64 KiB, {left} are whole")


def _windows_events(records: Any, name: str, tell: Callable[[], None]) -> Reading:
    number = faults = turn = 0
    while True:
        turn += 1
        if turn % _TOLD_EVERY == 0:
            tell()
        try:
            record = next(records)
        except StopIteration:
            return
        except (OSError, RuntimeError, ValueError) as error:
            faults += 1
            if faults > _MAX_FAULTS:
                raise UnreadableError("too much of it is damaged") from error
            yield Fault(number, f"damaged: {error}"[:300])
            continue
        if record is None:
            return
        number = record["event_record_id"]
        try:
            document = orjson.loads(record["data"])
            yield windows_event(document["Event"], name, number)
        except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
            yield Fault(number, f"not an event: {error}")


def _documents(content: Iterable[bytes], name: str) -> Reading:
    """Read JSON lines; a file that is one document of several lines is read whole."""
    chunks = iter(content)
    head = list(islice(chunks, 4))
    start = b"".join(head).lstrip()
    first = start.split(b"\n", 1)[0]
    if start[:1] == b"{" and _is_document(first):
        return _json_lines(lines(chain(head, chunks)), name)
    return _whole(chain(head, chunks), name)


def _is_document(line: bytes) -> bool:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and not _wrapped(found)


def _json_lines(source: Iterable[tuple[int, bytes]], name: str) -> Reading:
    for number, line in source:
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Fault(number, f"not JSON: {error}")
            continue
        if isinstance(document, dict):
            yield event_of(document, name, number)
        else:
            yield Fault(number, "not a JSON object")


def _whole(content: Iterable[bytes], name: str) -> Reading:
    parts, size = [], 0
    for chunk in content:
        size += len(chunk)
        if size > MAX_WHOLE:
            raise UnreadableError(f"one JSON document of more than {MAX_WHOLE} bytes: write one event a line")
        parts.append(chunk)
    text = b"".join(parts)
    try:
        documents: Iterable[Any] = [orjson.loads(text)]
    except orjson.JSONDecodeError:
        documents = _several(text)
    number = 0
    for each in documents:
        for inner in each if isinstance(each, list) else _wrapped(each) or [each]:
            number += 1
            if isinstance(inner, dict):
                yield event_of(inner, name, number)
            else:
                yield Fault(number, inner.reason if isinstance(inner, Fault) else "not a JSON object")


def _several(text: bytes) -> Iterator[Any]:
    """Yield documents that stand one after the other, on as many lines as they like.

    Where there is none, that is said as a fault, and reading goes on at the next line that begins an object.
    """
    decoder = json.JSONDecoder()
    rest, at, faults = text.decode("utf-8", "replace"), 0, 0
    while (at := _filled(rest, at)) < len(rest):
        try:
            document, at = decoder.raw_decode(rest, at)
        except (ValueError, RecursionError) as error:
            faults += 1
            if faults > _MAX_FAULTS:
                raise UnreadableError("too much of it is damaged") from error
            yield Fault(0, f"not JSON: {error}")
            at = rest.find("\n{", at)
            if at < 0:
                return
        else:
            yield document


def _filled(text: str, at: int) -> int:
    """Return where, from a place on, something stands that is neither blank nor a comma."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _wrapped(document: Any) -> list[Any]:
    """Return the documents that a cloud or a search wraps in one; none when it is one itself."""
    if isinstance(document, dict):
        for name in _WRAPPERS:
            inner = document.get(name)
            if isinstance(inner, dict) and name == "hits":
                inner = inner.get("hits")
            if isinstance(inner, list) and inner and all(isinstance(each, dict) for each in inner):
                return inner
    return []


def _header(line: str) -> tuple[list[str], str]:
    """Return the names of the columns and what stands between them."""
    delimiter = max(",;\t|", key=line.count)
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise UnreadableError(f"no CSV header: {error}") from error
    if not names or len(names) > _MAX_COLUMNS:
        raise UnreadableError("no CSV header")
    return names, delimiter


def _rows(source: Iterator[tuple[int, bytes]], name: str) -> Reading:
    at, first = next((each for each in source if each[1].strip()), (0, b""))
    if not first:
        raise UnreadableError("the file is empty")
    names, delimiter = _header(first.decode("utf-8", "replace"))

    def text() -> Iterator[str]:
        nonlocal at
        for number, line in source:
            at = number
            yield line.decode("utf-8", "replace") + "\n"

    rows = csv.reader(text(), delimiter=delimiter)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(at, f"not CSV: {error}")
            continue
        if not row:
            continue
        if len(row) != len(names):
            yield Fault(at, f"{len(row)} columns where the header has {len(names)}")
            continue
        document = {key.strip(): cell[:_MAX_CELL] for key, cell in zip(names, row, strict=True) if cell}
        yield event_of(document, name, at)
