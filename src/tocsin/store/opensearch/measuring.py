"""Aggregations and ranked reads: by the server where it answers the same, else by looking at the events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.query.aggregation import (
    Aggregation,
    AggregationError,
    BucketOrder,
    Result,
    SortKey,
    Terms,
    check,
    nothing,
)
from tocsin.query.opensearch_clauses import NONE, Clause, both
from tocsin.store.base import Behind, Ranked, Selection
from tocsin.store.opensearch.aggregating import Compiled, NoCounterpartError, NotListedError, estimates
from tocsin.store.opensearch.answers import Chosen
from tocsin.store.opensearch.client import RefusedError
from tocsin.store.opensearch.counting import Counting, aggregated, counted, total_of, unindexed
from tocsin.store.opensearch.ranking import can_rank, rank
from tocsin.store.opensearch.reading import Reader
from tocsin.store.opensearch.scratch import copied

EXACT_UP_TO = 10_000
"""Events over which nothing is estimated."""
_COMMONEST = (BucketOrder(),)


class Measuring:
    """Answers trees of aggregations and ranked reads.

    What the server only estimates it is asked to list, over up to `exact_up_to` events; beyond, the answer
    is its estimate, and says so.
    """

    def __init__(self, reader: Reader, counting: Counting, exact_up_to: int = EXACT_UP_TO) -> None:
        self._reader = reader
        self._counting = counting
        self._exact_up_to = exact_up_to

    def aggregate(self, selection: Selection, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
        """Return the answer to each aggregation; see `EventStore.aggregate`."""
        check(aggregations)
        answers = self._by_server(selection, aggregations)
        if answers is not None:
            return answers
        with copied(self._reader, selection) as store:
            return store.aggregate(selection, aggregations)

    def rank(
        self,
        selection: Selection,
        sort: Sequence[SortKey],
        *,
        start: int,
        limit: int,
        behind: Behind | None,
    ) -> Sequence[Ranked]:
        """Return events in the order of their values; see `EventStore.rank`."""
        fields = [key.field for key in sort]
        if can_rank(sort, behind) and not (
            fields and self._counting.total(both(self._reader.clause(selection), unindexed(*fields)))
        ):
            return rank(self._reader, selection, sort, start=start, limit=limit, behind=behind)
        with copied(self._reader, selection) as store:
            return store.rank(selection, sort, start=start, limit=limit, behind=behind)

    def _by_server(
        self, selection: Selection, aggregations: Sequence[Aggregation]
    ) -> Mapping[str, Result] | None:
        """Return the server's answers; None where it has no such aggregation, or lacks values for it."""
        try:
            compiled = Compiled(aggregations)
        except NoCounterpartError:
            return None
        odd = unindexed(*sorted(compiled.fields)) if compiled.fields else NONE
        lacking, events, answer = self._asked(
            selection, lambda clause: counted(both(clause, odd)), counted, _wanted(compiled)
        )
        if total_of(lacking):
            return None
        if estimates(aggregations) and total_of(events) <= self._exact_up_to:
            return self._listed(selection, aggregations)
        raw = answer.get("aggregations")
        if raw is None:
            return {one.name: nothing(one) for one in aggregations}
        cut = compiled.cut(raw)
        if cut:
            clause = self._reader.clause(selection)
            compiled = Compiled(aggregations, {place: self._chosen(clause, compiled, place) for place in cut})
            (answer,) = self._asked(selection, _wanted(compiled))
            raw = answer.get("aggregations") or raw
        return compiled.read(raw)

    def _listed(
        self, selection: Selection, aggregations: Sequence[Aggregation]
    ) -> Mapping[str, Result] | None:
        """Return exact answers from lists of values; None where these are too long, or not whole."""
        compiled = Compiled(aggregations, listed_up_to=self._exact_up_to)
        try:
            (answer,) = self._reader.answers(selection, _wanted(compiled))
            raw = answer.get("aggregations")
            return {one.name: nothing(one) for one in aggregations} if raw is None else compiled.read(raw)
        except NotListedError:
            return None
        except RefusedError as error:
            if error.kind != "too_many_buckets_exception":
                raise
            return None

    def _asked(self, selection: Selection, *bodies: Callable[[Clause], dict[str, Any]]) -> list[Any]:
        try:
            return self._reader.answers(selection, *bodies)
        except RefusedError as error:
            if error.kind != "too_many_buckets_exception":
                raise
            raise AggregationError("makes too many buckets: ask for fewer") from error

    def _chosen(self, clause: Clause, compiled: Compiled, place: int) -> Chosen:
        """Count every value where a shard may have left out some, and return the commonest."""
        one = compiled.aggregations[place]
        if not isinstance(one.kind, Terms) or one.kind.order != _COMMONEST:
            raise AggregationError("has too many different values to be ordered so", path=one.name)
        name = compiled.body[f"a{place}"]["terms"]["field"]
        best, total = self._counting.commonest(clause, name, one.kind.size)
        return Chosen([key for key, _ in best], total - sum(count for _, count in best))


def _wanted(compiled: Compiled) -> Callable[[Clause], dict[str, Any]]:
    return lambda clause: aggregated(clause, compiled.body)
