"""Lines of one connection that lend each other fields (`<accumulate/>` of decoders)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.core.clock import SECOND
from tocsin.core.event import Value
from tocsin.decode.naming import target
from tocsin.decode.subject import Subject
from tocsin.rules.memory import Bounded

LENT = ("dstuser", "srcuser", "dstip", "srcip", "dstport", "srcport", "data")
"""The fields that are lent; others belong to their own line."""
MAX_CONNECTIONS = 50_000
EXPIRES = 120 * SECOND
"""An id not seen for so long is another connection's."""
_Connection = tuple[int, dict[str, str]]


class Accumulator:
    """The fields seen so far by host, decoder and id."""

    def __init__(self) -> None:
        self._known: Bounded[tuple[str, ...], _Connection] = Bounded(MAX_CONNECTIONS)

    def fill(self, subject: Subject, at: int) -> dict[str, Value]:
        """Give the subject what earlier lines of its id said; returns that as fields of the event."""
        key = (subject.hostname, subject.decoder, subject.values.get("id", ""))
        seen_at, lent = self._known.get(key) or (at, {})
        if at - seen_at > EXPIRES:
            lent = {}
        fields: dict[str, Value] = {}
        for name in LENT:
            value = subject.values.get(name)
            if value is None and name in lent:
                subject.values[name] = lent[name]
                target(name).store(fields, lent[name])
        self._known.put(key, (at, {name: subject.values[name] for name in LENT if name in subject.values}))
        return fields

    def state(self) -> list[Any]:
        """Return all of it as plain data."""
        return [[list(key), at, lent] for key, (at, lent) in self._known]

    def restore(self, state: Sequence[Any]) -> None:
        """Hold what `state` returned."""
        self._known.fill((tuple(key), (at, lent)) for key, at, lent in state)
