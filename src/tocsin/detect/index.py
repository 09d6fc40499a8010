"""Find the few rules an event can match at all, so that many rules do not cost every event.

From each rule's condition we take a witness: a set of atoms of which at least one must hold for the
rule to hold. An atom is a field with a value, a field's presence, or a piece of
text in the message. A rule without one is tried on
every event. The index only proposes; the rule's own condition decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tocsin.core.event import Event, Value
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.detect.rule import WatchRule
from tocsin.query.patterns import parse_wildcard, words_of
from tocsin.query.tree import And, Everything, Node, Not, Nothing, OneOf, Or, Scalar, Term, Text, Wildcard
from tocsin.query.values import fold

_OUTSIDE = frozenset({MESSAGE, TIMESTAMP, EVENT_ID})
"""Fields that stand beside `Event.fields`: always there."""

_BY_VALUE = frozenset({"keyword", "long", "boolean", None})
"""Types whose equality is the equality of their folded text."""


_SHORTEST = 3
"""A shorter piece of text is in nearly every message."""


class Atom(NamedTuple):
    """The field has the (folded) value; any value when it is None. The message contains it."""

    field: str
    value: str | None


_Witness = frozenset[Atom] | None
"""None: nothing is known to be necessary."""


def witness_of(node: Node) -> frozenset[Atom] | None:
    """Return atoms of which one must hold whenever `node` does; None when there is no such set."""
    if isinstance(node, And):
        return _best(witness_of(arg) for arg in node.args)
    if isinstance(node, Or):
        return _union([witness_of(arg) for arg in node.args])
    if isinstance(node, Nothing):
        return frozenset()
    if isinstance(node, Everything | Not):
        return None
    if isinstance(node, Term):
        return _presence(node.field) and frozenset({_atom(node.field, node.value)})
    if isinstance(node, OneOf):
        return _presence(node.field) and frozenset(_atom(node.field, value) for value in node.values)
    if isinstance(node, Text) and node.field in {None, MESSAGE}:
        return _contained(words_of(node.text))
    if isinstance(node, Wildcard) and node.field == MESSAGE:
        return _contained(fold(piece) for piece in parse_wildcard(node.pattern) if type(piece) is str)
    return _presence(node.field or MESSAGE)


def _contained(pieces: Iterable[str]) -> _Witness:
    """The message holds each of the pieces, so also the longest one."""
    longest = max(pieces, key=len, default="")
    return frozenset({Atom(MESSAGE, longest)}) if len(longest) >= _SHORTEST else None


def _presence(name: str) -> _Witness:
    return None if name in _OUTSIDE else frozenset({Atom(name, None)})


def _atom(name: str, value: Scalar) -> Atom:
    by_value = field_type(name) in _BY_VALUE and isinstance(value, str | int) and not isinstance(value, bool)
    return Atom(name, str(value).lower() if by_value and str(value).isascii() else None)


def _best(witnesses: Iterable[_Witness]) -> _Witness:
    known = [witness for witness in witnesses if witness is not None]
    return min(known, key=_cost) if known else None


def _cost(witness: frozenset[Atom]) -> tuple[int, int]:
    return (sum(atom.value is None for atom in witness), len(witness))


def _union(witnesses: Sequence[_Witness]) -> _Witness:
    atoms: set[Atom] = set()
    for witness in witnesses:
        if witness is None:
            return None
        atoms |= witness
    return frozenset(atoms)


class RuleIndex:
    """The rules, looked up by what an event has."""

    def __init__(self, rules: Sequence[WatchRule]) -> None:
        self.rules = tuple(rules)
        self._always: set[int] = set()
        self._present: dict[str, set[int]] = {}
        self._valued: dict[str, dict[str, set[int]]] = {}
        self._contained: dict[str, set[int]] = {}
        for position, rule in enumerate(self.rules):
            self._add(position, witness_of(rule.node))

    def _add(self, position: int, witness: frozenset[Atom] | None) -> None:
        if witness is None:
            self._always.add(position)
            return
        for name, value in witness:
            if name == MESSAGE and value is not None:
                self._contained.setdefault(value, set()).add(position)
            elif value is None:
                self._present.setdefault(name, set()).add(position)
            else:
                self._valued.setdefault(name, {}).setdefault(value, set()).add(position)

    def candidates(self, event: Event) -> list[WatchRule]:
        """Return every rule that can match the event, in the rules' own order."""
        found = set(self._always)
        fields = event.fields
        for name, positions in self._present.items():
            if name in fields:
                found |= positions
        for name, by_value in self._valued.items():
            if name in fields:
                _look_up(by_value, fields[name], found)
        if self._contained:
            message = fold(event.message)
            for piece, positions in self._contained.items():
                if piece in message:
                    found |= positions
        return [self.rules[position] for position in sorted(found)]


def _look_up(by_value: dict[str, set[int]], value: Value, found: set[int]) -> None:
    if isinstance(value, str) and value.isascii():
        found |= by_value.get(value.lower(), _NONE)
    elif isinstance(value, int) and not isinstance(value, bool):
        found |= by_value.get(str(value), _NONE)
    elif isinstance(value, list):
        for element in value:
            _look_up(by_value, element, found)
    else:  # a form whose text may equal a value in ways folding does not see: propose them all
        found.update(*by_value.values())


_NONE: frozenset[int] = frozenset()
