"""The witnesses of the rules for one kind of events, looked up in an event's fields.

Several keys may read the same one field of an event (`url.original|c-uri` and `url.original|uri`, where
there is only `url.original`): they are looked up together. What a value of a field gave is remembered,
as long as values come again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.core.fields import MESSAGE
from tocsin.detect.scan import Scan, Sought, make_scan
from tocsin.detect.view import PRESENT, MultiValuedError, View, may_have, only_field
from tocsin.detect.witness import Witness
from tocsin.query.values import fold, text_of

REMEMBERED = 256
"""Values of a field of events of one kind."""

MAX_REMEMBERED = 200_000
"""Values in all, before the memory is begun anew."""

LONGEST = 200
"""Characters of a value that is remembered."""

_ONLY_TEXT = frozenset({str})

_AGAIN = 4
"""A field's values are remembered while each comes so many times in the mean."""

Places = tuple[int, ...]
"""Rules, by their place in the index."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What is sought in a text."""

    exact: dict[str, Places]
    scan: Scan | None
    owners: list[Places]

    def of(self, text: str) -> Collection[int]:
        """Return the rules of which a witness is in a folded text; one may come several times."""
        exact = self.exact.get(text, ())
        numbers = self.scan(text) if self.scan is not None else ()
        if not numbers:
            return exact
        found = list(exact)
        for number in numbers:
            found += self.owners[number]
        return found


@dataclass(slots=True)
class Memory:
    """The memories of values; what they hold in all is bounded."""

    _all: list[dict[Any, Places]] = field(default_factory=list)
    _held: int = 0

    def new(self) -> dict[Any, Places]:
        """Return an empty memory."""
        self._all.append({})
        return self._all[-1]

    def add(self) -> None:
        """Count a value that is about to be remembered."""
        self._held += 1
        if self._held > MAX_REMEMBERED:
            for each in self._all:
                each.clear()
            self._held = 1

    def forget(self) -> None:
        """Let go of all memories: those who have one go on alone."""
        self._all.clear()
        self._held = 0


class FieldLookup:
    """What is sought in one field of events, by one key or several that read only it."""

    __slots__ = ("_asked_from", "_key", "_memory", "_texts", "known", "name")

    def __init__(self, name: str, key: str, texts: Texts, memory: Memory) -> None:
        self.name = name
        self._key = key
        self._texts = texts
        self._memory = memory
        self.known: dict[Any, Places] | None = memory.new()
        """By value; None once values turned out to differ from event to event."""
        self._asked_from = 0

    def learn(self, value: str | int | tuple[str, ...], asked: int) -> Collection[int]:
        """Look a value up and remember the answer; `asked` says how many events there have been."""
        if self.known is None and isinstance(value, str):
            return self._texts.of(fold(value)) if value else ()
        texts = [fold(text) for text in value] if isinstance(value, tuple) else [fold(text_of(value))]
        found = tuple({place for text in texts if text for place in self._texts.of(text)})
        if self.known is None or sum(map(len, texts)) > LONGEST:
            return found
        if len(self.known) >= REMEMBERED:
            if asked - self._asked_from < _AGAIN * REMEMBERED:
                self.known = None
                return found
            self.known.clear()
            self._asked_from = asked
        self._memory.add()
        self.known[value] = found
        return found

    def search(self, view: View) -> Iterator[int]:
        """Yield the rules of an event with a value of another type, or with several."""
        for text in texts_by(view, self._key):
            yield from self._texts.of(text)


