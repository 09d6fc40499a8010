"""Steps of time that people can read off an axis, and what hour and weekday an instant lies in."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.core.clock import to_datetime
from tocsin.query.intervals import READABLE_WIDTHS, Interval, zone_of

MOST_STEPS = 300
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = tuple(f"{hour:02}" for hour in range(24))
MOST_HOURS = 24 * 366 * 5
"""A heatmap by hours looks at no more than about five years."""


def interval_for(start: int, end: int, steps: int, zone: str) -> Interval:
    """Return the step that cuts a span into at most about so many; days begin at the zone's midnight."""
    fitting = (width for width in READABLE_WIDTHS if end - start <= width * steps)
    return Interval(next(fitting, READABLE_WIDTHS[-1]), zone=zone)


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
