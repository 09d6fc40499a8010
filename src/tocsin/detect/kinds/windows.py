"""A window of counted entries, as wide as a timeframe and sized after its newest entry."""

from __future__ import annotations

from bisect import insort
from operator import attrgetter
from typing import Any

import msgspec


class Entry(msgspec.Struct):
    """Something at a time that counts so much; `fields` is its document where somebody needs it."""

    at: int
    count: float | None
    """None for a figure without a value, such as the mean of nothing."""
    fields: dict[str, Any] | None = None
    placeholder: bool = False
    """It only moves the window on."""


MAX_ENTRIES = 50_000
"""Of one window; beyond, the two oldest are told apart no more."""

_AT = attrgetter("at")


class Window(msgspec.Struct):
    """Entries by time. Those a whole timeframe or more older than the newest fall out."""

    entries: list[Entry] = []
    total: float = 0

    def add(self, entry: Entry, timeframe: int) -> list[Entry]:
        """Take an entry in and return what fell out, the oldest first; a late one may fall out at once."""
        if self.entries and entry.at < self.entries[-1].at:
            insort(self.entries, entry, key=_AT)
        else:
            self.entries.append(entry)
        self._count(entry.count or 0)
        newest = self.entries[-1].at
        stale = 0
        while newest - self.entries[stale].at >= timeframe:
            stale += 1
        out = self.entries[:stale]
        del self.entries[:stale]
        for each in out:
            self._count(-(each.count or 0))
        if len(self.entries) > MAX_ENTRIES:
            self.entries[1].count = (self.entries[0].count or 0) + (self.entries[1].count or 0)
            del self.entries[0]
        return out

    def keep(self, least: float) -> None:
        """Let go of the oldest entries while what is left still counts at least so much."""
        while self.entries and self.total - (self.entries[0].count or 0) >= max(least, 1):
            self._count(-(self.entries.pop(0).count or 0))

    def _count(self, number: float) -> None:
        """Add to the total; nothing added leaves it as it is, a whole number a whole number."""
        if number:
            self.total += number

    def clear(self) -> None:
        """Drop every entry."""
        self.entries.clear()
        self.total = 0

    def mean(self) -> float | None:
        """Return the mean of the counts, placeholders left out; None for an empty window."""
        counts = self._counts(placeholders=False)
        return sum(counts) / len(counts) if counts else None

    def least(self) -> float | None:
        """Return the smallest count, or None."""
        return min(self._counts(), default=None)

    def most(self) -> float | None:
        """Return the largest count, or None."""
        return max(self._counts(), default=None)

    def _counts(self, *, placeholders: bool = True) -> list[float]:
        counts = (entry.count for entry in self.entries if placeholders or not entry.placeholder)
        return [count for count in counts if count is not None]