@dataclass(slots=True)
class Place:
    """The witnesses that events with the same fields can have."""

    always: Places
    present: list[tuple[str, Places]]
    fields: list[FieldLookup]
    """Keys that read one field each."""
    message: Texts | None
    """What is sought in the event's text."""
    others: list[tuple[str, Texts]]
    """Keys that read several fields, or other things that stand beside them."""
    asked: int = 0

    def of(self, view: View) -> set[int]:
        """Return the rules of which a witness is true."""
        found = set(self.always)
        self.asked += 1
        values = view.event.fields
        for each in self.fields:
            value: Any = values[each.name]
            kind = type(value)
            if kind is list and _ONLY_TEXT.issuperset(map(type, value)):
                value = tuple(value)
            elif kind is not str and kind is not int:  # bool is equal to a number, and another text
                found.update(each.search(view))
                continue
            known = each.known
            places: Collection[int] | None = known.get(value) if known is not None else None
            if places is None:
                places = each.learn(value, self.asked)
            if places:
                found.update(places)
        if self.message is not None and view.event.message:
            text = view[MESSAGE] = fold(view.event.message)
            found.update(self.message.of(text))
        for key, rules in self.present:
            if view[key]:
                found.update(rules)
        for key, texts in self.others:
            for text in texts_by(view, key):
                found.update(texts.of(text))
        return found


def texts_by(view: View, key: str) -> Sequence[str]:
    """Return the folded texts of an event by a key; none for absence."""
    try:
        text = view[key]
    except MultiValuedError:
        return view.folded(key)
    return (text,) if text else ()


@dataclass(slots=True)
class Lookup:
    """The witnesses of a kind of events, whatever fields these have."""

    always: Places = ()
    present: dict[str, list[int]] = field(default_factory=dict)
    exact: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    sought: dict[str, dict[Sought, list[int]]] = field(default_factory=dict)
    lengths: Mapping[str, float] = field(default_factory=dict)
    """The mean length of each field's texts, where it is known."""
    _made: dict[tuple[str, ...], Texts] = field(default_factory=dict)

    def among(self, names: Collection[str], memory: Memory) -> Place:
        """Return what is left of it for events that have these fields and no others."""
        grouped: dict[str, list[str]] = {}
        others = []
        for key in dict.fromkeys((*self.exact, *self.sought)):
            name = only_field(key, names)
            if name is not None:
                grouped.setdefault(name, []).append(key)
            elif key != MESSAGE and may_have(key, names):
                others.append((key, self._texts((key,))))
        fields = [
            FieldLookup(name, keys[0], self._texts(tuple(keys)), memory) for name, keys in grouped.items()
        ]
        return Place(
            self.always,
            [(key, tuple(rules)) for key, rules in self.present.items() if may_have(key, names)],
            fields,
            self._texts((MESSAGE,)) if MESSAGE in self.exact or MESSAGE in self.sought else None,
            others,
        )

    def _texts(self, keys: tuple[str, ...]) -> Texts:
        """Return what is sought by any of some keys that read the same."""
        made = self._made.get(keys)
        if made is None:
            exact = _joined(self.exact.get(key, {}) for key in keys)
            sought = _joined(self.sought.get(key, {}) for key in keys)
            length = max(self.lengths.get(key, 0.0) for key in keys)
            scan = make_scan(list(sought), length) if sought else None
            made = self._made[keys] = Texts(exact, scan, list(sought.values()))
        return made


def _joined(tables: Iterable[Mapping[Any, list[int]]]) -> dict[Any, Places]:
    joined: dict[Any, list[int]] = {}
    for table in tables:
        for what, places in table.items():
            joined.setdefault(what, []).extend(places)
    return {what: tuple(dict.fromkeys(places)) for what, places in joined.items()}


def lookup_of(witnesses: Mapping[int, Witness], lengths: Mapping[str, float]) -> Lookup:
    """Return the witnesses of rules, by their places, so that they can be looked up."""
    made = Lookup(tuple(place for place, witness in witnesses.items() if witness is None), lengths=lengths)
    for place, witness in witnesses.items():
        for key, kind, text in witness or ():
            if kind == "present":
                made.present.setdefault(PRESENT + key, []).append(place)
            elif kind == "exact":
                made.exact.setdefault(key, {}).setdefault(text, []).append(place)
            else:
                made.sought.setdefault(key, {}).setdefault((kind, text), []).append(place)
    return made
