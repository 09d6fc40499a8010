"""Number records of sources that do not number them themselves: syslog peers, `_bulk` clients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol

import msgspec

from tocsin.core.record import Record


class Destination(Protocol):
    """Where numbered records go: the pipeline."""

    def mark(self, source: str) -> int:
        """Return the highest durable sequence of the source."""
        ...

    def submit(
        self, source: str, records: Sequence[Record], last_seq: int | None = None, *, gather: bool = False
    ) -> Future[int]:
        """Take records; raises when it does not."""
        ...


class Sequencer:
    """Numbers go on after the source's mark, so that they continue over a restart. Thread safe.

    Numbering and submitting are one step for each source: no number is passed by a later one on the way in.
    There must be one for a pipeline: it is `Pipeline.sequencer`.
    """

    def __init__(self, pipeline: Destination) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        """Of each source: who writes claims of one keeps no other waiting."""
        self._last: dict[str, int] = {}

    def submit(
        self,
        source: str,
        records: Sequence[Record],
        *,
        gather: bool,
        numbered_as: Callable[[int], None] | None = None,
    ) -> tuple[int, Future[int]]:
        """Number the records of one source and submit them; return the first number and the future.

        `numbered_as` is told the first number before anything is submitted. Raises what `Pipeline.submit`
        raises; then no number is used up.
        """
        with self._lock:
            lock = self._locks.setdefault(source, threading.Lock())
        with lock:
            last = self._last.get(source)
            if last is None:
                last = self._pipeline.mark(source)
            numbered = [
                msgspec.structs.replace(record, seq=seq) for seq, record in enumerate(records, start=last + 1)
            ]
            if numbered_as is not None:
                numbered_as(last + 1)
            future = self._pipeline.submit(source, numbered, gather=gather)
            self._last[source] = last + len(records)
        return last + 1, future

    def knows(self, source: str) -> bool:
        """Tell whether the source was numbered in this process."""
        return source in self._last

    def sources(self) -> int:
        """Return how many sources were numbered in this process."""
        return len(self._last)
