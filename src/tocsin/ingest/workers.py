"""Worker processes for the stateless half of analysis, started when there is work for them.

Records and results cross the process boundary as MessagePack, which is several times faster than
pickle for these structs. A worker that dies takes nothing with it: its batch is done again alone.
Each worker has a thread here that feeds it, so that the death of one is noticed at once and hurts no other;
the standard library's pool would fail every batch under way.
"""

from __future__ import annotations

import gc
import queue
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from multiprocessing import get_context
from multiprocessing.connection import Connection

import msgspec

from tocsin.core.event import Classified
from tocsin.core.record import Record
from tocsin.ingest.errors import IngestError
from tocsin.ingest.ports import ClassifierFactory

_ENCODER = msgspec.msgpack.Encoder()
_RECORDS = msgspec.msgpack.Decoder(list[Record])
_CLASSIFIED = msgspec.msgpack.Decoder(list[Classified])

_START_TIMEOUT_S = 60.0
_BATCH_TIMEOUT_S = 60.0
_PAUSE_AFTER_FAILURE_S = 30.0
_GARBAGE_AFTER = 20_000
"""Garbage is looked for once this many objects more have outlived their batches.

Never during a batch: nearly all that it makes goes with it, and hardly any of that refers to each other.
"""
_GOOD, _FAILED = b"+", b"-"


class WorkerDiedError(IngestError):
    """The process ended, or had to be ended, while it had the batch."""

    code = "worker-died"


class WorkerStartError(IngestError):
    """The process did not come up: nothing was tried."""

    code = "worker-start"


class ClassifierFailedError(IngestError):
    """The classifier raised in the worker; the message says what."""

    code = "classifier-failed"


class Worker:
    """One process with a classifier in it. One caller at a time."""

    def __init__(self, factory: ClassifierFactory) -> None:
        """Start the process and wait until it is ready; raises `WorkerStartError`."""
        context = get_context("forkserver")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, factory), daemon=True)
        try:
            self._process.start()
            theirs.close()
            ready = self._connection.poll(_START_TIMEOUT_S) and self._connection.recv_bytes() == _GOOD
        except Exception as error:
            self.close()
            raise WorkerStartError(f"a worker did not start: {error!r}") from error
        if not ready:
            self.close()
            raise WorkerStartError("a worker did not become ready")

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid or 0

    def classify(self, records: list[Record]) -> list[Classified]:
        """Classify a batch; raises `WorkerDiedError`, `ClassifierFailedError`."""
        try:
            self._connection.send_bytes(_ENCODER.encode(records))
            if not self._connection.poll(_BATCH_TIMEOUT_S):
                raise WorkerDiedError(f"no answer for {_BATCH_TIMEOUT_S:.0f} s")
            answer = self._connection.recv_bytes()
        except (OSError, EOFError) as error:
            raise WorkerDiedError("the worker process died") from error
        if answer[:1] == _FAILED:
            raise ClassifierFailedError(answer[1:].decode("utf-8", "replace"))
        return _CLASSIFIED.decode(memoryview(answer)[1:])

    def close(self) -> None:
        """End the process, whatever it does."""
        self._connection.close()
        if self._process.pid is not None:
            self._process.kill()
            self._process.join()


