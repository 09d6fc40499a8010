"""The pipeline: carries records from their source to a durable commit, and says when they are there.

Promises: a batch is acknowledged after its commit and never before; batches of a source commit in the
order they came in; a record sent twice is stored once; what breaks on a record keeps that record, with the
reason, and goes on. Memory is bounded: senders are told to wait. See docs/architecture.md, steps 2 to 6.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError

import structlog

from tocsin.core.errors import TocsinError
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.ingest.clocks import correct
from tocsin.ingest.errors import NoRoomError, NotStoredError
from tocsin.ingest.intake import Batch, Intake
from tocsin.ingest.ledger import DROPPED, NOT_STORED, Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.ports import ClassifierFactory, Committed, Stages
from tocsin.ingest.processors.classifier import Processing
from tocsin.ingest.quarantine import Classify, classify_surviving
from tocsin.ingest.sequences import Sequencer
from tocsin.ingest.workers import WorkerDiedError, WorkerPool, WorkerStartError

_WARM_UP_S = 30.0
_log = structlog.get_logger(__name__)

OnCommit = Callable[[str, Committed], None]


class Pipeline:
    """Start it, submit records from any thread, stop it: it drains."""

    def __init__(
        self,
        stages: Stages,
        ledger: Ledger,
        limits: Limits | None = None,
        *,
        on_commit: OnCommit | None = None,
        processing: Processing | None = None,
    ) -> None:
        """`on_commit` is told the source and the commit after each one that brought something new."""
        self._stages = stages
        self._ledger = ledger
        self._limits = limits or Limits()
        self._on_commit = on_commit
        self.sequencer = Sequencer(self)
        """Numbers the records of sources that do not do so themselves."""
        self._processing = processing or Processing()
        self._factory = self._processing.after(stages.classifier)
        self._names = self._processing.names()
        self._workers = WorkerPool(self._factory, self._limits.workers, idle_s=self._limits.worker_idle_s)
        self._classify: Classify | None = None
        self._intake = Intake(self._limits, dispatch=self._dispatch, on_idle=self._rest)
        self._turnstile = threading.Lock()
        self._analysing = threading.Lock()
        self._stopping = threading.Event()
        self._full = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest-commit", daemon=True)

    def start(self) -> None:
        """Compile the classifier for this process and begin to carry."""
        self._classify = self._factory().classify
        self._thread.start()

    def use(self, factory: ClassifierFactory, take_over: Callable[[], None] = lambda: None) -> None:
        """Classify with another classifier from the next batch on, in this process and in every worker.

        It is compiled here, and workers are up before the change when there were some, so that nothing
        waits for it. `take_over` runs at the moment of the change, between two batches: then what
        settles can change as well. Every event is classified and settled by one of the two, never by both.
        Ingest pipelines are read again too.
        """
        factory, names = self._processing.after(factory), self._processing.names()
        classify = factory().classify
        workers = WorkerPool(factory, self._limits.workers, idle_s=self._limits.worker_idle_s)
        if self._workers.worker_ids():
            workers.warm_up(_WARM_UP_S)
        # The turnstile holds the carrying thread back, which would else take the lock again at once.
        with self._turnstile, self._analysing:
            self._factory, self._classify, self._names = factory, classify, names
            workers, self._workers = self._workers, workers
            take_over()
        workers.close()

    def stop(self) -> None:
        """Take nothing more, carry what is here to its commit, end the workers."""
        self._stopping.set()
        self._intake.close()
        if self._thread.is_alive():
            self._thread.join()
        self._workers.close()

    def submit(
        self, source: str, records: Sequence[Record], last_seq: int | None = None, *, gather: bool = False
    ) -> Future[int]:
        """Take records of one source in rising sequence; the future gives the mark once they are durable.

        `last_seq` is the last sequence they account for, when it exceeds the last record's. With
        `gather` they wait a moment for others of the source. Raises `BusyError`, `NoRoomError` and
        `StoppedError`: then nothing was taken.
        """
        if self._full.is_set():
            raise NoRoomError("the event log has no room left on its disk")
        if last_seq is None:
            last_seq = records[-1].seq if records else 0
        future = self._intake.put(source, records, last_seq, gather=gather)
        self._ledger.received(source, len(records))
        return future

    def wait_for_room(self, timeout: float = 1.0) -> bool:
        """Wait until there is room again; False when there is none within `timeout` seconds."""
        return self._intake.wait_for_room(timeout)

    def mark(self, source: str) -> int:
        """Return the highest durable sequence of the source."""
        return self._stages.mark(source)

    def ingest_pipelines(self) -> frozenset[str]:
        """Return the names of the ingest pipelines that senders may ask for."""
        return self._names

    def load(self) -> tuple[int, int]:
        """Return how many records and bytes wait or are under way."""
        return self._intake.load()

    def is_full(self) -> bool:
        """Tell whether the event log has no room left."""
        return self._full.is_set()

    def worker_ids(self) -> list[int]:
        """Return the process ids of workers that are up."""
        return self._workers.worker_ids()

    def _rest(self) -> None:
        self._workers.rest()

    def _dispatch(self, batch: Batch, before: int) -> None:
        """Give a batch to a worker when others are before it: this process is busy with those."""
        limits = self._limits
        if batch.classified is not None or not limits.workers or not 0 < before <= limits.look_ahead:
            return
        workers = self._workers
        if len(batch.records) >= limits.worker_batch_records and workers.is_warm():
            batch.classified, batch.classified_by = workers.submit(batch.records), workers

    def _run(self) -> None:
        while (batch := self._intake.take()) is not None:
            try:
                self._carry(batch)
            except Exception as error:  # noqa: BLE001 - supervised edge: the thread must outlive any batch
                _log.exception("ingest_batch_failed", source=batch.source)
                self._lose(batch, error)
            finally:
                self._intake.done(batch)

    def _carry(self, batch: Batch) -> None:
        if self._intake.is_stale(batch):
            self._lose(batch, NotStoredError("an earlier batch of this source was not stored"), spread=False)
            return
        mark = self._stages.mark(batch.source)
        with self._turnstile:
            pass
        with self._analysing:
            events, dropped = self._analyse(batch, mark)
        self._stages.offer(batch.records)
        self._match(events)
        committed = self._commit(batch, events)
        if committed is None:
            return
        for reason, count in dropped.items():
            self._ledger.refused(batch.source, f"{DROPPED}: {reason}", count)
        replayed = len(batch.records) - len(events) - dropped.total()
        self._ledger.settled(
            batch.source,
            stored=committed.stored,
            duplicates=committed.duplicates + replayed,
            collected_at=events[-1].received_at if events else None,
        )
        _resolve(batch, max(mark, batch.last_seq))
        if self._on_commit is not None and committed.number:
            self._on_commit(batch.source, committed)

    def _analyse(self, batch: Batch, mark: int) -> tuple[list[Event], Counter[str]]:
        """Return the events to keep, and how many the operator does not want for which reason."""
        fresh = [item for item in self._classified(batch) if item.event.seq > mark]
        dropped = Counter(item.dropped for item in fresh if item.dropped is not None)
        wanted = [item for item in fresh if item.dropped is None] if dropped else fresh
        for item in wanted:
            correct(item.event, self._limits.clocks)
        return self._settle(wanted), dropped

    def _classified(self, batch: Batch) -> list[Classified]:
        if batch.classified is not None and batch.classified_by is self._workers:
            try:
                return batch.classified.result()
            except WorkerDiedError as error:
                _log.warning("ingest_worker_died", source=batch.source, reason=error.message)
                return classify_surviving(self._alone, batch.records)
            except Exception as error:  # noqa: BLE001 - supervised edge: found and quarantined below
                _log.warning("ingest_classification_failed", source=batch.source, error=str(error))
        assert self._classify is not None  # noqa: S101 - start() was called, or no thread runs this
        return classify_surviving(self._classify, batch.records)

    def _alone(self, records: list[Record]) -> list[Classified]:
        try:
            return self._workers.classify_alone(records)
        except WorkerStartError:
            assert self._classify is not None  # noqa: S101 - as above
            return self._classify(records)

    def _settle(self, classified: list[Classified]) -> list[Event]:
        try:
            return self._stages.settle(classified)
        except Exception as error:  # noqa: BLE001 - supervised edge: the events are kept as they are
            _log.exception("ingest_settle_failed")
            return [_annotated(item.event, "rules across events failed", error) for item in classified]

    def _match(self, events: list[Event]) -> None:
        try:
            self._stages.match(events)
        except Exception as error:  # noqa: BLE001 - supervised edge: the events are kept without intel
            _log.exception("ingest_match_failed")
            for event in events:
                _annotated(event, "indicator lookup failed", error)

    def _commit(self, batch: Batch, events: Sequence[Event]) -> Committed | None:
        """Commit, waiting for room as long as it takes; None when the batch is lost, which is told."""
        attempts = 0
        while True:
            try:
                committed = self._stages.commit(batch.source, events, batch.last_seq)
            except TocsinError as error:
                attempts += error.code != "store-full"
                if not self._may_retry(batch, error, attempts):
                    self._lose(batch, error)
                    return None
            else:
                self._full.clear()
                return committed

    def _may_retry(self, batch: Batch, error: TocsinError, attempts: int) -> bool:
        if error.code == "store-full":
            # Who waits is told now and sends again later; what was taken is kept and tried again.
            self._full.set()
            _reject(batch, NoRoomError("the event log has no room left on its disk"))
        _log.warning("ingest_commit_failed", source=batch.source, code=error.code, reason=error.message)
        if attempts >= self._limits.commit_attempts:
            return False
        return not self._stopping.wait(self._limits.retry_s)

    def _lose(self, batch: Batch, error: Exception, *, spread: bool = True) -> None:
        """Give a batch up: say so to who waits, count it, and let no later one overtake it."""
        if spread:
            self._intake.fail_source(batch.source)
        code = error.code if isinstance(error, TocsinError) else type(error).__name__
        samples = [record.raw for record in batch.records[-1:]]
        self._ledger.refused(batch.source, f"{NOT_STORED}: {code}", len(batch.records), samples)
        full = code == "store-full"
        _reject(batch, NoRoomError(str(error)) if full else NotStoredError(f"not stored: {error}"))


def _annotated(event: Event, what: str, error: Exception) -> Event:
    event.fields["error.message"] = f"{what}: {type(error).__name__}: {error}"[:500]
    return event


def _resolve(batch: Batch, mark: int) -> None:
    for future in batch.waiting:
        try:
            future.set_result(mark)
        except InvalidStateError:
            continue  # told before that there was no room, or its owner went away


def _reject(batch: Batch, error: Exception) -> None:
    for future in batch.waiting:
        if not future.done():
            try:
                future.set_exception(error)
            except InvalidStateError:
                continue
