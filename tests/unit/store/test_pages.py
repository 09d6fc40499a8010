"""Pages of sealed days, whose outermost rows are known without looking for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.clock import DAY, HOUR, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch, Order, Selection
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.retention import Policy

NOON = from_iso("2026-11-24T12:00:00Z")
OLD = NOON - 3 * DAY


@pytest.fixture
def sealed(tmp_path: Path) -> DuckDBStore:
    """Two sealed days, whose events came in no order, and today."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    for source in ("b", "a"):
        for start in (OLD, OLD + DAY, NOON - HOUR):
            seqs = [seq + start // DAY * 100 for seq in range(1, 8)]
            events = [Event(source, seq, start + seq * 37 % 5, NOON, f"line {seq}", {}) for seq in seqs]
            store.commit(Batch(source, events, seqs[-1]))
    store.keeping(Policy(), 0).apply()
    return store


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("limit", [1, 3, 14, 40, 5_000])
def test_a_page_of_everything_is_in_order(sealed: DuckDBStore, order: Order, limit: int) -> None:
    """The first page and those after it hold every event once, by time, source and sequence."""
    events = [event for page in sealed.scan(Selection()) for event in page]
    expected = sorted(events, key=lambda e: (e.at, e.source, e.seq), reverse=order == "newest")
    assert len(expected) == 42
    found: list[Event] = []
    cursor = None
    while True:
        page = sealed.search(Selection(), order=order, limit=limit, cursor=cursor)
        found += page.events
        cursor = page.cursor
        if cursor is None:
            break
    assert found == expected
    sealed.close()


def test_a_page_goes_no_further_than_its_time(sealed: DuckDBStore) -> None:
    """A day that time cuts through is searched for what lies within."""
    page = sealed.search(Selection(from_at=OLD + 2, to_at=OLD + DAY + 2), limit=100)
    assert page.events
    assert all(OLD + 2 <= event.at < OLD + DAY + 2 for event in page.events)
    late = [Event("late", 1, OLD - 1, NOON, "late", {})]
    sealed.commit(Batch("late", late, 1))
    assert sealed.search(Selection(), order="oldest", limit=1).events == late
    sealed.close()
