"""Opening, closing and recovering the days' files."""

from __future__ import annotations

import random
import threading
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.core.clock import DAY, MINUTE, ManualClock, from_iso
from tocsin.core.errors import NotFoundError
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.store import days
from tocsin.store.base import Batch, Selection, StoreError
from tocsin.store.day import DayFile
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")


def batch(*seqs: int) -> Batch:
    return Batch("s", [Event("s", seq, NOON + seq % 2 * DAY, 0, "x", {}) for seq in seqs], seqs[-1])


def begun(store: DuckDBStore, day: str) -> threading.Thread:
    """Begin to drop a day, and return once its readers are waited for."""
    dropping = threading.Thread(target=store.drop_day, args=(day,), daemon=True)
    dropping.start()
    until(lambda: day in store._days._going)
    return dropping


def open_days(store: DuckDBStore) -> list[str]:
    return sorted(store._days._files)


def test_days_open_on_demand_and_close_when_idle(tmp_path: Path) -> None:
    """A start opens nothing that the catalog knows; a day not used for five minutes is closed."""
    clock = ManualClock(NOON)
    store = DuckDBStore(tmp_path, clock)
    store.commit(batch(1, 2))
    store.close()
    store = DuckDBStore(tmp_path, clock)
    assert [] == open_days(store)
    assert 1 == store.count(Selection(to_at=NOON + 1))
    assert ["2026-11-24"] == open_days(store)
    clock.advance(4 * MINUTE)
    assert 1 == store.count(Selection(from_at=NOON + DAY))
    clock.advance(2 * MINUTE)
    assert 1 == store.count(Selection(from_at=NOON + DAY))
    assert ["2026-11-25"] == open_days(store)
    clock.advance(10 * MINUTE)
    assert 1 == store.commit(batch(3)).stored
    assert ["2026-11-25"] == open_days(store)
    assert 3 == store.count(Selection())
    store.close()


def test_day_in_use_stays_open(tmp_path: Path) -> None:
    """A day somebody reads is not closed, however long that takes."""
    clock = ManualClock(NOON)
    store = DuckDBStore(tmp_path, clock)
    store.commit(batch(2))
    with store._days.lease("2026-11-24"):
        clock.advance(60 * MINUTE)
        store._days.close_idle()
        assert ["2026-11-24"] == open_days(store)
    store._days.close_idle()
    assert [] == open_days(store)
    store.close()


def test_dropping_a_day_that_is_read_keeps_nobody_from_writing(tmp_path: Path) -> None:
    """The drop waits for the read to end; commits go on, and no other read of the day begins."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    store.commit(batch(1, 2))
    with store._days.lease("2026-11-24") as file:
        assert file is not None
        dropping = begun(store, "2026-11-24")
        committing = threading.Thread(target=store.commit, args=(batch(3),), daemon=True)
        committing.start()
        committing.join(PATIENCE_S)
        assert not committing.is_alive()
        assert [1, 3] == [event.seq for event in store.search(Selection(), order="oldest").events]
        assert dropping.is_alive()
    dropping.join(PATIENCE_S)
    assert ["2026-11-25"] == [day.day for day in store.days()]
    assert not (tmp_path / "days" / "2026-11-24.duckdb").exists()
    assert 3 == store.mark("s")
    store.close()


def test_day_that_is_read_for_too_long_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drop is given up and may be tried again; the day is read as before, by new readers too."""
    monkeypatch.setattr(days, "_DROP_PATIENCE_S", 0.01)
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    store.commit(batch(1, 2))
    with store._days.lease("2026-11-24"), pytest.raises(StoreError, match="still being read"):
        store.drop_day("2026-11-24")
    assert 2 == store.count(Selection())
    store.drop_day("2026-11-24")
    with pytest.raises(NotFoundError):
        store.drop_day("2026-11-24")
    assert 1 == store.count(Selection())
    store.close()


