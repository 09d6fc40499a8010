"""Several files at a time: a process for each core, whose findings come back over one bounded queue."""

from __future__ import annotations

import multiprocessing
import queue
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from tocsin.hunt.inputs import Input
from tocsin.hunt.messages import Finished, Message, Progressed

_BATCH = 200
_WAITING = 64
"""Batches that may wait: a process that finds faster than they are taken waits."""

_PATIENCE_S = 1.0


class FileWorker(Protocol):
    """What hunts through one file."""

    def hunt(self, number: int, source: Input) -> Iterator[Message]:
        """Yield what the file holds; ends with `Finished`."""
        ...


def in_processes(make: Callable[[], FileWorker], inputs: Sequence[Input], jobs: int) -> Iterator[Message]:
    """Yield the messages of all files, large files first; a process that dies costs the file it was at.

    Needs a system that can fork: the rules are read once and shared.
    """
    context = multiprocessing.get_context("fork")
    order = sorted(range(len(inputs)), key=lambda number: -inputs[number].size)
    taken = context.Value("i", 0)
    results: Any = context.Queue(_WAITING)
    work = _Work(make, inputs, order, taken, results)
    workers = [context.Process(target=work.run, args=(place,), daemon=True) for place in range(jobs)]
    for worker in workers:
        worker.start()
    try:
        yield from _collect(workers, results, set(order))
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


@dataclass(frozen=True, slots=True)
class _Work:
    """What the processes share."""

    make: Callable[[], FileWorker]
    inputs: Sequence[Input]
    order: Sequence[int]
    taken: Any
    results: Any

    def run(self, place: int) -> None:
        """Take file after file until there is none left."""
        # Ctrl-C reaches every process of a terminal; the first one ends the others.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        worker = self.make()
        while (number := self._next()) is not None:
            put = self.results.put
            put((place, number, []))
            batch: list[Message] = []
            for message in worker.hunt(number, self.inputs[number]):
                batch.append(message)
                if len(batch) >= _BATCH or isinstance(message, Progressed):
                    put((place, number, batch))
                    batch = []
            put((place, number, batch))
        self.results.put((place, -1, []))

    def _next(self) -> int | None:
        with self.taken.get_lock():
            turn, self.taken.value = self.taken.value, self.taken.value + 1
        return self.order[turn] if turn < len(self.order) else None


def _collect(workers: Sequence[BaseProcess], results: Any, open_files: set[int]) -> Iterator[Message]:
    at: dict[int, int] = {}
    while open_files:
        try:
            place, number, batch = results.get(timeout=_PATIENCE_S)
        except queue.Empty:
            for place, worker in enumerate(workers):
                number = at.get(place, -1)
                if not worker.is_alive() and number in open_files:
                    open_files.discard(number)
                    yield Finished(number, 0, 0, f"the process reading it died (status {worker.exitcode})")
            if not any(worker.is_alive() for worker in workers):
                for number in sorted(open_files):
                    yield Finished(number, 0, 0, "no process is left to read it")
                return
            continue
        at[place] = number
        for message in batch:
            if isinstance(message, Finished):
                open_files.discard(message.file)
            yield message
