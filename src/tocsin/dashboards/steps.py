"""Steps of time that people can read off an axis, and what hour and weekday an instant lies in."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.core.clock import DAY, HOUR, MINUTE, SECOND, to_datetime
from tocsin.query.intervals import Interval, zone_of

MOST_STEPS = 300
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = tuple(f"{hour:02}" for hour in range(24))
MOST_HOURS = 24 * 366 * 5
"""A heatmap by hours looks at no more than about five years."""

_WIDTHS = (
    *(SECOND * n for n in (1, 2, 5, 10, 15, 30)),
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 30, 90, 365)),
)


def interval_for(start: int, end: int, steps: int, zone: str) -> Interval:
    """Return the step that cuts a span into at most about so many; days begin at the zone's midnight."""
    fitting = (width for width in _WIDTHS if end - start <= width * steps)
    return Interval(next(fitting, _WIDTHS[-1]), zone=zone)


def starts(interval: Interval, start: int, end: int) -> Iterator[int]:
    """Yield where each step begins that touches the span."""
    at = interval.start(start)
    while at < end:
        yield at
        at = interval.following(at)


def hour_and_weekday(at: int, zone: str) -> tuple[int, int]:
    """Return the hour (0 to 23) and the weekday (0 is Monday) by the clock of the zone."""
    local = to_datetime(at).astimezone(zone_of(zone))
    return local.hour, local.weekday()
