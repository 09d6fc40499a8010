"""Worker processes on their own."""

from __future__ import annotations

import gc
import os
import signal
import threading

import pytest
from tests.unit.ingest.stages import POISON, PlainFactory, records

from harness.waiting import PATIENCE_S, until
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.ingest.ports import Classifier
from tocsin.ingest.workers import (
    ClassifierFailedError,
    Worker,
    WorkerDiedError,
    WorkerPool,
    WorkerStartError,
)


class BrokenFactory:
    """Fails in the worker, as content that cannot be read there would."""

    def __call__(self) -> Classifier:
        raise OSError("no content here")


class LitteringClassifier:
    """Leaves much that refers to itself; says how often it was collected during and since its last batch."""

    def __init__(self) -> None:
        self._left_at = _collections()

    def classify(self, given: list[Record]) -> list[Classified]:
        since, begun = _collections() - self._left_at, _collections()
        for _ in range(60_000):
            itself: list[object] = []
            itself.append(itself)
        during = _collections() - begun
        self._left_at = _collections()
        return [Classified(Event("s", 1, 1, 1, f"{during} during, {since} since", {}, None)) for _ in given]


class LitteringFactory:
    """Makes a littering classifier."""

    def __call__(self) -> Classifier:
        return LitteringClassifier()


def _collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_classifies_and_ends() -> None:
    """Order and content come back; the process is gone after `close`."""
    worker = Worker(PlainFactory())
    found = worker.classify(records("s", 1, 3))
    assert [(item.event.seq, item.event.message) for item in found] == [
        (1, "line 1"),
        (2, "line 2"),
        (3, "line 3"),
    ]
    worker.close()
    until(lambda: is_gone(worker.pid))


def test_tells_what_the_classifier_raised_and_goes_on() -> None:
    """An exception is no death."""
    worker = Worker(PlainFactory())
    with pytest.raises(ClassifierFailedError, match="RuntimeError: poisoned"):
        worker.classify([Record("s", 1, POISON, 1)])
    assert len(worker.classify(records("s", 1, 2))) == 2
    worker.close()


def test_garbage_is_collected_between_batches() -> None:
    """What a batch leaves is cleared away after it, and nothing while it is under way."""
    worker = Worker(LitteringFactory())
    said = [worker.classify(records("s", 1, 1))[0].event.message for _ in range(3)]
    worker.close()
    assert said[1:] == ["0 during, 1 since"] * 2


def test_notices_a_death() -> None:
    """At once, not after a timeout."""
    worker = Worker(PlainFactory())
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDiedError):
        worker.classify(records("s", 1, 2))
    worker.close()


@pytest.mark.parametrize("factory", [BrokenFactory(), lambda: None])
def test_a_worker_that_cannot_start_says_so(factory: object) -> None:
    """Content that is not readable there, a factory that cannot travel."""
    with pytest.raises(WorkerStartError):
        Worker(factory)  # type: ignore[arg-type]  # wrong on purpose


def test_a_pool_whose_workers_do_not_start_fails_what_waits() -> None:
    """Nobody waits for ever; the next attempt is not at once."""
    pool = WorkerPool(BrokenFactory(), 1)
    assert pool.is_warm() is False
    waiting = pool.submit(records("s", 1, 1))
    with pytest.raises(WorkerStartError):
        waiting.result(PATIENCE_S)
    before = threading.active_count()
    assert pool.is_warm() is False
    assert threading.active_count() == before
    pool.close()
