"""Say which conditions of a rule held for an event, in the words of a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin.core.detection import Clause
from tocsin.core.event import Event
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP
from tocsin.detect.rule import text_of
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import (
    And,
    Everything,
    Exists,
    InNetwork,
    Node,
    Not,
    Nothing,
    OneOf,
    Or,
    Range,
    Regex,
    Scalar,
    Term,
    Text,
    Wildcard,
)

MAX_CLAUSES = 50
_SHOWN = 8
"""Values of a long list that a condition shows."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    node: Node
    holds: Callable[[Event], bool]


@dataclass(frozen=True, slots=True)
class _Branch:
    parts: tuple[_Leaf | _Branch, ...]


class Explanation:
    """A rule's conditions, each compiled on its own; made once, asked for every alert."""

    def __init__(self, node: Node) -> None:
        self._root = _prepare(node)

    def clauses(self, event: Event) -> tuple[Clause, ...]:
        """Return the conditions that held for an event the rule matched, in the order written."""
        found: list[Clause] = []
        _collect(self._root, event, found)
        return tuple(found[:MAX_CLAUSES])


def _prepare(node: Node) -> _Leaf | _Branch:
    if isinstance(node, And | Or):
        return _Branch(tuple(_prepare(arg) for arg in node.args))
    return _Leaf(node, compile_predicate(node))


def _collect(part: _Leaf | _Branch, event: Event, found: list[Clause]) -> None:
    if len(found) >= MAX_CLAUSES:
        return
    if isinstance(part, _Branch):
        for inner in part.parts:
            _collect(inner, event, found)
    elif part.holds(event):
        name = field_of(part.node)
        found.append(Clause(name, condition_of(part.node), seen_value(event, name)))


def seen_value(event: Event, name: str) -> str:
    """Return what the event has in a field, as text of bounded length; empty when it has none."""
    if name == MESSAGE:
        return event.message[:1000]
    if name == EVENT_ID:
        return event.id
    if name == TIMESTAMP:
        return str(event.at)
    return text_of(event.fields.get(name))[:1000]


def field_of(node: Node) -> str:
    """Return the field a condition is about; empty when it is about none or several."""
    if isinstance(node, Not):
        return field_of(node.arg)
    if isinstance(node, Text):
        return node.field or MESSAGE
    if isinstance(node, Everything | Nothing | And | Or):
        return ""
    return node.field


def condition_of(node: Node) -> str:
    """Return a condition as text in the query language."""
    if isinstance(node, Not):
        return f"NOT {condition_of(node.arg)}"
    if isinstance(node, And):
        return "(" + " AND ".join(condition_of(arg) for arg in node.args) + ")" if node.args else "*"
    if isinstance(node, Or):
        return "(" + " OR ".join(condition_of(arg) for arg in node.args) + ")" if node.args else "NOT *"
    return _leaf_condition(node)


def _leaf_condition(node: Node) -> str:
    match node:
        case Exists(name):
            return f"{name}: *"
        case Term(name, value, _):
            return f"{name}: {_quoted(value)}"
        case OneOf(name, values, _):
            more = " …" if len(values) > _SHOWN else ""
            return f"{name}: ({' OR '.join(map(_quoted, values[:_SHOWN]))}{more})"
        case Wildcard(name, pattern, _):
            return f"{name}: {pattern}"
        case Regex(name, pattern, _):
            return f"{name}: /{_whole(pattern)}/"
        case InNetwork(name, network):
            return f'{name}: "{network}"'
        case Text(text, name):
            return f"{name}: {_quoted(text)}" if name else _quoted(text)
        case Range():
            return _range_condition(node)
        case Nothing():
            return "NOT *"
        case _:
            return "*"


def _range_condition(node: Range) -> str:
    bounds = ((">", node.gt), (">=", node.gte), ("<", node.lt), ("<=", node.lte))
    return " AND ".join(f"{node.field}: {sign}{bound}" for sign, bound in bounds if bound is not None)


def _whole(pattern: str) -> str:
    """Return the pattern as the language writes it, where it always binds the whole value."""
    if pattern.startswith(r"\A(?:") and pattern.endswith(r")\z"):
        return pattern[len(r"\A(?:") : -len(r")\z")]
    return f".*(?:{pattern}).*"


def _quoted(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
