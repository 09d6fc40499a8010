"""The contract of the event log. `tests/contract/store` states it as tests for every adapter.

Order: events sort by time, then source, then sequence. Visibility: what `commit` has returned for is
seen by every later read. Times are microseconds since 1970, UTC; ranges are `from_at <= at < to_at`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec

from tocsin.core.errors import TocsinError
from tocsin.core.event import Event
from tocsin.query.aggregation import Aggregation, Result, SortKey
from tocsin.query.tree import Everything, Node, Scalar

Order = Literal["newest", "oldest"]


class StoreError(TocsinError):
    """The log could not be read or written."""

    code = "store"


class StoreFullError(StoreError):
    """No room left on the disk: nothing of the batch was kept, try again when there is room."""

    code = "store-full"


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one source in rising sequence, and the last sequence the batch accounts for.

    `last_seq` may exceed the last event's: the records between were refused, with a reason, before.
    """

    source: str
    events: Sequence[Event]
    last_seq: int


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit did. `number` is 0 when everything in the batch was there before.

    A batch that spans days may take a number for each; `number` is the last of them.
    """

    number: int
    stored: int
    duplicates: int


class Logged(msgspec.Struct, frozen=True, gc=False):
    """An event with the number of the commit that brought it."""

    commit: int
    event: Event


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events a read is about."""

    query: Node = field(default_factory=Everything)
    from_at: int | None = None
    to_at: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of events; `cursor` fetches the next one and is None at the end."""

    events: Sequence[Event]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """An event with the values it was ordered by; None where it has none.

    Dates are microseconds, addresses and text as written.
    """

    event: Event
    values: tuple[Scalar | None, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """Where a ranked read goes on: behind the values, or behind one event that has them."""

    values: tuple[Scalar | None, ...]
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """`count` events in `[start, start + width)` of the histogram it belongs to."""

    start: int
    count: int


@dataclass(frozen=True, slots=True)
class TopValue:
    """One value of a field and how many events hold it."""

    value: Any
    count: int


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """A field that occurs in the log, and in how many events of the days looked at."""

    name: str
    type: str
    count: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the log."""

    day: str
    events: int
    size_bytes: int
    first_commit: int
    last_commit: int


@dataclass(frozen=True, slots=True)
class Remembering:
    """What a log remembers of its answers, and how often a day's was there since the start, or was not."""

    hits: int = 0
    misses: int = 0
    answers: int = 0
    bytes: int = 0


class EventStore(Protocol):
    """Keeps every event, finds any. Thread safe."""

    def commit(self, batch: Batch) -> Committed:
        """Make the batch and the source's mark durable, in one transaction a day touched.

        Events at or below the mark are duplicates and change nothing, so a batch may be sent again
        after any failure, with other borders too. Raises `StoreFullError`, `StoreError`; then nothing
        is acknowledged. Raises `InvalidError` for a batch that breaks its own contract.
        """
        ...

    def mark(self, source: str) -> int:
        """Return the highest sequence of the source that is durable; 0 for an unknown source."""
        ...

    def marks(self) -> Mapping[str, int]:
        """Return the mark of every source known."""
        ...

    def last_commit(self) -> int:
        """Return the number of the newest commit; 0 for an empty log."""
        ...

    def rejections(self) -> int:
        """Return how many events since the start are kept but not indexed; searches look at each of them."""
        ...

    def remembering(self) -> Remembering:
        """Return what is remembered of answers; nothing where a server sees to that."""
        ...

    def follow(self, after: int, limit: int = 5_000) -> Sequence[Logged]:
        """Return the events of the commits numbered above `after`, in order of commit.

        Whole commits only, at least one when there is one, else up to `limit` events.
        """
        ...

    def get(self, ids: Sequence[str]) -> Sequence[Event]:
        """Return those of the events that exist, in the order asked for."""
        ...

    def search(
        self,
        selection: Selection,
        *,
        order: Order = "newest",
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page:
        """Return a page of the events selected. A cursor fits only the same selection and order."""
        ...

    def scan(self, selection: Selection, *, batch: int = 5_000) -> Iterator[Sequence[Event]]:
        """Yield every event selected, oldest first, in batches; for exports and backtests."""
        ...

    def around(self, event_id: str, *, before: int = 10, after: int = 10) -> Sequence[Event]:
        """Return the neighbours of an event in time from the same host, and the event itself.

        Without a host, those of the same source. Raises `NotFoundError`.
        """
        ...

    def count(self, selection: Selection) -> int:
        """Return how many events are selected."""
        ...

    def histogram(self, selection: Selection, *, width: int) -> Sequence[Bucket]:
        """Return counts per `width` microseconds, buckets aligned to the epoch, empty ones left out."""
        ...

    def top(self, selection: Selection, *, field: str, size: int = 10) -> Sequence[TopValue]:
        """Return the commonest values of a field, most events first, ties by value."""
        ...

    def rank(
        self,
        selection: Selection,
        sort: Sequence[SortKey],
        *,
        start: int = 0,
        limit: int = 100,
        behind: Behind | None = None,
    ) -> Sequence[Ranked]:
        """Return events in the order of their values, ties by time, source and sequence, newest first.

        Raises `InvalidError` when `behind` does not fit `sort`.
        """
        ...

    def aggregate(self, selection: Selection, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
        """Return the answer to each aggregation, by name; `query.aggregation` says which may be estimates.

        Raises `AggregationError` that names the one that is too large or makes no sense.
        """
        ...

    def fields(self, selection: Selection) -> Sequence[FieldSeen]:
        """Return the fields that occur in the days the selection's time range touches."""
        ...

    def days(self) -> Sequence[Day]:
        """Return the days kept, oldest first."""
        ...

    def drop_day(self, day: str) -> None:
        """Delete one day (`YYYY-MM-DD`) for good; marks survive, so nothing deleted comes back."""
        ...

    def close(self) -> None:
        """Finish writing and release every file."""
        ...
