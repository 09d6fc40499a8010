"""Cron schedules by the clock of a zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from tocsin.core.clock import from_iso, to_iso
from tocsin.core.errors import InvalidError
from tocsin.core.schedule import is_schedule, next_time

BERLIN = ZoneInfo("Europe/Berlin")


def times(schedule: str, start: str, count: int) -> list[str]:
    at, found = from_iso(start), []
    for _ in range(count):
        at = next_time(schedule, at, BERLIN)
        found.append(to_iso(at)[:16])
    return found


def test_a_schedule_goes_by_the_clock_on_the_wall() -> None:
    """Seven in the morning stays seven when the clocks change."""
    assert ["2026-10-24T05:00", "2026-10-25T06:00"] == times("0 7 * * *", "2026-10-24T00:00:00Z", 2)
    assert from_iso("2026-10-24T07:00:00Z") == next_time("0 7 * * *", from_iso("2026-10-24T00:00:00Z"))


def test_an_hour_that_is_there_twice_counts_once() -> None:
    """The clocks go back at three: half past two comes twice that night."""
    night = times("30 2 * * *", "2026-10-24T12:00:00Z", 2)
    assert ["2026-10-25T00:30", "2026-10-26T01:30"] == night
    assert ["2026-10-25T00:00", "2026-10-25T01:00"] == times("0 * * * *", "2026-10-24T23:30:00Z", 2)


def test_an_hour_that_is_not_there_is_made_up_for() -> None:
    """The clocks go forward at two: half past two does not come that night."""
    assert ["2026-03-29T01:00", "2026-03-30T00:30"] == times("30 2 * * *", "2026-03-28T12:00:00Z", 2)


def test_what_comes_to_no_time_is_refused() -> None:
    """Five fields alone are not enough."""
    assert not is_schedule("0 7 * *")
    assert not is_schedule("0 25 * * *")
    with pytest.raises(InvalidError, match="comes to no time"):
        next_time("0 0 30 2 *", from_iso("2026-10-24T00:00:00Z"))
