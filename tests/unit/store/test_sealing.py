"""Sealing a day: the same events before, while and after, whatever comes between."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import pytest

from harness.waiting import PATIENCE_S
from tocsin.core.clock import DAY, HOUR, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.query.aggregation import SortKey
from tocsin.query.lucene import parse_lucene
from tocsin.query.sql import Writer
from tocsin.query.tree import Not
from tocsin.store import copying
from tocsin.store.base import Batch, Selection, StoreError
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.narrowing import narrowed
from tocsin.store.pages import fetch
from tocsin.store.sealing import Sealer, sha256_of
from tocsin.store.words.reading import index_of

NOON = from_iso("2026-11-24T12:00:00Z")
OLD = "2026-11-20"
STEPS = ("written", "synced", "noted", "named", "replaced", "removed")


def event(seq: int, at: int = NOON - 4 * DAY, **fields: object) -> Event:
    return Event("s", seq, at + seq % 7, at, f"line {seq}", {"n": seq, "tags": ["a", str(seq)], **fields})


def commit(store: DuckDBStore, *seqs: int, at: int = NOON - 4 * DAY) -> int:
    return store.commit(Batch("s", [event(seq, at) for seq in seqs], seqs[-1])).stored


def opened(path: Path, at: int = NOON) -> DuckDBStore:
    return DuckDBStore(path, ManualClock(at))


def sealed(store: DuckDBStore, step: Callable[[str], None] = lambda _: None) -> Sealer:
    return Sealer(store._days, 3600, step)


def files(path: Path) -> list[str]:
    return sorted(found.name for found in (path / "days").iterdir())


def seqs(store: DuckDBStore) -> list[int]:
    return sorted(found.seq for page in store.scan(Selection()) for found in page)


def test_a_sealed_day_answers_as_before(tmp_path: Path) -> None:
    """Events, order, fields, followers and identifiers: all of it, from one file nobody may write."""
    store = opened(tmp_path)
    commit(store, *range(1, 50))
    commit(store, *range(50, 90))

    def asked() -> list[object]:
        return [
            list(store.search(Selection(), limit=1000).events),
            list(store.search(Selection(parse_lucene("tags:a AND n:>=20")), order="oldest").events),
            [(one.commit, one.event) for one in store.follow(0, 1000)],
            store.get(["s~7", "s~80"]),
            store.fields(Selection()),
            store.top(Selection(), field="tags"),
        ]

    before = asked()
    store._recent.forget(store.last_commit())
    seal = sealed(store).seal(OLD)

    assert seal is not None
    assert 89 == seal.events
    assert before == asked()
    store._recent.forget(store.last_commit())
    assert before == asked()
    assert [f"{OLD}.sealed1.duckdb"] == files(tmp_path)
    path = tmp_path / "days" / f"{OLD}.sealed1.duckdb"
    assert seal.sha256 == sha256_of(path)
    with pytest.raises(duckdb.Error):
        store._days.writer.execute("DELETE FROM day_2026_11_20_s1.events")
    store.close()
    assert seal.sha256 == sha256_of(path)
    store = opened(tmp_path)
    assert before == asked()
    store.close()


def test_events_stand_in_order_of_time(tmp_path: Path) -> None:
    """However they came."""
    store = opened(tmp_path)
    for first in (40, 30, 20):
        store.commit(Batch(f"s{first}", [Event(f"s{first}", 1, NOON - 4 * DAY + first, 0, "", {})], 1))
    sealed(store).seal(OLD)
    with store._days.lease(OLD) as file:
        assert file is not None
        rows = store._days.cursor().execute(f"SELECT at_us FROM {file.events(Writer())}").fetchall()
    assert [NOON - 4 * DAY + at for at in (20, 30, 40)] == [at for (at,) in rows]
    store.close()


@pytest.mark.parametrize("most", [1, 7, 50])
@pytest.mark.parametrize("noon", [NOON - 4 * DAY, 12 * HOUR - 10 * DAY], ids=["now", "before 1970"])
def test_a_day_is_sorted_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, noon: int
) -> None:
    """However few events are sorted at a time, all are there and in order; many may fall into one second."""
    monkeypatch.setattr(copying, "_SLICE", most)
    store = opened(tmp_path)
    times = [noon + (n * 7_919 % 40) * 500_000 for n in range(60)]
    store.commit(Batch("s", [Event("s", n + 1, at, 0, "", {}) for n, at in enumerate(times)], 60))
    (day,) = store._days.names()
    assert sealed(store).seal(day) is not None
    with store._days.lease(day) as file:
        assert file is not None
        rows = store._days.cursor().execute(f"SELECT at_us FROM {file.events(Writer())}").fetchall()
    assert sorted(times) == [at for (at,) in rows]
    store.close()


def test_due_are_quiet_days_behind_the_present(tmp_path: Path) -> None:
    """Not today, not a day somebody wrote to within the hour, not one that is sealed."""
    clock = ManualClock(NOON)
    store = DuckDBStore(tmp_path, clock)
    sealer = sealed(store)
    store.commit(Batch("s", [event(1), event(2, NOON)], 2))
    assert [] == sealer.due()
    clock.advance(HOUR)
    assert [OLD] == sealer.due()
    sealer.seal(OLD)
    assert [] == sealer.due()
    commit(store, 3)
    assert [] == sealer.due()
    clock.advance(HOUR)
    assert [OLD] == sealer.due()
    clock.advance(DAY)
    assert [OLD, "2026-11-24"] == sealer.due()
    store.close()


def test_a_late_event_stands_beside_the_sealed_file(tmp_path: Path) -> None:
    """What is sealed is not written to; a batch sent again changes nothing; both become one later."""
    store = opened(tmp_path)
    commit(store, 1, 2, 3)
    first = sealed(store).seal(OLD)
    assert 0 == commit(store, 1, 2, 3)
    assert 2 == commit(store, 2, 3, 4, 5)
    assert [1, 2, 3, 4, 5] == seqs(store)
    assert [f"{OLD}.late1.duckdb", f"{OLD}.sealed1.duckdb"] == [
        name for name in files(tmp_path) if not name.endswith(".wal")
    ]
    assert first is not None
    assert first.sha256 == sha256_of(tmp_path / "days" / f"{OLD}.sealed1.duckdb")
    store.close()
    (tmp_path / "catalog.json").unlink()
    store = opened(tmp_path)
    assert [1, 2, 3, 4, 5] == seqs(store)
    assert 0 == commit(store, 4, 5)
    assert 5 == store.days()[0].events
    second = sealed(store).seal(OLD)
    assert second is not None
    assert (2, 5) == (second.generation, second.events)
    assert [f"{OLD}.sealed2.duckdb"] == files(tmp_path)
    assert 0 == commit(store, 1, 2, 3, 4, 5)
    assert [1, 2, 3, 4, 5] == seqs(store)
    store.close()


def test_a_write_meanwhile_makes_the_new_file_worthless(tmp_path: Path) -> None:
    """It is thrown away, and everything is there."""
    store = opened(tmp_path)
    commit(store, 1, 2, 3)

    def step(name: str) -> None:
        if name == "synced":
            commit(store, 4)

    assert sealed(store, step).seal(OLD) is None
    assert [1, 2, 3, 4] == seqs(store)
    assert [] == [name for name in files(tmp_path) if "seal" in name]
    assert sealed(store).seal(OLD) is not None
    assert [1, 2, 3, 4] == seqs(store)
    store.close()


def test_a_mark_alone_does_not_open_a_sealed_day(tmp_path: Path) -> None:
    """What was refused of a source is settled in the journal when every day is sealed."""
    store = opened(tmp_path)
    commit(store, 1)
    sealed(store).seal(OLD)
    store.commit(Batch("s", [], 9))
    assert [f"{OLD}.sealed1.duckdb"] == files(tmp_path)
    store.close()
    (tmp_path / "catalog.json").unlink()
    store = opened(tmp_path)
    assert 9 == store.mark("s")
    store.close()


def test_searches_meanwhile_see_every_event_once(tmp_path: Path) -> None:
    """Pages and counts read without a pause while the day is sealed again and again."""
    store = opened(tmp_path)
    commit(store, *range(1, 300))
    stop = threading.Event()
    wrong: list[list[int]] = []

    def look() -> None:
        while not stop.is_set():
            found = seqs(store)
            if len(found) < 299 or len(set(found)) != len(found):
                wrong.append(found)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for last in range(300, 305):
        assert sealed(store).seal(OLD) is not None
        commit(store, last)
    stop.set()
    for reader in readers:
        reader.join()
    assert [] == wrong
    assert list(range(1, 305)) == seqs(store)
    store.close()


def test_a_reader_goes_on_with_the_files_there_were(tmp_path: Path) -> None:
    """They are deleted when it ends, and not before."""
    store = opened(tmp_path)
    commit(store, 1, 2)
    with store._days.lease(OLD) as before:
        assert before is not None
        sealed(store).seal(OLD)
        table = before.events(Writer())
        assert 2 == store._days.cursor().execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        assert 2 == store.count(Selection())
        assert f"{OLD}.duckdb" in files(tmp_path)
    assert [f"{OLD}.sealed1.duckdb"] == files(tmp_path)
    store.close()


def test_a_day_that_lacks_events_is_not_sealed(tmp_path: Path) -> None:
    """A file with fewer events than were committed must not get a checksum that says all is well."""
    store = opened(tmp_path)
    commit(store, 1, 2, 3)
    store._days.writer.execute("DELETE FROM day_2026_11_20.events WHERE seq = 2")
    with pytest.raises(StoreError, match="2 events of the 3"):
        sealed(store).seal(OLD)
    assert [1, 3] == seqs(store)
    store.close()


def die_at(path: Path, name: str) -> None:
    """Seal in a process that ends without a word when a step is reached."""
    store = opened(path)

    def step(reached: str) -> None:
        if reached == name:
            os.kill(os.getpid(), signal.SIGKILL)

    if name == "removed":
        store._days._retire = lambda: step(name)  # type: ignore[method-assign]
    sealed(store, step).seal(OLD)


@pytest.mark.parametrize("generation", [1, 2])
@pytest.mark.parametrize("name", STEPS)
def test_killed_at_any_step_the_old_or_the_new_stands(tmp_path: Path, name: str, generation: int) -> None:
    """No event is lost or there twice, no mark goes back, and nothing unfinished is left over."""
    store = opened(tmp_path)
    commit(store, 1, 2, 3)
    commit(store, 4, at=NOON)
    if generation == 2:
        sealed(store).seal(OLD)
        commit(store, 5)
    expected = seqs(store)
    store.close()

    child = multiprocessing.get_context("fork").Process(target=die_at, args=(tmp_path, name))
    child.start()
    child.join(PATIENCE_S)
    assert -signal.SIGKILL == child.exitcode

    store = opened(tmp_path)
    assert expected == seqs(store)
    assert expected[-1] == store.mark("s")
    assert 0 == commit(store, *expected)
    kept = "new" if STEPS.index(name) > STEPS.index("named") else "old"
    names = [found for found in files(tmp_path) if OLD in found and not found.endswith(".wal")]
    old = [f"{OLD}.duckdb"] if generation == 1 else [f"{OLD}.late1.duckdb", f"{OLD}.sealed1.duckdb"]
    assert (old if kept == "old" else [f"{OLD}.sealed{generation}.duckdb"]) == names
    assert sealed(store).seal(OLD) is not None
    assert expected == seqs(store)
    store.close()


def test_a_late_file_survives_the_loss_of_the_sealed_one(tmp_path: Path) -> None:
    """What is left of a damaged day is kept, not taken for a leftover."""
    store = opened(tmp_path)
    commit(store, 1, 2)
    sealed(store).seal(OLD)
    commit(store, 3)
    store.close()
    (tmp_path / "days" / f"{OLD}.sealed1.duckdb").unlink()
    store = opened(tmp_path)
    assert [3] == seqs(store)
    store.close()


def spoken(store: DuckDBStore, *seqs: int, at: int = NOON - 4 * DAY) -> None:
    """Commit logins, of which each names a user of its own."""
    lines = [Event("s", seq, at + seq, at, f"Failed password for user{seq}", {"n": seq}) for seq in seqs]
    store.commit(Batch("s", lines, seqs[-1]))


def indexed(store: DuckDBStore) -> Sealer:
    return Sealer(store._days, 3600, index_from=100)


def asked(store: DuckDBStore, query: str) -> list[object]:
    """Return all that is asked by a selection."""
    selection = Selection(parse_lucene(query))
    return [
        [found.seq for found in store.search(selection, limit=1_000).events],
        store.count(selection),
        store.histogram(selection, width=1_000),
        store.top(selection, field="n", size=20),
        [found.event.seq for found in store.rank(selection, [SortKey("n")], limit=20)],
    ]


QUERIES = (
    '"password for user77"', "*ser77*", "nobody", "user77 OR n:5", "NOT user77", "user400 OR user901",
)  # fmt: skip


def test_an_index_of_words_changes_no_answer(tmp_path: Path) -> None:
    """Of a day with one, with late events beside it, and of days sealed without one or not at all."""
    store = opened(tmp_path)
    spoken(store, *range(1, 300))
    spoken(store, *range(300, 420), at=NOON - 3 * DAY)
    spoken(store, *range(420, 440), at=NOON)
    before = [asked(store, query) for query in QUERIES]
    assert indexed(store).seal(OLD) is not None
    assert sealed(store).seal("2026-11-21") is not None
    assert before == [asked(store, query) for query in QUERIES]

    with store._days.lease(OLD) as file:
        assert file is not None
        ask = partial(fetch, store._days)
        assert 1 == len(narrowed(file, parse_lucene("user77"), ask).rows or [])
        assert narrowed(file, parse_lucene("nobody"), ask).is_empty
    spoken(store, *range(900, 920))
    late = [asked(store, query) for query in QUERIES]
    assert 1 == store.count(Selection(parse_lucene("user901")))
    store.close()
    store = opened(tmp_path)
    assert late == [asked(store, query) for query in QUERIES]
    assert indexed(store).seal(OLD) is not None
    assert late == [asked(store, query) for query in QUERIES]
    store.close()


def test_an_index_is_part_of_what_is_sealed(tmp_path: Path) -> None:
    """The checksum is that of the file with it; what is trimmed from the day is gone from it as well."""
    store = opened(tmp_path)
    spoken(store, *range(1, 300))
    seal = indexed(store).seal(OLD)
    assert seal is not None
    assert seal.sha256 == sha256_of(tmp_path / "days" / f"{OLD}.sealed1.duckdb")
    trimmed = indexed(store).seal(OLD, Not(parse_lucene("user77")), reason="asked for")
    assert trimmed is not None
    assert (2, 298) == (trimmed.generation, trimmed.events)
    assert trimmed.sha256 == sha256_of(tmp_path / "days" / f"{OLD}.sealed2.duckdb")
    assert [] == store.search(Selection(parse_lucene("user77"))).events
    assert [78] == [found.seq for found in store.search(Selection(parse_lucene("user78"))).events]
    with store._days.lease(OLD) as file:
        assert file is not None
        assert narrowed(file, parse_lucene("user77"), partial(fetch, store._days)).is_empty
    store.close()


def test_few_events_or_a_setting_leave_the_index_out(tmp_path: Path) -> None:
    """The file is as small as it was."""
    store = opened(tmp_path)
    spoken(store, *range(1, 300))
    for index_from, has in ((300, False), (None, False), (299, True)):
        assert Sealer(store._days, 3600, index_from=index_from).seal(OLD) is not None
        with store._days.lease(OLD) as file:
            assert file is not None
            held = index_of(file.parts[0].alias, partial(fetch, store._days))
            assert has == (held is not None)
    store.close()


def test_little_memory_is_said_to_be_the_reason(tmp_path: Path) -> None:
    """With the setting to change, and the day as it was."""
    store = DuckDBStore(tmp_path, ManualClock(NOON))
    lines = [
        Event("s", n, NOON - 4 * DAY + n, 0, f"{n} " + f"{n * 7919:x} " * 90, {}) for n in range(1, 20_001)
    ]
    for start in range(0, len(lines), 2_000):
        part = lines[start : start + 2_000]
        store.commit(Batch("s", part, part[-1].seq))
    store._days.writer.execute("SET GLOBAL memory_limit = '4MB'")
    with pytest.raises(StoreError, match=r"give `store.memory_limit` more, at least 64MB"):
        sealed(store).seal(OLD)
    store._days.writer.execute("SET GLOBAL memory_limit = '256MB'")
    assert 20_000 == store.count(Selection())
    store.close()


def test_sealing_is_broken_off_between_its_statements(tmp_path: Path) -> None:
    """What is being sealed is thrown away, the day stays."""
    store = opened(tmp_path)
    spoken(store, *range(1, 300))
    sealer = Sealer(store._days, 3600, lambda _: sealer.cancel(), index_from=1)
    with pytest.raises(StoreError, match="being closed"):
        sealer.seal(OLD)
    assert 299 == len(seqs(store))
    assert [] == [name for name in files(tmp_path) if "seal" in name]
    store.close()
