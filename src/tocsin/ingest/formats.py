"""Files as sequences of records: lines, JSON lines, CSV, Windows event logs.

Numbers are those of the lines (of the records, in an event log) and so the same each time a file is read.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

import evtx
import msgspec

from tocsin.core.errors import InvalidError
from tocsin.core.record import Kind
from tocsin.ingest.errors import ImportRefusedError
from tocsin.ingest.files import Identity, Position, chunks, lines

Format = Literal["auto", "syslog", "jsonl", "csv", "evtx"]

_EVTX_MAGIC = b"ElfFile\0"
_MAX_EVTX_BYTES = 4 * 1024**3
_MAX_EVTX_FAULTS = 10_000
_MAX_COLUMNS = 1_000
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Read:
    """One record as the file holds it; `fault` says why it is refused and is empty when it is not."""

    number: int
    raw: bytes
    kind: Kind = "line"
    fault: str = ""


def format_named(name: str) -> Format:
    """Return the format of that name; raises `InvalidError`."""
    for known in get_args(Format):
        if name == known:
            return known  # type: ignore[no-any-return]  # get_args does not know its result's type
    raise InvalidError(f"{name!r} is no format: {', '.join(get_args(Format))}")


def read_file(path: Path, identity: Identity, wanted: Format, position: Position) -> Iterator[Read]:
    """Yield the file's records in order; raises `ImportRefusedError` where it cannot go on."""
    content = chunks(path, identity.size_bytes, position)
    first = next(content, b"")
    content = chain([first], content)
    found = _detect(path, first) if wanted == "auto" else wanted
    if found == "evtx":
        return _event_log(path, content)
    if found == "csv":
        return _csv(path, lines(content))
    return _json_lines(lines(content)) if found == "jsonl" else _plain(lines(content))


def _detect(path: Path, first: bytes) -> Format:
    if first.startswith(_EVTX_MAGIC):
        return "evtx"
    if ".csv" in [suffix.lower() for suffix in path.suffixes[-2:]]:
        return "csv"
    return "jsonl" if first.lstrip().startswith(b"{") else "syslog"


def _plain(source: Iterable[tuple[int, bytes]]) -> Iterator[Read]:
    for number, line in source:
        yield Read(number, line)


def _json_lines(source: Iterable[tuple[int, bytes]]) -> Iterator[Read]:
    for number, line in source:
        if not line.strip():
            continue
        try:
            msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, RecursionError) as error:
            yield Read(number, line, fault=f"not a JSON object: {error}")
        else:
            yield Read(number, line, "json")


def _csv(path: Path, source: Iterator[tuple[int, bytes]]) -> Iterator[Read]:
    first = next(source, None)
    if first is None:
        return
    head = first[1].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        [names] = csv.reader([head], delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise ImportRefusedError(f"{path}:{first[0]}: no CSV header: {error}") from error
    names = [name.strip() or f"column_{place}" for place, name in enumerate(names, start=1)]
    if len(set(names)) < len(names) or len(names) > _MAX_COLUMNS:
        raise ImportRefusedError(f"{path}:{first[0]}: the header names a column twice or too many")
    yield from _rows(names, delimiter, source, first[0])


def _rows(
    names: list[str], delimiter: str, source: Iterator[tuple[int, bytes]], before: int
) -> Iterator[Read]:
    at = before  # number of the line read last: a row may hold several

    def text() -> Iterator[str]:
        nonlocal at
        for number, line in source:
            at = number
            yield line.decode("utf-8", "replace") + "\n"

    reader = csv.reader(text(), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Read(at, b"", fault=f"not CSV: {error}")
            continue
        if len(row) != len(names):
            yield Read(at, b"", fault=f"{len(row)} columns where the header has {len(names)}")
        elif row:
            document = {name: value for name, value in zip(names, row, strict=True) if value}
            yield Read(at, msgspec.json.encode(document), "json")


def _event_log(path: Path, content: Iterable[bytes]) -> Iterator[Read]:
    with tempfile.TemporaryFile() as whole:  # a snapshot: the parser jumps about in it
        size = 0
        for chunk in content:
            size += len(chunk)
            if size > _MAX_EVTX_BYTES:
                raise ImportRefusedError(f"{path} is larger than {_MAX_EVTX_BYTES} bytes")
            whole.write(chunk)
        whole.seek(0)
        try:
            records = evtx.PyEvtxParser(whole).records()
        except (OSError, RuntimeError) as error:
            raise ImportRefusedError(f"{path} is no Windows event log: {error}") from error
        yield from _windows_events(path, records)


def _windows_events(path: Path, records: evtx.PyRecordsIterator) -> Iterator[Read]:
    number = faults = 0
    while True:
        number += 1
        try:
            record = next(records)
        except StopIteration:
            return
        except (OSError, RuntimeError, ValueError) as error:
            faults += 1
            if faults > _MAX_EVTX_FAULTS:
                raise ImportRefusedError(f"{path}: too much of it is damaged") from error
            yield Read(number, b"", fault=f"damaged: {error}"[:300])
        else:
            if record is None:
                return
            yield Read(number, record["data"].encode("utf-8", "replace"), "winevent")
