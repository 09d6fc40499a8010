"""When a log line says it was written, in the formats logs use.

A line without a year is taken to be the latest such moment that is not more than a day ahead of
its collection. A line without a zone is taken to be in UTC: the collector's host is expected to log
in UTC, and the platform cannot know better.
"""

from __future__ import annotations

import re
from datetime import date

from tocsin.core.clock import DAY, SECOND

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_CLOCK = r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?:[.,](?P<f>\d{1,9}))?"
_FORMATS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"(?:(?P<Y>\d{{4}}) )?(?P<b>[A-Za-z]{{3}}) +(?P<d>\d{{1,2}}) {_CLOCK}",
        rf"[A-Z][a-z]{{2}} (?P<b>[A-Za-z]{{3}}) +(?P<d>\d{{1,2}}) {_CLOCK} (?P<Y>\d{{4}})",
        rf"(?P<Y>\d{{4}})[-/.](?P<m>\d\d)[-/.](?P<d>\d\d)[T ]{_CLOCK} ?(?P<z>Z|[+-]\d\d:?\d\d)?",
        rf"(?P<d>\d\d)/(?P<b>[A-Za-z]{{3}})/(?P<Y>\d{{4}}):{_CLOCK} (?P<z>[+-]\d{{4}})",
        rf"(?P<m>\d\d)/(?P<d>\d\d)(?:/(?P<Y>\d{{4}}))?-{_CLOCK}",
        r"(?P<epoch>\d{10})(?:\.(?P<f>\d{1,9}))?",
    )
)
_START = re.compile(
    r"(?:\d{4} )?[A-Za-z]{3} +\d{1,2} [\d:.,]{8,18}"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:.]{8,18} \d{4}"
    r"|\d{4}[-/.]\d\d[-/.]\d\d[T ][\d:.,]{8,18} ?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d/\d\d(?:/\d{4})?-[\d:.]{8,18}",
    re.ASCII,
)
"""A time at the start of a line, and no more of the line than that."""
_MARKS = (("[", 1), ("audit(", 6))
"""What stands before a time that is not at the start of the line, and its length."""
_LOOK_FOR_MARK = 200
_REMEMBERED = 20_000
_EPOCH = date(1970, 1, 1).toordinal()


class Timestamps:
    """Reads times; remembers the last ones, since many lines of a log share a second."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], int | None] = {}

    def of(self, text: str, collected_at: int) -> int | None:
        """Return the instant a timestamp text names, or None when it is none or not to be trusted.

        Not trusted is what lies before 1970 or more than a day after `collected_at`.
        """
        at = self.claimed(text, collected_at)
        return at if at is not None and 0 <= at <= collected_at + DAY else None

    def claimed(self, text: str, collected_at: int) -> int | None:
        """Return the instant a timestamp text names, believable or not; None when it is none."""
        key = (text, collected_at // DAY)
        at = self._known.get(key, -1)
        if at == -1:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            at = self._known[key] = _read(text, collected_at)
        return at

    def refused(self, line: str, collected_at: int) -> str:
        """Return the time at the start of a line when it is one beyond belief; else an empty text."""
        first = _START.match(line)
        if first is None or self.claimed(first.group(), collected_at) is None:
            return ""
        return "" if self.of(first.group(), collected_at) is not None else first.group()

    def within(self, line: str, collected_at: int) -> int | None:
        """Return the time of a line whose header is not known: at its start or in its first bracket."""
        first = _START.match(line)
        if first is not None:
            at = self.of(first.group(), collected_at)
            if at is not None:
                return at
        for mark, size in _MARKS:
            start = line.find(mark, 0, _LOOK_FOR_MARK)
            if start >= 0:
                at = self.of(line[start + size : start + size + 30].partition("]")[0], collected_at)
                if at is not None:
                    return at
        return None


def _read(text: str, collected_at: int) -> int | None:
    for form in _FORMATS:
        match = form.match(text)
        if match is not None:
            return _instant(match.groupdict(), collected_at)
    return None


def _instant(parts: dict[str, str | None], collected_at: int) -> int | None:
    micros = int((parts.get("f") or "0").ljust(6, "0")[:6])
    if parts.get("epoch"):
        return int(parts["epoch"] or 0) * SECOND + micros
    month = int(parts["m"] or 0) if parts.get("m") else _MONTHS.get((parts.get("b") or "").lower(), 0)
    clock = [int(parts[name] or 0) for name in ("d", "H", "M", "S")]
    year = parts.get("Y")
    at = _at(int(year), month, clock) if year else _latest(month, clock, collected_at)
    return None if at is None else at + micros - _offset(parts.get("z") or "")


def _latest(month: int, clock: list[int], collected_at: int) -> int | None:
    this_year = date.fromordinal(collected_at // DAY + _EPOCH).year
    for year in range(this_year + 1, this_year - 8, -1):  # a 29 February may be years away
        at = _at(year, month, clock)
        if at is not None and at <= collected_at + DAY:
            return at
    return None


def _at(year: int, month: int, clock: list[int]) -> int | None:
    day, hour, minute, second = clock
    if hour > 23 or minute > 59:
        return None
    try:
        days = date(year, month, day).toordinal() - _EPOCH
    except ValueError:
        return None
    return (((days * 24 + hour) * 60 + minute) * 60 + min(second, 59)) * SECOND


def _offset(zone: str) -> int:
    if len(zone) < 5:
        return 0
    digits = zone[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
    return (-seconds if zone[0] == "-" else seconds) * SECOND