@pytest.mark.parametrize("durable", [False, True])
def test_failed_commit_is_looked_up_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    """When a write fails, the file decides whether it happened; a resend stores each event once."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    original = DayFile.append

    def append(self: DayFile, *args: object, **named: object) -> None:
        if durable:
            original(self, *args, **named)  # type: ignore[arg-type]  # handed on as they came
            self.summary.events = -1
        raise duckdb.IOException("power went")

    monkeypatch.setattr(DayFile, "append", append)
    with pytest.raises(StoreError):
        store.commit(batch(2))
    monkeypatch.setattr(DayFile, "append", original)
    assert (2 if durable else 0) == store.mark("s")
    assert (0 if durable else 1) == store.commit(batch(2)).stored
    assert [2] == [logged.event.seq for logged in store.follow(0)]
    assert 1 == store.days()[0].events
    store.close()


def test_goes_on_with_a_new_instance(tmp_path: Path) -> None:
    """After an error that makes the database instance unusable, reading and writing go on."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    store.commit(batch(1, 2))
    store._days._reconnect("2026-11-24")
    assert 2 == store.count(Selection())
    assert 1 == store.commit(batch(4)).stored
    assert [1, 2, 4] == sorted(logged.event.seq for logged in store.follow(0))
    store.close()


def test_half_made_day_is_finished(tmp_path: Path) -> None:
    """A day whose file was made but not filled when the process died is used as if new."""
    (tmp_path / "days").mkdir(parents=True)
    duckdb.connect(str(tmp_path / "days" / "2026-11-24.duckdb")).close()
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    assert 1 == store.commit(batch(2)).stored
    store.close()


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    """Only files named after a day are days."""
    (tmp_path / "days").mkdir(parents=True)
    (tmp_path / "days" / "notes.duckdb").write_text("mine")
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    assert [] == list(store.days())
    store.close()


def test_folder_is_open_once(tmp_path: Path) -> None:
    """The claim on the folder ends with `close`."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    with pytest.raises(StoreError, match="another process"):
        DuckDBStore(tmp_path, ManualClock(NOON))
    store.close()
    DuckDBStore(tmp_path, ManualClock(NOON)).close()


def test_memory_of_reads_is_given_back(tmp_path: Path) -> None:
    """Five minutes after the last read the database holds less memory, and its limit is as before."""
    clock = ManualClock(NOON)
    store = DuckDBStore(tmp_path, clock, memory_limit="128MB")
    chance = random.Random(1)
    events = [Event("s", seq, NOON, 0, chance.randbytes(2_000).hex(), {}) for seq in range(1, 5_001)]
    store.commit(Batch("s", events, 5_000))
    clock.advance(10 * MINUTE)
    store._days.close_idle()
    assert 5_000 == store.count(Selection(parse_lucene("*0*")))
    before = memory_of(store)
    clock.advance(4 * MINUTE)
    store.commit(Batch("s", (), 5_001))
    clock.advance(4 * MINUTE)
    store._days.close_idle()
    assert ["2026-11-24"] == open_days(store)
    assert memory_of(store) < before / 2
    with store._days.cursor() as cursor:
        assert [("122.0 MiB",)] == cursor.execute("SELECT current_setting('memory_limit')").fetchall()
    store.close()


def memory_of(store: DuckDBStore) -> int:
    with store._days.cursor() as cursor:
        rows = cursor.execute("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()").fetchall()
    return int(rows[0][0])


def test_a_checkpoint_leaves_what_was_written_where_it_is(tmp_path: Path) -> None:
    """A day that is written to for hours is not written again and again; marks of before are let go."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    places: list[list[tuple[int, int]]] = []
    for first in range(1, 41, 2):
        store.commit(
            Batch("s", [Event("s", seq, NOON, 0, "x" * 400, {}) for seq in (first, first + 1)], first + 1)
        )
        with store._days.cursor() as cursor:
            cursor.execute("CHECKPOINT day_2026_11_24")
            found = cursor.execute(
                "SELECT block_id, block_offset FROM pragma_storage_info('day_2026_11_24.events')"
                " WHERE column_name = 'seq' AND segment_type = 'BIGINT' ORDER BY row_group_id"
            )
            places.append(found.fetchall())
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(places))
    with store._days.cursor() as cursor:
        marks = cursor.execute("SELECT count FROM pragma_storage_info('day_2026_11_24.marks')").fetchall()
    assert max(count for (count,) in marks) < 20
    assert 40 == store.count(Selection())
    store.close()
