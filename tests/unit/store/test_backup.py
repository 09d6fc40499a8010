"""A backup is one state of the log, taken while it is written to; a restored log goes on from there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.waiting import PATIENCE_S
from tocsin.core.clock import DAY, HOUR, ManualClock, from_iso
from tocsin.core.errors import ConflictError, InvalidError
from tocsin.core.event import Event
from tocsin.store import backup as backing
from tocsin.store.backup import read_manifest, restore
from tocsin.store.base import Batch, Selection, StoreError
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.holds import HeldError, NewHold
from tocsin.store.retention import Policy

NOON = from_iso("2026-11-24T12:00:00Z")


def commit(store: DuckDBStore, first: int, last: int) -> int:
    """Commit events that spread over three days; one source, one batch."""
    events = [
        Event("s", seq, NOON - (seq % 3) * DAY, 0, f"m{seq}", {"n": seq}) for seq in range(first, last + 1)
    ]
    return store.commit(Batch("s", events, last)).stored


def seqs(store: DuckDBStore) -> list[int]:
    return sorted(event.seq for page in store.scan(Selection()) for event in page)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> DuckDBStore:
    """A log of three days, two of them sealed."""
    store = DuckDBStore(tmp_path / "events", clock)
    commit(store, 1, 60)
    clock.advance(2 * HOUR)
    store.keeping(Policy()).apply()
    yield store
    store.close()


def restored(tmp_path: Path, clock: ManualClock) -> DuckDBStore:
    restore(tmp_path / "backup", tmp_path / "again")
    return DuckDBStore(tmp_path / "again", clock)


def test_a_restored_log_is_the_log(store: DuckDBStore, tmp_path: Path, clock: ManualClock) -> None:
    """Events, marks, numbers, holds, trail; and it takes more."""
    store.holds.place(NewHold("case 1"), "ann", NOON)
    store.commit(Batch("t", [], 7))
    done = store.back_up(tmp_path / "backup")
    assert (60, store.last_commit()) == (done.events, done.last_commit)
    again = restored(tmp_path, clock)
    assert list(store.scan(Selection())) == list(again.scan(Selection()))
    assert dict(store.marks()) == dict(again.marks())
    assert store.last_commit() == again.last_commit()
    assert ["case 1"] == [hold.reason for hold in again.holds.in_force()]
    assert store._days.journal.trail() == again._days.journal.trail()
    assert 0 == commit(again, 40, 60)
    assert 10 == commit(again, 51, 70)
    assert list(range(1, 71)) == seqs(again)
    again.close()


def test_what_comes_while_it_is_taken_is_not_half_in_it(
    store: DuckDBStore, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch over three days that comes between the copies of two is sent again after a restore, whole."""
    link = backing._link

    def slow(*given: object) -> object:
        commit(store, store.mark("s") + 1, store.mark("s") + 9)
        store.keeping(Policy(), 0).apply()
        return link(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backing, "_link", slow)
    store.back_up(tmp_path / "backup")
    assert 78 == store.mark("s")
    again = restored(tmp_path, clock)
    assert 60 == again.mark("s")
    assert list(range(1, 61)) == seqs(again)
    assert 18 == commit(again, 61, 78)
    assert seqs(store) == seqs(again)
    again.close()


def test_only_what_changed_is_written_again(store: DuckDBStore, tmp_path: Path) -> None:
    """Sealed days that are there stay, as the same files; an open day that grew is written anew."""
    target = tmp_path / "backup"
    assert (3, 0) == counted(store, target)
    assert (0, 3) == counted(store, target)
    store.commit(Batch("s", [Event("s", 61, NOON, 0, "m", {})], 61))
    assert (1, 2) == counted(store, target)
    store.drop_day("2026-11-22")
    assert (0, 2) == counted(store, target)
    names = [file.stored for file in read_manifest(target).days]
    assert ["2026-11-23.sealed1.duckdb", f"2026-11-24.duckdb.{store.last_commit()}"] == sorted(names)
    assert sorted(names) == sorted(path.name for path in (target / "days").iterdir())
    sealed = target / "days" / "2026-11-23.sealed1.duckdb"
    assert sealed.samefile(tmp_path / "events" / "days" / sealed.name)


def counted(store: DuckDBStore, target: Path) -> tuple[int, int]:
    done = store.back_up(target)
    return done.written, done.kept


