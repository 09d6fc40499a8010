"""Days open at a time: a log of many days holds few of them open, and answers all the same."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from tocsin.core.clock import DAY, ManualClock, day_of, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
DAYS = 400


def many(path: Path, *, days: int, most: int = 8) -> DuckDBStore:
    store = DuckDBStore(path, ManualClock(NOON), most_open=most)
    events = [Event("s", n + 1, NOON - (days - n) * DAY, 0, f"m{n}", {"n": n}) for n in range(days)]
    store.commit(Batch("s", events, days))
    return store


def open_files(root: Path) -> int:
    """Return how many files of days of one log this process holds open."""
    folder = Path("/proc/self/fd")
    names = [os.readlink(found) for found in folder.iterdir() if found.exists()]
    return sum(
        name.startswith(f"{root}/") and ".duckdb" in name and not name.endswith(".wal") for name in names
    )


def test_a_year_of_days_takes_few_open_files(tmp_path: Path) -> None:
    """400 days found at a start, counted and paged through with eight open at a time."""
    many(tmp_path, days=1).close()
    (written,) = (tmp_path / "days").glob("*.duckdb")
    for n in range(2, DAYS + 1):
        day = day_of(NOON - n * DAY)
        (tmp_path / "days" / f"{day}.duckdb").write_bytes(written.read_bytes())
    store = DuckDBStore(tmp_path, ManualClock(NOON), most_open=8)
    assert open_files(tmp_path) <= 8
    assert DAYS == store.count(Selection())
    assert DAYS == len(store.search(Selection(), limit=1_000).events)
    assert open_files(tmp_path) <= 8
    assert len(store._days._files) <= 8
    store.close()


def test_days_are_closed_and_opened_as_they_are_needed(tmp_path: Path) -> None:
    """Written, counted, found by identifier and followed with four of forty open at a time."""
    store = many(tmp_path, most=4, days=40)
    assert 40 == store.count(Selection())
    assert ["m0"] == [found.message for found in store.get(["s~1"])]
    assert list(range(1, 41)) == [one.event.seq for one in store.follow(0, 1_000)]
    assert open_files(tmp_path) <= 4
    store.close()


def test_one_question_may_open_more_and_gives_them_back(tmp_path: Path) -> None:
    """A top list needs all days at once; with the next day opened they are few again."""
    store = many(tmp_path, most=4, days=30)
    assert 30 == len(store.top(Selection(), field="n", size=50))
    assert 30 == len(store._days._files)
    store.count(Selection(to_at=NOON - 20 * DAY))
    store.commit(Batch("t", [Event("t", 1, NOON, 0, "", {})], 1))
    assert len(store._days._files) <= 4
    store.close()


def test_readers_and_a_writer_share_a_small_pool(tmp_path: Path) -> None:
    """The day that is written stays open, and no count is ever short."""
    store = many(tmp_path, most=2, days=12)
    short: list[int] = []

    def look() -> None:
        for _ in range(10):
            found = store.count(Selection(to_at=NOON))
            if found < 12:
                short.append(found)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for seq in range(1, 20):
        at = NOON - (seq % 12) * DAY
        assert 1 == store.commit(Batch("w", [Event("w", seq, at, 0, "", {})], seq)).stored
    for reader in readers:
        reader.join()
    assert [] == short
    assert 31 == store.count(Selection())
    store.close()
