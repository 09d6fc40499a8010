"""The days of the log: opened on demand, closed when idle or too many, dropped by deleting their files."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from tocsin.core.clock import MINUTE, Clock
from tocsin.core.errors import NotFoundError
from tocsin.store.base import Day, StoreError
from tocsin.store.catalog import Catalog, DaySummary, load_catalog, save_catalog, sync_folder
from tocsin.store.day import DayFile, Part, attach, detach, open_part, read_summary, sealed_part
from tocsin.store.deadlines import Deadlines
from tocsin.store.instance import claimed, config_of, connect
from tocsin.store.journal import Deed, Guard, Journal, unguarded
from tocsin.store.parts import STAGING, DayFolder, wal_of
from tocsin.store.remembered import Answers

_IDLE = 5 * MINUTE
_IDLE_MEMORY = "2MB"
_DROP_PATIENCE_S = 60.0
MOST_OPEN = 32
"""Days open at a time, unless one question needs more of them at once."""


class Days:
    """Every day's file under one folder, in one DuckDB instance; thread safe.

    `writing` is held by whoever changes a file. It is taken before the inner lock, never after.
    """

    def __init__(
        self, root: Path, clock: Clock, memory_limit: str, threads: int, most_open: int = MOST_OPEN
    ) -> None:
        self.root = root
        self.folder = DayFolder(root / "days")
        self._claim = claimed(root)
        self.clock = clock
        self._most_open = most_open
        self._config = config_of(root, memory_limit, threads)
        self.writing = threading.RLock()
        self.deadlines = Deadlines()
        self.answers = Answers()
        self._lock = threading.RLock()
        self._released = threading.Condition(self._lock)
        self._files: dict[str, DayFile] = {}
        self._retired: list[DayFile] = []
        self._summaries: dict[str, DaySummary] = {}
        self._stale: set[str] = set()
        self._going: set[str] = set()
        self._written: str | None = None
        self.acked: dict[str, int] = {}
        self.last_commit = 0
        self._swept_at = clock.now()
        self._read_at = 0
        self._instance = connect(self._config)
        self.writer = self._instance.cursor()
        try:
            self.journal = Journal(root)
            self._discover()
        except StoreError:
            self._let_go()
            raise

    def names(self) -> list[str]:
        """Return the days kept, oldest first."""
        with self._lock:
            return sorted(self._summaries)

    def summaries(self) -> dict[str, DaySummary]:
        """Return what each day holds."""
        with self._lock:
            return dict(self._summaries)

    def summary(self, day: str) -> DaySummary:
        """Return what a day holds; raises `NotFoundError`."""
        with self._lock:
            try:
                return self._summaries[day]
            except KeyError:
                raise NotFoundError(f"the log has no day {day}") from None

    def sealed_generation(self, day: str) -> int:
        """Return the generation of a day that is a sealed file and nothing else; 0 of any other."""
        with self._lock:
            held = self._summaries.get(day)
            is_sealed = held is not None and day not in self._going and not self._has_open_part(day)
            return held.generation if held is not None and is_sealed else 0

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
        """Return the day's file with an open part, made when there is none; the caller holds `writing`."""
        with self._lock:
            made = day not in self._summaries
            file = self._open(day)
            self._written = day
            if not file.is_open:
                file.parts = (*file.parts, self._attach_open(day, file.summary.generation))
            file.summary.written_at = self.clock.now()
        if made and self.acked:
            file.carry(self.writer, self.acked, self.last_commit)
        return file

    def settle(self, source: str, acked: int) -> None:
        """Make a mark durable that no event comes with; the caller holds `writing`."""
        newest = max(self.names(), default=None)
        if newest is None or not self._has_open_part(newest):
            self.journal.carry({source: acked}, self.last_commit)
        else:
            self.open_for_writing(newest).settle(self.writer, source, acked)

    def _has_open_part(self, day: str) -> bool:
        return self.folder.opened(day, self.summary(day).generation).exists()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of the caller's own to every open day."""
        with self._lock:
            return self._instance.cursor()

    def described(self) -> list[Day]:
        """Return the days as the contract describes them."""
        with self._lock:
            summaries = sorted(self._summaries.items())
        return [
            Day(day, held.events, self.folder.size(day, held.generation), held.first_commit, held.last_commit)
            for day, held in summaries
        ]

    def drop(
        self, day: str, *, reason: str = "", guard: Guard = unguarded, expected: int | None = None
    ) -> None:
        """Delete a day for good; the marks are made durable elsewhere first.

        No read of the day begins any more, and those under way are waited for; others write meanwhile, so
        the caller must not hold `writing`. Raises `NotFoundError`, what the guard raises, and `StoreError`
        when a read does not end within a minute or the day does not hold the number of events expected.
        """
        try:
            with self._lock:
                self._going.add(day)
                self._released.wait_for(lambda: not self._is_read(day), _DROP_PATIENCE_S)
            with self.writing, self._lock:
                self._delete(day, reason, guard, expected)
        finally:
            with self._lock:
                self._going.discard(day)

    def _is_read(self, day: str) -> bool:
        file = self._files.get(day)
        return (file is not None and file.leases > 0) or any(old.day == day for old in self._retired)

    def _delete(self, day: str, reason: str, guard: Guard, expected: int | None) -> None:
        held = self.summary(day)
        if self._is_read(day):
            raise StoreError(f"the day {day} is still being read; try again")
        if expected not in {None, held.events}:
            raise StoreError(f"the day {day} was written to meanwhile; try again")
        details = {"events": held.events, "reason": reason}
        deed = Deed(self.clock.now(), "system", "day.dropped", day, details)
        self.journal.begin_drop(deed, self.acked, self.last_commit, guard)
        file = self._files.get(day)
        if file is not None:
            self._detach(file)
        del self._summaries[day]
        self.answers.forget(day)
        self._finish_drop(day)
        # The catalog is a copy: what it says of a day that is gone is not believed.
        with suppress(OSError):
            self.save()

    def _finish_drop(self, day: str) -> None:
        for path in self.folder.all_of(day):
            path.unlink(missing_ok=True)
        sync_folder(self.folder.path)
        self.journal.end_drop(day)

    def replace(self, day: str, sealed: Part, summary: DaySummary) -> None:
        """Let a sealed file stand for the day from now on; the caller holds `writing` and has attached it.

        Reads under way go on with the files there were, which are deleted when the last one ends.
        """
        with self._lock:
            old = self._files.pop(day)
            file = DayFile(day, [sealed], summary)
            file.used_at = self.clock.now()
            self._files[day] = file
            self._summaries[day] = summary
            self.answers.forget(day)
            self._retired.append(old)
            self._retire()
            with suppress(OSError):
                self.save()

    def _retire(self) -> None:
        """Delete files that are replaced and that nobody reads any more."""
        for file in [old for old in self._retired if not old.leases]:
            self._retired.remove(file)
            self._close(file)
            for part in file.parts:
                for path in (wal_of(part.path), part.path):
                    path.unlink(missing_ok=True)
            self._released.notify_all()

    def recover(self, day: str) -> None:
        """After a failed write: learn again from the file what of it is there."""
        with self.writing, self._lock:
            if day not in self._files:
                return
            try:
                self._learn(self._files[day])
            except duckdb.Error:
                self._reconnect(day)

    def save(self) -> None:
        """Write the catalog; raises `OSError`."""
        with self._lock:
            for day, held in self._summaries.items():
                held.size_bytes, held.modified_ns = self.folder.stamp(day, held.generation)
            save_catalog(self.root / "catalog.json", Catalog(self.last_commit, self.acked, self._summaries))

    def close(self) -> None:
        """Write everything into the days' files and release them."""
        with self.writing, self._lock:
            for file in list(self._files.values()):
                self._detach(file)
            for file in self._retired:
                self._close(file)
            # The catalog is a copy; without room for it the next start reads the days themselves.
            with suppress(OSError):
                self.save()
            self._let_go()

    def close_idle(self) -> None:
        """Close the days nobody has used for five minutes; give memory back when nobody has read."""
        with self.writing, self._lock:
            before = self.clock.now() - _IDLE
            idle = [file for file in self._files.values() if not file.leases and file.used_at < before]
            for file in idle:
                self._detach(file)
            if idle:
                self.save()
            if self._read_at and self._read_at < before and not any(f.leases for f in self._files.values()):
                self._give_back()

    def tidy(self) -> None:
        """Close idle days if that was not done within the last minute and nobody is writing."""
        now = self.clock.now()
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
            if not file.leases:
                self._retire()
            self._released.notify_all()

    def _open(self, day: str) -> DayFile:
        file = self._files.get(day)
        if file is None:
            self._make_room()
            summary = self._summaries.get(day, DaySummary())
            file = DayFile(day, self._attach(day, summary.generation), summary)
            self._summaries[day] = summary
            self._files[day] = file
            if day in self._stale:
                self._learn(file)
                self._stale.discard(day)
        file.used_at = self.clock.now()
        return file

    def _attach(self, day: str, generation: int) -> list[Part]:
        """Attach the files there are of a day; an open one is made when there is none at all."""
        sealed = self.folder.sealed(day, generation)
        parts = [sealed_part(day, generation, sealed)] if generation and sealed.exists() else []
        opened = self.folder.opened(day, generation)
        if not parts or opened.exists():
            parts.append(open_part(day, generation, opened))
        with self._instance.cursor() as cursor:
            for place, part in enumerate(parts):
                try:
                    parts[place] = attach(cursor, part)
                except StoreError:
                    for attached in parts[:place]:
                        detach(cursor, attached)
                    raise
        return parts

    def _attach_open(self, day: str, generation: int) -> Part:
        part = open_part(day, generation, self.folder.opened(day, generation))
        with self._instance.cursor() as cursor:
            return attach(cursor, part)

    def _make_room(self) -> None:
        """Close the days used longest ago until one more may be open; those in use stay, however many."""
        while len(self._files) >= self._most_open:
            idle = [file for file in self._files.values() if not file.leases and file.day != self._written]
            if not idle:
                return
            self._detach(min(idle, key=lambda file: file.used_at))

    def _detach(self, file: DayFile) -> None:
        del self._files[file.day]
        self._close(file)

    def _close(self, file: DayFile) -> None:
        with self._instance.cursor() as cursor:
            for part in file.parts:
                detach(cursor, part)

    def _reconnect(self, day: str) -> None:
        """Give up an instance that a failed write made unusable; what `day` holds must be learnt anew."""
        for connection in (self.writer, self._instance):
            with suppress(duckdb.Error):
                connection.close()
        self._files.clear()
        self._retired.clear()
        self._stale.add(day)
        self._instance = connect(self._config)
        self.writer = self._instance.cursor()

    def _discover(self) -> None:
        for day in self.journal.going():
            self._finish_drop(day)
        shutil.rmtree(self.root / STAGING, ignore_errors=True)
        for path in self.folder.leftovers():
            path.unlink(missing_ok=True)
        catalog = load_catalog(self.root / "catalog.json")
        self.acked, self.last_commit = self.journal.marks()
        self._heard(catalog.acked, catalog.last_commit)
        for day, generation in sorted(self.folder.generations().items()):
            known = catalog.days.get(day)
            stamp = self.folder.stamp(day, generation)
            if known is not None and (known.generation, known.size_bytes, known.modified_ns) == (
                generation,
                *stamp,
            ):
                self._summaries[day] = known
            else:
                self._summaries[day] = DaySummary(generation=generation, written_at=self.clock.now())
                self._stale.add(day)
                self._open(day)

    def _learn(self, file: DayFile) -> None:
        with self._instance.cursor() as cursor:
            summary, acked, newest = read_summary(cursor, file)
        held = file.summary
        held.events, held.marks, held.listed = summary.events, summary.marks, summary.listed
        held.first_commit, held.last_commit = summary.first_commit, summary.last_commit
        self._heard(acked, newest)

    def _heard(self, acked: Mapping[str, int], newest: int) -> None:
        self.last_commit = max(self.last_commit, newest)
        for source, mark in acked.items():
            self.acked[source] = max(mark, self.acked.get(source, 0))
