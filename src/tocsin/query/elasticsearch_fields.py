"""What the clauses of Elasticsearch's query language share: fields, values and how many must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import FieldType, canonical, field_type
from tocsin.query.dates import Dates
from tocsin.query.tree import And, Everything, Node, Nothing, Or, Scalar

IGNORED = frozenset({"boost", "_name"})
_MOST_COMBINATIONS = 500
_MINIMUM = re.compile(r"(?P<number>-?\d{1,5})(?P<percent>%?)")
_CONDITIONAL = re.compile(r"(?P<above>\d{1,5})<(?P<then>-?\d{1,5}%?)")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a query is read; `now` None means that dates must not depend on the present."""

    now: int | None = None

    def dates(self, zone: str = "UTC") -> Dates:
        """Return how dates are read by the clock of a zone."""
        return Dates(self.now, zone)


@dataclass(frozen=True, slots=True)
class Target:
    """A field that a clause is about; `exact` when it was named with `.keyword`."""

    field: str
    exact: bool

    @property
    def type(self) -> FieldType | None:
        """The declared type: keyword for one named so."""
        return "keyword" if self.exact and field_type(self.field) == "text" else field_type(self.field)

    @property
    def is_text(self) -> bool:
        """Whether values are compared by their words even by `term`."""
        return self.type == "text"

    @property
    def is_analysed(self) -> bool:
        """Whether `match` looks for words: on text, and on fields without a declared type."""
        return self.type == "text" or (self.type is None and not self.exact)


def target(name: Any, clause: str) -> Target:
    """Return the field of a clause; raises `InvalidError` for what is no name."""
    if not isinstance(name, str) or not 0 < len(name) <= 512:
        raise InvalidError(f"{clause} needs the name of a field, not {shown(name)}")
    return Target(canonical(name), name.endswith(".keyword"))


def one_field(body: Any, clause: str) -> tuple[Target, Any]:
    """Return field and value of a clause that holds one field."""
    if isinstance(body, Mapping):
        named = {name: value for name, value in body.items() if name not in IGNORED}
        if len(named) == 1:
            ((name, value),) = named.items()
            return target(name, clause), value
    raise InvalidError(f"{clause} holds one field, not {shown(body)}")


def options(value: Any, clause: str, key: str, known: frozenset[str]) -> Mapping[str, Any]:
    """Return the options of a clause, whose short form is just the value of `key`."""
    if not isinstance(value, Mapping):
        return {key: value}
    if key not in value:
        raise InvalidError(f"{clause} lacks {key!r}")
    if unknown := set(map(str, value)) - known - IGNORED - {key}:
        raise InvalidError(f"[{clause.split(maxsplit=1)[0]}] query does not support [{min(unknown)[:60]}]")
    return value


def scalar(value: Any, what: str) -> Scalar:
    """Return a value that is text, a number or a truth value; raises `InvalidError` for others."""
    if isinstance(value, str | int | float | bool):
        return value
    raise InvalidError(f"{what} needs text, a number or a truth value, not {shown(value)}")


def minimum(wanted: Any, of: int, clause: str) -> int:
    """Return how many of `of` clauses `minimum_should_match` asks for.

    Format: a number, a percentage, either from the other end when negative, or `3<75%`.
    """
    text = str(wanted).strip()
    if match := _CONDITIONAL.fullmatch(text):
        return of if of <= int(match["above"]) else minimum(match["then"], of, clause)
    match = _MINIMUM.fullmatch(text)
    if match is None or isinstance(wanted, bool):
        raise InvalidError(
            f"{clause}: minimum_should_match {shown(wanted)} is neither a number nor a percentage"
        )
    number = int(match["number"])
    size = of * abs(number) // 100 if match["percent"] else abs(number)
    return max(0, of - size if number < 0 else size)


def at_least(nodes: Sequence[Node], count: int) -> Node:
    """Return the condition that `count` of the nodes hold."""
    if count <= 0:
        return Everything()
    if count > len(nodes):
        return Nothing()
    if count == 1:
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))
    if count == len(nodes):
        return And(tuple(nodes))
    if comb(len(nodes), count) > _MOST_COMBINATIONS:
        raise InvalidError(f"minimum_should_match {count} of {len(nodes)} clauses has too many combinations")
    return Or(tuple(And(chosen) for chosen in combinations(nodes, count)))


def shown(value: Any) -> str:
    """Return a value as an error shows it."""
    return repr(value)[:80]
