"""Read the time a source writes, in the formats operators name, as the event's own time.

A format is `ISO8601`, `UNIX` (seconds), `UNIX_MS`, a pattern of letters as Java and Logstash write it
(`dd/MMM/yyyy:HH:mm:ss Z`), or one of strptime, which has a `%`. English names of months and days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from tocsin.core.clock import from_datetime, to_datetime, to_iso
from tocsin.core.event import Event
from tocsin.ingest.processors.draft import Processor, Unable, read_text, write

Reading = Callable[[str, datetime, tzinfo], datetime]
"""Reads a text, given when it was received and the zone of a time without one. Raises `ValueError`."""

_PARTS = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_LETTERS = {
    "yyyy": "%Y", "yy": "%y", "uuuu": "%Y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m",
    "dd": "%d", "d": "%d",
    "HH": "%H", "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "m": "%M", "ss": "%S", "s": "%S", "a": "%p",
    "EEEE": "%A", "EEE": "%a", "E": "%a", "DDD": "%j", "Z": "%z", "ZZ": "%z", "X": "%z", "XX": "%z",
    "XXX": "%z", "z": "%Z",
}  # fmt: skip
_LONGEST = 80
_LATEST = timedelta(days=1)


def compile_format(text: str) -> Reading:
    """Return what reads times written in the format. Raises `ValueError` for one that is none."""
    if text.upper() == "ISO8601":
        return _iso
    if text.upper() in ("UNIX", "UNIX_MS"):
        return _unix(1.0 if text.upper() == "UNIX" else 1_000.0)
    written = text if "%" in text else "".join(_letters(part) for part in _PARTS.finditer(text))
    if "%Y" not in written and "%y" not in written:
        return _without_year(written)
    return lambda value, _received, zone: _in_zone(datetime.strptime(value, written), zone)


def date(field: str, formats: Sequence[Reading], zone: tzinfo, into: str = "") -> Processor:
    """Return the processor that reads a time: the event's own, or into a field as ISO 8601."""

    def run(event: Event) -> None:
        text = read_text(event, field).strip()[:_LONGEST]
        received = to_datetime(event.received_at)
        for reading in formats:
            try:
                at = from_datetime(reading(text, received, zone))
            except (ValueError, OverflowError):
                continue
            if into:
                write(event, into, to_iso(at))
            else:
                event.at = at
            return
        raise Unable(f"{field} is not a time in the formats given: {text!r}")

    return run


def _letters(part: re.Match[str]) -> str:
    quoted, letter, text = part[1], part[2], part[0]
    if quoted is not None:
        return quoted.replace("''", "'").replace("%", "%%") or "'"
    if letter is None:
        return text.replace("%", "%%")
    if letter == "S":
        return "%f"
    if text not in _LETTERS:
        raise ValueError(f"{text!r} means no part of a time")
    return _LETTERS[text]


def _iso(text: str, _received: datetime, zone: tzinfo) -> datetime:
    return _in_zone(datetime.fromisoformat(text.replace(",", ".")), zone)


def _unix(divisor: float) -> Reading:
    return lambda text, _received, _zone: (
        datetime.fromtimestamp(0, UTC) + timedelta(seconds=float(text) / divisor)
    )


def _without_year(written: str) -> Reading:
    """A time that names no year is the latest one that is not ahead of its reception by more than a day."""

    def read(text: str, received: datetime, zone: tzinfo) -> datetime:
        for year in (received.year + 1, received.year, received.year - 1):
            try:
                at = _in_zone(datetime.strptime(f"{year} {text}", f"%Y {written}"), zone)
            except ValueError:
                if year == received.year - 1:
                    raise
                continue
            if at <= received + _LATEST:
                return at
        raise ValueError(text)

    return read


def _in_zone(at: datetime, zone: tzinfo) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
