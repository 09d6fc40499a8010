"""Aggregations over the days of the embedded log: a statement for each bucket aggregation.

A statement groups by the keys of its aggregation within those buckets of its parents that were chosen, so
what is held is bounded by `MAX_BUCKETS`; grouping itself happens in the database, which spills to disk.
"""

# names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.query.aggregation import (
    BUCKETS,
    MAX_BUCKETS,
    Aggregation,
    AggregationError,
    BucketKind,
    Cardinality,
    Percentiles,
    Result,
    Stats,
    TopHits,
    ValueCount,
    check,
    nothing,
)
from tocsin.store.asking import Question, answers_of_days
from tocsin.store.assembling import Holder, assembled
from tocsin.store.base import Selection
from tocsin.store.columns import Table, opened
from tocsin.store.days import Days
from tocsin.store.gathering import States, can_be_gathered, gathered, plain
from tocsin.store.grouping import Group, Row, grouped, measured
from tocsin.store.hits import top_hits
from tocsin.store.merging import put_together
from tocsin.store.pages import days_within
from tocsin.store.percentiles import percentiles


def aggregate(days: Days, selection: Selection, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
    """Return the answer to each aggregation; see `EventStore.aggregate`."""
    check(aggregations)
    if can_be_gathered(aggregations):
        parts = _parts(days, selection, plain(aggregations))
        if parts:
            return put_together(aggregations, parts)
    with opened(days, selection) as table:
        if table is None:
            return {one.name: nothing(one) for one in aggregations}
        return _Run(days, table).answer(aggregations)


def _parts(days: Days, selection: Selection, asked: Sequence[Aggregation]) -> list[States] | None:
    question = Question(days, selection, f"aggregate {asked!r}")

    def of_days(names: Sequence[str]) -> States | None:
        with opened(days, selection, names) as table:
            return None if table is None else gathered(days, table, asked)

    return answers_of_days(question, days, days_within(days, selection), of_days)


class _Run:
    """One request: counts the buckets made so far, over all of its aggregations."""

    def __init__(self, days: Days, table: Table) -> None:
        self._days = days
        self._table = table
        self._made = 0

    def answer(self, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
        """Return the answers over the whole selection."""
        root: Holder = {}
        metrics = [one for one in aggregations if _is_inline(one)]
        total = 0
        if metrics or any(isinstance(one.kind, TopHits) for one in aggregations):
            row = measured(self._days, self._table.fresh(), metrics)
            total = row.count
            root.update(row.metrics)
        self._below(aggregations, Group((), ((),)), [root], [total], "")
        return {one.name: root[one.name] for one in aggregations}

    def _below(
        self,
        aggregations: Sequence[Aggregation],
        within: Group,
        holders: Sequence[Holder],
        counts: Sequence[int],
        path: str,
    ) -> None:
        """Answer what is not answered with the buckets themselves, for each of the buckets `within`."""
        for one in aggregations:
            here = f"{path}>{one.name}" if path else one.name
            if isinstance(one.kind, Percentiles):
                found = percentiles(self._days, self._table.fresh(), within, one.kind)
                for holder, ranks in zip(holders, found, strict=True):
                    holder[one.name] = ranks
            elif isinstance(one.kind, TopHits):
                hits = top_hits(self._days, self._table.fresh(), within, one.kind, counts)
                for holder, hit in zip(holders, hits, strict=True):
                    holder[one.name] = hit
            elif isinstance(one.kind, BUCKETS):
                self._buckets(one, one.kind, within, holders, here)

    def _buckets(
        self, one: Aggregation, kind: BucketKind, within: Group, holders: Sequence[Holder], path: str
    ) -> None:
        metrics = [child for child in one.inner if _is_inline(child)]
        room = MAX_BUCKETS - self._made
        rows = grouped(self._days, self._table.fresh(), within, kind, metrics, limit=room + 1)
        self._count(len(rows), path)
        below = [dict(row.metrics) for row in rows]
        chosen = Group((*within.kinds, kind), tuple(within.keys[row.parent] + row.key for row in rows))
        if rows:
            self._below(one.inner, chosen, below, [row.count for row in rows], path)
        by_parent: list[list[tuple[Row, Holder]]] = [[] for _ in holders]
        for row, holder in zip(rows, below, strict=True):
            by_parent[row.parent].append((row, holder))
        for holder, mine in zip(holders, by_parent, strict=True):
            answer = assembled(one, kind, mine)
            self._count(len(answer.buckets) - len(mine), path)
            holder[one.name] = answer

    def _count(self, more: int, path: str) -> None:
        self._made += more
        if self._made > MAX_BUCKETS:
            raise AggregationError(f"makes more than {MAX_BUCKETS} buckets: ask for fewer", path=path)


def _is_inline(one: Aggregation) -> bool:
    """Say whether a metric is measured by the statement that makes its buckets."""
    return isinstance(one.kind, Stats | ValueCount | Cardinality)
