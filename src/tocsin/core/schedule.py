"""Cron schedules of five fields, by the clock of a time zone. This module needs `tocsin[server]`."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from croniter import CroniterError, croniter  # type: ignore[import-untyped] # the package has no types

from tocsin.core.clock import MINUTE, from_datetime, to_datetime
from tocsin.core.errors import InvalidError


def is_schedule(text: str) -> bool:
    """Say whether a text is a cron schedule of five fields."""
    return len(text.split()) == 5 and bool(croniter.is_valid(text))


def next_time(schedule: str, now: int, zone: tzinfo = UTC) -> int:
    """Return the first time after `now` at which the schedule fires.

    An hour that the clock of the zone leaves out is made up for right after; of one that it has twice, only
    the first counts, unless the schedule is for every hour.
    Raises `InvalidError` for one that never fires, such as the 30th of February.
    """
    times = croniter(schedule, to_datetime(now).astimezone(zone))
    for_every_hour = "*" in schedule.split()[1]
    try:
        while True:
            following: datetime = times.get_next(datetime)
            if for_every_hour or not following.astimezone(zone).fold:
                return from_datetime(following)
    except CroniterError as error:
        raise InvalidError(f"{schedule!r} comes to no time: {error}") from error


def covers(schedule: str, now: int) -> bool:
    """Say whether the minute of `now` is one of the schedule's, in UTC."""
    return bool(croniter.match(schedule, to_datetime(now // MINUTE * MINUTE)))
