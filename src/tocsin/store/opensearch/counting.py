"""Counting: how many events, when, with which values, and which fields and days there are."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tocsin.core.clock import DAY
from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.query.opensearch_clauses import ALL, Clause, both, negated
from tocsin.query.opensearch_terms import AT, NAMES, SEQ, SOURCE, UNSURE, column
from tocsin.query.predicate import reader
from tocsin.query.values import text_of
from tocsin.store.base import Bucket, Day, FieldSeen, Selection, TopValue
from tocsin.store.keys import typed
from tocsin.store.opensearch.client import Client, RefusedError
from tocsin.store.opensearch.commonest import commonest_terms, settle
from tocsin.store.opensearch.mapping import PAGE, VALUES, Layout
from tocsin.store.opensearch.reading import Reader, within

_MOST_VALUES = 10_000
_MOST_NAMES = 50_000
_VALUES_OF_A_REQUEST = 1_000
MOST_LOOKED_AT = 100_000
"""Events that are read for one answer where the index does not hold their values."""
_OF_EVERY_EVENT = (TIMESTAMP, MESSAGE, "event.source", "event.sequence")
_OWN = {TIMESTAMP: AT, "event.source": SOURCE, "event.sequence": SEQ}
_TYPES = {"k": "keyword", "l": "long", "f": "double", "b": "boolean"}


class Counting:
    """Exact counts by the server's aggregations."""

    def __init__(self, reader_: Reader, client: Client, layout: Layout) -> None:
        self._reader = reader_
        self._client = client
        self._layout = layout

    def count(self, selection: Selection) -> int:
        """Return how many events are selected."""
        (found,) = self._reader.answers(selection, counted)
        return total_of(found)

    def histogram(self, selection: Selection, width: int) -> list[Bucket]:
        """Return counts per width, oldest first; raises `InvalidError` for no width."""
        if width < 1:
            raise InvalidError(f"a histogram's buckets cannot be {width} microseconds wide")
        steps = {"histogram": {"field": AT, "interval": width}}
        wanted = {"histogram": {**steps["histogram"], "min_doc_count": 1}}
        try:
            (found,) = self._reader.answers(selection, lambda clause: aggregated(clause, {"steps": wanted}))
        except RefusedError as error:
            if error.kind != "too_many_buckets_exception":
                raise
            clause = self._reader.clause(selection)
            return [Bucket(int(key), count) for key, count in self.grouped(clause, steps)]
        return [
            Bucket(int(one["key"]), one["doc_count"])
            for one in results_of(found, "steps")["steps"]["buckets"]
        ]

    def top(self, selection: Selection, field: str, size: int) -> list[TopValue]:
        """Return the commonest values of a canonical field; a value an event lists twice counts once."""
        size = max(1, min(size, _MOST_VALUES))
        if field in (MESSAGE, EVENT_ID):
            return _shown(field, self._looked_at(self._reader.clause(selection), field), size)
        if field in _OWN:
            found = self._reader.answers(selection, lambda clause: _commonest_of(clause, _OWN[field], size))
            settled = self._settled(selection, found[0], ALL, _OWN[field], size)
            return _shown(field, dict(settled), size)
        name, odd = f"{VALUES}.{column(field)}", unindexed(field)
        others, found = self._reader.answers(
            selection,
            lambda clause: counted(both(clause, odd)),
            lambda clause: _commonest_of(both(clause, negated(odd)), name, size),
        )
        indexed = dict(self._settled(selection, found, negated(odd), name, size))
        if not total_of(others):
            return _shown(field, indexed, size)
        clause = self._reader.clause(selection)
        counts = self._looked_at(both(clause, odd), field)
        # A value that is among the commonest of all is among those of the index, or was looked at.
        others = [value for value in counts if value not in indexed]
        counts.update(indexed | self._counted(both(clause, negated(odd)), name, others))
        return _shown(field, counts, size)

    def fields(self, selection: Selection) -> list[FieldSeen]:
        """Return the fields of the days the selection's time range touches, by name."""
        clause = within(_whole_days(selection))
        total = self.total(clause)
        if not total:
            return []
        names = {"terms": {"field": NAMES, "size": _MOST_NAMES}}
        found = self._aggregated(clause, {"names": names})["names"]["buckets"]
        counts: Counter[str] = Counter(dict.fromkeys(_OF_EVERY_EVENT, total))
        types: dict[str, str] = {}
        for bucket in found:
            name, _, mark = bucket["key"].rpartition("=")
            name = unquote(name)
            counts[name] += bucket["doc_count"]
            types.setdefault(name, _TYPES[mark])
        return [
            FieldSeen(name, field_type(name) or types.get(name, "keyword"), counts[name])
            for name in sorted(counts)
        ]

    def days(self) -> list[Day]:
        """Return the days kept, oldest first."""
        self._reader.sync()
        commits = {
            "first": {"min": {"field": "tocsin.commit"}},
            "last": {"max": {"field": "tocsin.commit"}},
        }
        indices = {"indices": {"terms": {"field": "_index", "size": PAGE}, "aggs": commits}}
        found = self._aggregated({"match_all": {}}, indices)["indices"]["buckets"]
        sizes = self._sizes()
        days = [
            Day(
                day=self._layout.day(one["key"]),
                events=one["doc_count"],
                size_bytes=sizes.get(one["key"], 0),
                first_commit=int(one["first"]["value"]),
                last_commit=int(one["last"]["value"]),
            )
            for one in found
        ]
        return sorted(days, key=lambda day: day.day)

    def _sizes(self) -> dict[str, int]:
        path = f"{self._layout.events}/_stats/store"
        found = self._client.get(path, ignore_unavailable="true", filter_path="indices.*.primaries.store")
        indices = found.get("indices", {})
        return {name: one["primaries"]["store"]["size_in_bytes"] for name, one in indices.items()}

    def total(self, clause: Clause) -> int:
        """Return how many events a clause selects."""
        return total_of(self._reader.search(counted(clause)))

    def _settled(
        self, selection: Selection, answer: Any, only: Clause, name: str, size: int
    ) -> list[tuple[Any, int]]:
        """Read the commonest values out of an answer, or count them all where it leaves that open."""

        def clause() -> Clause:
            return both(self._reader.clause(selection), only)

        found = results_of(answer, "top")["top"]
        settled = settle(found, size, lambda values: self._counted(clause(), name, values))
        return self.all_counted(clause(), name, size)[0] if settled is None else settled

    def commonest(self, clause: Clause, name: str, size: int) -> tuple[list[tuple[Any, int]], int]:
        """Return the commonest values of a field of the index, and how often there are values at all."""
        found = self._aggregated(clause, {"top": commonest_terms(name, size)})["top"]
        settled = settle(found, size, lambda values: self._counted(clause, name, values))
        if settled is None:
            return self.all_counted(clause, name, size)
        return settled, found["sum_other_doc_count"] + sum(one["doc_count"] for one in found["buckets"])

    def all_counted(self, clause: Clause, name: str, size: int) -> tuple[list[tuple[Any, int]], int]:
        """Return what `commonest` does by counting every value."""
        total = 0
        best: list[tuple[int, str, Any]] = []
        for key, count in self.grouped(clause, {"terms": {"field": name}}):
            total += count
            best.append((-count, text_of(key), key))
            if len(best) > 20 * size:
                best = heapq.nsmallest(size, best)
        return [(key, -count) for count, _, key in heapq.nsmallest(size, best)], total

    def grouped(self, clause: Clause, source: dict[str, Any]) -> Iterator[tuple[Any, int]]:
        """Yield every bucket of a source, in order of the keys, however many there are."""
        composite: dict[str, Any] = {"size": PAGE, "sources": [{"key": source}]}
        while True:
            found = self._aggregated(clause, {"all": {"composite": composite}})["all"]
            for bucket in found["buckets"]:
                yield bucket["key"]["key"], bucket["doc_count"]
            if "after_key" not in found or len(found["buckets"]) < PAGE:
                return
            composite["after"] = found["after_key"]

    def _aggregated(self, clause: Clause, aggregations: dict[str, Any]) -> Any:
        return results_of(self._reader.search(aggregated(clause, aggregations)), *aggregations)

    def _counted(self, clause: Clause, name: str, values: Sequence[Any]) -> dict[Any, int]:
        """Return how many of the events hold each of these values; those of none are left out."""
        counts: dict[Any, int] = {}
        for start in range(0, len(values), _VALUES_OF_A_REQUEST):
            part = list(values[start : start + _VALUES_OF_A_REQUEST])
            terms = {"field": name, "size": len(part), "include": part}
            found = self._aggregated(clause, {"of": {"terms": terms}})["of"]["buckets"]
            counts |= {one["key"]: one["doc_count"] for one in found}
        return counts

    def _looked_at(self, clause: Clause, field: str) -> Counter[str]:
        """Count values that the index does not hold, by reading the events; refuses to read very many."""
        counts: Counter[str] = Counter()
        total = self.total(clause)
        if total > MOST_LOOKED_AT:
            raise InvalidError(
                f"the values of {field} must be looked up in {total:,} events one by one, which is more than"
                f" {MOST_LOOKED_AT:,}; narrow the time or the query"
            )
        read = reader(field)
        if total:
            for _, event in self._reader.matching(clause):
                counts.update(set(read(event)))
        return counts


