"""How often each rule fired within the hour, and which events were counted already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.core.clock import HOUR
from tocsin.core.event import Event, Value

MAX_SOURCES = 100_000


class Firings:
    """Counts per rule, from zero every hour. Sources send their events in rising order."""

    def __init__(self) -> None:
        self._hour = 0
        self._counts: dict[Value, int] = {}
        self._highest: dict[str, int] = {}

    def is_new(self, event: Event) -> bool:
        """Whether the event comes for the first time; from now on it has come."""
        highest = self._highest
        known = highest.get(event.source)
        if known is not None and event.seq <= known:
            return False
        if known is None and len(highest) >= MAX_SOURCES:
            del highest[next(iter(highest))]
        highest[event.source] = event.seq
        return True

    def count(self, rule_id: Value, received_at: int, *, again: bool) -> int:
        """Return how often the rule has fired, this time included unless the event came again."""
        hour = received_at // HOUR
        if hour > self._hour:
            self._hour = hour
            self._counts.clear()
        times = self._counts.get(rule_id, 0)
        if not again or not times:
            self._counts[rule_id] = times = times + 1
        return times

    def state(self) -> list[Any]:
        """Return all of it as plain data."""
        return [self._hour, list(self._counts.items()), list(self._highest.items())]

    def restore(self, state: Sequence[Any]) -> None:
        """Hold what `state` returned."""
        self._hour, counts, highest = state
        self._counts, self._highest = dict(counts), dict(highest)
