"""Sealing: a day that is over is rewritten in order of time, compressed, and never written to again.

The new file is made beside the day's files, under a name that does not count, while reads and writes go
on. When it is whole and durable, its checksum goes into the journal; then it takes its own name, which is
the one step that counts: before it the day's old files stand for the day, after it the new one does, and
the old ones are deleted when the last read of them ends. A write that came to the day meanwhile makes the
new file worthless; it is thrown away and made again another time.
"""

# ruff: noqa: S608  # names of days are ours
from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tocsin.core.clock import SECOND, day_of
from tocsin.query.tree import Everything, Node
from tocsin.store.base import StoreError
from tocsin.store.catalog import DaySummary, sync_folder
from tocsin.store.choosing import Bounds
from tocsin.store.copying import Copier
from tocsin.store.day import DayFile, attach, sealed_part, transaction
from tocsin.store.days import Days
from tocsin.store.journal import Deed, Guard, Seal, unguarded
from tocsin.store.parts import wal_of
from tocsin.store.words.writing import Alive, write_index

_CHUNK = 1 << 22
_LEAST_MEMORY = "64MB"
INDEX_FROM = 10_000
"""Events of a day that has an index of words: fewer are looked through sooner than an index is opened."""
QUIET_S = 3_600.0
"""How long a day has to be without a write before it is sealed."""

Step = Callable[[str], None]


def _nothing(step: str) -> None:
    """Go on."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is written: the events of a day that `keep` selects, as one generation."""

    file: DayFile
    writes: int
    events: int
    generation: int
    path: Path
    keep: Node
    alive: Alive

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return isinstance(self.keep, Everything)