def test_another_file_system_gets_copies(
    store: DuckDBStore, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where files cannot be linked they are copied, and their checksum is compared."""
    link = backing.os.link

    def within(source: Path, target: Path) -> None:
        if "backup" in target.parts:
            raise OSError(18, "Invalid cross-device link")
        link(source, target)

    monkeypatch.setattr(backing.os, "link", within)
    store.back_up(tmp_path / "backup")
    again = restored(tmp_path, clock)
    assert seqs(store) == seqs(again)
    again.close()


def test_a_damaged_backup_is_not_restored(store: DuckDBStore, tmp_path: Path) -> None:
    """And the log that was there stays."""
    target = tmp_path / "backup"
    store.back_up(target)
    name = read_manifest(target).days[-1].stored
    (target / "days" / name).write_bytes(b"x" * 4096)
    with pytest.raises(StoreError, match="damaged"):
        restore(target, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_log_is_overwritten_only_when_that_is_asked_for(
    store: DuckDBStore, tmp_path: Path, clock: ManualClock
) -> None:
    """Without force it is refused; with it the log is what the backup says."""
    store.back_up(tmp_path / "backup")
    again = restored(tmp_path, clock)
    commit(again, 61, 63)
    again.close()
    with pytest.raises(ConflictError):
        restore(tmp_path / "backup", tmp_path / "again")
    heard: list[tuple[int, int]] = []
    restore(
        tmp_path / "backup",
        tmp_path / "again",
        force=True,
        heard=lambda done, total: heard.append((done, total)),
    )
    assert heard[-1][0] == heard[-1][1]
    again = DuckDBStore(tmp_path / "again", clock)
    assert list(range(1, 61)) == seqs(again)
    again.close()
    assert ["again", "backup", "events"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_log_under_holds_is_not_overwritten(store: DuckDBStore, tmp_path: Path, clock: ManualClock) -> None:
    """A restore deletes what came since the backup; held or not known to be free, it must be moved away."""
    store.back_up(tmp_path / "backup")
    again = restored(tmp_path, clock)
    hold = again.holds.place(NewHold("case 1"), "ann", NOON)
    commit(again, 61, 63)
    again.close()
    with pytest.raises(HeldError, match=r"holds are in force .*\(1\): move .*again away"):
        restore(tmp_path / "backup", tmp_path / "again", force=True)
    again = DuckDBStore(tmp_path / "again", clock)
    assert list(range(1, 64)) == seqs(again)
    again.holds.lift(hold.id, "closed", "ann", NOON)
    again.close()
    journal = tmp_path / "again" / "journal.db"
    kept = journal.read_bytes()
    journal.write_bytes(b"x" * 8192)
    with pytest.raises(HeldError, match="not known"):
        restore(tmp_path / "backup", tmp_path / "again", force=True)
    journal.write_bytes(kept)
    restore(tmp_path / "backup", tmp_path / "again", force=True)


def test_the_log_stays_until_the_backup_is_whole(
    store: DuckDBStore, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the one that a restore put aside before it was cut off."""
    store.back_up(tmp_path / "backup")
    restored(tmp_path, clock).close()
    replace = Path.replace

    def cut(path: Path, target: Path) -> Path:
        if path.name == "again.restoring":
            raise OSError(5, "Input/output error")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", cut)
    with pytest.raises(StoreError):
        restore(tmp_path / "backup", tmp_path / "again", force=True)
    monkeypatch.setattr(Path, "replace", replace)
    damaged = tmp_path / "backup" / "days" / read_manifest(tmp_path / "backup").days[-1].stored
    damaged.write_bytes(b"x" * 4096)
    with pytest.raises(StoreError, match="damaged"):
        restore(tmp_path / "backup", tmp_path / "again")
    aside = DuckDBStore(tmp_path / "again.replaced", clock)
    assert list(range(1, 61)) == seqs(aside)
    aside.close()


def test_a_restored_log_is_its_owners_alone(store: DuckDBStore, tmp_path: Path, clock: ManualClock) -> None:
    """As one that the platform makes."""
    store.back_up(tmp_path / "backup")
    restored(tmp_path, clock).close()
    for folder in (tmp_path / "again", tmp_path / "again" / "days"):
        assert 0o700 == folder.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("old", "new"),
    [('"version": 1', '"version": 2'), ('"name": "journal', '"name": "../journal')],
)
def test_a_backup_of_another_kind_is_refused(store: DuckDBStore, tmp_path: Path, old: str, new: str) -> None:
    """One of a later version, and one that names files outside of its folder."""
    store.back_up(tmp_path / "backup")
    manifest = tmp_path / "backup" / "backup.json"
    assert old in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(old, new))
    with pytest.raises(InvalidError):
        restore(tmp_path / "backup", tmp_path / "again")


def test_a_folder_with_something_else_is_left_alone(store: DuckDBStore, tmp_path: Path) -> None:
    """Neither written to nor read from."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidError):
        store.back_up(other)
    with pytest.raises(InvalidError):
        restore(other, tmp_path / "again")
    assert ["thesis.txt"] == [path.name for path in other.iterdir()]


def test_a_backup_that_was_cut_off_leaves_the_one_before(
    store: DuckDBStore, tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next one succeeds."""
    store.back_up(tmp_path / "backup")
    commit(store, 61, 70)
    clock.advance(DAY)
    finish = backing._finish

    def cut(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backing, "_finish", cut)
    with pytest.raises(StoreError):
        store.back_up(tmp_path / "backup")
    monkeypatch.setattr(backing, "_finish", finish)
    again = restored(tmp_path, clock)
    assert list(range(1, 61)) == seqs(again)
    again.close()
    store.back_up(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again", force=True)
    again = DuckDBStore(tmp_path / "again", clock)
    assert list(range(1, 71)) == seqs(again)
    again.close()


def test_what_a_killed_backup_left_is_cleared_away(tmp_path: Path, clock: ManualClock) -> None:
    """Links to files that are gone since would keep their disk taken."""
    left = tmp_path / "log" / "backup.staging"
    left.mkdir(parents=True)
    (left / "2026-11-01.sealed1.duckdb").write_bytes(b"x")
    DuckDBStore(tmp_path / "log", clock).close()
    assert not left.exists()


def test_writers_do_not_wait(store: DuckDBStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While files are copied, events are stored."""
    copy = backing._copy
    entered, go = threading.Event(), threading.Event()

    def slow(*given: object) -> object:
        entered.set()
        assert go.wait(PATIENCE_S)
        return copy(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backing, "_copy", slow)
    taking = threading.Thread(target=store.back_up, args=(tmp_path / "backup",))
    taking.start()
    assert entered.wait(PATIENCE_S)
    assert 5 == commit(store, 61, 65)
    go.set()
    taking.join()
    assert 60 == read_manifest(tmp_path / "backup").events
