"""How long events are kept: by age, by class, and by the room the whole log may take."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.core.clock import DAY, day_of
from tocsin.query.dates import Dates
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import And, Everything, Node, Not, Or


@dataclass(frozen=True, slots=True)
class EventClass:
    """Events of a query are kept `days`; 0 keeps them for ever. An event is of the first class that fits."""

    query: str
    days: int

    @property
    def node(self) -> Node:
        """Which events are of the class, unless they are of one before it."""
        return parse_lucene(self.query, dates=Dates(None))


@dataclass(frozen=True, slots=True)
class Policy:
    """What is deleted when. 0 sets no limit.

    A day's age is that of its youngest moment, so an event is kept at least as long as promised.
    """

    days: int = 0
    """For events of no class."""
    classes: Sequence[EventClass] = ()
    max_bytes: int = 0

    def doomed(self, day: str, now: int) -> Doomed | None:
        """Return what of a day is too old at `now`; None when nothing is."""
        limits = [*(one.days for one in self.classes), self.days]
        expired = [bool(limit) and day < day_of(now - limit * DAY) for limit in limits]
        if not any(expired):
            return None
        nodes = [*(one.node for one in self.classes), Everything()]
        chosen = [
            And((node, *(Not(before) for before in nodes[:place])))
            for place, node in enumerate(nodes)
            if expired[place]
        ]
        limit = max(limit for limit, gone in zip(limits, expired, strict=True) if gone)
        text = repr((self.classes, expired))
        return Doomed(Everything() if all(expired) else Or(tuple(chosen)), limit, text)


@dataclass(frozen=True, slots=True)
class Doomed:
    """Events of a day that are to go: which, and older than how many days the oldest class of them is."""

    node: Node
    days: int
    terms: str
    """By what it was decided; the same text decides the same."""

    @property
    def is_all(self) -> bool:
        """Whether it is the whole day."""
        return isinstance(self.node, Everything)

    def stage(self, holds: Sequence[int], last_commit: int) -> str:
        """Return what a day that went through this has reached, under these holds and with these commits."""
        return hashlib.sha256(repr((self.terms, tuple(holds), last_commit)).encode()).hexdigest()
