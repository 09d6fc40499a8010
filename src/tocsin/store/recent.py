"""The newest commits in memory, so that whoever follows closely reads no file."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from tocsin.core.event import Event
from tocsin.store.base import Logged


class RecentCommits:
    """Keeps whole commits, newest last, up to `capacity` events; thread safe."""

    def __init__(self, capacity: int, last_commit: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._commits: deque[tuple[int, Sequence[Event]]] = deque()
        self._held = 0
        self._floor = last_commit

    def add(self, number: int, events: Sequence[Event]) -> None:
        """Remember a commit; the oldest are forgotten when there is no more room."""
        with self._lock:
            self._commits.append((number, events))
            self._held += len(events)
            while self._held > self._capacity:
                self._floor, dropped = self._commits.popleft()
                self._held -= len(dropped)

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
            for commit, events in self._commits:
                if commit <= number:
                    continue
                if found and len(found) + len(events) > limit:
                    break
                found.extend(Logged(commit, event) for event in events)
            return found
