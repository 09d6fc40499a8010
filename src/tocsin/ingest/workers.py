"""Worker processes for the stateless half of analysis, started when there is work for them.

Records and results cross the process boundary as MessagePack, which is several times faster than
pickle for these structs. A worker that dies takes nothing with it: its batch is done again alone.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import msgspec

from tocsin.core.event import Classified
from tocsin.core.record import Record
from tocsin.ingest.ports import Classifier, ClassifierFactory

_ENCODER = msgspec.msgpack.Encoder()
_RECORDS = msgspec.msgpack.Decoder(list[Record])
_CLASSIFIED = msgspec.msgpack.Decoder(list[Classified])

_PAUSE_AFTER_FAILURE_S = 30.0

_state: dict[str, Classifier] = {}  # of a worker process: set once, by its initialiser


class WorkerPool:
    """Classifies batches in `count` processes. Thread safe."""

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
        self._pool: ProcessPoolExecutor | None = None
        self._warm: Future[int] | None = None
        self._used_at = 0.0
        self._not_before = 0.0
        self._alone: ProcessPoolExecutor | None = None

    def is_warm(self) -> bool:
        """Tell whether workers are up; when they are not, this starts them and returns at once."""
        with self._lock:
            self._used_at = self._monotonic()
            if self._warm is not None and self._warm.done():
                if self._warm.exception() is None:
                    return True
                self._discard()  # it broke while starting: begin again, but not at once
                self._not_before = self._used_at + _PAUSE_AFTER_FAILURE_S
            if self._pool is None and self._used_at >= self._not_before:
                self._pool = self._start(self._count)
                self._warm = self._pool.submit(_ready)
            return False

    def submit(self, records: list[Record]) -> Future[list[Classified]] | None:
        """Hand the records to a worker; None when the pool has just broken or is not up."""
        with self._lock:
            if self._pool is None:
                return None
            self._used_at = self._monotonic()
            try:
                encoded = self._pool.submit(_classify, _ENCODER.encode(records))
            except BrokenProcessPool:
                self._discard()
                return None
        result: Future[list[Classified]] = Future()
        encoded.add_done_callback(lambda done: _decode(done, result))
        return result

    def classify_alone(self, records: list[Record]) -> list[Classified]:
        """Classify in a process of its own, so that records which kill it hurt no other batch.

        Raises `BrokenProcessPool` when they do, and whatever the classifier raises.
        """
        if self._alone is None:
            self._alone = self._start(1)
        try:
            return _CLASSIFIED.decode(self._alone.submit(_classify, _ENCODER.encode(records)).result())
        except BrokenProcessPool:
            self._alone.shutdown(wait=False)
            self._alone = None
            raise

    def broke(self) -> None:
        """Replace the workers: one of them died."""
        with self._lock:
            self._discard()

    def rest(self) -> None:
        """Let the workers go if there was nothing for them to do for a while."""
        with self._lock:
            if self._pool is not None and self._monotonic() - self._used_at >= self._idle_s:
                self._discard()
        if self._alone is not None:
            self._alone.shutdown(wait=False)
            self._alone = None

    def worker_ids(self) -> list[int]:
        """Return the process ids of the workers that are up, each as it reports itself."""
        with self._lock:
            warm = self._warm
        return [warm.result()] if warm is not None and warm.done() and warm.exception() is None else []

    def close(self) -> None:
        """End every worker."""
        with self._lock:
            pool, self._pool, self._warm = self._pool, None, None
        for each in (pool, self._alone):
            if each is not None:
                each.shutdown(wait=True, cancel_futures=True)
        self._alone = None

    def _start(self, count: int) -> ProcessPoolExecutor:
        context = get_context("forkserver")
        return ProcessPoolExecutor(count, context, initializer=_begin, initargs=(self._factory,))

    def _discard(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False)
        self._pool = self._warm = None


def _begin(factory: ClassifierFactory) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the platform, which then drains
    _state["classifier"] = factory()


def _ready() -> int:
    return os.getpid()


def _classify(encoded: bytes) -> bytes:
    return _ENCODER.encode(_state["classifier"].classify(_RECORDS.decode(encoded)))


def _decode(done: Future[bytes], result: Future[list[Classified]]) -> None:
    error = done.exception()
    if error is not None:
        result.set_exception(error)
    else:
        result.set_result(_CLASSIFIED.decode(done.result()))
