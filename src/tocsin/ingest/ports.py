"""What ingest needs from the stages after it; the composition root hands these over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tocsin.core.event import Classified, Event
from tocsin.core.record import Record


class Classifier(Protocol):
    """The stateless half of analysis: a pure function of a batch."""

    def classify(self, records: list[Record]) -> list[Classified]:
        """Return one result per record, in order; a record not understood becomes an event saying so."""
        ...


class ClassifierFactory(Protocol):
    """Makes a classifier in whichever process asks; must be picklable."""

    def __call__(self) -> Classifier:
        """Compile the content and return the classifier."""
        ...


class Committed(Protocol):
    """What a commit did."""

    @property
    def number(self) -> int:
        """The commit's number; 0 when everything was there before."""
        ...

    @property
    def stored(self) -> int:
        """How many events are new."""
        ...

    @property
    def duplicates(self) -> int:
        """How many were there before."""
        ...


Settle = Callable[[list[Classified]], list[Event]]
"""The half of analysis that remembers: called in event order, by one thread."""

Match = Callable[[list[Event]], None]
"""Adds what the indicators know to the events, in place."""

Commit = Callable[[str, Sequence[Event], int], Committed]
"""Makes the events of a source and its mark durable. Raises errors with code `store-full`, `store`."""

Mark = Callable[[str], int]
"""The highest durable sequence of a source; 0 for one never seen."""


@dataclass(frozen=True, slots=True)
class Stages:
    """What a batch passes through, in this order."""

    classifier: ClassifierFactory
    settle: Settle
    match: Match
    commit: Commit
    mark: Mark
    offer: Callable[[Sequence[Record]], None] = lambda _records: None
    """Sees the records of each batch and may take one to measure with; returns at once."""
