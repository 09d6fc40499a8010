"""Which rules are about events of a kind at all: log sources decided once per kind, not per event.

Rules say by their scope which logs they mean. The conditions of all scopes on one field sort its values
into classes; events with the same fields and the same classes are of one kind, and for a kind the scopes,
and what else a rule says of those fields, are decided once. What is left of each rule is its remainder.

Only fields whose values some scope asks for are sorted by value: they have few (a channel, a number of an
event). Where scopes only ask whether a field is there, as with a command line, its values differ from
event to event, and sorting each would cost more than it spares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.core.event import Event, Value
from tocsin.core.fields import MESSAGE, field_type
from tocsin.detect.rule import WatchRule
from tocsin.detect.view import Plan
from tocsin.query.predicate import compile_predicate, reader
from tocsin.query.tree import (
    And,
    Everything,
    Exists,
    Node,
    Not,
    Nothing,
    OneOf,
    Or,
    Term,
    Wildcard,
    alternatives,
)
from tocsin.query.values import fold, text_of

_UNDECIDED = frozenset({MESSAGE, "@timestamp", "_id", "event.source", "event.sequence"})
"""Fields that differ from event to event: nothing is decided by them."""

MAX_SHAPES = 4_096
MAX_VALUES = 8_192
"""Remembered before the memory is begun anew: both are chosen by who writes the logs."""

Leaf = Term | OneOf | Wildcard | Exists
Remainder = tuple[int, Node]
"""The place of a rule and what is left of its condition."""


@dataclass(slots=True)
class _FieldClasses:
    """Sorts the values of one field into classes: by which conditions hold of them."""

    exact: dict[str, list[Leaf]] = field(default_factory=dict)
    others: list[tuple[Callable[[Event], bool], Leaf]] = field(default_factory=list)
    known: dict[str, frozenset[Leaf]] = field(default_factory=dict)
    leaves: set[Leaf] = field(default_factory=set)

    def add(self, leaf: Leaf) -> None:
        if leaf in self.leaves:
            return
        self.leaves.add(leaf)
        if isinstance(leaf, Term | OneOf) and not leaf.cased and field_type(leaf.field) != "date":
            values = leaf.values if isinstance(leaf, OneOf) else (leaf.value,)
            for text in {fold(text_of(value)) for value in values}:
                self.exact.setdefault(text, []).append(leaf)
        elif not isinstance(leaf, Exists):
            self.others.append((compile_predicate(leaf), leaf))

    def of(self, name: str, text: str) -> frozenset[Leaf]:
        """Return the conditions that hold of a text of the field."""
        found = self.known.get(text)
        if found is None:
            if len(self.known) >= MAX_VALUES:
                self.known.clear()
            event = Event("", 0, 0, 0, "", {name: text})
            held = [leaf for holds, leaf in self.others if holds(event)]
            found = self.known[text] = frozenset([*self.exact.get(fold(text), ()), *held])
        return found


@dataclass(slots=True)
class Shape:
    """Events with the same fields: which of the deciding ones they have."""

    names: frozenset[str]
    present: frozenset[str]
    valued: tuple[tuple[str, tuple[str, ...], _FieldClasses], ...]
    """Those with conditions on their values."""
    kinds: dict[tuple[frozenset[Leaf], ...], object] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    """How compiled rules read the fields of such events."""


class Router:
    """Tells an event's kind, and the remainders of the rules for a kind."""

    def __init__(self, rules: Sequence[WatchRule]) -> None:
        self._rules = rules
        self._fields: dict[str, _FieldClasses] = {}
        self._scopes: dict[Node, Node] = {}
        for rule in rules:
            if rule.scope is not None:
                self._scopes.setdefault(rule.scope, rule.scope)
        scopes = tuple(self._scopes.values())
        self._sorted: set[str] = set()
        for scope in scopes:
            for leaf in _leaves(scope):
                if _UNDECIDED.isdisjoint(alternatives(leaf.field)):
                    self._fields.setdefault(leaf.field, _FieldClasses()).add(leaf)
                    if not isinstance(leaf, Exists):
                        self._sorted.add(leaf.field)
        self._rests: dict[Node, Node] = {}
        self._conditions = [self._condition(rule) for rule in rules]
        self._told = {id(scope): tuple(_leaves(scope)) for scope in scopes}
        self._told |= {id(rest): tuple(_leaves(rest)) for _, rest, told in self._conditions if told}
        self._simplified: dict[tuple[int, tuple[bool, ...]], Node] = {}
        self._joined: dict[tuple[int, int], Node] = {}
        self._shapes: dict[tuple[str, ...], Shape] = {}

    def _condition(self, rule: WatchRule) -> tuple[Node | None, Node, bool]:
        """Return scope, the rest of the condition, and whether that says something of deciding fields."""
        node = rule.node
        if rule.scope is not None and isinstance(node, And) and node.args[:1] == (rule.scope,):
            rest = node.args[1:]
            node = rest[0] if len(rest) == 1 else And(rest)
        told = [leaf for leaf in _leaves(node) if self._decides(leaf)]
        for leaf in told:
            self._fields[leaf.field].add(leaf)
        scope = self._scopes[rule.scope] if rule.scope is not None and node is not rule.node else None
        return scope, self._rests.setdefault(node, node), bool(told)

    def _decides(self, leaf: Leaf) -> bool:
        """Say whether an event's kind tells if the condition holds."""
        return leaf.field in (self._fields if isinstance(leaf, Exists) else self._sorted)

    def forget(self) -> None:
        """Begin the memory of shapes and kinds anew."""
        self._shapes.clear()
        self._simplified.clear()
        self._joined.clear()

    def shape(self, fields: Mapping[str, Value]) -> Shape:
        """Return the shape of an event with these fields."""
        names = tuple(fields)
        found = self._shapes.get(names)
        if found is None:
            if len(self._shapes) >= MAX_SHAPES:
                self._shapes.clear()
            found = self._shapes[names] = self._new_shape(names)
        return found

    def _new_shape(self, names: Iterable[str]) -> Shape:
        there = frozenset(names)
        present = frozenset(key for key in self._fields if not there.isdisjoint(alternatives(key)))
        valued = [
            (key, tuple(name for name in alternatives(key) if name in there), classes)
            for key, classes in self._fields.items()
            if key in present and (classes.exact or classes.others)
        ]
        return Shape(there, present, tuple(valued))

    def kind(self, shape: Shape, event: Event) -> tuple[frozenset[Leaf], ...]:
        """Return the classes of the event's deciding values."""
        fields = event.fields
        classes = []
        for key, names, known in shape.valued:
            value = fields[names[0]]
            if len(names) == 1 and not isinstance(value, list):
                text = value if type(value) is str else text_of(value)
                found = known.known.get(text)
                classes.append(known.of(names[0], text) if found is None else found)
                continue
            texts = reader(key)(event)
            classes.append(frozenset().union(*(known.of(names[0], text) for text in texts)))
        return tuple(classes)

    def remainders(self, shape: Shape, kind: tuple[frozenset[Leaf], ...]) -> list[Remainder]:
        """Return what is left of each rule that an event of the kind may match.

        The same remainder is the same object for every kind, and for all rules that ask the same.
        """
        decided = _Decided(self._decides, shape.present, frozenset().union(*kind))
        scopes: dict[int, Node] = {}
        found: list[Remainder] = []
        for place, (scope, rest, told) in enumerate(self._conditions):
            left: Node = _EVERYTHING
            if scope is not None:
                known = scopes.get(id(scope))
                left = scopes[id(scope)] = self._decide(scope, decided) if known is None else known
            if isinstance(left, Nothing):
                continue
            node = self._decide(rest, decided) if told else rest
            if not isinstance(left, Everything):
                node = self._joined.setdefault((id(left), id(node)), And((left, node)))
            if not isinstance(node, Nothing):
                found.append((place, node))
        return found

    def _decide(self, node: Node, decided: _Decided) -> Node:
        key = id(node), tuple(map(decided.truth, self._told[id(node)]))
        known = self._simplified.get(key)
        if known is None:
            known = self._simplified[key] = decided.simplify(node)
        return known


