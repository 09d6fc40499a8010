"""Exact percentiles: the values are sorted in the database, which spills to disk when they are many."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tocsin.query.aggregation import Percentiles, Ranks, ValueKind, value_kind
from tocsin.store.columns import Table
from tocsin.store.days import Days
from tocsin.store.grouping import Group, Joined
from tocsin.store.pages import fetch


def percentiles(days: Days, table: Table, within: Group, kind: Percentiles) -> list[Ranks]:
    """Return the percentiles in each of the buckets `within`."""
    counted = counted_values(
        table, within, kind.field, "date" if value_kind(kind.field) == "date" else "number"
    )
    columns: list[str] = []
    for percent in kind.percents:
        place = f"(whole - 1) * {table.writer.bind(percent / 100)}::DOUBLE"
        columns += [f"min(v) FILTER (upto > floor({place}))", f"min(v) FILTER (upto > ceil({place}))"]
    sql = (
        f"SELECT id, max(whole), {', '.join(columns) or 'NULL'} FROM ("
        " SELECT id, v, sum(c) OVER (PARTITION BY id ORDER BY v) AS upto,"
        f"  sum(c) OVER (PARTITION BY id) AS whole FROM ({counted})) GROUP BY id"
    )
    found = {row[0]: row for row in fetch(days, sql, table.writer.params)}
    return [_ranks(kind, found.get(place)) for place in range(len(within.keys))]


def counted_values(table: Table, within: Group, field: str, kind: ValueKind) -> str:
    """Return the SELECT of the values of a field in each of the buckets `within`: `id`, `v` and its count."""
    column = table.values(field, kind)
    value = f"unnest({column.name})" if column.many else column.name
    return (
        # A condition on `v` itself would be moved to where events are read, and `v` be made twice.
        f"SELECT id, v, count(v) AS c FROM (SELECT id, {value} AS v FROM ({Joined(table, within).sql()}))"
        " GROUP BY id, v HAVING c > 0"
    )


def interpolated(place: float, below: float, above: float) -> float:
    """Return what lies at a place between two neighbours, of which the first is at the whole part of it."""
    return below + (above - below) * (place - math.floor(place))


def _ranks(kind: Percentiles, row: Sequence[Any] | None) -> Ranks:
    if row is None:
        return Ranks(dict.fromkeys(kind.percents))
    values: dict[float, float | None] = {}
    for number, percent in enumerate(kind.percents):
        below, above = row[2 + 2 * number], row[3 + 2 * number]
        place = (int(row[1]) - 1) * (percent / 100)
        values[percent] = interpolated(place, below, above)
    return Ranks(values)
