"""Legal holds where the log deletes whole days, on every adapter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tocsin.core.clock import DAY, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.housekeeping import Retention
from tocsin.store.base import Batch, EventStore
from tocsin.store.holds import Holds, NewHold
from tocsin.store.journal import Journal

NOON = from_iso("2026-11-24T12:00:00Z")
DAYS = ["2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]


@pytest.fixture
def holds(tmp_path: Path) -> Holds:
    """The holds on the log; none is placed yet."""
    return Holds(Journal(tmp_path))


@pytest.fixture
def retention(store: EventStore, holds: Holds) -> Retention:
    """Keeps one day, of a log with an event a day."""
    names = ["ann", "bert", "Ann", "carl"]
    named = enumerate(names, 1)
    events = [Event("s", n, NOON - (4 - n) * DAY, 0, f"=m{n}", {"user.name": name}) for n, name in named]
    store.commit(Batch("s", events, 4))
    return Retention(store, ManualClock(NOON), 1, holds)


def days_of(store: EventStore) -> Sequence[str]:
    return [day.day for day in store.days()]


def test_days_with_an_event_under_a_hold_stay(
    store: EventStore, holds: Holds, retention: Retention, tmp_path: Path
) -> None:
    """Whole, until the hold is lifted; what goes is in the trail."""
    hold = holds.place(NewHold("case 7", query="user.name:ann"), "anna", NOON)
    assert ["2026-11-22"] == retention.apply()
    assert ["2026-11-21", *DAYS[2:]] == days_of(store)
    holds.lift(hold.id, "closed", "anna", NOON)
    assert ["2026-11-21"] == retention.apply()
    assert DAYS[2:] == days_of(store)
    rows = Journal(tmp_path).rows("SELECT subject FROM trail WHERE action = 'day.dropped' ORDER BY id")
    assert ["2026-11-22", "2026-11-21"] == [row["subject"] for row in rows]


def test_a_hold_on_a_time_keeps_the_days_it_reaches_into(
    store: EventStore, holds: Holds, retention: Retention
) -> None:
    """And no others."""
    start = from_iso("2026-11-21T00:00:00Z")
    holds.place(NewHold("case 8", from_at=start, to_at=start + DAY), "anna", NOON)
    assert ["2026-11-22"] == retention.apply()
    assert [DAYS[0], *DAYS[2:]] == days_of(store)
