"""Counting: how many events, when, with which values, and which fields and days there are."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import unquote

from tocsin.core.clock import DAY
from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.query.opensearch_clauses import Clause, both
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
        if field in (MESSAGE, EVENT_ID) or self.total(both(clause, unindexed(field))):
            return self._looked_at(selection, field, size)
        name = _OWN.get(field) or f"{VALUES}.{column(field)}"
        counts = self._commonest(clause, name, size)
        return [TopValue(typed(field, text_of(value)), count) for value, count in counts]

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

    def _looked_at(self, selection: Selection, field: str, size: int) -> list[TopValue]:
        """Count values that the index does not hold, by reading the events."""
        read = reader(field)
        counts: Counter[str] = Counter()
        for event in chain.from_iterable(self._reader.scan(selection)):
            counts.update(set(read(event)))
        best = heapq.nsmallest(size, counts.items(), key=lambda one: (-one[1], one[0]))
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
