"""The event log on OpenSearch or Elasticsearch: an index for each day (UTC), and one of commits and marks.

Visibility: what this process committed is seen by each of its later reads; other processes see it within
five seconds. `search`, `count` and the like may see events of a commit that is still being written; `follow`
and, where the log is written to, `get` show whole commits only. What a commit that was cut off left behind is
deleted before the next is begun: its numbers are given to other events. One process may write at a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.query.aggregation import Aggregation, Result, SortKey
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
    TopValue,
)
from tocsin.store.batches import by_day
from tocsin.store.cursors import key_of
from tocsin.store.lookup import same_host
from tocsin.store.opensearch.client import Access, Client, RefusedError
from tocsin.store.opensearch.commits import CommitLog, Part
from tocsin.store.opensearch.counting import Counting
from tocsin.store.opensearch.lease import GOOD_FOR_S, WriterLease
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.measuring import EXACT_UP_TO, Measuring
from tocsin.store.opensearch.reading import Reader
from tocsin.store.opensearch.replay import Replayed, Source, replay
from tocsin.store.opensearch.writing import EventWriter
from tocsin.store.recent import RECENT_BYTES, RecentCommits

_MOST_NEIGHBOURS = 1_000
_LARGEST = 2**63


class OpenSearchStore:
    """`EventStore` on a cluster. Opening waits for the cluster as long as `access` says."""

    def __init__(
        self,
        access: Access,
        layout: Layout | None = None,
        *,
        recent_bytes: int = RECENT_BYTES,
        exact_up_to: int = EXACT_UP_TO,
        owner: str = "",
        lease_s: float = GOOD_FOR_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._layout = layout or Layout()
        self._client = Client(access, sleep=sleep)
        self._writing = threading.RLock()
        self._is_writer = False
        self._is_clear = False
        self._lease = WriterLease(self._client, self._layout, owner, lease_s)
        self._commits = CommitLog(self._client, self._layout, self._lease)
        self._reader = Reader(self._client, self._layout)
        self._counting = Counting(self._reader, self._client, self._layout)
        self._measuring = Measuring(self._reader, self._counting, exact_up_to)
        self._writer = EventWriter(self._client, self._layout, sleep)
        self._prepare()
        self._commits.load()
        self._recent = RecentCommits(recent_bytes, self._commits.last)

    def identity(self) -> str:
        """Return what tells this log from every other, also from a new one under the same name."""
        return self._commits.identity()

    def begin_writing(self) -> None:
        """Take the right to write, make sure of what is acknowledged, and delete what is not.

        Done by `commit` when it was not before. Raises `StoreError` when another process has the right: who
        it is, since when, and how to take over. It may take as long as a lease is good to find out.
        """
        with self._writing:
            self._is_clear &= not self._lease.take()
            self._lease.confirm()
            if self._is_clear and self._commits.is_known:
                return
            self._is_writer, self._is_clear = True, False
            self._commits.doubt()  # what was read when the log was opened may be of old
            self._commits.load()
            self._writer.delete_after(self._commits.last)
            self._recent.forget(self._commits.last)  # it may lack a commit that was in doubt
            self._is_clear = True

    def commit(self, batch: Batch) -> Committed:
        """Make the batch and the source's mark durable; see `EventStore.commit`."""
        with self._writing:
            self.begin_writing()
            if self._commits.unfinished:
                raise StoreError("a migration to this log was not finished: run `tocsin store migrate` again")
            acked = self.mark(batch.source)
            if batch.last_seq <= acked:
                return Committed(0, 0, len(batch.events))
            _check_numbers(batch)
            days = by_day(batch, acked)
            if not days:
                self._commits.settle(batch.source, batch.last_seq)
                return Committed(0, 0, len(batch.events))
            self._commits.doubt()
            parts = self._write(batch.source, days)
            self._commits.record(batch.source, batch.last_seq, parts)
            for part, (_, events) in zip(parts, days, strict=True):
                self._recent.add(part.number, events)
            stored = sum(part.count for part in parts)
            return Committed(parts[-1].number, stored, len(batch.events) - stored)

    def _write(self, source: str, days: Sequence[tuple[str, Sequence[Event]]]) -> list[Part]:
        parts: list[Part] = []
        for number, (day, events) in enumerate(days, self._commits.last + 1):
            self._reader.wrote([day])
            self._writer.write(number, day, events)
            self._reader.wrote([day])  # a read in between may have refreshed too early
            parts.append(Part(number, source, day, events[0].seq, events[-1].seq, len(events)))
        return parts

    def mark(self, source: str) -> int:
        """Return the highest sequence of the source that is durable; 0 for an unknown source."""
        return self._commits.marks.get(source, 0)

    def marks(self) -> Mapping[str, int]:
        """Return the mark of every source known."""
        with self._writing:
            return dict(self._commits.marks)

    def last_commit(self) -> int:
        """Return the number of the newest commit; 0 for an empty log."""
        return self._commits.last

    def rejections(self) -> int:
        """Return how many events since the start are kept but not indexed, as the server refused that."""
        return self._writer.rejections

    def remembering(self) -> Remembering:
        """Return nothing: the server remembers answers itself."""
        return Remembering()

    def follow(self, after: int, limit: int = 5_000) -> Sequence[Logged]:
        """Return the events of the commits numbered above `after`, in order of commit."""
        if after >= self._commits.last:
            return []
        recent = self._recent.after(after, limit)
        if recent is not None:
            return recent
        found: list[Logged] = []
        while not found:  # the days of the next commits may be dropped
            parts = self._commits.after(after, limit)
            if not parts:
                break
            found = self._reader.of_parts(parts)
            after = parts[-1].number
        return found

    def get(self, ids: Sequence[str]) -> Sequence[Event]:
        """Return those of the events that exist, in the order asked for; see `Visibility`."""
        events = self._reader.by_ids(ids)
        if not self._is_writer or all(self._is_acknowledged(event) for event in events):
            return events
        with self._writing:  # by then the commit under way is whole, or it is known that it was cut off
            self.begin_writing()
            return [event for event in events if self._is_acknowledged(event)]

    def _is_acknowledged(self, event: Event) -> bool:
        return event.seq <= self.mark(event.source)

    def search(
        self, selection: Selection, *, order: Order = "newest", limit: int = 100, cursor: str | None = None
    ) -> Page:
        """Return a page of the events selected. A cursor fits only the same selection and order."""
        return self._reader.page(selection, order, limit, cursor)

    def scan(self, selection: Selection, *, batch: int = 5_000) -> Iterator[Sequence[Event]]:
        """Yield every event selected, oldest first, in batches; nothing is held open between them."""
        return self._reader.scan(selection, batch)

    def around(self, event_id: str, *, before: int = 10, after: int = 10) -> Sequence[Event]:
        """Return the neighbours of an event in time from the same host, and the event itself."""
        events = self._reader.by_ids([event_id])
        if not events:
            raise NotFoundError(f"there is no event {event_id}")
        centre = events[0]
        selection = Selection(same_host(centre))
        place = key_of(centre)
        earlier = self._reader.events(selection, "newest", min(max(before, 0), _MOST_NEIGHBOURS), place)
        later = self._reader.events(selection, "oldest", min(max(after, 0), _MOST_NEIGHBOURS), place)
        return [*reversed(earlier), centre, *later]

    def count(self, selection: Selection) -> int:
        """Return how many events are selected."""
        return self._counting.count(selection)

    def histogram(self, selection: Selection, *, width: int) -> Sequence[Bucket]:
        """Return counts per `width` microseconds, buckets aligned to the epoch, empty ones left out."""
        return self._counting.histogram(selection, width)

    def top(self, selection: Selection, *, field: str, size: int = 10) -> Sequence[TopValue]:
        """Return the commonest values of a field, most events first, ties by value."""
        return self._counting.top(selection, field, size)

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
        return self._measuring.rank(selection, sort, start=start, limit=limit, behind=behind)

    def aggregate(self, selection: Selection, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
        """Return the answer to each aggregation; over more than 10,000 events some are estimates."""
        return self._measuring.aggregate(selection, aggregations)

    def fields(self, selection: Selection) -> Sequence[FieldSeen]:
        """Return the fields that occur in the days the selection's time range touches."""
        return self._counting.fields(selection)

    def days(self) -> Sequence[Day]:
        """Return the days kept, oldest first."""
        return self._counting.days()

    def drop_day(self, day: str) -> None:
        """Delete one day (`YYYY-MM-DD`) for good; marks survive, so nothing deleted comes back."""
        with self._writing:
            if day not in {kept.day for kept in self.days()}:
                raise NotFoundError(f"the log has no day {day}")
            self.begin_writing()
            self._commits.carry()
            self._client.delete(self._layout.index(day))
            self._recent.forget(self._commits.last)
            self._commits.forget({kept.day for kept in self.days()})

    def replay(self, source: Source) -> Iterator[Replayed]:
        """Take over the history of another log step by step; see `replay.replay`.

        Raises `ConflictError` when this log holds what the other does not.
        """
        with self._writing:
            self.begin_writing()
            strange = [
                name for name, mark in self._commits.marks.items() if mark > source.marks().get(name, 0)
            ]
            if strange or self._commits.last > source.last_commit():
                what = f"more of {strange[0]}" if strange else "newer commits"
                raise ConflictError(f"the log on the search server holds {what} than the other log does")
            self._commits.begin()
            try:
                yield from replay(source, self._commits, self._writer)
            finally:
                self._client.post(f"{self._layout.prefix}-*/_refresh", ignore_unavailable="true")
                self._recent.forget(self._commits.last)

    def close(self) -> None:
        """Give the right to write back and close the connections; everything committed is durable already."""
        self._lease.release()
        self._client.close()

    def _prepare(self) -> None:
        """Make the template and the index of commits, where they are not there yet."""
        version = self._client.get("")["version"]
        template = self._layout.template(elasticsearch=version.get("distribution") != "opensearch")
        self._client.put(f"_index_template/{self._layout.alias}", template)
        try:
            self._client.put(self._layout.log, self._layout.log_index())
        except RefusedError as error:
            if error.kind != "resource_already_exists_exception":
                raise
            known = self._layout.log_index()["mappings"]["properties"]
            self._client.put(f"{self._layout.log}/_mapping", {"properties": known})
        self._client.post(f"{self._layout.prefix}-*/_refresh", ignore_unavailable="true")


def _check_numbers(batch: Batch) -> None:
    """Refuse what the server's numbers cannot hold."""
    for event in batch.events:
        if max(abs(event.at), abs(event.received_at), event.seq) >= _LARGEST:
            raise InvalidError("a time or sequence does not fit into 64 bits")
