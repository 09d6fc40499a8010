"""Read syslog headers so that decoders written for log files understand what came over the network.

A record keeps the datagram as it came. For analysis, the `<PRI>` in front (RFC 3164) is taken off, and an
RFC 5424 header is written as the classic `Mmm dd hh:mm:ss host app[pid]: ` that pre-decoding knows. What
the classic form has no room for stands in `log.syslog.*`. Nothing is lost: the bytes are kept in
`raw` where the message is more than the datagram without its PRI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from tocsin.core.clock import DAY, MINUTE, SECOND, from_iso, to_datetime
from tocsin.core.errors import InvalidError
from tocsin.core.event import Classified, Event, Value
from tocsin.core.record import Record
from tocsin.ingest.ports import Classifier, ClassifierFactory

SOURCE_PREFIXES = ("syslog:", "import:")
"""Sources whose lines may begin with a syslog priority."""

_PRI = re.compile(rb"<(0|[1-9][0-9]{0,2})>")
_MAX_PRI = 191
_HEADER_5424 = re.compile(rb"1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?=-|\[)", re.DOTALL)
_ELEMENT = re.compile(rb'\[([^ =\]"]{1,64})((?: [^ =\]"]{1,64}="(?:\\.|[^"\\])*+")*)\]', re.DOTALL)
_PARAM = re.compile(rb' ([^ =\]"]{1,64})="((?:\\.|[^"\\])*+)"', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\\]])')
_BOM = b"\xef\xbb\xbf"
_MAX_PARAMS = 64
_YEAR_2200 = 7_258_118_400 * SECOND
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Header:
    """What the header said, and the line as pre-decoding should see it."""

    line: bytes
    fields: dict[str, Value]
    at: int | None = None
    """The header's time, when it is complete (RFC 5424), in microseconds since 1970, UTC."""
    rewritten: bool = False
    """The line is more than the datagram without its PRI."""


def read_header(raw: bytes, *, peer: str = "", received_at: int = 0) -> Header | None:
    """Return the header of a syslog message, or None when there is no priority in front.

    `peer` and `received_at` stand in for a host and a time that an RFC 5424 header leaves out.
    """
    found = _PRI.match(raw)
    if found is None or int(found[1]) > _MAX_PRI:
        return None
    priority = int(found[1])
    fields: dict[str, Value] = {
        "log.syslog.facility.code": priority // 8,
        "log.syslog.severity.code": priority % 8,
    }
    modern = _HEADER_5424.match(raw, found.end())
    if modern is None:
        return Header(raw[found.end() :], fields)
    return _read_5424(raw, modern, fields, peer, received_at)


def _read_5424(
    raw: bytes, header: re.Match[bytes], fields: dict[str, Value], peer: str, received_at: int
) -> Header:
    stamp, host, app, process, message_id = (_text(part) for part in header.groups())
    at = _instant(stamp)
    end = _structured_data(raw, header.end(), fields)
    if message_id:
        fields["log.syslog.msgid"] = message_id
    message = raw[end:].removeprefix(b" ").removeprefix(_BOM)
    when = to_datetime(received_at if at is None else at)
    tag = f"{app}[{process}]: " if app and process else f"{app}: " if app else ""
    front = f"{_MONTHS[when.month - 1]} {when.day:2d} {when:%H:%M:%S} {host or peer or '-'} {tag}"
    return Header(front.encode() + message, fields, at, rewritten=True)


def _text(part: bytes) -> str:
    return "" if part == b"-" else part.decode("utf-8", "replace")


def _instant(stamp: str) -> int | None:
    try:
        at = from_iso(stamp) if stamp else -1
    except (InvalidError, OverflowError):
        return None
    return at if 0 < at < _YEAR_2200 else None


def _structured_data(raw: bytes, at: int, fields: dict[str, Value]) -> int:
    """Put the parameters into `fields`; return where the structured data ends."""
    if raw.startswith(b"-", at):
        return at + 1
    count = 0
    while element := _ELEMENT.match(raw, at):
        at = element.end()
        name = element[1].decode("utf-8", "replace")
        for param in _PARAM.finditer(element[2]):
            count += 1
            if count <= _MAX_PARAMS and param[2]:
                value = _ESCAPE.sub(r"\1", param[2].decode("utf-8", "replace"))
                field = f"log.syslog.structured_data.{name}.{param[1].decode('utf-8', 'replace')}"
                fields[field] = value
    return at


class SyslogClassifier:
    """A classifier before which syslog headers are taken off, and after which they are noted."""

    def __init__(self, inner: Classifier) -> None:
        self._inner = inner

    def classify(self, records: list[Record]) -> list[Classified]:
        """Classify as the inner classifier does, with the headers out of its way."""
        headers = [_header_of(record) for record in records]
        plain = [
            record if header is None else msgspec.structs.replace(record, raw=header.line)
            for record, header in zip(records, headers, strict=True)
        ]
        classified = self._inner.classify(plain)
        for item, record, header in zip(classified, records, headers, strict=True):
            if header is not None:
                _note(item.event, record, header)
        return classified


@dataclass(frozen=True, slots=True)
class SyslogClassifierFactory:
    """Makes a `SyslogClassifier` around what another factory makes; picklable if that one is."""

    inner: ClassifierFactory

    def __call__(self) -> Classifier:
        """Make the inner classifier and wrap it."""
        return SyslogClassifier(self.inner())


def _header_of(record: Record) -> Header | None:
    if record.kind != "line" or not record.source.startswith(SOURCE_PREFIXES):
        return None
    return read_header(record.raw, peer=record.location, received_at=record.collected_at)


def _note(event: Event, record: Record, header: Header) -> None:
    event.fields.update(header.fields)
    if header.rewritten or event.raw is not None:
        event.raw = record.raw  # as it came, not as it was made ready
    if header.at is not None and _is_plausible(header.at, record):
        event.at = header.at


def _is_plausible(at: int, record: Record) -> bool:
    """Whether to believe a sender's clock: nobody may hide events in days long past or to come."""
    if record.source.startswith("import:"):
        return 0 < at <= record.collected_at + DAY
    return record.collected_at - DAY <= at <= record.collected_at + 5 * MINUTE
