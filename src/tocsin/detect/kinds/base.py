"""What a kind of rule is: a fold over events, counts or figures that yields matches and can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from tocsin.core.clock import from_iso
from tocsin.detect.kinds.document import Document, Hit, copied, hashable, lookup
from tocsin.detect.kinds.settings import KindSettings

Figures = Mapping[str, Any]
"""An answer to an aggregation: `bucket_aggs` per key, `interval_aggs` per interval, or the figure itself."""

MAX_KEYS = 50_000
"""Keys (and, of each, values) a rule remembers: beyond, those first seen are forgotten first. An attacker
who makes up names costs that much memory and no more."""

ALL = "all"
"""The key of a rule without one."""


class Match(msgspec.Struct):
    """A match: its document, which may be made up by the rule, and its time.

    `events` are the times and identifiers of the events it rests on, where the kind knows them.
    """

    at: int
    fields: Document
    events: list[tuple[int, str]] = []
    waited: bool = False
    """It was written down and read back before it was told."""


class Kind(Protocol):
    """A kind of rule with its state. Calls come in the order of time; every call may yield matches."""

    def learn(self, documents: Iterable[Document]) -> None:
        """Take documents of the past as known; called once, before anything else."""
        ...

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Take a batch of events, the oldest first."""
        ...

    def count(self, at: int, number: int) -> list[Match]:
        """Take the number of events since the last time asked."""
        ...

    def terms(self, at: int, buckets: Sequence[tuple[Any, int]]) -> list[Match]:
        """Take the number of events per key since the last time asked."""
        ...

    def figures(self, at: int, found: Figures) -> list[Match]:
        """Take the answer to an aggregation."""
        ...

    def collect(self, at: int) -> list[Match]:
        """Notice that it is now `at`: what is stale goes, and what depends on silence is looked at."""
        ...

    def dump(self) -> bytes:
        """Return the state."""
        ...

    def restore(self, state: bytes) -> None:
        """Go on from a state that `dump` returned."""
        ...


class Stateless:
    """A kind that remembers nothing and is only asked about events."""

    def __init__(self, settings: KindSettings) -> None:
        self.settings = settings

    def learn(self, documents: Iterable[Document]) -> None:
        """Nothing is learned."""

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Match the events that satisfy the kind."""
        return [match_of(hit) for hit in hits if self.holds(hit.fields)]

    def holds(self, document: Document) -> bool:
        """Say whether a document matches."""
        raise NotImplementedError

    def count(self, at: int, number: int) -> list[Match]:  # noqa: ARG002 - asked of every kind
        """Nothing: the kind needs the events themselves."""
        return []

    def terms(self, at: int, buckets: Sequence[tuple[Any, int]]) -> list[Match]:  # noqa: ARG002 - asked of every kind
        """Nothing: the kind needs the events themselves."""
        return []

    def figures(self, at: int, found: Figures) -> list[Match]:  # noqa: ARG002 - asked of every kind
        """Nothing: the kind is not about figures."""
        return []

    def collect(self, at: int) -> list[Match]:  # noqa: ARG002 - asked of every kind
        """Nothing becomes stale."""
        return []

    def dump(self) -> bytes:
        """Nothing is remembered."""
        return b""

    def restore(self, state: bytes) -> None:
        """Nothing is remembered."""


def match_of(hit: Hit, **more: Any) -> Match:
    """Return the match of one event, its document copied and added to."""
    return Match(hit.at, {**copied(hit.fields), **more}, [(hit.at, hit.id)])


def key_of(settings: KindSettings, document: Document, without: Any = ALL) -> Any:
    """Return the value of the rule's key in a document; `without` for a rule that has none."""
    if not settings.query_key:
        return without
    return hashable(lookup(document, settings.query_key))


def instant_of(settings: KindSettings, document: Document) -> int:
    """Return the time of a document in microseconds."""
    return from_iso(document[settings.timestamp_field])


def bounded(held: dict[Any, Any]) -> None:
    """Forget the first entries of a mapping that has become too large."""
    while len(held) > MAX_KEYS:
        del held[next(iter(held))]


def dump(state: Any) -> bytes:
    """Return a state as bytes."""
    return msgspec.msgpack.encode(state)
