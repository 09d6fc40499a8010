"""Why a rule would or would not match an event: each condition, whether it holds, what the event has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tocsin.core.event import Event
from tocsin.detect.explain import condition_of, field_of, seen_value
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import And, Node, Not, Or, alternatives

MOST = 400
"""Conditions that are looked at; what lies beyond is told as a whole."""

How = Literal["all", "any", "not", "one"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, or several that must all hold, of which any must, or that must not."""

    how: How
    text: str
    """In the query language."""
    held: bool
    field: str = ""
    value: str = ""
    """What the event has in the field."""
    present: bool = True
    """Whether the event has the field, when there is one."""
    parts: tuple[Condition, ...] = ()


def anatomy_of(node: Node, event: Event) -> Condition:
    """Return the condition with its parts, as they hold for the event."""
    return _Walk(event).take(node)


class _Walk:
    def __init__(self, event: Event) -> None:
        self._event = event
        self._seen = 0

    def take(self, node: Node) -> Condition:
        self._seen += 1
        if self._seen > MOST or not isinstance(node, And | Or | Not) or not _parts(node):
            return self._leaf(node)
        parts = tuple(self.take(arg) for arg in _parts(node))
        held = [part.held for part in parts]
        if isinstance(node, And):
            return Condition("all", f"all of {len(parts)}", all(held), parts=parts)
        if isinstance(node, Or):
            return Condition("any", f"any of {len(parts)}", any(held), parts=parts)
        return Condition("not", "not", not held[0], parts=parts)

    def _leaf(self, node: Node) -> Condition:
        name, event = field_of(node), self._event
        value = seen_value(event, name)
        if not value and name:
            value = next((found for each in alternatives(name) if (found := seen_value(event, each))), "")
        held = compile_predicate(node)(event)
        return Condition("one", condition_of(node), held, name, value, bool(value) or not name)


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, And | Or):
        return node.args
    return (node.arg,) if isinstance(node, Not) else ()
