"""What a rule that learns begins with: the events of the span before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.core.event import Event
from tocsin.detect.kinds import Document
from tocsin.detect.ports import History
from tocsin.detect.rule import WatchRule
from tocsin.detect.runs.document import hit_of
from tocsin.query.tree import Node

MAX_EVENTS = 1_000_000
"""So many events of the past are read for one rule."""


def no_history(_condition: Node, _start: int, _end: int) -> Iterable[Event]:
    """Know of no past."""
    return ()


class Past:
    """Reads a rule's past from the log."""

    def __init__(self, history: History = no_history) -> None:
        self._history = history

    def documents(self, rule: WatchRule, before: int) -> Iterator[Document]:
        """Yield the documents that satisfied a rule's filter within its span before a time."""
        if rule.watch is None:
            return
        start = before - rule.watch.kind.terms_window
        for number, event in enumerate(self._history(rule.node, start, before)):
            if number >= MAX_EVENTS:
                return
            if rule.matches(event):
                yield hit_of(rule.watch, event).fields
