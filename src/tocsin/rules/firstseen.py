"""Which keys were seen before, for rules with `if_fts`."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from tocsin.rules.memory import Bounded

MAX_KEYS = 100_000
_COMPARED = 32
_ALIKE = 14
"""Keys of intrusion detection systems that agree in more than so many characters are near-duplicates."""
_ENOUGH = 3


class FirstSeen:
    """Tells the first sight of a key from later ones."""

    def __init__(self) -> None:
        self._seen: Bounded[str, bool] = Bounded(MAX_KEYS)
        self._recent: deque[str] = deque(maxlen=_COMPARED)

    def is_first(self, key: str, category: str) -> bool:
        """Whether the key is seen for the first time; from now on it is known."""
        if category == "ids":
            key = self._shortened(key)
        if key in self._seen:
            return False
        self._seen.put(key, True)
        if category == "ids":
            self._recent.append(key)
        return True

    def _shortened(self, key: str) -> str:
        """Return a third near-duplicate of recent keys as what they have in common, so that it ends there."""
        alike = 0
        for earlier in reversed(self._recent):
            alike += len(key) > _ALIKE and earlier.startswith(key[: _ALIKE + 1])
            if alike >= _ENOUGH:
                return key[:_ALIKE]
        return key

    def state(self) -> list[Any]:
        """Return all of it as plain data."""
        return [[key for key, _ in self._seen], list(self._recent)]

    def restore(self, state: Sequence[Any]) -> None:
        """Hold what `state` returned."""
        seen, recent = state
        self._seen.fill((key, True) for key in seen)
        self._recent = deque(recent, maxlen=_COMPARED)
