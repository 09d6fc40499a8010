"""Exact percentiles: the values are sorted in the database, which spills to disk when they are many."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tocsin.query.aggregation import Percentiles, Ranks, value_kind
from tocsin.store.columns import Table
from tocsin.store.days import Days
from tocsin.store.grouping import Group, Joined
from tocsin.store.pages import fetch


def percentiles(days: Days, table: Table, within: Group, kind: Percentiles) -> list[Ranks]:
    """Return the percentiles in each of the buckets `within`."""
    column = table.values(kind.field, "date" if value_kind(kind.field) == "date" else "number")
    value = f"unnest({column.name})" if column.many else column.name
    joined = Joined(table, within).sql()
    columns: list[str] = []
    for percent in kind.percents:
        place = f"(whole - 1) * {table.writer.bind(percent / 100)}::DOUBLE"
        columns += [f"min(v) FILTER (upto > floor({place}))", f"min(v) FILTER (upto > ceil({place}))"]
    sql = (
        f"SELECT id, max(whole), {', '.join(columns) or 'NULL'} FROM ("
        " SELECT id, v, sum(c) OVER (PARTITION BY id ORDER BY v) AS upto,"
        "  sum(c) OVER (PARTITION BY id) AS whole"
        # A condition on `v` itself would be moved to where events are read, and `v` be made twice.
        f" FROM (SELECT id, v, count(v) AS c FROM (SELECT id, {value} AS v FROM ({joined}))"
        "  GROUP BY id, v HAVING c > 0)) GROUP BY id"
    )
    found = {row[0]: row for row in fetch(days, sql, table.writer.params)}
    return [_ranks(kind, found.get(place)) for place in range(len(within.keys))]


def _ranks(kind: Percentiles, row: Sequence[Any] | None) -> Ranks:
    if row is None:
        return Ranks(dict.fromkeys(kind.percents))
    values: dict[float, float | None] = {}
    for number, percent in enumerate(kind.percents):
        below, above = row[2 + 2 * number], row[3 + 2 * number]
        place = (int(row[1]) - 1) * (percent / 100)
        values[percent] = below + (above - below) * (place - math.floor(place))
    return Ranks(values)
