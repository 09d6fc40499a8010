"""The days of the log: opened on demand, closed when idle, dropped by deleting their file."""

from __future__ import annotations

import fcntl
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import duckdb

from tocsin.core.clock import MINUTE, Clock
from tocsin.core.errors import NotFoundError
from tocsin.query.sql_macros import MACROS
from tocsin.store.base import Day, StoreError
from tocsin.store.catalog import Catalog, DaySummary, load_catalog, save_catalog, sync_folder
from tocsin.store.day import DayFile, attach, read_summary
from tocsin.store.deadlines import Deadlines

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_IDLE = 5 * MINUTE
_IDLE_MEMORY = "2MB"
_DROP_PATIENCE_S = 60.0


class Days:
    """Every day's file under one folder, in one DuckDB instance; thread safe.

    `writing` is held by whoever changes a file. It is taken before the inner lock, never after.
    """

    def __init__(self, root: Path, clock: Clock, memory_limit: str, threads: int) -> None:
        self._root = root
        self._folder = root / "days"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._claim = _claimed(root)
        self._clock = clock
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "threads": threads,
            "temp_directory": str(root / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "wal_autocheckpoint": "32MB",
        }
        self.writing = threading.RLock()
        self.deadlines = Deadlines()
        self._lock = threading.RLock()
        self._released = threading.Condition(self._lock)
        self._files: dict[str, DayFile] = {}
        self._summaries: dict[str, DaySummary] = {}
        self._stale: set[str] = set()
        self._going: set[str] = set()
        self.acked: dict[str, int] = {}
        self.last_commit = 0
        self._swept_at = clock.now()
        self._read_at = 0
        self._instance = self._connect()
        self.writer = self._instance.cursor()
        try:
            self._discover()
        except StoreError:
            self._let_go()
            raise

    def names(self) -> list[str]:
        """Return the days kept, oldest first."""
        with self._lock:
            return sorted(self._summaries)

    def summary(self, day: str) -> DaySummary:
        """Return what a day holds; raises `NotFoundError`."""
        with self._lock:
            try:
                return self._summaries[day]
            except KeyError:
                raise NotFoundError(f"the log has no day {day}") from None

    @contextmanager
    def lease(self, day: str) -> Iterator[DayFile | None]:
        """Open a day for reading and keep it open for the block; None when it is dropped or about to be."""
        with self._lock:
            is_kept = day in self._summaries and day not in self._going
            file = self._open(day) if is_kept else None
            if file is not None:
                file.leases += 1
                self._read_at = file.used_at
        try:
            yield file
        finally:
            if file is not None:
                self._release(file)
        self.tidy()

    def open_for_writing(self, day: str) -> DayFile:
        """Return the day's file, made when there is none; the caller holds `writing`."""
        with self._lock:
            made = day not in self._summaries
            file = self._open(day)
        if made and self.acked:
            file.carry(self.writer, self.acked, self.last_commit)
        return file

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of the caller's own to every open day."""
        with self._lock:
            return self._instance.cursor()

    def described(self) -> list[Day]:
        """Return the days as the contract describes them."""
        with self._lock:
            summaries = sorted(self._summaries.items())
        return [
            Day(day, held.events, self._size(day), held.first_commit, held.last_commit)
            for day, held in summaries
        ]

    def drop(self, day: str) -> None:
        """Delete a day for good; the marks are made durable elsewhere first.

        No read of the day begins any more, and those under way are waited for; others write meanwhile, so
        the caller must not hold `writing`. Raises `NotFoundError`, and `StoreError` when a read does not end
        within a minute.
        """
        try:
            with self._lock:
                self._going.add(day)
                self._released.wait_for(lambda: not self._is_read(day), _DROP_PATIENCE_S)
            with self.writing, self._lock:
                self._delete(day)
        finally:
            with self._lock:
                self._going.discard(day)

    def _is_read(self, day: str) -> bool:
        file = self._files.get(day)
        return file is not None and file.leases > 0

    def _delete(self, day: str) -> None:
        self.summary(day)
        if self._is_read(day):
            raise StoreError(f"the day {day} is still being read; try again")
        file = self._files.get(day)
        if file is not None:
            self._detach(file)
        del self._summaries[day]
        if self._summaries:
            self.open_for_writing(max(self._summaries)).carry(self.writer, self.acked, self.last_commit)
        self.save()
        for path in (self._path(day), self._wal(day)):
            path.unlink(missing_ok=True)
        sync_folder(self._folder)

    def recover(self, day: str) -> None:
        """After a failed write: learn again from the file what of it is there."""
        with self.writing, self._lock:
            if day not in self._files:
                return
            try:
                self._learn(day)
            except duckdb.Error:
                self._reconnect(day)

    def save(self) -> None:
        """Write the catalog; raises `OSError`."""
        with self._lock:
            for day, held in self._summaries.items():
                held.size_bytes, held.modified_ns = self._stamp(day)
            save_catalog(self._root / "catalog.json", Catalog(self.last_commit, self.acked, self._summaries))

    def close(self) -> None:
        """Write everything into the days' files and release them."""
        with self.writing, self._lock:
            for file in list(self._files.values()):
                self._detach(file)
            # The catalog is a copy; without room for it the next start reads the days themselves.
            with suppress(OSError):
                self.save()
            self._let_go()

    def close_idle(self) -> None:
        """Close the days nobody has used for five minutes; give memory back when nobody has read."""
        with self.writing, self._lock:
            before = self._clock.now() - _IDLE
            idle = [file for file in self._files.values() if not file.leases and file.used_at < before]
            for file in idle:
                self._detach(file)
            if idle:
                self.save()
            if self._read_at and self._read_at < before and not any(f.leases for f in self._files.values()):
                self._give_back()

    def tidy(self) -> None:
        """Close idle days if that was not done within the last minute and nobody is writing."""
        now = self._clock.now()
        if now - self._swept_at < MINUTE or not self.writing.acquire(blocking=False):
            return
        try:
            self._swept_at = now
            self.close_idle()
        finally:
            self.writing.release()

    def _give_back(self) -> None:
        """Return the memory that reads have filled: lowering the limit for a moment evicts it.

        Nobody reads meanwhile, since a lease needs the lock that the caller holds.
        """
        self._read_at = 0
        for limit in (_IDLE_MEMORY, self._config["memory_limit"]):
            with suppress(duckdb.Error):  # more than that is in use: then it stays as it is
                self.writer.execute(f"SET GLOBAL memory_limit = '{limit}'")

    def _let_go(self) -> None:
        self.writer.close()
        self._instance.close()
        self._claim.close()

    def _release(self, file: DayFile) -> None:
        with self._lock:
            file.leases -= 1
            self._released.notify_all()

    def _open(self, day: str) -> DayFile:
        file = self._files.get(day)
        if file is None:
            with self._instance.cursor() as cursor:
                attach(cursor, day, self._path(day))
            summary = self._summaries.setdefault(day, DaySummary())
            if day in self._stale:
                self._learn(day)
                self._stale.discard(day)
            file = DayFile(day, self._path(day), summary)
            self._files[day] = file
        file.used_at = self._clock.now()
        return file

    def _detach(self, file: DayFile) -> None:
        # Without room for a checkpoint the write-ahead log keeps what the file does not hold yet.
        with suppress(duckdb.Error):
            self.writer.execute(f"CHECKPOINT {file.alias}")
        with suppress(duckdb.Error):
            self.writer.execute(f"DETACH {file.alias}")
        del self._files[file.day]

    def _connect(self) -> duckdb.DuckDBPyConnection:
        instance = duckdb.connect(":memory:", config=self._config)
        instance.execute("SET GLOBAL TimeZone = 'UTC'")
        # Arrays of text are text, whatever their first values are: no guessing of types.
        instance.execute("SET GLOBAL pandas_analyze_sample = 0")
        for macro in MACROS:
            instance.execute(macro)
        return instance

    def _reconnect(self, day: str) -> None:
        """Give up an instance that a failed write made unusable; what `day` holds must be learnt anew."""
        for connection in (self.writer, self._instance):
            with suppress(duckdb.Error):
                connection.close()
        self._files.clear()
        self._stale.add(day)
        self._instance = self._connect()
        self.writer = self._instance.cursor()

    def _discover(self) -> None:
        catalog = load_catalog(self._root / "catalog.json")
        self.acked = catalog.acked
        self.last_commit = catalog.last_commit
        for path in sorted(self._folder.glob("*.duckdb")):
            day = path.stem
            if not _DAY.fullmatch(day):
                continue
            known = catalog.days.get(day)
            if known is not None and self._stamp(day) == (known.size_bytes, known.modified_ns):
                self._summaries[day] = known
            else:
                self._stale.add(day)
                self._open(day)

    def _learn(self, day: str) -> None:
        with self._instance.cursor() as cursor:
            summary, acked, newest = read_summary(cursor, day)
        held = self._summaries[day]
        held.events, held.marks, held.listed = summary.events, summary.marks, summary.listed
        held.first_commit, held.last_commit = summary.first_commit, summary.last_commit
        self.last_commit = max(self.last_commit, newest)
        for source, mark in acked.items():
            self.acked[source] = max(mark, self.acked.get(source, 0))

    def _path(self, day: str) -> Path:
        return self._folder / f"{day}.duckdb"

    def _wal(self, day: str) -> Path:
        return self._folder / f"{day}.duckdb.wal"

    def _stamp(self, day: str) -> tuple[int, int]:
        """Return size and time of a day's file; a day with a write-ahead log has none to rely on."""
        try:
            status = self._path(day).stat()
        except FileNotFoundError:
            return -1, -1
        return (-2, -2) if self._wal(day).exists() else (status.st_size, status.st_mtime_ns)

    def _size(self, day: str) -> int:
        sizes = [path.stat().st_size for path in (self._path(day), self._wal(day)) if path.exists()]
        return sum(sizes)


def _claimed(root: Path) -> BinaryIO:
    """Return the locked file that says the folder is ours until it is closed; raises `StoreError`."""
    claim = (root / "claim").open("ab")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        claim.close()
        raise StoreError(f"the log under {root} is open in another process") from error
    return claim
