"""Putting the parts of answers to aggregations together, and the answer made of them.

It says in Python what `grouping` has the database do: which buckets count, their order and which are shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from tocsin.query.aggregation import (
    MAX_BUCKETS,
    Aggregation,
    AggregationError,
    BucketKind,
    BucketOrder,
    Buckets,
    Cardinality,
    Figures,
    Number,
    Percentiles,
    Ranks,
    Result,
    Stats,
    Terms,
    ValueCount,
    value_kind,
)
from tocsin.query.values import address_key, number_key
from tocsin.store.assembling import Holder, assembled
from tocsin.store.gathering import Cell, Cells, Spread, State, States
from tocsin.store.grouping import Row
from tocsin.store.percentiles import interpolated

_Value = Callable[[Row, Holder], Any]


def put_together(aggregations: Sequence[Aggregation], parts: Sequence[States]) -> Mapping[str, Result]:
    """Return the answers to aggregations over all parts; raises `AggregationError` for too many buckets."""
    answers = _Answers()
    return {
        one.name: answers.of(one, merged(one, [part[place] for part in parts]), one.name)
        for place, one in enumerate(aggregations)
    }


def merged(one: Aggregation, states: Sequence[State]) -> State:
    """Return the state over the parts that have these states."""
    if len(states) == 1:
        return states[0]
    match one.kind:
        case Stats():
            return _figures(cast(Sequence[Figures], states))
        case ValueCount():
            return sum(cast(Sequence[int], states))
        case Cardinality():
            return frozenset[Any]().union(*cast(Sequence[frozenset[Any]], states))
        case Percentiles():
            spreads = cast(Sequence[Spread], states)
            return Spread(
                np.concatenate([spread.values for spread in spreads]),
                np.concatenate([spread.counts for spread in spreads]),
            )
        case _:
            return _cells(one, cast(Sequence[Cells], states))


def _figures(parts: Sequence[Figures]) -> Figures:
    held = [part for part in parts if part.count]
    return Figures(
        sum(part.count for part in held),
        min((part.least for part in held if part.least is not None), default=None),
        max((part.greatest for part in held if part.greatest is not None), default=None),
        _total([part.sum for part in held]),
        _total([part.sum_of_squares for part in held]),
    )


def _total(numbers: Sequence[float]) -> float:
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # beyond all numbers, where a plain sum ends as the database's does
        return sum(numbers)


def _cells(one: Aggregation, parts: Sequence[Cells]) -> Cells:
    found: dict[Any, list[Cell]] = {}
    for part in parts:
        for key, cell in part.items():
            found.setdefault(key, []).append(cell)
    return {key: cells[0] if len(cells) == 1 else _cell(one, cells) for key, cells in found.items()}


def _cell(one: Aggregation, cells: Sequence[Cell]) -> Cell:
    below = tuple(
        merged(child, [cell.states[place] for cell in cells]) for place, child in enumerate(one.inner)
    )
    return Cell(sum(cell.count for cell in cells), below)


class _Answers:
    """The answers of one request: counts the buckets made so far."""

    def __init__(self) -> None:
        self._made = 0

    def of(self, one: Aggregation, state: State, path: str) -> Result:
        """Return the answer that a state is."""
        match state:
            case Figures():
                return state
            case int():
                return Number(state)
            case frozenset():
                return Number(len(state))
            case Spread():
                return _ranks(cast(Percentiles, one.kind), state)
            case _:
                return self._buckets(one, cast(BucketKind, one.kind), state, path)

    def _buckets(self, one: Aggregation, kind: BucketKind, cells: Cells, path: str) -> Buckets:
        least = getattr(kind, "min_count", 1)
        kept = {key: cell for key, cell in cells.items() if cell.count >= least}
        total = sum(cell.count for cell in kept.values())
        rows = [(Row(0, (key,), cell.count, total, {}), cell) for key, cell in kept.items()]
        made: list[tuple[Row, Holder]] = [(row, self._below(one, cell, path)) for row, cell in rows]
        answer = assembled(one, kind, _chosen(kind, made))
        self._made += len(answer.buckets)
        if self._made > MAX_BUCKETS:
            raise AggregationError(f"makes more than {MAX_BUCKETS} buckets: ask for fewer", path=path)
        return answer

    def _below(self, one: Aggregation, cell: Cell, path: str) -> Holder:
        return {
            child.name: self.of(child, cell.states[place], f"{path}>{child.name}")
            for place, child in enumerate(one.inner)
        }


def _chosen(kind: BucketKind, made: list[tuple[Row, Holder]]) -> list[tuple[Row, Holder]]:
    """Return the buckets that are shown, in their order."""
    if not isinstance(kind, Terms):
        return sorted(made, key=lambda row: row[0].key[0])
    place = _KEYS.get(value_kind(kind.field), _as_it_is)
    made = _sorted(sorted(made, key=lambda row: row[0].key[0]), lambda row, _: place(row.key[0]))
    for order in reversed(kind.order):
        made = _sorted(made, _figure(order, place), descending=order.descending)
    return made[: kind.size]


def _as_it_is(key: Any) -> Any:
    return key


_KEYS: Mapping[str, Callable[[Any], Any]] = {"number": number_key, "address": address_key}


def _sorted(
    rows: list[tuple[Row, Holder]], value: _Value, *, descending: bool = False
) -> list[tuple[Row, Holder]]:
    """Return rows by a value, those without one last; of equal ones the order stays."""
    valued = [(value(*row), row) for row in rows]
    held = sorted((one for one in valued if one[0] is not None), key=lambda one: one[0], reverse=descending)
    return [row for _, row in held] + [row for found, row in valued if found is None]


def _figure(order: BucketOrder, place: Callable[[Any], Any]) -> _Value:
    if order.path == ("_count",):
        return lambda row, _: row.count
    if order.path == ("_key",):
        return lambda row, _: place(row.key[0])
    name = order.path[0]
    figure = order.path[1] if len(order.path) > 1 else ""
    return lambda _, below: _figure_of(below[name], figure)


def _figure_of(result: Result, figure: str) -> float | None:
    if isinstance(result, Number):
        return result.value
    found = cast(Figures, result)
    match figure:
        case "min":
            return found.least
        case "max":
            return found.greatest
        case "sum":
            return found.sum if found.count else None
        case "avg":
            return found.avg
        case _:
            return found.count


def _ranks(kind: Percentiles, spread: Spread) -> Ranks:
    if not len(spread.values):
        return Ranks(dict.fromkeys(kind.percents))
    order = np.argsort(spread.values, kind="stable")
    values, upto = spread.values[order], np.cumsum(spread.counts[order])
    found: dict[float, float | None] = {}
    for percent in kind.percents:
        place = (int(upto[-1]) - 1) * (percent / 100)
        ends = np.searchsorted(upto, [math.floor(place), math.ceil(place)], side="right")
        found[percent] = interpolated(place, *values[ends].tolist())
    return Ranks(found)
