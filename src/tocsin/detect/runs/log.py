"""Where a rule finds its events: the part of the log that its filter lets through, by time."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from operator import itemgetter
from typing import Protocol

from tocsin.detect.kinds.document import Hit


class Log(Protocol):
    """Events that satisfy a rule's filter."""

    def between(self, start: int, end: int) -> Sequence[Hit]:
        """Return those known now with `start < at <= end`, by time."""
        ...


_Held = tuple[int, int, Hit]
"""Time of the event, when it was seen, the event."""

_AT = itemgetter(0)


class HeldLog:
    """Events held in memory by time. One that was seen after `now` is not known yet."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[_Held] = []
        self.now = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._held)

    def add(self, hit: Hit, seen_at: int) -> int | None:
        """Hold an event; beyond the bound the oldest is let go and counted.

        Returns, when one was, the time before which nothing is held.
        """
        insort(self._held, (hit.at, seen_at, hit), key=_AT)
        if len(self._held) <= self._most:
            return None
        del self._held[0]
        self.dropped += 1
        return self._held[0][0]

    def between(self, start: int, end: int) -> Sequence[Hit]:
        """Return the events seen by now with `start < at <= end`."""
        first = bisect_right(self._held, start, key=_AT)
        last = bisect_right(self._held, end, key=_AT)
        return [hit for _, seen_at, hit in self._held[first:last] if seen_at <= self.now]

    def forget(self, until: int) -> int:
        """Let go of everything at or before `until`; return how many that was."""
        cut = bisect_right(self._held, until, key=_AT)
        del self._held[:cut]
        return cut
