"""Aggregations and ranked reads: by the server where it answers the same, else by looking at the events."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
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
from tocsin.query.opensearch_clauses import Clause, both
from tocsin.query.values import text_of
from tocsin.store.base import Behind, Ranked, Selection
from tocsin.store.opensearch.aggregating import Compiled, NoCounterpartError, estimates
from tocsin.store.opensearch.answers import Chosen
from tocsin.store.opensearch.client import RefusedError
from tocsin.store.opensearch.counting import Counting, unindexed
from tocsin.store.opensearch.ranking import can_rank, rank
from tocsin.store.opensearch.reading import Reader
from tocsin.store.opensearch.scratch import MOST_COPIED, copied

_COMMONEST = (BucketOrder(),)


class Measuring:
    """Answers trees of aggregations and ranked reads.

    What the server only estimates is asked of it for more than `exact_up_to` events; fewer are looked at.
    """

    def __init__(self, reader: Reader, counting: Counting, exact_up_to: int = MOST_COPIED) -> None:
        self._reader = reader
        self._counting = counting
        self._exact_up_to = exact_up_to

    def aggregate(self, selection: Selection, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
        """Return the answer to each aggregation; see `EventStore.aggregate`."""
        check(aggregations)
        if not estimates(aggregations) or self._counting.count(selection) > self._exact_up_to:
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
        clause = self._reader.clause(selection)
        if compiled.fields and self._counting.total(both(clause, unindexed(*sorted(compiled.fields)))):
            return None
        raw = self._asked(clause, compiled)
        if raw is None:
            return {one.name: nothing(one) for one in aggregations}
        cut = compiled.cut(raw)
        if cut:
            chosen = {place: self._chosen(clause, compiled, place) for place in cut}
            compiled = Compiled(aggregations, chosen)
            raw = self._asked(clause, compiled) or raw
        return compiled.read(raw)

    def _asked(self, clause: Clause, compiled: Compiled) -> Mapping[str, Any] | None:
        body = {
            "size": 0,
            "query": {"bool": {"filter": [clause]}},
            "aggs": compiled.body,
            "track_total_hits": False,
        }
        try:
            answer: Mapping[str, Any] | None = self._reader.search(body).get("aggregations")
        except RefusedError as error:
            if error.kind != "too_many_buckets_exception":
                raise
            raise AggregationError("makes too many buckets: ask for fewer") from error
        return answer

    def _chosen(self, clause: Clause, compiled: Compiled, place: int) -> Chosen:
        """Count every value where a shard may have left out some, and return the commonest."""
        one = compiled.aggregations[place]
        if not isinstance(one.kind, Terms) or one.kind.order != _COMMONEST:
            raise AggregationError("has too many different values to be ordered so", path=one.name)
        name = compiled.body[f"a{place}"]["terms"]["field"]
        total = 0
        best: list[tuple[int, str, Any]] = []
        for key, count in self._counting.grouped(clause, {"terms": {"field": name}}):
            total += count
            best.append((-count, text_of(key), key))
            if len(best) > 20 * one.kind.size:
                best = heapq.nsmallest(one.kind.size, best)
        best = heapq.nsmallest(one.kind.size, best)
        return Chosen([key for _, _, key in best], total + sum(count for count, _, _ in best))
