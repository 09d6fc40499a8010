"""What dashboards need of other areas: the event log, the desk, who may read what, and who is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Rights:
    """What an owner may see at a moment."""

    denied: frozenset[Source] = frozenset()
    sees_all: bool = False
    """Everybody's dashboards, as administrators do."""


class Owners(Protocol):
    """Those with whose rights reports are made."""

    def rights(self, tx: Any, owner: str) -> Rights:
        """Return what the owner may see now; raises `DeniedError` for one who may have none made any more."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """What recipients of a report, or its owner, are told. The same `key`, the same message."""

    key: str
    title: str
    body: str
    at: int
    dashboard_id: str
    report_id: str = ""
    """The report whose file goes along; empty when there is none."""
    file: str = ""
    """The name of the file."""
    media: str = ""


class Post(Protocol):
    """The channels by which reports go out."""

    def channels(self) -> Sequence[tuple[str, str]]:
        """Return the name and the kind, in words, of each channel that can be used."""
        ...

    def check(self, names: Sequence[str]) -> None:
        """Raise `InvalidError` for a channel that is not there."""
        ...

    def send(self, tx: Any, names: Sequence[str], told: Told) -> Sequence[str]:
        """Write messages to channels, sent when `tx` is committed; returns the channels that are there."""
        ...

    def tell_owner(self, tx: Any, owner: str, told: Told) -> None:
        """Tell a person by mail, if they are reached by it."""
        ...