_EVERYTHING = Everything()


@dataclass(frozen=True, slots=True)
class _Decided:
    decides: Callable[[Leaf], bool]
    present: frozenset[str]
    held: frozenset[Leaf]

    def truth(self, leaf: Leaf) -> bool:
        """Say whether a decided condition holds; False for one that is not decided."""
        if isinstance(leaf, Exists):
            return leaf.field in self.present
        return leaf in self.held

    def simplify(self, node: Node) -> Node:
        """Return the tree with the decided conditions taken out."""
        if isinstance(node, And):
            return self._joined(node.args, And, Nothing(), Everything())
        if isinstance(node, Or):
            return self._joined(node.args, Or, Everything(), Nothing())
        if isinstance(node, Not):
            inner = self.simplify(node.arg)
            if isinstance(inner, Everything):
                return Nothing()
            return Everything() if isinstance(inner, Nothing) else Not(inner)
        if isinstance(node, Leaf) and self.decides(node):
            return Everything() if self.truth(node) else Nothing()
        return node

    def _joined(
        self, args: tuple[Node, ...], join: type[And] | type[Or], decisive: Node, neutral: Node
    ) -> Node:
        left = []
        for arg in args:
            simple = self.simplify(arg)
            if simple == decisive:
                return decisive
            if simple != neutral:
                left.append(simple)
        return left[0] if len(left) == 1 else join(tuple(left)) if left else neutral


def _leaves(node: Node) -> Iterable[Leaf]:
    if isinstance(node, And | Or):
        for arg in node.args:
            yield from _leaves(arg)
    elif isinstance(node, Not):
        yield from _leaves(node.arg)
    elif isinstance(node, Leaf):
        yield node
