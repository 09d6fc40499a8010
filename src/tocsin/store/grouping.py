"""Groups of the events of a table: by the keys of an aggregation, within chosen buckets of its parents."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.query.aggregation import (
    Aggregation,
    BucketKind,
    BucketOrder,
    Cardinality,
    Composite,
    Figures,
    Number,
    Result,
    Stats,
    Terms,
    ValueCount,
    value_kind,
)
from tocsin.store.columns import Column, Table
from tocsin.store.days import Days
from tocsin.store.keys import raw_after
from tocsin.store.levels import Part, narrowed, order_of, parts_of
from tocsin.store.pages import fetch

RawKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Chosen buckets: the aggregations on the way to them, and the parts of each one's key on that way."""

    kinds: tuple[BucketKind, ...]
    keys: tuple[RawKey, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A bucket: the place of its parent, its key, its count, the count of its kind, and its metrics."""

    parent: int
    key: RawKey
    count: int
    total: int
    metrics: Mapping[str, Result]


def grouped(
    days: Days,
    table: Table,
    within: Group,
    kind: BucketKind,
    metrics: Sequence[Aggregation],
    *,
    limit: int,
) -> list[Row]:
    """Return the buckets a kind makes in each parent, in its order; at most `limit` in all."""
    measures = [_measure(table, one) for one in metrics]
    joined = Joined(table, within, kind)
    keys, order = joined.names, order_of(joined.parts, joined.names)
    columns = [*keys, "count(*) AS n", "sum(count(*)) OVER (PARTITION BY id) AS whole"]
    columns += [sql for measure in measures for sql in measure.sqls]
    sql = (
        f"SELECT id, {', '.join(columns)} FROM ({joined.sql(kind)}) GROUP BY {', '.join(['id', *keys])}"
        f" {_kept(kind, table)} {_ordered(kind, metrics, measures, order)} LIMIT {limit}"
    )
    return [_row(row, len(keys), metrics, measures) for row in fetch(days, sql, table.writer.params)]


def measured(days: Days, table: Table, metrics: Sequence[Aggregation]) -> Row:
    """Return the count and the metrics of the whole table."""
    measures = [_measure(table, one) for one in metrics]
    columns = ["0", "count(*)", "count(*)", *(sql for measure in measures for sql in measure.sqls)]
    rows = fetch(days, f"SELECT {', '.join(columns)} FROM ({table.sql()})", table.writer.params)
    return _row(rows[0], 0, metrics, measures)


class Joined:
    """The events of a table with the place of the parent bucket they are in (`id`) and their own keys.

    An event that is in several buckets comes once for each. Add columns to the table before.
    """

    def __init__(self, table: Table, within: Group, kind: BucketKind | None = None) -> None:
        self._table = table
        self._within = within
        self._way = [part for one in within.kinds for part in parts_of(one, table)]
        self.parts: tuple[Part, ...] = parts_of(kind, table) if kind is not None else ()
        self.names = [f"k{place}" for place in range(len(self.parts))]

    def sql(self, kind: BucketKind | None = None) -> str:
        """Return the SELECT; `kind` is the aggregation whose keys are left out as it says."""
        way = [f"w{place}" for place in range(len(self._way))]
        named = [*zip(way, self._way, strict=True), *zip(self.names, self.parts, strict=True)]
        keys = "".join(f", {part.sql} AS {name}" for name, part in named)
        sql = f"SELECT *{keys} FROM ({self._table.sql()})"
        for name, part in named:
            if part.many:
                sql = f"SELECT * EXCLUDE ({name}), unnest({name}) AS {name} FROM ({sql})"
        conditions = [f"{name} IS NOT NULL" for name, part in named if not part.with_missing]
        if kind is not None and (more := narrowed(kind, self.names[0], self._table.writer)):
            conditions.append(more)
        sql = f"SELECT * FROM ({sql}) WHERE {' AND '.join(conditions) or 'TRUE'}"
        return self._placed(sql, way) if way else f"SELECT *, 0 AS id FROM ({sql})"

    def _placed(self, sql: str, way: Sequence[str]) -> str:
        bind = self._table.writer.bind
        columns = [f"unnest({bind(list(range(len(self._within.keys))))}::INTEGER[]) AS id"]
        for place, part in enumerate(self._way):
            values = bind([key[place] for key in self._within.keys])
            columns.append(f"unnest({values}::{part.type}[]) AS p{place}")
        equal = " AND ".join(f"e.{name} IS NOT DISTINCT FROM p.p{place}" for place, name in enumerate(way))
        return f"SELECT e.*, p.id FROM ({sql}) e JOIN (SELECT {', '.join(columns)}) p ON {equal}"


@dataclass(frozen=True, slots=True)
class _Measure:
    """The SQL columns of one metric."""

    sqls: tuple[str, ...]


def _measure(table: Table, one: Aggregation) -> _Measure:
    match one.kind:
        case Stats(field):
            dated = value_kind(field) == "date"
            return _Measure(_stats(table.values(field, "date" if dated else "number")))
        case ValueCount(field):
            return _Measure((_counted(table.texts(field)),))
        case Cardinality(field):
            column = table.values(field, value_kind(field))
            if column.many:
                return _Measure((f"len(list_distinct(flatten(list(DISTINCT {column.name}))))",))
            return _Measure((f"count(DISTINCT {column.name})",))
        case _:
            raise AssertionError(f"{one.kind} is no metric of a group")


def _counted(column: Column) -> str:
    return f"coalesce(sum(len({column.name})), 0)::BIGINT" if column.many else f"count({column.name})"


def _stats(column: Column) -> tuple[str, ...]:
    x = column.name
    if not column.many:
        real = f"{x}::DOUBLE"
        return f"count({x})", f"min({x})", f"max({x})", f"fsum({real})", f"fsum({real} * {real})"
    squares = f"list_sum(list_transform({x}, lambda v: v::DOUBLE * v::DOUBLE))"
    total = f"list_sum(list_transform({x}, lambda v: v::DOUBLE))"
    return (
        _counted(column),
        f"min(list_min({x}))",
        f"max(list_max({x}))",
        f"fsum({total})",
        f"fsum({squares})",
    )


def _kept(kind: BucketKind, table: Table) -> str:
    """Return the HAVING clause: which groups count as buckets."""
    if isinstance(kind, Composite):
        return f"HAVING {_behind(kind, table)}" if kind.after is not None else ""
    least = getattr(kind, "min_count", 1)
    return f"HAVING count(*) >= {int(least)}" if least > 1 else ""


def _ordered(
    kind: BucketKind, metrics: Sequence[Aggregation], measures: Sequence[_Measure], order: Sequence[str]
) -> str:
    if isinstance(kind, Terms):
        parts = [_by(one, metrics, measures, order[0]) for one in kind.order]
        by = ", ".join([*parts, order[0], "k0"])
    elif isinstance(kind, Composite):
        directions = ["DESC NULLS LAST" if one.descending else "ASC NULLS FIRST" for one in kind.sources]
        by = ", ".join(f"{key} {way}" for key, way in zip(order, directions, strict=True))
    else:
        return f"ORDER BY id, {', '.join(order)}"
    return f"QUALIFY row_number() OVER (PARTITION BY id ORDER BY {by}) <= {kind.size} ORDER BY id, {by}"


def _by(one: BucketOrder, metrics: Sequence[Aggregation], measures: Sequence[_Measure], key: str) -> str:
    direction = "DESC" if one.descending else "ASC"
    if one.path in {("_count",), ("_key",)}:
        return f"{'n' if one.path == ('_count',) else key} {direction}"
    place = next(place for place, metric in enumerate(metrics) if metric.name == one.path[0])
    sqls = measures[place].sqls
    figure = one.path[1] if len(one.path) > 1 else ""
    by = {"count": 0, "min": 1, "max": 2, "sum": 3}
    sql = f"({sqls[3]} / nullif({sqls[0]}, 0))" if figure == "avg" else sqls[by.get(figure, 0)]
    return f"{sql} {direction} NULLS LAST"


def _behind(kind: Composite, table: Table) -> str:
    """Return the condition that a key comes behind `after`; None comes before every value."""
    equal: list[str] = []
    beyond: list[str] = []
    for place, (one, value) in enumerate(zip(kind.sources, raw_after(kind), strict=True)):
        key = f"k{place}"
        bound = table.writer.bind(value)
        if one.descending:
            further = f"({key} < {bound} OR {key} IS NULL)" if value is not None else "FALSE"
        else:
            further = f"{key} > {bound}" if value is not None else f"{key} IS NOT NULL"
        beyond.append("(" + " AND ".join([*equal, further]) + ")")
        equal.append(f"{key} IS NOT DISTINCT FROM {bound}")
    return "(" + " OR ".join(beyond) + ")"


def _row(row: Sequence[Any], keys: int, metrics: Sequence[Aggregation], measures: Sequence[_Measure]) -> Row:
    found: dict[str, Result] = {}
    place = keys + 3
    for one, measure in zip(metrics, measures, strict=True):
        found[one.name] = _result(one, row[place : place + len(measure.sqls)])
        place += len(measure.sqls)
    return Row(row[0], tuple(row[1 : 1 + keys]), row[1 + keys], int(row[2 + keys]), found)


def _result(one: Aggregation, cells: Sequence[Any]) -> Result:
    if isinstance(one.kind, Stats):
        count, least, greatest, total, squares = cells
        return Figures(count, least, greatest, total or 0.0, squares or 0.0)
    return Number(int(cells[0] or 0))
