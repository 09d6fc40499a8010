"""Cron schedules of five fields, in UTC."""

from __future__ import annotations

from datetime import datetime

from croniter import croniter  # type: ignore[import-untyped] # the package has no types

from tocsin.core.clock import MINUTE, from_datetime, to_datetime


def is_schedule(text: str) -> bool:
    """Say whether a text is a cron schedule of five fields."""
    return len(text.split()) == 5 and bool(croniter.is_valid(text))


def next_time(schedule: str, now: int) -> int:
    """Return the first time after `now` at which the schedule fires."""
    following: datetime = croniter(schedule, to_datetime(now)).get_next(datetime)
    return from_datetime(following)


def covers(schedule: str, now: int) -> bool:
    """Say whether the minute of `now` is one of the schedule's."""
    return bool(croniter.match(schedule, to_datetime(now // MINUTE * MINUTE)))