def counted(clause: Clause) -> dict[str, Any]:
    """Return the search whose answer `total_of` reads."""
    return {"size": 0, "query": {"bool": {"filter": [clause]}}, "track_total_hits": True}


def total_of(answer: Any) -> int:
    """Return how many events a search selected."""
    total: int = answer["hits"]["total"]["value"]
    return total


def aggregated(clause: Clause, aggregations: dict[str, Any]) -> dict[str, Any]:
    """Return the search for nothing but aggregations."""
    query = {"bool": {"filter": [clause]}}
    return {"size": 0, "query": query, "aggs": aggregations, "track_total_hits": False}


def results_of(answer: Any, *names: str) -> Any:
    """Return the aggregations of an answer; there are none while there is no index yet."""
    nothing = {"buckets": [], "doc_count_error_upper_bound": 0, "sum_other_doc_count": 0}
    return answer.get("aggregations") or dict.fromkeys(names, nothing)


def _commonest_of(clause: Clause, name: str, size: int) -> dict[str, Any]:
    return aggregated(clause, {"top": commonest_terms(name, size)})


def _shown(field: str, counts: Mapping[Any, int], size: int) -> list[TopValue]:
    texts = ((text_of(value), count) for value, count in counts.items())
    best = heapq.nsmallest(size, texts, key=lambda one: (-one[1], one[0]))
    return [TopValue(typed(field, text), count) for text, count in best]


def unindexed(*fields: str) -> Clause:
    """Return the clause for events of which the index lacks values of one of the fields."""
    return {"terms": {UNSURE: [*fields, "*"]}}


def _whole_days(selection: Selection) -> Selection:
    first, last = selection.from_at, selection.to_at
    return Selection(
        from_at=None if first is None else first // DAY * DAY,
        to_at=None if last is None else -(-last // DAY) * DAY,
    )
