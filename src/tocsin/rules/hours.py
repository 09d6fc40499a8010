"""Conditions on the hour and the day of the week, by the clock on the wall."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from tocsin.core.clock import DAY, MINUTE, SECOND

_STEP = 15 * MINUTE
"""No time zone changes its offset within such a span."""
_REMEMBERED = 1_024

_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm)?", re.IGNORECASE)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SETS = {"weekdays": frozenset(range(5)), "weekends": frozenset((5, 6))}


class WallClock:
    """Tells what a clock on the wall shows. Thread safe."""

    def __init__(self, zone: str) -> None:
        """`zone` is an IANA name, or `local`; raises `ValueError` for one that is not known."""
        try:
            self._zone: tzinfo | None = None if zone == "local" else UTC if zone == "UTC" else ZoneInfo(zone)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"{zone!r} is no time zone") from error
        self._known: dict[int, int] = {}

    def of(self, at: int) -> int:
        """Return the instant as microseconds since 1970 of local time."""
        step = at // _STEP
        offset = self._known.get(step)
        if offset is None:
            local = datetime.fromtimestamp(step * _STEP / SECOND, UTC).astimezone(self._zone)
            difference = local.utcoffset()
            offset = 0 if difference is None else int(difference.total_seconds()) * SECOND
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[step] = offset
        return at + offset


def compile_hours(text: str) -> Callable[[int], bool]:
    """Return whether an instant lies in `hh:mm-hh:mm` (may wrap midnight, `!` negates, am/pm).

    Raises `ValueError` for anything else.
    """
    negated = text.strip().startswith("!")
    parts = text.strip().lstrip("!").split("-")
    if len(parts) != 2:
        raise ValueError(f"{text!r} is no span of hours such as '6 pm - 8:30 am'")
    start, end = (_minutes(part.strip(), text) for part in parts)

    def test(at: int) -> bool:
        minute = at % DAY // MINUTE
        inside = start <= minute <= end if start <= end else minute >= start or minute <= end
        return inside != negated

    return test


def _minutes(clock: str, text: str) -> int:
    match = _CLOCK.fullmatch(clock)
    if match is None:
        raise ValueError(f"{text!r} is no span of hours such as '6 pm - 8:30 am'")
    hour, minute, half = int(match.group(1)), int(match.group(2) or 0), (match.group(3) or "").lower()
    if minute > 59 or not (1 <= hour <= 12 if half else hour * 60 + minute <= 24 * 60):
        raise ValueError(f"{clock!r} is no time of day")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 60 + minute


def compile_weekdays(text: str) -> Callable[[int], bool]:
    """Return whether an instant falls on the days named (`monday, tue`, `weekdays`, `weekends`, `!`).

    Raises `ValueError` for a name that is no day.
    """
    negated = text.strip().startswith("!")
    days: set[int] = set()
    for name in re.split(r"[,\s]+", text.strip().lstrip("!").strip().lower()):
        days |= _SETS.get(name) or {_day(name)}
    # 1970-01-01 was a Thursday.
    return lambda at: ((at // DAY + 3) % 7 in days) != negated


def _day(name: str) -> int:
    for number, day in enumerate(_DAYS):
        if len(name) >= 3 and day.startswith(name):
            return number
    raise ValueError(f"{name!r} is no day of the week")
