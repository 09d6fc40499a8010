"""What the event log promises when it is cut off at any moment, or the disk is full."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.core.clock import DAY, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch, Selection, StoreError, StoreFullError
from tocsin.store.day import DayFile
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")


def event(seq: int, day: int = 0) -> Event:
    return Event("s", seq, NOON + day * DAY, NOON, f"line {seq}", {"data.n": seq})


def opened(root: Path) -> DuckDBStore:
    return DuckDBStore(root, ManualClock(NOON), threads=1)


def stored(store: DuckDBStore) -> list[int]:
    return sorted(one.seq for page in store.scan(Selection()) for one in page)


EVENTS = [event(n, n % 3) for n in range(1, 13)]
BATCHES = [EVENTS[0:5], EVENTS[5:6], EVENTS[6:12]]
OTHER_BORDERS = [EVENTS[0:2], EVENTS[2:9], EVENTS[9:12]]


class _KilledError(Exception):
    """Stands for the process being killed at a transaction's border."""


@pytest.mark.parametrize("resend", [BATCHES, OTHER_BORDERS, [[one] for one in EVENTS]])
@pytest.mark.parametrize("moment", range(8))
def test_cut_off_between_the_parts_of_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int, resend: list[list[Event]]
) -> None:
    """Stopped before any day's part, and resent with any borders: each event once, in the end.

    Nothing acknowledged is lost: the mark never exceeds what is there.
    """
    passed = 0
    original = DayFile.append

    def append(self: DayFile, *args: object, **named: object) -> None:
        nonlocal passed
        passed += 1
        if passed == moment + 1:
            raise _KilledError
        original(self, *args, **named)  # type: ignore[arg-type]  # handed on as they came

    root = tmp_path / "log"
    store = opened(root)
    monkeypatch.setattr(DayFile, "append", append)
    acknowledged = 0
    try:
        for part in BATCHES:
            store.commit(Batch("s", part, part[-1].seq))
            acknowledged = part[-1].seq
    except _KilledError:
        pass
    monkeypatch.setattr(DayFile, "append", original)
    # The process is gone: another one finds the files as they are, with their write-ahead logs.
    left = tmp_path / "left"
    shutil.copytree(root, left)
    store.close()
    found = opened(left)
    assert found.mark("s") >= acknowledged
    assert set(range(1, found.mark("s") + 1)) <= set(stored(found))
    for part in resend:
        found.commit(Batch("s", part, part[-1].seq))
    assert list(range(1, 13)) == stored(found)
    assert 12 == found.mark("s")
    followed = [logged.event.seq for logged in found.follow(0, limit=100)]
    assert list(range(1, 13)) == sorted(followed)
    found.close()


def _write_forever(root: str, ready: multiprocessing.connection.Connection) -> None:
    store = DuckDBStore(Path(root), ManualClock(NOON), threads=1)
    seq = store.mark("s")
    while True:
        part = [event(seq + n, (seq + n) % 2) for n in range(1, 51)]
        store.commit(Batch("s", part, part[-1].seq))
        seq = part[-1].seq
        ready.send(seq)


def test_killed_while_writing(tmp_path: Path) -> None:
    """After SIGKILL the log opens, and holds all that was acknowledged, each event once."""
    context = multiprocessing.get_context("spawn")
    acknowledged = 0
    for commits in (3, 8):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_write_forever, args=(str(tmp_path / "log"), sender))
        process.start()
        for _ in range(commits):
            acknowledged = receiver.recv()
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        process.close()
    store = opened(tmp_path / "log")
    found = stored(store)
    assert found == sorted(set(found))
    assert set(range(1, acknowledged + 1)) <= set(found)
    assert store.mark("s") >= acknowledged
    store.close()


def test_lost_catalog_is_made_again(tmp_path: Path) -> None:
    """The catalog is a copy: without it, or with a broken one, everything is read from the days."""
    store = opened(tmp_path)
    store.commit(Batch("s", EVENTS, 12))
    store.drop_day("2026-11-24")
    days, marks = store.days(), dict(store.marks())
    store.close()
    for ruin in ("", "{", None):
        path = tmp_path / "catalog.json"
        path.unlink() if ruin is None else path.write_text(ruin)
        store = opened(tmp_path)
        assert [(d.day, d.events, d.last_commit) for d in days] == [
            (d.day, d.events, d.last_commit) for d in store.days()
        ]
        assert marks == dict(store.marks())
        assert 3 == store.last_commit()
        store.close()


def test_too_little_room_is_said_before_writing(tmp_path: Path) -> None:
    """With less than the reserve free, a batch is refused whole and can be sent again later."""
    store = DuckDBStore(tmp_path, ManualClock(NOON), reserve_bytes=1 << 60)
    with pytest.raises(StoreFullError):
        store.commit(Batch("s", EVENTS, 12))
    assert 0 == store.mark("s") == store.count(Selection())
    store.close()
    store = opened(tmp_path)
    assert 12 == store.commit(Batch("s", EVENTS, 12)).stored
    store.close()


FILL = """
import json, sys
from pathlib import Path
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch, Selection, StoreFullError
from tocsin.store.duckdb import DuckDBStore
import random
root, ballast = Path(sys.argv[1]), Path(sys.argv[2])
noon = from_iso("2026-11-24T12:00:00Z")
store = DuckDBStore(root, ManualClock(noon), threads=1, reserve_bytes=0)
seq, chance, refused = 0, random.Random(1), False
while seq < 100_000:
    part = [Event("s", seq + n, noon, noon, chance.randbytes(500).hex(), {}) for n in range(1, 501)]
    try:
        store.commit(Batch("s", part, part[-1].seq))
    except StoreFullError:
        refused = True
        break
    seq = part[-1].seq
full = [refused, seq, store.mark("s"), store.count(Selection())]
ballast.unlink()
again = store.commit(Batch("s", part, part[-1].seq))
print(json.dumps([full, again.stored, store.count(Selection()), store.mark("s")]))
store.close()
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB; the test skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(small_disk: Path) -> None:
    """A disk that fills up refuses the batch, keeps what was acknowledged, and goes on when there is room."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (8 << 20))
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(small_disk / "log"), str(ballast)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    (refused, acknowledged, mark, count), again, total, final = json.loads(done.stdout)
    assert refused
    assert acknowledged == mark == count > 0
    assert 500 == again
    assert acknowledged + 500 == total == final


def test_folder_belongs_to_one_process(tmp_path: Path) -> None:
    """A second process that opens the same log is refused instead of damaging it."""
    store = opened(tmp_path)
    store.commit(Batch("s", EVENTS, 12))
    code = (
        "import sys; from pathlib import Path; from tocsin.core.clock import SystemClock;"
        "from tocsin.store.base import StoreError; from tocsin.store.duckdb import DuckDBStore\n"
        "try: DuckDBStore(Path(sys.argv[1]), SystemClock())\n"
        "except StoreError: sys.exit(7)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True)
    assert 7 == done.returncode, done.stderr
    store.close()


def test_damaged_day_is_named(tmp_path: Path) -> None:
    """A file that is no day of ours is refused with its path."""
    (tmp_path / "days").mkdir()
    (tmp_path / "days" / "2026-11-24.duckdb").write_bytes(b"junk" * 5000)
    with pytest.raises(StoreError, match=r"2026-11-24\.duckdb"):
        opened(tmp_path)
