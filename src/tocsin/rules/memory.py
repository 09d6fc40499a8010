"""A mapping that forgets what was touched longest ago once it is full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """At most `size` entries, and where they weigh, of at most `weight` together.

    Putting a key makes it the newest.
    """

    def __init__(self, size: int, *, weight: int = 0, weigh: Callable[[V], int] | None = None) -> None:
        self._size = size
        self._most = weight
        self._weigh = weigh
        self._weight = 0
        self._entries: dict[K, V] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[tuple[K, V]]:
        """Yield the entries, the one touched longest ago first."""
        return iter(self._entries.items())

    def get(self, key: K) -> V | None:
        """Return the value, or None."""
        return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep the value; the entries touched longest ago go when there are too many."""
        entries = self._entries
        if key in entries:
            self.drop(key)
        entries[key] = value
        if self._weigh is not None:
            self._weight += self._weigh(value)
        while len(entries) > self._size or (self._weight > self._most and len(entries) > 1):
            self.drop(next(iter(entries)))

    def drop(self, key: K) -> None:
        """Forget the key, if it is there."""
        value = self._entries.pop(key, None)
        if value is not None and self._weigh is not None:
            self._weight -= self._weigh(value)

    def fill(self, entries: Iterable[Any]) -> None:
        """Put entries, each a key and a value as a snapshot holds them, instead of those there are."""
        self._entries.clear()
        self._weight = 0
        for key, value in entries:
            self.put(key, value)
