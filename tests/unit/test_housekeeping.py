"""Old days go when they are too old and never before; what fails is tried again."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tocsin.core.clock import DAY, HOUR, ManualClock, from_iso
from tocsin.core.errors import TocsinError
from tocsin.housekeeping import Renewal, Retention, RunRetention
from tocsin.store.base import Day, StoreError
from tocsin.store.holds import Holds
from tocsin.store.journal import Journal

NOON = from_iso("2026-11-24T12:00:00Z")
DAYS = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25"]


@dataclass
class Log:
    """The days of an event log, some of which cannot be deleted yet."""

    kept: list[str] = field(default_factory=lambda: list(DAYS))
    failures: int = 0

    def days(self) -> list[Day]:
        return [Day(day, 1, 1, 1, 1) for day in self.kept]

    def drop_day(self, day: str) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError(f"{day} is in use")
        self.kept.remove(day)


class Turns(threading.Event):
    """An event that is set after a number of waits, which take no time."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.left = turns
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        self.left -= 1
        if self.left <= 0:
            self.set()
        return self.is_set()


@pytest.fixture
def holds(tmp_path: Path) -> Holds:
    """The holds on the log; none is placed yet."""
    return Holds(Journal(tmp_path))


@pytest.mark.parametrize(("days", "dropped"), [(0, 0), (1, 3), (2, 2), (3, 1), (4, 0), (30, 0)], ids=str)
def test_only_days_older_than_asked_are_deleted(holds: Holds, days: int, dropped: int) -> None:
    """A day that holds an event younger than the limit stays whole; 0 keeps everything."""
    log = Log()
    assert DAYS[:dropped] == Retention(log, ManualClock(NOON), days, holds).apply()
    assert DAYS[dropped:] == log.kept


def test_a_day_goes_as_time_goes_on(holds: Holds) -> None:
    """At midnight, not within the day."""
    log, clock = Log(), ManualClock(NOON)
    retention = Retention(log, clock, 4, holds)
    clock.advance(12 * HOUR - 1)
    assert [] == retention.apply()
    clock.advance(1)
    assert ["2026-11-20"] == retention.apply()


def test_a_failure_is_tried_again(holds: Holds) -> None:
    """A day in use is deleted the next time; the thread lives."""
    log, turns = Log(failures=1), Turns(3)
    Retention(log, ManualClock(NOON), 2, holds).run(turns)
    assert DAYS[2:] == log.kept
    assert [600.0] * 3 == turns.waited


@dataclass
class Indicators:
    """What is refreshed, failing the first times."""

    errors: list[Exception] = field(default_factory=list)
    refreshed: int = 0

    def refresh(self) -> None:
        if self.errors:
            raise self.errors.pop()
        self.refreshed += 1


def test_indicators_are_taken_up_though_it_failed_before() -> None:
    """Every ten seconds, through a database in use and a disk that is full."""
    indicators, turns = Indicators([TocsinError("busy"), OSError("full")]), Turns(5)
    Renewal(indicators).run(turns)
    assert 2 == indicators.refreshed
    assert [10.0] * 5 == turns.waited


@dataclass
class Runs:
    """Playbook runs, the database of which is busy the first times."""

    errors: list[Exception] = field(default_factory=list)
    kept_for: list[int] = field(default_factory=list)

    def retain(self, keep_us: int) -> int:
        if self.errors:
            raise self.errors.pop()
        self.kept_for.append(keep_us)
        return 0


def test_runs_are_kept_as_long_as_asked() -> None:
    """Old runs go every ten minutes, though one time failed."""
    runs, turns = Runs([TocsinError("busy")]), Turns(4)
    RunRetention(runs, 90).run(turns)
    assert [90 * DAY] * 2 == runs.kept_for
    assert [600.0] * 4 == turns.waited
