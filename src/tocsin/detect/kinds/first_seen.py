"""First seen: a value its entity never had in the span that is remembered, such as a user's new country."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tocsin.core.clock import DAY
from tocsin.detect.kinds.base import Match, Stateless, dump, instant_of, key_of, match_of
from tocsin.detect.kinds.document import Document, Hit, compound, hashable, lookup
from tocsin.detect.kinds.settings import KindSettings

MAX_ENTITIES = 20_000
"""Beyond, those first seen are forgotten first. Whoever makes up names costs that much memory and no more."""
MAX_VALUES = 1_000
"""Of one entity and field; beyond, those first seen are forgotten first."""


class _Field:
    """Who had which value of one field, when last, and how many had it."""

    def __init__(self) -> None:
        self.values: dict[Any, dict[Any, int]] = {}
        self.holders: dict[Any, int] = {}

    def see(self, key: Any, value: Any, at: int) -> int | None:
        """Note a value and return when it was seen before, or None."""
        seen = self.values.setdefault(key, {})
        last = seen.get(value)
        seen[value] = max(last or 0, at)
        if last is None:
            self.holders[value] = self.holders.get(value, 0) + 1
            if len(seen) > MAX_VALUES:
                self._drop(seen, next(iter(seen)))
        return last

    def forget(self, key: Any) -> None:
        """Let go of an entity."""
        seen = self.values.pop(key, {})
        for value in list(seen):
            self._drop(seen, value)

    def sweep(self, oldest: int) -> None:
        """Let go of what was last seen before a time."""
        for key, seen in list(self.values.items()):
            for value in [value for value, last in seen.items() if last < oldest]:
                self._drop(seen, value)
            if not seen:
                del self.values[key]

    def _drop(self, seen: dict[Any, int], value: Any) -> None:
        del seen[value]
        self.holders[value] -= 1
        if not self.holders[value]:
            del self.holders[value]


class FirstSeenKind(Stateless):
    """An event matches once for every field whose value is new for its entity.

    Nothing is told of an entity known for less than `learn`. With `rare_below`, the value must moreover be
    one that fewer than so many other entities have.
    """

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._since: dict[Any, int] = {}
        self._fields = [_Field() for _ in settings.fields]
        self._swept = 0

    def learn(self, documents: Iterable[Document]) -> None:
        """Take the values of documents as known."""
        for document in documents:
            self._take(Hit(instant_of(self.settings, document), "", document))

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Look at every field of every event."""
        return [match for hit in hits for match in self._take(hit)]

    def _take(self, hit: Hit) -> list[Match]:
        key = key_of(self.settings, hit.fields, without=None)
        if key is None:
            return []
        self._sweep(hit.at)
        self._meet(key, hit.at)
        found = []
        for number, name in enumerate(self.settings.fields):
            for value in _values(hit.fields, name):
                match = self._look(hit, key, number, value)
                if match is not None:
                    found.append(match)
        return found

    def _meet(self, key: Any, at: int) -> None:
        self._since.setdefault(key, at)
        if len(self._since) > MAX_ENTITIES:
            gone = next(iter(self._since))
            del self._since[gone]
            for field in self._fields:
                field.forget(gone)

    def _look(self, hit: Hit, key: Any, number: int, value: Any) -> Match | None:
        field, baseline = self._fields[number], self.settings.baseline
        known = len(field.values.get(key, ()))
        others = field.holders.get(value, 0)
        last = field.see(key, value, hit.at)
        since = self._since[key]
        if (last is not None and hit.at - last <= baseline.window) or hit.at - since < baseline.learn:
            return None
        if baseline.rare_below and others >= baseline.rare_below:
            return None
        figures = {
            "key": key,
            "value": value,
            "known_values": known,
            "known_days": round((hit.at - since) / DAY, 1),
            "others_with_value": others,
            "others": len(self._since) - 1,
        }
        return match_of(hit, new_field=self.settings.fields[number], baseline=figures)

    def _sweep(self, at: int) -> None:
        """Forget once a day of event time, so that what is remembered depends on the events alone."""
        if at // DAY <= self._swept:
            return
        self._swept = at // DAY
        oldest = at - self.settings.baseline.window
        for field in self._fields:
            field.sweep(oldest)
        there = {key for field in self._fields for key in field.values}
        self._since = {key: since for key, since in self._since.items() if key in there}

    def dump(self) -> bytes:
        """Return the entities with their values."""
        values = [[[key, list(seen.items())] for key, seen in field.values.items()] for field in self._fields]
        return dump([self._swept, list(self._since.items()), values])

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._swept, since, fields = msgspec.msgpack.decode(state)
        self._since = dict(since)
        self._fields = [_Field() for _ in fields]
        for field, entities in zip(self._fields, fields, strict=True):
            for key, seen in entities:
                for value, last in seen:
                    field.see(key, value, last)


def _values(document: Document, name: str | tuple[str, ...]) -> list[Any]:
    """Return what an event says of a field: each of a list on its own, of several fields the combination."""
    if isinstance(name, tuple):
        return [] if any(lookup(document, part) is None for part in name) else [compound(document, name)]
    value = lookup(document, name)
    listed = value if isinstance(value, list) else [value]
    return [hashable(each) for each in listed if each is not None and each != ""]
