"""Events that mean something only when a value is another than last time.

The stateless half walks the rules once for every reading of such an event; the stateful half knows the
former value, and takes the walk that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tocsin.core.event import Event, Value
from tocsin.decode.subject import Subject
from tocsin.decode.tracked import ANY, FIRST, Reading, Tracked
from tocsin.rules.memory import Bounded
from tocsin.rules.walk import Node

MAX_TRACKED = 500_000
MAX_RESENT = 20_000


def readings(subject: Subject, tracked: Tracked, nodes: Callable[[Subject], list[Node]]) -> list[Any]:
    """Return `[key, value, [[former value, the event's further fields, nodes], ..]]` for `Tracking`.

    `nodes` walks the rules as if its verdict were always left to memory.
    """
    return [tracked.key, tracked.value, [_reading(subject, one, nodes) for one in tracked.readings]]


def _reading(subject: Subject, reading: Reading, nodes: Callable[[Subject], list[Node]]) -> list[Any]:
    kept, decoder = subject.values, subject.decoder
    subject.values = {**kept, **dict(reading.values)}
    fields = dict(reading.fields)
    if reading.decoder:
        subject.decoder = fields["decoder.name"] = reading.decoder
    try:
        return [reading.former, fields, nodes(subject)]
    finally:
        subject.values, subject.decoder = kept, decoder


class Tracking:
    """The values last seen. Not thread safe: it belongs to one `Correlation`."""

    def __init__(self) -> None:
        self._known: Bounded[str, str] = Bounded(MAX_TRACKED)
        self._added: Bounded[str, dict[str, Value]] = Bounded(MAX_RESENT)

    def choose(self, event: Event, asked: list[Any]) -> list[Node]:
        """Return the nodes that hold after what was seen before, and put the reading's fields into the event.

        There are none when the value is what it was.
        """
        key, value, choices = asked
        former = self._known.get(key)
        self._known.put(key, value)
        if former == value:
            return []
        wanted = (FIRST,) if former is None else (former, ANY)
        for name, fields, nodes in choices:
            if name in wanted:
                event.fields.update(fields)
                self._added.put(event.id, fields)
                return list(nodes)
        return []

    def again(self, event: Event) -> None:
        """Give an event that is sent again the fields it had."""
        event.fields.update(self._added.get(event.id) or {})

    def state(self) -> list[Any]:
        """Return all of it as plain data."""
        return [list(self._known), list(self._added)]

    def restore(self, state: Sequence[Any]) -> None:
        """Hold what `state` returned."""
        known, added = state
        self._known.fill(known)
        self._added.fill(added)
