"""Usual count: events per hour far from what the same hour of past weeks or days had.

What is usual is the median; how far is told in robust standard deviations, 1.4826 times the median absolute
deviation (P. J. Rousseeuw and C. Croux, "Alternatives to the Median Absolute Deviation", 1993). Where past
hours hardly differ, chance alone makes a count vary by about its square root (Poisson), so a deviation is
never taken to be smaller than that, nor than one event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import msgspec

from tocsin.core.clock import DAY, HOUR
from tocsin.detect.kinds.base import ALL, Match, Stateless, dump, instant_of, key_of, match_of
from tocsin.detect.kinds.document import Document, Hit, timestamp
from tocsin.detect.kinds.settings import KindSettings

MAX_HOURS = 200_000
"""Hours with events that a rule remembers over all its keys; beyond, keys first seen are forgotten first."""
LEAST_PAST = 3
"""Hours to compare with, without which nothing is usual yet."""
_ROBUST = 1.4826


@dataclass(frozen=True, slots=True)
class Usual:
    """What was found in the hours compared with."""

    median: float
    deviation: float
    """One robust standard deviation, in events."""
    past: tuple[int, ...]
    """The counts compared with, the newest first."""


class _Hours(msgspec.Struct):
    counts: dict[int, int] = {}
    """By hours since 1970."""
    first: int = 0
    """The first hour that is known."""
    told: int = 0
    """The hour last told of."""


class _State(msgspec.Struct):
    keys: dict[Any, _Hours] = {}
    looked: int = 0
    """The hour up to which ended hours have been looked at."""
    swept: int = 0


class UsualCountKind(Stateless):
    """An hour with too many events matches at the event that is too many, one with too few at its end."""

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._state = _State()
        self._most: dict[Any, tuple[int, float]] = {}
        """Per key the hour and the count from which on it is too many: follows from the state."""

    def learn(self, documents: Iterable[Document]) -> None:
        """Count the events of documents as past."""
        for document in documents:
            self._count(document, instant_of(self.settings, document))

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Count each event in its hour, and tell of the hour that has too many."""
        found = []
        for hit in hits:
            key = self._count(hit.fields, hit.at)
            if key is not None and self.settings.baseline.direction != "down":
                match = self._too_many(key, hit)
                if match is not None:
                    found.append(match)
        return found

    def _count(self, document: Document, at: int) -> Any:
        key, hour = key_of(self.settings, document), at // HOUR
        if key is None:
            return None
        self._sweep(hour)
        held = self._state.keys.get(key)
        if held is None:
            held = self._state.keys[key] = _Hours(first=hour)
        held.first = min(held.first, hour)
        held.counts[hour] = held.counts.get(hour, 0) + 1
        return key

    def _too_many(self, key: Any, hit: Hit) -> Match | None:
        held, hour = self._state.keys[key], hit.at // HOUR
        count = held.counts[hour]
        if held.told >= hour or count < self._bound(key, held, hour):
            return None
        usual = self._usual(held, hour)
        if usual is None:
            return None
        held.told = hour
        return match_of(hit, **self._figures(key, count, hour, usual))

    def _bound(self, key: Any, held: _Hours, hour: int) -> float:
        """Return the count from which on an hour has too many; nothing that is usual has none."""
        known = self._most.get(key)
        if known is None or known[0] != hour:
            usual, baseline = self._usual(held, hour), self.settings.baseline
            bound = float("inf")
            if usual is not None:
                bound = usual.median + max(baseline.deviation * usual.deviation, baseline.least_difference)
            known = self._most[key] = (hour, bound)
        return known[1]

    def _usual(self, held: _Hours, hour: int) -> Usual | None:
        step = self.settings.baseline.compare // HOUR
        span = self.settings.baseline.window // HOUR
        # An hour that began before the key was known is no whole hour.
        hours = [each for each in range(hour - step, hour - span - 1, -step) if each > held.first]
        if len(hours) < LEAST_PAST:
            return None
        past = [held.counts.get(each, 0) for each in hours]
        middle = median(past)
        spread = _ROBUST * median([abs(each - middle) for each in past])
        return Usual(middle, max(spread, middle**0.5, 1.0), tuple(past))

    def _figures(self, key: Any, count: int, hour: int, usual: Usual) -> Document:
        baseline: Document = {
            "key": key,
            "count": count,
            "hour": timestamp(hour * HOUR),
            "deviations": round((count - usual.median) / usual.deviation, 1),
            **asdict(usual),
        }
        baseline["past"] = list(usual.past)
        return {"baseline": baseline}

    def collect(self, at: int) -> list[Match]:
        """Tell of the hours that ended with too few events."""
        state, now = self._state, at // HOUR
        first = max(state.looked, now - 2) if state.looked else now
        state.looked = max(state.looked, now)
        if self.settings.baseline.direction == "up":
            return []
        return [
            match
            for hour in range(first, now)
            for key, held in state.keys.items()
            if (match := self._too_few(key, held, hour)) is not None
        ]

    def _too_few(self, key: Any, held: _Hours, hour: int) -> Match | None:
        usual, count = self._usual(held, hour), held.counts.get(hour, 0)
        if usual is None or held.told >= hour:
            return None
        missing, baseline = usual.median - count, self.settings.baseline
        if missing < max(baseline.deviation * usual.deviation, baseline.least_difference):
            return None
        held.told = hour
        end = (hour + 1) * HOUR
        fields: Document = {self.settings.timestamp_field: timestamp(end)}
        if self.settings.query_key and key != ALL:
            fields[self.settings.query_key] = key
        return Match(end, {**fields, **self._figures(key, count, hour, usual)})

    def _sweep(self, hour: int) -> None:
        """Forget once a day of event time, so that what is remembered depends on the events alone."""
        day = hour * HOUR // DAY
        if day <= self._state.swept:
            return
        self._state.swept = day
        oldest = hour - self.settings.baseline.window // HOUR - 1
        for key, held in list(self._state.keys.items()):
            held.counts = {each: count for each, count in held.counts.items() if each >= oldest}
            if not held.counts:
                del self._state.keys[key]
        self._most.clear()
        total = sum(len(held.counts) for held in self._state.keys.values())
        while total > MAX_HOURS:
            total -= len(self._state.keys.pop(next(iter(self._state.keys))).counts)

    def dump(self) -> bytes:
        """Return the counts."""
        return dump(self._state)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._state = msgspec.msgpack.decode(state, type=_State)
        self._most.clear()
