"""What dashboards need of other areas: the event log, and the alerts and cases on the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tocsin.core.event import Event
from tocsin.dashboards.model import Order, Source
from tocsin.query.aggregation import Aggregation, Result
from tocsin.query.tree import Node


class Log(Protocol):
    """The event log, asked about the events of a query with `start <= at < end` (microseconds)."""

    def count(self, query: Node, start: int, end: int) -> int:
        """Return how many events there are."""
        ...

    def aggregate(
        self, query: Node, start: int, end: int, aggregations: Sequence[Aggregation]
    ) -> Mapping[str, Result]:
        """Return the answer to each aggregation by name; raises `AggregationError` for one too large."""
        ...

    def first(self, query: Node, start: int, end: int, order: Order, limit: int) -> Sequence[Event]:
        """Return the newest or oldest events."""
        ...


class DeskRow(Protocol):
    """An alert or a case as it is counted."""

    @property
    def id(self) -> str:
        """Its identifier."""
        ...

    @property
    def number(self) -> int:
        """The number people know it by."""
        ...

    @property
    def title(self) -> str:
        """Its title."""
        ...

    @property
    def at(self) -> int:
        """When it was opened."""
        ...

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """By field (`model.DESK_FIELDS`), the values it has."""
        ...

    @property
    def figures(self) -> Mapping[str, float]:
        """By name (`model.DESK_FIGURES`), what can be measured of it; what is not yet known is absent."""
        ...


class Desk(Protocol):
    """The alerts and cases."""

    def rows(
        self, tx: Any, source: Source, query: Node, start: int, end: int, *, most: int
    ) -> Sequence[DeskRow]:
        """Return up to `most` alerts or cases opened with `start <= at < end`, the newest first."""
        ...