class Sealer:
    """Seals days, one at a time; those of at least `index_from` events with an index of their words.

    `bounds` say which fields of a day get columns of their own. `step` is told of each step before it is
    done, for tests that stop there.
    """

    def __init__(
        self,
        days: Days,
        quiet_s: float = QUIET_S,
        step: Step = _nothing,
        *,
        index_from: int | None = INDEX_FROM,
        bounds: Bounds = Bounds(),  # noqa: B008  # immutable
    ) -> None:
        self._days = days
        self._index_from = index_from
        self._bounds = bounds
        self._quiet_us = int(quiet_s * SECOND)
        self._step = step
        self._busy = threading.Lock()
        self._writing: duckdb.DuckDBPyConnection | None = None
        self._cancelled = False

    def due(self) -> list[str]:
        """Return the days that lie behind the present, have an open part and had no write for a while."""
        now = self._days.clock.now()
        return [day for day in self._days.names() if day < day_of(now) and self._is_quiet(day, now)]

    def seal(
        self,
        day: str,
        keep: Node = Everything(),  # noqa: B008  # immutable
        *,
        reason: str = "",
        guard: Guard = unguarded,
    ) -> Seal | None:
        """Seal a day with those of its events that `keep` selects; returns None when a write came between.

        Raises `StoreError` when the day cannot be read or the file not be written; the day is as it was.
        """
        with self._busy, self._days.lease(day) as file:
            if file is None:
                return None
            order = self._order(file, keep)
            try:
                seal = self._written(order)
                return seal if self._take_over(order, seal, reason, guard) else None
            except duckdb.OutOfMemoryException as error:
                raise StoreError(
                    f"the day {day} could not be sealed with the memory the log may have:"
                    f" give `store.memory_limit` more, at least {_LEAST_MEMORY}"
                ) from error
            except (duckdb.Error, OSError) as error:
                raise StoreError(f"the day {day} could not be sealed: {error}") from error
            finally:
                _clear(order.path)

    def adopt(self) -> list[Seal]:
        """Give a seal to sealed files that have none, as after a loss of the journal; returns these seals."""
        known, adopted = self._days.journal.seals(), []
        for day in self._days.names():
            generation = self._days.summary(day).generation
            if generation and (day, generation) not in known:
                seal = self._adopted(day, generation)
                adopted += [seal] if seal else []
        return adopted

    def _adopted(self, day: str, generation: int) -> Seal | None:
        path = self._days.folder.sealed(day, generation)
        with self._busy, self._days.lease(day) as file:
            if file is None or file.summary.generation != generation or not path.exists():
                return None
            rows = self._days.cursor().execute(f"SELECT count(*) FROM {file.parts[0].alias}.events")
            events, now = rows.fetchall()[0][0], self._days.clock.now()
            seal = Seal(day, generation, sha256_of(path), path.stat().st_size, events, now, adopted=True)
            deed = Deed(now, "system", "day.adopted", day, {"generation": generation, "sha256": seal.sha256})
            self._days.journal.seal(seal, deed)
            return seal

    def cancel(self) -> None:
        """Break off what is being sealed, and seal nothing more; the days are as they were."""
        self._cancelled = True
        writing = self._writing
        if writing is not None:
            writing.interrupt()

    def _order(self, file: DayFile, keep: Node) -> _Order:
        with self._days.writing:
            generation = file.summary.generation + 1
            path = self._days.folder.sealing(file.day, generation)
            return _Order(file, file.writes, file.summary.events, generation, path, keep, self._alive)

    def _alive(self) -> None:
        if self._cancelled:
            raise StoreError("the log is being closed")

    def _take_over(self, order: _Order, seal: Seal, reason: str, guard: Guard) -> bool:
        with self._days.writing:
            if order.file.writes != order.writes:
                return False
            if order.is_whole and seal.events != order.events:
                raise StoreError(
                    f"{seal.day} holds {seal.events} events of the {order.events} committed: not sealed"
                )
            details: dict[str, object] = {
                "generation": seal.generation,
                "sha256": seal.sha256,
                "events": seal.events,
            }
            details |= {"events_before": order.events, "reason": reason}
            action = "day.sealed" if order.is_whole else "day.trimmed"
            self._step("noted")
            self._days.journal.seal(seal, Deed(seal.sealed_at, "system", action, seal.day, details), guard)
            self._swap(order, seal)
            return True

    def _is_quiet(self, day: str, now: int) -> bool:
        summary = self._days.summary(day)
        if not self._days.folder.opened(day, summary.generation).exists():
            return False
        return summary.written_at < 0 or now - summary.written_at >= self._quiet_us

    def _written(self, order: _Order) -> Seal:
        self._step("written")
        _clear(order.path)
        with self._days.cursor() as cursor:
            self._writing = cursor
            self._alive()
            try:
                events = self._rewritten(cursor, order)
            finally:
                self._writing = None
        self._step("synced")
        order.path.chmod(0o400)
        with order.path.open("rb") as stream:
            os.fsync(stream.fileno())
        return Seal(
            order.file.day,
            order.generation,
            sha256_of(order.path),
            order.path.stat().st_size,
            events,
            self._days.clock.now(),
        )

    def _rewritten(self, cursor: duckdb.DuckDBPyConnection, order: _Order) -> int:
        """Write the file, with fewer columns if it must be; returns how many events it holds."""
        *more, last = self._bounds.fewer()
        for bounds in more:
            with suppress(duckdb.OutOfMemoryException):
                return _rewrite(cursor, order, self._index_from, bounds)
            _clear(order.path)
        return _rewrite(cursor, order, self._index_from, last)

    def _swap(self, order: _Order, seal: Seal) -> None:
        """Let the new file stand for the day; the caller holds `writing`."""
        part = sealed_part(seal.day, seal.generation, self._days.folder.sealed(seal.day, seal.generation))
        before = order.file.summary
        summary = DaySummary(
            events=seal.events,
            first_commit=before.first_commit,
            last_commit=before.last_commit,
            marks=before.marks,
            listed=before.listed,
            fields=before.fields if seal.events == before.events else DaySummary().fields,
            generation=seal.generation,
            written_at=before.written_at,
        )
        self._step("named")
        order.path.replace(part.path)
        sync_folder(part.path.parent)
        with self._days.cursor() as cursor:
            try:
                part = attach(cursor, part)
            except StoreError:
                # What cannot be read must not stand for what can.
                part.path.unlink()
                raise
        self._step("replaced")
        self._days.replace(seal.day, part, summary)


def _clear(path: Path) -> None:
    for one in (wal_of(path), path):
        one.unlink(missing_ok=True)


def sha256_of(path: Path, heard: Callable[[int], None] = lambda _: None) -> str:
    """Return the SHA-256 of a file; `heard` is told the bytes read, chunk by chunk."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            heard(len(chunk))
    return digest.hexdigest()


def _rewrite(cursor: duckdb.DuckDBPyConnection, order: _Order, index_from: int | None, bounds: Bounds) -> int:
    """Write the file; returns how many events it holds."""
    alias = f"sealing_{order.file.day.replace('-', '_')}"
    quoted = str(order.path).replace("'", "''")
    cursor.execute(f"ATTACH '{quoted}' AS {alias}")
    try:
        with transaction(cursor):
            Copier(cursor, order.file, alias).copy(order.keep, bounds, order.alive)
        cursor.execute(f"CHECKPOINT {alias}")
        counted: int = cursor.execute(f"SELECT count(*) FROM {alias}.events").fetchall()[0][0]
        if index_from is not None and counted >= index_from:
            with transaction(cursor):
                write_index(cursor, alias, counted, order.path.parent, order.alive)
            cursor.execute(f"CHECKPOINT {alias}")
    finally:
        with suppress(duckdb.Error):
            cursor.execute(f"DETACH {alias}")
    return counted