def _serve(connection: Connection, factory: ClassifierFactory) -> None:
    """What a worker process does: answer until its pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the platform, which then drains
    classifier = factory()
    gc.collect()
    gc.freeze()  # what is loaded stays as long as the process; looking through it again and again is wasted
    gc.set_threshold(_GARBAGE_AFTER)
    connection.send_bytes(_GOOD)
    while True:
        try:
            batch = connection.recv_bytes()
        except EOFError:
            return
        gc.disable()
        try:
            answer = _GOOD + _ENCODER.encode(classifier.classify(_RECORDS.decode(batch)))
        except Exception as error:  # noqa: BLE001 - supervised edge: told to the parent, which quarantines
            answer = _FAILED + f"{type(error).__name__}: {error}"[:500].encode("utf-8", "replace")
        gc.enable()  # what is due is done from here to the next batch
        connection.send_bytes(answer)


_Job = tuple[list[Record], Future[list[Classified]]]


class WorkerPool:
    """Classifies batches in up to `count` processes. Thread safe, but for `classify_alone` and `rest`."""

    def __init__(
        self,
        factory: ClassifierFactory,
        count: int,
        *,
        idle_s: float = 60.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factory = factory
        self._count = count
        self._idle_s = idle_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._ready: set[int] = set()
        self._tried = threading.Event()
        self._used_at = 0.0
        self._not_before = 0.0
        self._alone: Worker | None = None

    def is_warm(self) -> bool:
        """Tell whether a worker is up; when none is, this starts them and returns at once."""
        with self._lock:
            self._used_at = self._monotonic()
            if not self._threads and self._used_at >= self._not_before:
                self._jobs = queue.SimpleQueue()
                for number in range(self._count):
                    name = f"ingest-worker-{number}"
                    thread = threading.Thread(target=self._feed, args=(self._jobs,), name=name, daemon=True)
                    self._threads.append(thread)
                    thread.start()
            return bool(self._ready)

    def warm_up(self, timeout_s: float) -> bool:
        """Start the workers and wait for the first; tell whether one is up."""
        if not self.is_warm():
            self._tried.wait(timeout_s)
        return bool(self.worker_ids())

    def submit(self, records: list[Record]) -> Future[list[Classified]]:
        """Give the records to the next worker that is free; fails as `Worker.classify` does."""
        result: Future[list[Classified]] = Future()
        with self._lock:
            self._used_at = self._monotonic()
            if self._threads:
                self._jobs.put((records, result))
            else:
                result.set_exception(WorkerStartError("the workers have gone"))
        return result

    def classify_alone(self, records: list[Record]) -> list[Classified]:
        """Classify in a process of its own, so that records which kill it hurt no other batch.

        Raises `WorkerDiedError` when they do, `ClassifierFailedError`, `WorkerStartError`.
        """
        worker = self._alone = self._alone or Worker(self._factory)
        try:
            return worker.classify(records)
        except WorkerDiedError:
            self._alone = None
            worker.close()
            raise

    def rest(self) -> None:
        """Let the workers go if there was nothing for them to do for a while."""
        with self._lock:
            due = self._threads and self._monotonic() - self._used_at >= self._idle_s
        if due:
            self.close()
        elif self._alone is not None:
            self._alone.close()
            self._alone = None

    def worker_ids(self) -> list[int]:
        """Return the process ids of the workers that are up."""
        with self._lock:
            return sorted(self._ready)

    def close(self) -> None:
        """End every worker; batches that wait for one fail."""
        with self._lock:
            threads, self._threads = self._threads, []
            for _ in threads:
                self._jobs.put(None)
        for thread in threads:
            thread.join()
        if self._alone is not None:
            self._alone.close()
            self._alone = None

    def _feed(self, jobs: queue.SimpleQueue[_Job | None]) -> None:
        """Keep one worker up and busy until told to end."""
        worker: Worker | None = None
        try:
            worker = self._start()
            while (job := jobs.get()) is not None:
                worker = self._do(job, worker) or self._start()
        except WorkerStartError:
            self._gave_up(jobs)
        finally:
            self._end(worker)

    def _do(self, job: _Job, worker: Worker) -> Worker | None:
        records, result = job
        try:
            _tell(result, worker.classify(records))
        except (ClassifierFailedError, msgspec.MsgspecError) as error:
            _tell(result, error)
        except WorkerDiedError as error:
            self._end(worker)
            _tell(result, error)
            return None
        return worker

    def _start(self) -> Worker:
        worker = Worker(self._factory)
        with self._lock:
            self._ready.add(worker.pid)
        self._tried.set()
        return worker

    def _end(self, worker: Worker | None) -> None:
        if worker is not None:
            with self._lock:
                self._ready.discard(worker.pid)
            worker.close()

    def _gave_up(self, jobs: queue.SimpleQueue[_Job | None]) -> None:
        """A worker does not come up: leave the work to the others, or to who asked when there are none."""
        with self._lock:
            if threading.current_thread() in self._threads:
                self._threads.remove(threading.current_thread())
            self._not_before = self._monotonic() + _PAUSE_AFTER_FAILURE_S
            self._tried.set()
            while not self._threads and not jobs.empty():
                job = jobs.get()
                if job is not None:
                    _tell(job[1], WorkerStartError("no worker came up"))


def _tell(result: Future[list[Classified]], outcome: list[Classified] | Exception) -> None:
    try:
        if isinstance(outcome, Exception):
            result.set_exception(outcome)
        else:
            result.set_result(outcome)
    except InvalidStateError:
        return  # who asked has gone away
