"""The embedded event log: DuckDB files for each day (UTC) under `<root>/days`; see `parts`.

DuckDB writes to one attached file in a transaction, so a batch that spans days is committed day by day,
each part under a commit number of its own and idempotent by the mark in its day's file. The source's
mark over all days is written with the last part: only then is the batch acknowledged.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from tocsin.core.clock import Clock
from tocsin.core.event import Event
from tocsin.query.aggregation import Aggregation, Result, SortKey
from tocsin.query.tree import Or
from tocsin.store.aggregate import aggregate
from tocsin.store.backup import BackedUp, Heard, back_up
from tocsin.store.base import (
    Batch,
    Behind,
    Bucket,
    Committed,
    Day,
    FieldSeen,
    Logged,
    Order,
    Page,
    Ranked,
    Remembering,
    Selection,
    StoreError,
    StoreFullError,
    TopValue,
)
from tocsin.store.batches import by_day
from tocsin.store.cursors import pages
from tocsin.store.days import MOST_OPEN, Days
from tocsin.store.deadlines import Deadlines
from tocsin.store.field_counts import count_fields
from tocsin.store.follow import follow_files
from tocsin.store.hits import ranked
from tocsin.store.holds import HeldError, Holds
from tocsin.store.keeping import Keeping, count_on
from tocsin.store.lookup import neighbours, of_ids
from tocsin.store.orders import Orders
from tocsin.store.pages import read_page
from tocsin.store.recent import RECENT_BYTES, RecentCommits
from tocsin.store.remembered import MOST_BYTES, Answers
from tocsin.store.retention import Policy
from tocsin.store.sealing import INDEX_FROM, QUIET_S, Sealer
from tocsin.store.states import DayState, states
from tocsin.store.totals import count_events, histogram_of, top_values

_RESERVE_BYTES = 64 * 1024 * 1024


class DuckDBStore:
    """`EventStore` in files of this machine. One process at a time may have the folder open.

    `memory_limit` bounds DuckDB's own buffers; beyond it, it spills to `<root>/spill`. Nothing is
    written when less than `reserve_bytes` of disk are free: that raises `StoreFullError`. A question that
    takes longer than `search_timeout_s` is broken off with `SearchTimeoutError`; 0 allows any time.
    Up to `most_open` days are open at a time, more only while one question is about more. Days of at least
    `index_from` events are sealed with an index of their words, none when it is None. Answers of sealed
    days are remembered in up to `remembered_bytes` of memory, in none when that is 0.
    """

    def __init__(
        self,
        root: Path,
        clock: Clock,
        memory_limit: str = "256MB",
        threads: int = 2,
        *,
        reserve_bytes: int = _RESERVE_BYTES,
        recent_bytes: int = RECENT_BYTES,
        search_timeout_s: float = 0.0,
        most_open: int = MOST_OPEN,
        index_from: int | None = INDEX_FROM,
        remembered_bytes: int = MOST_BYTES,
    ) -> None:
        self._root = root
        self._reserve_bytes = reserve_bytes
        self._index_from = index_from
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._days = Days(root, clock, memory_limit, threads, most_open)
        self._days.deadlines = Deadlines(search_timeout_s)
        self._days.answers = Answers(remembered_bytes)
        self.holds = Holds(self._days.journal)
        self._recent = RecentCommits(recent_bytes, self._days.last_commit)

    def commit(self, batch: Batch) -> Committed:
        """Make the batch and the source's mark durable; see `EventStore.commit`."""
        with self._days.writing:
            acked = self._days.acked.get(batch.source, 0)
            if batch.last_seq <= acked:
                return Committed(0, 0, len(batch.events))
            self._check_room()
            number, stored = self._commit_days(batch, acked)
            self._days.tidy()
            return Committed(number, stored, len(batch.events) - stored)

    def _commit_days(self, batch: Batch, acked: int) -> tuple[int, int]:
        number = stored = 0
        parts = by_day(batch, acked)
        if not parts:
            self._settle(batch)
        for place, (day, events) in enumerate(parts, 1):
            whole = place == len(parts)
            fresh = self._write(day, batch, events, acked=batch.last_seq if whole else acked)
            if fresh:
                number, stored = self._days.last_commit, stored + len(fresh)
                self._recent.add(number, fresh)
        self._days.acked[batch.source] = batch.last_seq
        return number, stored

    def _settle(self, batch: Batch) -> None:
        try:
            self._days.settle(batch.source, batch.last_seq)
        except (duckdb.Error, OSError) as error:
            raise self._failure(max(self._days.names(), default=""), error) from error

    def _write(self, day: str, batch: Batch, events: Sequence[Event], *, acked: int) -> Sequence[Event]:
        """Write what is new of one day's part, and return it."""
        try:
            file = self._days.open_for_writing(day)
            mark = file.mark(batch.source)
            fresh = events if events[0].seq > mark else [event for event in events if event.seq > mark]
            number = self._days.last_commit + 1
            if fresh:
                file.append(self._days.writer, number, fresh, mark=batch.last_seq, acked=acked)
                self._days.last_commit = number
            elif acked == batch.last_seq:
                file.settle(self._days.writer, batch.source, acked)
        except (duckdb.Error, OSError) as error:
            raise self._failure(day, error) from error
        return fresh

    def mark(self, source: str) -> int:
        """Return the highest sequence of the source that is durable; 0 for an unknown source."""
        return self._days.acked.get(source, 0)

    def marks(self) -> Mapping[str, int]:
        """Return the mark of every source known."""
        with self._days.writing:
            return dict(self._days.acked)

    def last_commit(self) -> int:
        """Return the number of the newest commit; 0 for an empty log."""
        return self._days.last_commit

    def rejections(self) -> int:
        """Return 0: every event is found by every field."""
        return 0

    def remembering(self) -> Remembering:
        """Return what is remembered of the answers of sealed days."""
        return self._days.answers.worth()

    def follow(self, after: int, limit: int = 5_000) -> Sequence[Logged]:
        """Return the events of the commits numbered above `after`, in order of commit."""
        if after >= self._days.last_commit:
            return []
        recent = self._recent.after(after, limit)
        return follow_files(self._days, after, limit) if recent is None else recent

    def get(self, ids: Sequence[str]) -> Sequence[Event]:
        """Return those of the events that exist, in the order asked for."""
        return of_ids(self._days, ids)

    def search(
        self, selection: Selection, *, order: Order = "newest", limit: int = 100, cursor: str | None = None
    ) -> Page:
        """Return a page of the events selected. A cursor fits only the same selection and order."""
        with self._days.deadlines.question():
            return read_page(self._days, selection, order, limit, cursor)

    def scan(self, selection: Selection, *, batch: int = 5_000) -> Iterator[Sequence[Event]]:
        """Yield every event selected, oldest first, in batches; no file is held open between them."""
        yield from pages(lambda cursor: read_page(self._days, selection, "oldest", batch, cursor))

    def around(self, event_id: str, *, before: int = 10, after: int = 10) -> Sequence[Event]:
        """Return the neighbours of an event in time from the same host, and the event itself."""
        with self._days.deadlines.question():
            return neighbours(self._days, event_id, before, after)

    def count(self, selection: Selection) -> int:
        """Return how many events are selected."""
        with self._days.deadlines.question():
            return count_events(self._days, selection)

    def histogram(self, selection: Selection, *, width: int) -> Sequence[Bucket]:
        """Return counts per `width` microseconds, buckets aligned to the epoch, empty ones left out."""
        with self._days.deadlines.question():
            return histogram_of(self._days, selection, width)

    def top(self, selection: Selection, *, field: str, size: int = 10) -> Sequence[TopValue]:
        """Return the commonest values of a field, most events first, ties by value."""
        with self._days.deadlines.question():
            return top_values(self._days, selection, field, size)

    def rank(
        self,
        selection: Selection,
        sort: Sequence[SortKey],
        *,
        start: int = 0,
        limit: int = 100,
        behind: Behind | None = None,
    ) -> Sequence[Ranked]:
        """Return events in the order of their values, ties by time, source and sequence, newest first."""
        with self._days.deadlines.question():
            return ranked(self._days, selection, sort, start=start, limit=limit, behind=behind)

    def aggregate(self, selection: Selection, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
        """Return the exact answer to each aggregation, by name."""
        with self._days.deadlines.question():
            return aggregate(self._days, selection, aggregations)

    def fields(self, selection: Selection) -> Sequence[FieldSeen]:
        """Return the fields that occur in the days the selection's time range touches."""
        with self._days.deadlines.question():
            return count_fields(self._days, selection)

    def days(self) -> Sequence[Day]:
        """Return the days kept, oldest first."""
        return self._days.described()

    def drop_day(self, day: str) -> None:
        """Delete one day (`YYYY-MM-DD`) for good; marks survive, so nothing deleted comes back.

        Raises `HeldError` when a hold is on events of it.
        """
        guard, holds = self.holds.guarded(day)
        held = count_on(self._days, day, Or(tuple(hold.node for hold in holds)))
        if held:
            raise HeldError(f"{held} events of {day} are under a hold")
        self._days.drop(day, guard=guard)
        self._forget()

    def keeping(self, policy: Policy, seal_after_s: float = QUIET_S) -> Keeping:
        """Return what applies a policy to the days, and seals those without a write for so long."""
        sealer = Sealer(self._days, seal_after_s, index_from=self._index_from)
        return Keeping(self._days, sealer, self.holds, policy, self._forget)

    def back_up(self, target: Path, heard: Heard = lambda *_: None) -> BackedUp:
        """Bring the backup in a folder up to date while the log is used; see `backup.back_up`."""
        return back_up(self._days, target, heard)

    def states(self) -> Sequence[DayState]:
        """Return in which state each day is."""
        return states(self._days.folder, self._days.journal, self._days.summaries())

    def orders(self) -> Orders:
        """Return what other processes on this machine ask of the log."""
        return Orders(self._days.journal)

    def _forget(self) -> None:
        with self._days.writing:
            self._recent.forget(self._days.last_commit)

    def close(self) -> None:
        """Finish writing and release every file."""
        self._days.close()

    def _check_room(self) -> None:
        if shutil.disk_usage(self._root).free < self._reserve_bytes:
            raise StoreFullError(f"less than {self._reserve_bytes >> 20} MiB are free under {self._root}")

    def _failure(self, day: str, error: Exception) -> StoreError:
        self._days.recover(day)
        self._recent.forget(self._days.last_commit)
        if self._is_full(error):
            return StoreFullError(f"no room left under {self._root}: {error}")
        return StoreError(f"the day {day} could not be written: {error}")

    def _is_full(self, error: Exception) -> bool:
        """Say whether the disk is what refused; DuckDB's errors do not tell, so try to write."""
        if isinstance(error, OSError):
            return error.errno in _FULL
        probe = self._root / "room.probe"
        try:
            with probe.open("wb") as file:
                file.write(b"\0" * (1 << 20))
                file.flush()
                os.fsync(file.fileno())
        except OSError as refused:
            return refused.errno in _FULL
        finally:
            probe.unlink(missing_ok=True)
        return False


_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
