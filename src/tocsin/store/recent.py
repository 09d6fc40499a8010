"""The newest commits in memory, so that whoever follows closely reads no file."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.core.event import Event
from tocsin.store.base import Logged

RECENT_BYTES = 64 * 1024 * 1024
"""Of memory for the newest commits: some 35,000 events of 100 characters and 16 fields, so that a follower
that is a second behind at full rate still reads no file."""

_MEASURED_EVERY = 16
"""Of so many events of a commit one is measured and stands for the others."""


@dataclass(frozen=True, slots=True)
class _Kept:
    number: int
    events: Sequence[Event]
    size: int
    """Bytes."""


class RecentCommits:
    """Keeps whole commits, newest last, up to `capacity` bytes; thread safe."""

    def __init__(self, capacity: int, last_commit: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._commits: deque[_Kept] = deque()
        self._held = 0
        self._floor = last_commit

    def add(self, number: int, events: Sequence[Event]) -> None:
        """Remember a commit; the oldest are forgotten when there is no more room."""
        kept = _Kept(number, events, _size_of(events))
        with self._lock:
            self._commits.append(kept)
            self._held += kept.size
            while self._held > self._capacity:
                dropped = self._commits.popleft()
                self._floor = dropped.number
                self._held -= dropped.size

    def forget(self, through: int) -> None:
        """Forget every commit held; those up to `through` must be read from the files."""
        with self._lock:
            self._floor = through
            self._commits.clear()
            self._held = 0

    def after(self, number: int, limit: int) -> list[Logged] | None:
        """Return the events of whole commits above `number`; None when some of them were forgotten."""
        with self._lock:
            if number < self._floor:
                return None
            found: list[Logged] = []
            for commit in self._commits:
                if commit.number <= number:
                    continue
                if found and len(found) + len(commit.events) > limit:
                    break
                found.extend(Logged(commit.number, event) for event in commit.events)
            return found


def _size_of(events: Sequence[Event]) -> int:
    """Return about how many bytes of memory a commit's events take."""
    measured = events[::_MEASURED_EVERY]
    return sum(map(memory_of, measured)) * len(events) // max(1, len(measured))


def memory_of(event: Event) -> int:
    """Return how many bytes of memory an event takes; names of fields are shared by all and left out."""
    parts = [event, event.message, event.fields]
    for value in event.fields.values():
        parts.append(value)
        if isinstance(value, list):
            parts += value
    if event.raw is not None:
        parts.append(event.raw)
    return sum(map(sys.getsizeof, parts))
