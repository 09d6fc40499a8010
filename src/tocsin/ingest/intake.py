"""The bounded waiting room: records gather into batches per source, batches leave in order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice

from tocsin.core.event import Classified
from tocsin.core.record import Record
from tocsin.ingest.errors import BusyError, StoppedError
from tocsin.ingest.limits import Limits, size_of


@dataclass(slots=True, eq=False)
class Batch:
    """Records of one source in rising sequence, and who waits for them to be durable."""

    source: str
    generation: int
    due: float
    records: list[Record] = field(default_factory=list)
    last_seq: int = 0
    size_bytes: int = 0
    waiting: list[Future[int]] = field(default_factory=list)
    classified: Future[list[Classified]] | None = None
    """Set when a worker process was given the batch."""
    classified_by: object = None
    """The workers that were given it: what others say of it does not count."""


class Intake:
    """Takes records from any thread, gives batches to one. Bounded in records and in bytes."""

    def __init__(
        self,
        limits: Limits,
        *,
        dispatch: Callable[[Batch, int], None],
        on_idle: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`dispatch` is told of each complete batch and how many are before it: at once, and as it moves up.

        `on_idle` is called by the taker every few seconds while there is nothing to take.
        """
        self._limits = limits
        self._dispatch = dispatch
        self._on_idle = on_idle
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._open: dict[str, Batch] = {}
        self._ready: deque[Batch] = deque()
        self._generations: dict[str, int] = {}
        self._records = 0
        self._bytes = 0
        self._under_way = 0
        self._closed = False

    def put(self, source: str, records: Sequence[Record], last_seq: int, *, gather: bool) -> Future[int]:
        """Add records; the future resolves when they are durable.

        With `gather` they wait for others of the source; without, their batch is complete at once.
        Raises `BusyError` when there is no room and `StoppedError` at the end.
        """
        size = sum(size_of(record.raw) for record in records)
        future: Future[int] = Future()
        with self._changed:
            self._check_room(len(records), size)
            batch = self._open.get(source) or self._begin(source)
            batch.records.extend(records)
            batch.last_seq = max(batch.last_seq, last_seq)
            batch.size_bytes += size
            batch.waiting.append(future)
            self._records += len(records)
            self._bytes += size
            if not gather or self._is_full(batch):
                self._seal(batch)
            self._changed.notify_all()
        return future

    def take(self) -> Batch | None:
        """Wait for the next complete batch; None when closed and empty."""
        with self._changed:
            while True:
                self._seal_due()
                if self._ready:
                    self._under_way += 1
                    taken = self._ready.popleft()
                    for place, waiting in enumerate(islice(self._ready, self._limits.look_ahead), start=1):
                        self._dispatch(waiting, place)
                    return taken
                if self._closed:
                    return None
                if not self._changed.wait(self._patience()) and not self._open:
                    self._on_idle()

    def done(self, batch: Batch) -> None:
        """Free the room of a batch that was taken."""
        with self._changed:
            self._under_way -= 1
            self._records -= len(batch.records)
            self._bytes -= batch.size_bytes
            self._changed.notify_all()

    def fail_source(self, source: str) -> None:
        """Make every batch of the source that is here already stale: an earlier one was lost.

        Letting them pass would move the mark over records that are not stored.
        """
        with self._changed:
            self._generations[source] = self._generations.get(source, 0) + 1
            if source in self._open:
                self._seal(self._open[source])

    def is_stale(self, batch: Batch) -> bool:
        """Tell whether the batch came in before its source last failed."""
        with self._changed:
            return batch.generation != self._generations.get(batch.source, 0)

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until half the queue is free; False when it is not within `timeout` seconds."""
        limits = self._limits
        with self._changed:
            return self._changed.wait_for(
                lambda: self._records <= limits.queue_records // 2 and self._bytes <= limits.queue_bytes // 2,
                timeout,
            )

    def close(self) -> None:
        """Take nothing more; what is here still leaves through `take`."""
        with self._changed:
            self._closed = True
            for batch in list(self._open.values()):
                self._seal(batch)
            self._changed.notify_all()

    def load(self) -> tuple[int, int]:
        """Return how many records and bytes are waiting or under way."""
        with self._changed:
            return self._records, self._bytes

    def _check_room(self, records: int, size: int) -> None:
        if self._closed:
            raise StoppedError("the platform is stopping")
        over = (
            self._records + records > self._limits.queue_records
            or self._bytes + size > self._limits.queue_bytes
        )
        if over and self._records:  # alone, even a batch larger than the queue is let in
            raise BusyError(f"{self._records} records are waiting to be stored")

    def _begin(self, source: str) -> Batch:
        due = self._monotonic() + self._limits.batch_age_s
        batch = Batch(source, self._generations.get(source, 0), due)
        self._open[source] = batch
        return batch

    def _is_full(self, batch: Batch) -> bool:
        return (
            len(batch.records) >= self._limits.batch_records or batch.size_bytes >= self._limits.batch_bytes
        )

    def _seal(self, batch: Batch) -> None:
        del self._open[batch.source]
        self._dispatch(batch, len(self._ready) + self._under_way)
        self._ready.append(batch)

    def _seal_due(self) -> None:
        now = self._monotonic()
        for batch in list(self._open.values()):
            if batch.due > now:
                break  # the dictionary is in order of opening, and all wait equally long
            self._seal(batch)

    def _patience(self) -> float:
        first = next(iter(self._open.values()), None)
        return self._limits.idle_check_s if first is None else max(0.0, first.due - self._monotonic())
