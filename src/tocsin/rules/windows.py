"""Earlier events as composite rules see them: who may count them, and for how long they are known.

Two ways to bound them. `Ring` is Wazuh's: the last events that matched a rule, whichever, are known and
no others. `KeyedWindows` gives every rule and every set of values that must be the same a window of its
own, so that a flood of one kind pushes out nothing of another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from tocsin.rules.memory import Bounded

MAX_KEYS = 50_000
MAX_PER_KEY = 512
Key = tuple[Any, ...]
"""What events must share to count together: the counting rule, the agent, the values it compares."""


class Sighting:
    """An earlier event as later rules see it.

    `text`: what it shows of itself in the event of a rule that counted it. `mark`: the level of the highest
    rule that used it. `number`: which of all events that matched a rule it is. The constructor is written
    out, as a dataclass's is not compiled.
    """

    __slots__ = ("at", "mark", "number", "text", "values")

    def __init__(
        self, at: int, values: dict[str, str], text: str = "", mark: int = -1, number: int = 0
    ) -> None:
        self.at = at
        self.values = values
        self.text = text
        self.mark = mark
        self.number = number


class Windows(Protocol):
    """Where sightings are kept."""

    def passed(self, count: int) -> None:
        """Note that so many events matched a rule that nobody counts."""
        ...

    def add(self, sighting: Sighting, keys: Iterable[tuple[Key, int, int, int]]) -> None:
        """Keep the sighting of an event that matched a rule, for each key.

        A key comes with its rule's timeframe and frequency, and with how often the event counts.
        """
        ...

    def of(self, key: Key) -> Iterator[Sighting]:
        """Yield what is known under the key, the newest first."""
        ...

    def state(self) -> list[Any]:
        """Return all of it as plain data."""
        ...

    def restore(self, state: Sequence[Any]) -> None:
        """Hold what `state` of the same kind of windows returned."""
        ...


class Ring:
    """The last `size` events that matched a rule of a level above 0, as Wazuh keeps them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._number = 0
        self._order: deque[tuple[int, Key]] = deque()
        self._windows: dict[Key, deque[Sighting]] = {}

    def __len__(self) -> int:
        return len(self._order)

    def passed(self, count: int) -> None:
        """Let these events push out the oldest."""
        self._number += count

    def add(self, sighting: Sighting, keys: Iterable[tuple[Key, int, int, int]]) -> None:
        """Keep the sighting as the newest event."""
        self._number += 1
        sighting.number = self._number
        for key, _timeframe, _frequency, times in keys:
            window = self._windows.setdefault(key, deque())
            for _ in range(times):
                window.append(sighting)
                self._order.append((sighting.number, key))
        self._forget()

    def _forget(self) -> None:
        oldest = self._number - self._size
        while self._order and self._order[0][0] <= oldest:
            _, key = self._order.popleft()
            window = self._windows[key]
            window.popleft()
            if not window:
                del self._windows[key]

    def of(self, key: Key) -> Iterator[Sighting]:
        """Yield the key's sightings among the last events."""
        self._forget()
        return reversed(self._windows.get(key, ()))

    def state(self) -> list[Any]:
        """Return the count of events, the sightings, and per key which of them it holds."""
        self._forget()
        return [self._number, *_numbered(self._windows.items())]

    def restore(self, state: Sequence[Any]) -> None:
        """Hold what `state` returned."""
        self._number, sightings, windows = state
        self._windows = {key: deque(window) for key, window in _named(sightings, windows)}
        found = [(one.number, key) for key, window in self._windows.items() for one in window]
        self._order = deque(sorted(found, key=lambda entry: entry[0]))


class KeyedWindows:
    """A window for every rule and key, bounded in length, and a bounded number of them."""

    def __init__(self, keys: int = MAX_KEYS) -> None:
        self._windows: Bounded[Key, list[Sighting]] = Bounded(keys)

    def passed(self, count: int) -> None:
        """Nothing is pushed out by events that nobody counts."""

    def add(self, sighting: Sighting, keys: Iterable[tuple[Key, int, int, int]]) -> None:
        """Keep the sighting once for each key, and drop from its window what is too old to count."""
        for key, timeframe, frequency, _times in keys:
            window = self._windows.get(key)
            if window is None:
                window = []
            window.append(sighting)
            _trim(window, sighting.at - timeframe, max(MAX_PER_KEY, 2 * frequency))
            self._windows.put(key, window)

    def of(self, key: Key) -> Iterator[Sighting]:
        """Yield the key's sightings."""
        return reversed(self._windows.get(key) or ())

    def longest(self) -> int:
        """Return how many sightings the longest window holds."""
        return max((len(window) for _, window in self._windows), default=0)

    def state(self) -> list[Any]:
        """Return the sightings, and per key which of them it holds."""
        return _numbered(self._windows)

    def restore(self, state: Sequence[Any]) -> None:
        """Hold what `state` returned."""
        self._windows.fill((key, list(window)) for key, window in _named(*state))


def _trim(window: list[Sighting], oldest: int, most: int) -> None:
    """Drop what is older than the timeframe, and the oldest half of a window twice as long as it may be."""
    expired = 0
    while window[expired].at < oldest:  # ends at the latest at the present event
        expired += 1
    if len(window) - expired > 2 * most:
        expired = len(window) - most
    if expired:
        del window[:expired]


def _numbered(windows: Iterable[tuple[Key, Iterable[Sighting]]]) -> list[Any]:
    """Return the sightings once each, and per key their numbers: who used one up, used it up for all."""
    numbers: dict[int, int] = {}
    sightings: list[list[Any]] = []
    held = []
    for key, window in windows:
        inside = []
        for one in window:
            number = numbers.setdefault(id(one), len(sightings))
            if number == len(sightings):
                sightings.append([one.at, one.values, one.text, one.mark, one.number])
            inside.append(number)
        held.append([[*key[:2], list(key[2])], inside])
    return [sightings, held]


def _named(sightings: Sequence[Any], windows: Sequence[Any]) -> Iterator[tuple[Key, list[Sighting]]]:
    known = [Sighting(*one) for one in sightings]
    for (rule, agent, same), inside in windows:
        yield (rule, agent, tuple(same)), [known[number] for number in inside]
