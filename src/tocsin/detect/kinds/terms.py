"""New terms: a value never seen before. Cardinality: too many or too few different values in a timeframe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from tocsin.detect.kinds.base import Match, Stateless, bounded, dump, key_of, match_of
from tocsin.detect.kinds.document import Document, Hit, copied, hashable, lookup, timestamp
from tocsin.detect.kinds.settings import KindSettings


class _Terms(msgspec.Struct):
    seen: list[dict[Any, None]] = []
    """Per field the values seen, in the order of their coming."""


class NewTermKind(Stateless):
    """An event matches once for every field with a value not seen before; falsy ones count as missing."""

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._state = _Terms([{} for _ in settings.fields])

    def learn(self, documents: Iterable[Document]) -> None:
        """Take the values of documents as known."""
        for document in documents:
            for number, name in enumerate(self.settings.fields):
                for value in _values(document, name):
                    self._remember(number, value)

    def _remember(self, number: int, value: Any) -> None:
        self._state.seen[number][value] = None
        bounded(self._state.seen[number])

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Look at every field of every event."""
        found: list[Match] = []
        for hit in hits:
            marks: Document = {}
            for number, name in enumerate(self.settings.fields):
                mark = self._mark(hit, number, name)
                if mark:
                    marks[mark] = name
                    found.append(match_of(hit, **marks))
        return found

    def _mark(self, hit: Hit, number: int, name: str | tuple[str, ...]) -> str:
        """Return under which name a match says which field it is about; empty for no match."""
        value = _value(hit.fields, name)
        if not value:
            return "missing_field" if self.settings.alert_on_missing_field else ""
        value = hashable(value)
        if value in self._state.seen[number]:
            return ""
        self._remember(number, value)
        return "new_field"

    def terms(self, at: int, buckets: Sequence[tuple[Any, int]]) -> list[Match]:
        """Look at values with their numbers; asked this way, a rule has one field."""
        name = self.settings.fields[0]
        found = []
        for value, _ in buckets:
            if value not in self._state.seen[0]:
                self._remember(0, value)
                fields = {self.settings.timestamp_field: timestamp(at), str(name): value, "new_field": name}
                found.append(Match(at, fields))
        return found

    def dump(self) -> bytes:
        """Return what has been seen."""
        return msgspec.msgpack.encode([list(values) for values in self._state.seen])

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        seen = msgspec.msgpack.decode(state)
        self._state = _Terms([{_known(value): None for value in values} for values in seen])


def _known(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _value(document: Document, name: str | tuple[str, ...]) -> Any:
    if isinstance(name, str):
        return lookup(document, name)
    values = [lookup(document, part) for part in name]
    return tuple(map(hashable, values)) if all(values) else None


def _values(document: Document, name: str | tuple[str, ...]) -> list[Any]:
    """Return the values a search for known terms would list: each of a list on its own."""
    value = _value(document, name)
    if isinstance(value, list):
        return [hashable(each) for each in value if each is not None]
    return [] if value is None else [hashable(value)]


class _Cardinalities(msgspec.Struct):
    terms: dict[Any, dict[Any, int]] = {}
    first: dict[Any, int] = {}


class CardinalityKind(Stateless):
    """Values of a field per key with when each was last seen; they expire when somebody looks.

    A key's values stand in the order of when they were last seen, so that the first are the first to expire.
    """

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._state = _Cardinalities()

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Note the value of each event and look at its key."""
        found: list[Match] = []
        for hit in hits:
            key = key_of(self.settings, hit.fields)
            terms = self._state.terms.setdefault(key, {})
            self._state.first.setdefault(key, hit.at)
            bounded(self._state.terms)
            bounded(self._state.first)
            value = hashable(lookup(hit.fields, self.settings.cardinality_field))
            if value is not None:
                self._see(key, terms, value, hit.at)
                found += self._check(key, hit)
        return found

    def _see(self, key: Any, terms: dict[Any, int], value: Any, at: int) -> None:
        """Note when a value was seen; the one last seen stands last."""
        terms.pop(value, None)
        late = bool(terms) and at < terms[next(reversed(terms))]
        terms[value] = at
        if late:
            self._state.terms[key] = _by_time(terms)
        bounded(self._state.terms[key])

    def _check(self, key: Any, hit: Hit) -> list[Match]:
        if not self._is_off(key, hit.at):
            return []
        if self.settings.fewest is not None:
            return self.collect(hit.at) + self._matched(key, hit)
        _expire(self._state.terms[key], hit.at - self.settings.timeframe)
        return self._matched(key, hit)

    def _matched(self, key: Any, hit: Hit) -> list[Match]:
        if not self._is_off(key, hit.at):
            return []
        self._state.first.pop(key, None)
        return [Match(hit.at, copied(hit.fields), [(hit.at, hit.id)] if hit.id else [])]

    def _is_off(self, key: Any, at: int) -> bool:
        number = len(self._state.terms[key])
        if self.settings.most is not None and number > self.settings.most:
            return True
        if self.settings.fewest is None or number >= self.settings.fewest:
            return False
        return at - self._state.first.get(key, at) > self.settings.timeframe

    def collect(self, at: int) -> list[Match]:
        """Let values expire, and look at every key when there may be too few."""
        found: list[Match] = []
        for key, terms in list(self._state.terms.items()):
            _expire(terms, at - self.settings.timeframe)
            if self.settings.fewest is not None:
                fields: Document = {self.settings.timestamp_field: timestamp(at)}
                if self.settings.query_key:
                    fields[self.settings.query_key] = key
                found += self._matched(key, Hit(at, "", fields))
        return found

    def dump(self) -> bytes:
        """Return the values and when they were seen."""
        return dump(self._state)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._state = msgspec.msgpack.decode(state, type=_Cardinalities)
        terms = self._state.terms
        terms.update({key: _by_time(values) for key, values in terms.items()})


def _by_time(terms: dict[Any, int]) -> dict[Any, int]:
    return dict(sorted(terms.items(), key=itemgetter(1)))


def _expire(terms: dict[Any, int], before: int) -> None:
    """Forget the values last seen before a time."""
    while terms and terms[first := next(iter(terms))] < before:
        del terms[first]
