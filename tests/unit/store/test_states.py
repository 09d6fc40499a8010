"""What is known of the days without opening them, and whether sealed files are what they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.clock import DAY, HOUR, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch, StoreError
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.holds import NewHold
from tocsin.store.parts import DayFolder
from tocsin.store.retention import Policy
from tocsin.store.states import Checked, journal_of, states, verify

NOON = from_iso("2026-11-24T12:00:00Z")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A log of four days: three sealed, one of them with a late event; one hold."""
    clock = ManualClock(NOON)
    store = DuckDBStore(tmp_path, clock)
    events = [Event("s", n + 1, NOON - (3 - n % 4) * DAY, 0, f"m{n}", {}) for n in range(8)]
    store.commit(Batch("s", events, 8))
    clock.advance(2 * HOUR)
    store.keeping(Policy()).apply()
    store.commit(Batch("s", [Event("s", 9, NOON - DAY, 0, "late", {})], 9))
    store.holds.place(NewHold("case", to_at=NOON - 3 * DAY), "ann", NOON)
    store.close()
    return tmp_path


def checked(root: Path) -> list[Checked]:
    return list(verify(DayFolder(root / "days"), journal_of(root)))


def test_each_day_tells_its_state(root: Path) -> None:
    """Events, checksum and holds, with no log open."""
    found = states(DayFolder(root / "days"), journal_of(root))
    assert ["sealed", "sealed", "sealed, late events beside it", "open"] == [one.state for one in found]
    assert [2, 2, 3, 2] == [one.events for one in found]
    assert [(1,), (), (), ()] == [tuple(one.holds) for one in found]
    assert [True, True, True, False] == [one.sha256 is not None for one in found]
    assert all(one.size_bytes == one.events * one.bytes_per_event for one in found if one.events == 2)


def test_events_of_a_day_that_is_written_to_are_not_guessed(root: Path) -> None:
    """A stale catalog says nothing; what is sealed is known all the same."""
    (root / "catalog.json").unlink()
    found = states(DayFolder(root / "days"), journal_of(root))
    assert [2, 2, None, None] == [one.events for one in found]


def test_sound_files_are_sound(root: Path) -> None:
    """Every sealed day, whether late events stand beside it or not."""
    heard: list[int] = []
    found = list(verify(DayFolder(root / "days"), journal_of(root), heard.append))
    assert [True] * 3 == [one.is_sound for one in found]
    assert sum(path.stat().st_size for path in (root / "days").glob("*.sealed1.duckdb")) == sum(heard)


def test_a_flipped_bit_is_found(root: Path) -> None:
    """With the file, what was expected and what is there."""
    path = root / "days" / "2026-11-22.sealed1.duckdb"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    damaged = [one for one in checked(root) if not one.is_sound]
    assert [path.name] == [one.file for one in damaged]
    assert damaged[0].expected != damaged[0].found
    assert None not in {damaged[0].expected, damaged[0].found}


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-23"])
def test_a_missing_file_is_found(root: Path, day: str) -> None:
    """Also when late events of the day are still there."""
    (root / "days" / f"{day}.sealed1.duckdb").unlink()
    assert [(day, None)] == [(one.day, one.found) for one in checked(root) if not one.is_sound]


def test_a_dropped_day_is_not_missed(root: Path) -> None:
    """What was deleted on purpose is no damage."""
    store = DuckDBStore(root, ManualClock(NOON))
    store.drop_day("2026-11-22")
    store.close()
    assert ["2026-11-21", "2026-11-23"] == [one.day for one in checked(root)]


def test_where_there_is_no_log_it_is_said(tmp_path: Path) -> None:
    """Rather than an empty one made."""
    with pytest.raises(StoreError, match="there is no log under"):
        journal_of(tmp_path)
    assert [] == list(tmp_path.iterdir())
