"""Fits conditions to fields whose type is not declared: only the log knows what their values are.

A number is compared as one however it is written (`5`, `5.0`, `"5"`), and the name of an object stands for
the fields within it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tocsin.core.errors import InvalidError
from tocsin.core.fields import field_type
from tocsin.query.aggregation import Aggregation, Filters
from tocsin.query.tree import And, Exists, Node, Not, OneOf, Or, Range, Scalar, Term, Text
from tocsin.query.values import number_key, text_of

_NUMBERS = frozenset({"long", "double"})


@dataclass(frozen=True, slots=True)
class Fields:
    """What is known of the fields of a log."""

    type_of: Callable[[str], str]
    within: Callable[[str], Sequence[str]]
    """Gives the fields that an object of that name, or a pattern, stands for; none for a field itself."""


def fitted(node: Node, fields: Fields) -> Node:
    """Return the tree with each condition as the type of its field wants it; raises `InvalidError`."""
    match node:
        case And(args):
            return And(tuple(fitted(arg, fields) for arg in args))
        case Or(args):
            return Or(tuple(fitted(arg, fields) for arg in args))
        case Not(arg):
            return Not(fitted(arg, fields))
        case Exists(field) if names := fields.within(field):
            return Or(tuple(Exists(name) for name in names))
        case Range(field) if _is_number(field, fields):
            return _numeric(node)
        case Term() if _is_number(node.field, fields):
            return _equal(node, fields)
        case Text(text, str(field)) if _is_number(field, fields):
            return _equal(Term(field, text), fields)
        case OneOf(field, values, cased) if _is_number(field, fields):
            return Or(tuple(_equal(Term(field, value, cased), fields) for value in values))
    return node


def fitted_aggregation(one: Aggregation, fields: Fields) -> Aggregation:
    """Return an aggregation, and those below it, with the conditions of its filters fitted."""
    kind = one.kind
    if isinstance(kind, Filters):
        kind = replace(kind, queries=tuple((name, fitted(node, fields)) for name, node in kind.queries))
    return replace(one, kind=kind, inner=tuple(fitted_aggregation(child, fields) for child in one.inner))


def _is_number(field: str, fields: Fields) -> bool:
    return field_type(field) is None and fields.type_of(field) in _NUMBERS


def _equal(term: Term, fields: Fields) -> Node:
    """Return the condition that a field is a number, if that is what it is compared with."""
    text = text_of(term.value).strip()
    number = number_key(text)
    if number is None:
        return term
    if fields.type_of(term.field) == "long" and number.is_integer():  # kept as text that has no fraction
        return Term(term.field, int(text) if text.lstrip("+-").isdigit() else int(number))
    return Range(term.field, gte=number, lte=number)


def _numeric(node: Range) -> Range:
    gt, gte, lt, lte = (_number(node.field, bound) for bound in (node.gt, node.gte, node.lt, node.lte))
    return Range(node.field, gt, gte, lt, lte)


def _number(field: str, bound: Scalar | None) -> Scalar | None:
    if not isinstance(bound, str):
        return bound
    number = number_key(bound.strip())
    if number is None:
        raise InvalidError(f"For input string: {bound[:80]!r}: {field} holds numbers")
    return number
