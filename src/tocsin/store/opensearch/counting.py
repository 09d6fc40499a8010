"""Counting: how many events, when, with which values, and which fields and days there are."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tocsin.core.clock import DAY
from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.query.opensearch_clauses import Clause, both, negated
from tocsin.query.opensearch_terms import AT, NAMES, SEQ, SOURCE, UNSURE, column
from tocsin.query.predicate import reader
from tocsin.query.values import text_of
from tocsin.store.base import Bucket, Day, FieldSeen, Selection, TopValue
from tocsin.store.keys import typed
from tocsin.store.opensearch.client import Client
from tocsin.store.opensearch.mapping import PAGE, VALUES, Layout
from tocsin.store.opensearch.reading import Reader, within

_MOST_VALUES = 10_000
_LEAST_PER_SHARD = 1_000
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
        return self.total(self._reader.clause(selection))

    def histogram(self, selection: Selection, width: int) -> list[Bucket]:
        """Return counts per width, oldest first; raises `InvalidError` for no width."""
        if width < 1:
            raise InvalidError(f"a histogram's buckets cannot be {width} microseconds wide")
        source = {"histogram": {"field": AT, "interval": width}}
        clause = self._reader.clause(selection)
        return [Bucket(int(key), count) for key, count in self.grouped(clause, source)]

    def top(self, selection: Selection, field: str, size: int) -> list[TopValue]:
        """Return the commonest values of a canonical field; a value an event lists twice counts once."""
        size = max(1, min(size, _MOST_VALUES))
        clause = self._reader.clause(selection)
        if field in (MESSAGE, EVENT_ID):
            return _shown(field, self._looked_at(clause, field), size)
        if field in _OWN:
            return _shown(field, dict(self._commonest(clause, _OWN[field], size)), size)
        odd = unindexed(field)
        counts = self._looked_at(both(clause, odd), field)
        clause, name = both(clause, negated(odd)), f"{VALUES}.{column(field)}"
        # A value that is among the commonest of all is among those of the index, or was looked at.
        indexed = dict(self._commonest(clause, name, size))
        indexed |= self._counted(clause, name, [value for value in counts if value not in indexed])
        counts.update(indexed)
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
        body = {"size": 0, "query": {"bool": {"filter": [clause]}}, "track_total_hits": True}
        total: int = self._reader.search(body)["hits"]["total"]["value"]
        return total

    def _commonest(self, clause: Clause, name: str, size: int) -> list[tuple[Any, int]]:
        """Return the commonest values: at once when no shard left one out, else by counting them all."""
        terms = {
            "field": name,
            "size": size,
            "shard_size": max(_LEAST_PER_SHARD, size * 2),
            "order": [{"_count": "desc"}, {"_key": "asc"}],
        }
        found = self._aggregated(clause, {"top": {"terms": terms}})["top"]
        if not found["doc_count_error_upper_bound"]:
            return [(one["key"], one["doc_count"]) for one in found["buckets"]]
        counts = self.grouped(clause, {"terms": {"field": name}})
        return heapq.nsmallest(size, counts, key=lambda one: (-one[1], text_of(one[0])))

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
        body = {"size": 0, "query": {"bool": {"filter": [clause]}}, "aggs": aggregations}
        found = self._reader.search(body).get("aggregations")  # absent while there is no index yet
        return found or {name: {"buckets": [], "doc_count_error_upper_bound": 0} for name in aggregations}

    def _counted(self, clause: Clause, name: str, values: list[str]) -> dict[str, int]:
        """Return how many of the events hold each of these values; those of none are left out."""
        counts: dict[str, int] = {}
        for start in range(0, len(values), _VALUES_OF_A_REQUEST):
            part = values[start : start + _VALUES_OF_A_REQUEST]
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
