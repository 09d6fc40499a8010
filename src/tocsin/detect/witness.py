"""What must be true of an event for a rule to hold, in a form that can be looked up.

A witness is a set of atoms of which at least one must hold for the rule to hold. Of the witnesses that a
condition offers, the one that is least often true is taken, as counted on sampled events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tocsin.core.fields import MESSAGE
from tocsin.decode.structure import structure_of
from tocsin.detect.flat import longest_piece, tests_of
from tocsin.detect.textual import READ_OTHERWISE, bare
from tocsin.detect.view import WRITTEN
from tocsin.query.patterns import parse_wildcard, words_of
from tocsin.query.tree import And, Everything, Node, Not, Nothing, Or, Regex, Text
from tocsin.query.values import fold

_ALWAYS_THERE = frozenset({MESSAGE, "@timestamp", "_id", "event.source", "event.sequence"})
_MOST = 6_000
"""A witness of more atoms is none."""


class Atom(NamedTuple):
    """The field's folded text is, begins with, ends with or holds `text`; `present`: it is there."""

    key: str
    kind: str
    text: str


Witness = frozenset[Atom] | None
"""None: nothing is known to be necessary."""

Frequency = Callable[[Atom], float]
"""The share of events of which an atom is true."""


def guess(atom: Atom) -> float:
    """Return how often an atom may be true, knowing no event: long texts are rare."""
    if atom.kind == "present":
        return 0.9
    if atom.kind == "exact":
        return 0.02
    return 0.4 / (1 + len(atom.text)) if len(atom.text) > 2 else 0.6


def witness_of(node: Node, frequency: Frequency = guess) -> Witness:
    """Return the rarest witness of a condition; None when there is none, empty when it is never true."""
    if isinstance(node, And):
        known = [found for arg in node.args if (found := witness_of(arg, frequency)) is not None]
        return min(known, key=lambda each: cost_of(each, frequency)) if known else None
    if isinstance(node, Or):
        return _union(witness_of(arg, frequency) for arg in node.args)
    if isinstance(node, Nothing):
        return frozenset()
    if isinstance(node, Everything | Not):
        return None
    return _atoms(node)


def cost_of(witness: frozenset[Atom], frequency: Frequency) -> float:
    """Return how often any of the atoms is true, at most."""
    return sum(map(frequency, witness)) + len(witness) * 1e-6


def _union(witnesses: Iterable[Witness]) -> Witness:
    atoms: set[Atom] = set()
    for witness in witnesses:
        if witness is None:
            return None
        atoms |= witness
        if len(atoms) > _MOST:
            return None
    return frozenset(atoms)


def _atoms(node: Node) -> Witness:
    tests = tests_of(node)
    if tests is not None:
        key = tests.key.removeprefix(WRITTEN)
        return _union(_of_text(key, tests.kind, text) for text in tests.texts)
    if isinstance(node, Regex):
        return _of_regex(node)
    if isinstance(node, Text):
        longest = max(words_of(node.text), key=len, default="")
        key = node.field or MESSAGE
        return frozenset({Atom(key, "contains", longest)}) if longest else frozenset()
    return _present(node.field)  # type: ignore[union-attr]  # every other leaf has a field


def _of_text(key: str, kind: str, text: str) -> Witness:
    if kind == "pattern":
        text = longest_piece(parse_wildcard(text[1:]))
        kind = "contains"
    text = fold(text)
    return frozenset({Atom(key, kind, text)}) if text and kind != "any" else _present(key)


def _of_regex(node: Regex) -> Witness:
    readable = READ_OTHERWISE.search(node.pattern) is None
    literals = structure_of(bare(node)).literals if readable else None
    if not literals:
        return _present(node.field)
    # RE2 lets the long s match an s when case does not count; folding keeps them apart.
    pieces = [max(fold(literal).split("s"), key=len) for literal in literals]
    if not all(pieces):
        return _present(node.field)
    return frozenset(Atom(node.field, "contains", piece) for piece in pieces)


def _present(field: str) -> Witness:
    if any(name in _ALWAYS_THERE for name in field.split("|")):
        return None
    return frozenset({Atom(field, "present", "")})


def atoms_in(node: Node) -> Iterable[Atom]:
    """Yield every atom that may stand in a witness of the condition."""
    if isinstance(node, And | Or):
        for arg in node.args:
            yield from atoms_in(arg)
    elif not isinstance(node, Not | Everything | Nothing):
        yield from _atoms(node) or ()
