"""Parts of the answers to aggregations: what some days have in them, in a form that can be put together.

A part has a state for each aggregation: figures, a count, the values themselves where these are counted or
ranked, and cells, which are buckets without regard to how many are asked for and in which order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.query.aggregation import (
    Aggregation,
    BucketKind,
    BucketOrder,
    Cardinality,
    Composite,
    DateHistogram,
    Figures,
    Histogram,
    MetricKind,
    Number,
    Percentiles,
    Result,
    Stats,
    Terms,
    TopHits,
    ValueCount,
    ValueKind,
    value_kind,
)
from tocsin.store.asking import TooLargeError
from tocsin.store.columns import Table
from tocsin.store.days import Days
from tocsin.store.grouping import Group, Row, grouped, measured
from tocsin.store.pages import fetch
from tocsin.store.percentiles import counted_values

_MOST_CELLS = 4_000
_MOST_TEXTS = 20_000
_MOST_NUMBERS = 200_000
"""Up to so many are parts put together here: of more, the database answers the whole sooner."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Numbers and how often each was seen. In order they are put together soonest, but need not be."""

    values: NDArray[Any]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cell:
    """The events of one key: how many, and the state of each aggregation below."""

    count: int
    states: tuple[State, ...]


Cells = dict[Any, Cell]
State = Figures | int | frozenset[Any] | Spread | Cells
States = tuple[State, ...]


def can_be_gathered(aggregations: Sequence[Aggregation]) -> bool:
    """Say whether answers can be put together of parts: not of events themselves, nor of pages of keys."""
    return all(
        not isinstance(one.kind, TopHits | Composite) and can_be_gathered(one.inner) for one in aggregations
    )


def plain(aggregations: Sequence[Aggregation]) -> tuple[Aggregation, ...]:
    """Return aggregations without what says only how the answer is shown; their names are their places."""
    return tuple(
        Aggregation(str(place), _plain(one.kind), plain(one.inner)) for place, one in enumerate(aggregations)
    )


def _plain(kind: BucketKind | MetricKind) -> BucketKind | MetricKind:
    match kind:
        case Terms():
            by_key = (BucketOrder(("_key",), descending=False),)
            return replace(kind, size=_MOST_CELLS + 1, order=by_key, min_count=1)
        case DateHistogram() | Histogram():
            return replace(kind, bounds=None, min_count=1, descending=False)
        case Percentiles():
            return replace(kind, percents=())
    return kind


def gathered(days: Days, table: Table, aggregations: Sequence[Aggregation]) -> States:
    """Return the states of plain aggregations over a table; raises `TooLargeError` when they are too many."""
    measures = [one for one in aggregations if _is_measured(one)]
    row = measured(days, table.fresh(), measures) if measures else Row(0, (), 0, 0, {})
    return _Gathering(days, table).level(aggregations, Group((), ((),)), [row])[0]


def _is_measured(one: Aggregation) -> bool:
    """Say whether the statement that makes buckets gives the state in each of them as well."""
    return isinstance(one.kind, Stats | ValueCount)


class _Gathering:
    """One part in the making: counts the cells made so far."""

    def __init__(self, days: Days, table: Table) -> None:
        self._days = days
        self._table = table
        self._room = _MOST_CELLS

    def level(self, aggregations: Sequence[Aggregation], within: Group, rows: Sequence[Row]) -> list[States]:
        """Return the states in each of the buckets `within`, whose rows they are."""
        if not aggregations or not rows:
            return [() for _ in rows]
        each = [self._states(one, within, rows) for one in aggregations]
        return list(zip(*each, strict=True))

    def _states(self, one: Aggregation, within: Group, rows: Sequence[Row]) -> list[State]:
        match one.kind:
            case Cardinality(field):
                return self._different(field, within)
            case Percentiles(field):
                return self._spread(field, within)
            case Stats() | ValueCount():
                return [_of_metric(row.metrics[one.name]) for row in rows]
            case TopHits() | Composite():
                raise AssertionError(f"{one.kind} cannot be put together")
            case _:
                return self._cells(one, one.kind, within)

    def _cells(self, one: Aggregation, kind: BucketKind, within: Group) -> list[State]:
        metrics = [child for child in one.inner if _is_measured(child)]
        rows = grouped(self._days, self._table.fresh(), within, kind, metrics, limit=self._room + 1)
        self._room -= len(rows)
        if self._room < 0:
            raise TooLargeError(f"more than {_MOST_CELLS} buckets")
        chosen = Group((*within.kinds, kind), tuple(within.keys[row.parent] + row.key for row in rows))
        found: list[Cells] = [{} for _ in within.keys]
        for row, states in zip(rows, self.level(one.inner, chosen, rows), strict=True):
            found[row.parent][row.key[0]] = Cell(row.count, states)
        return list(found)

    def _different(self, field: str, within: Group) -> list[State]:
        rows = self._values(field, value_kind(field), within, _MOST_TEXTS)
        found: list[set[Any]] = [set() for _ in within.keys]
        for place, value, _ in rows:
            found[place].add(value)
        return [frozenset(values) for values in found]

    def _spread(self, field: str, within: Group) -> list[State]:
        kind: ValueKind = "date" if value_kind(field) == "date" else "number"
        found: list[list[tuple[float, int]]] = [[] for _ in within.keys]
        for place, value, count in self._values(field, kind, within, _MOST_NUMBERS):
            found[place].append((value, count))
        of_type = np.int64 if kind == "date" else np.float64
        return [
            Spread(
                np.array([value for value, _ in counted], of_type),
                np.array([count for _, count in counted], np.int64),
            )
            for counted in map(sorted, found)
        ]

    def _values(self, field: str, kind: ValueKind, within: Group, most: int) -> list[Any]:
        table = self._table.fresh()
        sql = f"{counted_values(table, within, field, kind)} LIMIT {most + 1}"
        rows = fetch(self._days, sql, table.writer.params)
        if len(rows) > most:
            raise TooLargeError(f"more than {most} values of {field}")
        return rows


def _of_metric(result: Result) -> State:
    if isinstance(result, Figures):
        return result
    assert isinstance(result, Number)  # noqa: S101  what `grouped` measures is one of the two
    return result.value
