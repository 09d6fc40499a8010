"""Silent source: something that used to be heard of is not, for longer than it ever was quiet before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tocsin.core.clock import DAY, SECOND
from tocsin.detect.kinds.base import ALL, Match, Stateless, bounded, dump, instant_of, key_of
from tocsin.detect.kinds.document import Document, Hit, timestamp
from tocsin.detect.kinds.settings import KindSettings


class _Source(msgspec.Struct):
    first: int
    last: int
    gaps: dict[int, int] = {}
    """Per day since 1970 the longest gap that ended on it."""
    told: bool = False
    """Its present silence has been told."""


class SilentSourceKind(Stateless):
    """A key matches once when it is silent longer than `silence` and `factor` times its longest usual gap.

    The gap of a silence that was told is not learned as usual. A key known for less than `learn` is not told
    of, and one silent for the whole span that is remembered is forgotten.
    """

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._sources: dict[Any, _Source] = {}

    def learn(self, documents: Iterable[Document]) -> None:
        """Take the times of documents as known."""
        for document in documents:
            self._hear(document, instant_of(self.settings, document))

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Note when each source was heard of."""
        for hit in hits:
            self._hear(hit.fields, hit.at)
        return []

    def _hear(self, document: Document, at: int) -> None:
        key = key_of(self.settings, document)
        if key is None:
            return
        source = self._sources.get(key)
        if source is None:
            self._sources[key] = _Source(at, at)
            bounded(self._sources)
            return
        gap, day = at - source.last, at // DAY
        if not source.told and gap > source.gaps.get(day, -1):
            source.gaps[day] = gap
            oldest = day - self.settings.baseline.window // DAY
            if next(iter(source.gaps)) < oldest:
                source.gaps = {each: longest for each, longest in source.gaps.items() if each >= oldest}
        source.last, source.told = max(source.last, at), False

    def collect(self, at: int) -> list[Match]:
        """Look for sources that are silent for too long."""
        found = []
        for key, source in list(self._sources.items()):
            quiet = at - source.last
            if quiet <= self.settings.baseline.silence or source.told:
                if quiet > self.settings.baseline.window:
                    del self._sources[key]
                continue
            longest = max(source.gaps.values(), default=0)
            known = source.last - source.first
            if known >= self.settings.baseline.learn and quiet > self.settings.baseline.factor * longest:
                source.told = True
                found.append(self._match(key, source, at, longest))
        return found

    def _match(self, key: Any, source: _Source, at: int, longest: int) -> Match:
        fields: Document = {self.settings.timestamp_field: timestamp(at)}
        if self.settings.query_key and key != ALL:
            fields[self.settings.query_key] = key
        fields["baseline"] = {
            "key": key,
            "last_seen": timestamp(source.last),
            "silent_seconds": (at - source.last) // SECOND,
            "longest_gap_seconds": longest // SECOND,
            "known_days": round((source.last - source.first) / DAY, 1),
        }
        return Match(at, fields)

    def dump(self) -> bytes:
        """Return when each source was heard of."""
        return dump(self._sources)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._sources = msgspec.msgpack.decode(state, type=dict[Any, _Source])
