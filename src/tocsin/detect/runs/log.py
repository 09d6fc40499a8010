"""Where a rule finds its events: the part of the log that its filter lets through, by time."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from operator import attrgetter
from typing import Protocol

from tocsin.detect.kinds.document import Hit

_AT = attrgetter("at")


class Log(Protocol):
    """Events that satisfy a rule's filter."""

    def between(self, start: int, end: int) -> Sequence[Hit]:
        """Return those known now with `start < at <= end`, by time."""
        ...


class HeldLog:
    """Events held in memory by time, the oldest let go on demand."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._hits: list[Hit] = []
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._hits)

    def add(self, hit: Hit) -> None:
        """Hold an event; beyond the bound the oldest is let go and counted."""
        insort(self._hits, hit, key=_AT)
        if len(self._hits) > self._most:
            del self._hits[0]
            self.dropped += 1

    def between(self, start: int, end: int) -> Sequence[Hit]:
        """Return the events held with `start < at <= end`."""
        first = bisect_right(self._hits, start, key=_AT)
        return self._hits[first : bisect_right(self._hits, end, key=_AT)]

    def forget(self, until: int) -> list[Hit]:
        """Let go of everything at or before `until`, and return it."""
        cut = bisect_right(self._hits, until, key=_AT)
        gone = self._hits[:cut]
        del self._hits[:cut]
        return gone
