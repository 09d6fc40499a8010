"""The query tree: what every reader makes and every writer understands.

Field names in a tree are canonical (aliases were resolved by the reader) and full (`source.ip`).
A condition on a field that holds a list is true when it is true of any element; a condition on an
absent field is false, so `Not` of it is true. Comparison ignores case unless `cased` is set.
Text and numbers are compared by their text form in `Term` and `OneOf`: `port: 22` finds `"22"` too.
The properties of an event are fields too: `@timestamp`, `_id`, `message`, `event.source`, `event.sequence`.
A field may be several names joined by `|` (`alternatives`): its values are those of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Everything:
    """True of every event."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """True of no event."""


@dataclass(frozen=True, slots=True)
class And:
    """True when all of `args` are; true of everything when there are none."""

    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True when any of `args` is; true of nothing when there are none."""

    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when `arg` is not."""

    arg: Node


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there."""

    field: str


@dataclass(frozen=True, slots=True)
class Term:
    """The field equals the value as a whole; on a date field, also when both write the same instant."""

    field: str
    value: Scalar
    cased: bool = False

    def __eq__(self, other: object) -> bool:
        """Tell 1, 1.0 and true apart: equal in Python, they are three texts of a field."""
        return isinstance(other, Term) and self._identity() == other._identity()

    def __hash__(self) -> int:
        """Hash what equality compares."""
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return self.field, type(self.value), self.value, self.cased


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field equals one of the values as a whole."""

    field: str
    values: tuple[Scalar, ...]
    cased: bool = False

    def __eq__(self, other: object) -> bool:
        """Tell values apart as `Term` does."""
        return isinstance(other, OneOf) and self._identity() == other._identity()

    def __hash__(self) -> int:
        """Hash what equality compares."""
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return self.field, tuple(map(type, self.values)), self.values, self.cased


@dataclass(frozen=True, slots=True)
class Wildcard:
    r"""The whole field matches the pattern: `*` any run, `?` any one, `\` takes the next literally."""

    field: str
    pattern: str
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """The pattern (RE2 syntax) is found somewhere in the field; anchor it to bind the ends.

    `.` also matches a line break, unless the pattern says `(?-s)`.
    """

    field: str
    pattern: str
    cased: bool = True


@dataclass(frozen=True, slots=True)
class Range:
    """The field lies within the bounds that are set.

    Numbers compare as numbers, dates as microseconds, addresses as addresses, other text as text
    without regard to case. The field's declared type says which; without one, bounds that are all
    numbers compare numbers. A value that is none of the kind is outside every range.
    """

    field: str
    gt: Scalar | None = None
    gte: Scalar | None = None
    lt: Scalar | None = None
    lte: Scalar | None = None


@dataclass(frozen=True, slots=True)
class InNetwork:
    """The field is an address within the network, given as CIDR text (IPv4 or IPv6).

    An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the same address.
    """

    field: str
    network: str


@dataclass(frozen=True, slots=True)
class Text:
    """The words stand one after the other in the field, whole words, whatever lies between them.

    A word is a run of letters, digits and `_`; what lies between words holds none. A text without a
    word selects nothing. A field of None means the event's `message`.
    """

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class SameAs:
    """A value of the field equals one of the other field, begins or ends with it, or holds it."""

    field: str
    other: str
    how: Literal["equals", "startswith", "endswith", "contains"] = "equals"
    cased: bool = False


@dataclass(frozen=True, slots=True)
class DatePart:
    """The field is a date, and this part of it (in UTC; weeks as ISO 8601 counts them) is the number."""

    field: str
    part: Literal["minute", "hour", "day", "week", "month", "year"]
    number: int


Node = (
    Everything
    | Nothing
    | And
    | Or
    | Not
    | Exists
    | Term
    | OneOf
    | Wildcard
    | Regex
    | Range
    | InNetwork
    | Text
    | SameAs
    | DatePart
)

SEPARATOR = "|"
"""Stands between the names of a field that has several."""


def alternatives(field: str) -> tuple[str, ...]:
    """Return the names a field stands for: usually itself alone."""
    return tuple(field.split(SEPARATOR))


def with_single_names(node: Node) -> Node:
    """Return the tree with one name in each condition, for writers that know only such."""
    match node:
        case And(args):
            return And(tuple(with_single_names(arg) for arg in args))
        case Or(args):
            return Or(tuple(with_single_names(arg) for arg in args))
        case Not(arg):
            return Not(with_single_names(arg))
        case SameAs(field, other) if SEPARATOR in field + other:
            pairs = ((one, two) for one in alternatives(field) for two in alternatives(other))
            return Or(tuple(replace(node, field=one, other=two) for one, two in pairs))
        case Everything() | Nothing() | Text() | SameAs():
            return node
        case _ if SEPARATOR in node.field:
            return Or(tuple(replace(node, field=name) for name in alternatives(node.field)))
    return node
