"""Steps of time that a histogram cuts events into: of a fixed width, or of the calendar in a time zone.

Format: Elasticsearch's `fixed_interval`, `calendar_interval`, `time_zone` and `offset` (date_histogram).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.core.clock import DAY, HOUR, MINUTE, SECOND, from_datetime, to_datetime
from tocsin.core.errors import InvalidError

CalendarUnit = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]

_MILLISECOND = SECOND // 1000
_WIDTHS = {"ms": _MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "micros": 1}
_SPAN = re.compile(r"(?P<sign>[+-]?)(?P<count>\d{1,12})(?P<unit>micros|ms|s|m|h|d)")
_CALENDAR: dict[str, CalendarUnit] = {
    "1m": "minute",
    "1h": "hour",
    "1d": "day",
    "1w": "week",
    "1M": "month",
    "1q": "quarter",
    "1y": "year",
}
READABLE_WIDTHS = (
    *(SECOND * n for n in (1, 2, 5, 10, 15, 30)),
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 30, 90, 365)),
)
"""Widths of steps that people can read off an axis."""

_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_STEPS = {"minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}


@dataclass(frozen=True, slots=True)
class Interval:
    """A step of time. Exactly one of `width` (microseconds) and `unit` is set.

    Steps begin where the clock of `zone` says so, moved on by `offset` microseconds. A zone is a name of
    the IANA database or an offset such as `+02:00`.
    """

    width: int = 0
    unit: CalendarUnit | None = None
    zone: str = "UTC"
    offset: int = 0

    def __post_init__(self) -> None:
        """Raise `InvalidError` for a step that is none."""
        if bool(self.width > 0) == bool(self.unit):
            raise InvalidError("an interval is a width above zero or a unit of the calendar")
        zone_of(self.zone)

    @property
    def step(self) -> int:
        """The width in microseconds; 0 when steps differ: months, quarters, years."""
        return self.width or _STEPS.get(self.unit or "", 0)

    @property
    def is_short(self) -> bool:
        """Whether a step ends before the clock of the zone can begin a new day."""
        return 0 < self.step < DAY

    @property
    def anchor(self) -> int:
        """An instant of local time at which a step begins: weeks begin on Mondays."""
        return 4 * DAY if self.unit == "week" else 0

    def start(self, at: int) -> int:
        """Return the beginning of the step that `at` lies in."""
        shifted = at - self.offset
        local = self._local(shifted)
        if self.is_short:  # counted from where the clock stands now, so a repeated hour stays two
            return at - (_microseconds(local) - self.anchor) % self.step
        return self._utc(self._floor(local)) + self.offset

    def following(self, start: int) -> int:
        """Return the beginning of the step after the one that begins at `start`."""
        if self.is_short:
            return start + self.step
        return self._utc(self._next(self._local(start - self.offset))) + self.offset

    def _local(self, at: int) -> datetime:
        return to_datetime(at).astimezone(zone_of(self.zone)).replace(tzinfo=None)

    def _utc(self, local: datetime) -> int:
        return from_datetime(local.replace(tzinfo=zone_of(self.zone)).astimezone(UTC))

    def _floor(self, local: datetime) -> datetime:
        if self.unit in _MONTHS:
            months = _MONTHS[self.unit]
            month = (local.month - 1) // months * months + 1
            return datetime(local.year, month, 1)
        return local - timedelta(microseconds=(_microseconds(local) - self.anchor) % self.step)

    def _next(self, local: datetime) -> datetime:
        if self.unit in _MONTHS:
            place = local.year * 12 + local.month - 1 + _MONTHS[self.unit]
            year, month = divmod(place, 12)
            day = min(local.day, monthrange(year, month + 1)[1])
            return local.replace(year=year, month=month + 1, day=day)
        return local + timedelta(microseconds=self.step)


def _microseconds(local: datetime) -> int:
    return from_datetime(local.replace(tzinfo=UTC))


_UTC = frozenset({"UTC", "Z", "Etc/UTC", "GMT", "+00:00", "-00:00"})


def is_utc(zone: str) -> bool:
    """Say whether a time zone is UTC under any of its usual names."""
    return zone in _UTC


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name or offset; raises `InvalidError`."""
    if name in _UTC:
        return UTC
    if offset := fixed_offset(name):
        return timezone(timedelta(microseconds=offset))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidError(f"{name[:60]!r} is no time zone such as Europe/Berlin or +02:00") from error


def fixed_offset(name: str) -> int:
    """Return the microseconds an offset such as `+02:00` is ahead of UTC; 0 when it is none."""
    match = _OFFSET.fullmatch(name)
    if match is None:
        return 0
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    if hours > 18 or minutes > 59:
        raise InvalidError(f"{name!r} is no time zone: at most 18 hours from UTC")
    size = hours * HOUR + minutes * MINUTE
    return -size if match["sign"] == "-" else size


def parse_width(text: str) -> int:
    """Return the microseconds of a span such as `30s`, `5m`, `-6h`; raises `InvalidError`."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise InvalidError(f"{text[:40]!r} is no span of time such as 30s, 5m, 12h or 1d")
    size = int(match["count"]) * _WIDTHS[match["unit"]]
    return -size if match["sign"] == "-" else size


def parse_unit(text: str) -> CalendarUnit:
    """Return the unit of a calendar interval such as `1d`, `day`, `month`; raises `InvalidError`."""
    for unit in get_args(CalendarUnit):
        if text == unit or _CALENDAR.get(text) == unit:
            found: CalendarUnit = unit
            return found
    raise InvalidError(f"{text[:40]!r} is no calendar interval: {', '.join(_CALENDAR)}")
