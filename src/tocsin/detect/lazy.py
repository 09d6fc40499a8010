"""A rule's condition, compiled when it is first asked: of thousands of rules most never are."""

from __future__ import annotations

from tocsin.core.event import Event
from tocsin.query.predicate import Predicate, compile_predicate
from tocsin.query.tree import Node


class LazyPredicate:
    """Says whether an event is selected by a tree, as `compile_predicate` does; thread safe."""

    __slots__ = ("_node", "_predicate")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._predicate: Predicate | None = None

    def __call__(self, event: Event) -> bool:
        """Say whether the event is selected."""
        predicate = self._predicate
        if predicate is None:
            predicate = self._predicate = compile_predicate(self._node)
        return predicate(event)
