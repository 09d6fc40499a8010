"""Aggregations as the server's own, where these answer the same; where they do not, nothing is guessed.

Two kinds are estimates there, and marked as such in the answer: `Cardinality` (by hashes: exact for all
practical purposes up to some thousands of values, beyond within about 1 %) and `Percentiles` (a t-digest:
within about 1 % of the rank). With `listed_up_to` the server lists the values instead: then both are exact.
Ties between addresses, and between numbers of no declared type, are settled by their text where not all
values are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.core.fields import TIMESTAMP
from tocsin.query.aggregation import (
    Aggregation,
    Bucket,
    Buckets,
    Cardinality,
    Composite,
    CompositeSource,
    DateHistogram,
    Filters,
    Histogram,
    Hits,
    Missing,
    Number,
    Percentiles,
    Ranges,
    Result,
    Stats,
    Terms,
    TopHits,
    ValueCount,
    ValueKind,
    fixed_keys,
    value_kind,
    walk,
)
from tocsin.query.opensearch import Plan, to_opensearch
from tocsin.query.opensearch_clauses import Clause
from tocsin.query.opensearch_terms import column
from tocsin.query.tree import Exists, Node, Not
from tocsin.store.keys import raw_after, with_gaps
from tocsin.store.opensearch.answers import (
    Below,
    Chosen,
    Raw,
    Read,
    composite_key,
    estimated_ranks,
    exact_ranks,
    figures,
    fixed_bucket,
    is_even,
    read_all,
    stepped,
    terms_answer,
)
from tocsin.store.opensearch.document import to_event
from tocsin.store.opensearch.mapping import REPEATS
from tocsin.store.opensearch.places import place_of
from tocsin.store.opensearch.ranking import sort_of

_PRECISION = 40_000
_COMPRESSION = 200
_PER_SHARD = 2_000
_MOST = 2**31 - 1
"""The greatest size the server reads."""
_BELOW_ALL, _ABOVE_ALL = -1.7976931348623157e308, 1.7976931348623157e308

ESTIMATED = (Cardinality, Percentiles)

Body = dict[str, Any]


class NoCounterpartError(Exception):
    """The server has no aggregation with this meaning."""


class NotListedError(Exception):
    """The values are too many to be listed, or some stand there more than once."""


def estimates(aggregations: Sequence[Aggregation]) -> bool:
    """Say whether the server would only estimate some of the answers."""
    return any(isinstance(one.kind, ESTIMATED) for _, one in walk(aggregations))


@dataclass(slots=True)
class Compiled:
    """A tree of aggregations for the server, and how its answer is read.

    `fields` are those whose values must all be in the index. Raises `NoCounterpartError`.
    """

    aggregations: Sequence[Aggregation]
    chosen: Mapping[int, Chosen] = field(default_factory=dict)
    """By place, for terms aggregations at the top."""
    listed_up_to: int = 0
    """How many values the server lists where it would estimate; 0 lets it estimate."""
    fields: set[str] = field(default_factory=set)
    body: Body = field(init=False)
    _reads: list[Read] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the tree."""
        self.body, self._reads = self._all(self.aggregations, top=True)

    def read(self, raw: Raw) -> dict[str, Result]:
        """Return the answers by name; raises `NotListedError`."""
        return read_all(self.aggregations, self._reads, raw)

    def cut(self, raw: Raw) -> list[int]:
        """Return the places at the top whose terms a shard may have left out."""
        found = [raw[f"a{place}"] for place in range(len(self.aggregations))]
        return [place for place, one in enumerate(found) if one.get("doc_count_error_upper_bound")]

    def _all(self, aggregations: Sequence[Aggregation], *, top: bool = False) -> tuple[Body, list[Read]]:
        body: Body = {}
        reads: list[Read] = []
        for place, one in enumerate(aggregations):
            made, read = self._one(one, self.chosen.get(place) if top else None)
            body[f"a{place}"] = made
            reads.append(read)
        return body, reads

    def _one(self, one: Aggregation, chosen: Chosen | None) -> tuple[Body, Read]:
        inner, reads = self._all(one.inner)

        def below(raw: Raw) -> dict[str, Result]:
            return read_all(one.inner, reads, raw)

        body, read = self._kind(one, below, chosen)
        return (body | {"aggs": inner} if inner else body), read

    def _kind(self, one: Aggregation, below: Below, chosen: Chosen | None) -> tuple[Body, Read]:
        kind = one.kind
        if isinstance(kind, Terms):
            return self._terms(kind, chosen), lambda raw: terms_answer(one, kind, raw, below, chosen)
        if isinstance(kind, DateHistogram | Histogram):
            return self._histogram(kind), lambda raw: Buckets(
                with_gaps(one, kind, [stepped(kind, each, below) for each in raw["buckets"]])
            )
        if isinstance(kind, Ranges | Filters | Missing):
            keys = fixed_keys(kind)
            return self._fixed(kind), lambda raw: Buckets(
                [fixed_bucket(one, key, raw["buckets"][f"k{n}"], below) for n, key in enumerate(keys)]
            )
        if isinstance(kind, Composite):
            return self._composite(kind), lambda raw: Buckets(
                [
                    Bucket(composite_key(kind, each["key"]), each["doc_count"], below(each))
                    for each in raw["buckets"]
                ]
            )
        if isinstance(kind, TopHits):
            return self._hits(kind), lambda raw: Hits(
                raw["hits"]["total"]["value"], tuple(to_event(hit["_source"]) for hit in raw["hits"]["hits"])
            )
        return self._metric(kind)

    def _metric(self, kind: Stats | ValueCount | Cardinality | Percentiles) -> tuple[Body, Read]:
        name = kind.field
        if isinstance(kind, Stats):
            dated: ValueKind = "date" if value_kind(name) == "date" else "number"
            return {"extended_stats": {"field": self.place(name, dated)}}, figures
        if isinstance(kind, ValueCount):
            return self._value_count(name), lambda raw: Number(
                int(raw["buckets"]["k0"]["n"]["value"] + raw["buckets"]["k0"]["more"]["value"])
            )
        if isinstance(kind, Cardinality):
            place = self.place(name, _text_if_address(name))
            if self.listed_up_to:
                return self._list(place), lambda raw: Number(len(_listed(raw)))
            what = {"field": place, "precision_threshold": _PRECISION}
            return {"cardinality": what}, lambda raw: Number(int(raw["value"]), approximate=True)
        place = self.place(name, "date" if value_kind(name) == "date" else "number")
        if self.listed_up_to:
            both = {"v": self._list(place), "n": {"value_count": {"field": place}}}
            return _beside(both), lambda raw: exact_ranks(kind, _counted(raw["buckets"]["k0"]))
        digest = {
            "field": place,
            "percents": list(kind.percents),
            "keyed": False,
            "tdigest": {"compression": _COMPRESSION},
        }
        return {"percentiles": digest}, lambda raw: estimated_ranks(raw["values"])

    def _list(self, place: str) -> Body:
        """Return the aggregation that lists each value with how many events hold it."""
        return {"terms": {"field": place, "size": self.listed_up_to, "shard_size": self.listed_up_to}}

    def _value_count(self, name: str) -> Body:
        """Count values with those a list repeats, which the index keeps once."""
        counts = {
            "n": {"value_count": {"field": self.place(name, "text")}},
            "more": {"sum": {"field": f"{REPEATS}.{column(name)}"}},
        }
        return _beside(counts)

    def _terms(self, kind: Terms, chosen: Chosen | None) -> Body:
        if kind.include is not None or kind.exclude is not None or kind.missing is not None:
            raise NoCounterpartError
        sorted_by = _text_if_address(kind.field)
        order = [_order(one.path, kind, descending=one.descending) for one in kind.order]
        terms: Body = {
            "field": self.place(kind.field, sorted_by),
            "size": kind.size,
            "shard_size": min(max(_PER_SHARD, 2 * kind.size), _MOST),
            "min_doc_count": max(1, kind.min_count),
            "order": order if "_key" in order[-1] else [*order, {"_key": "asc"}],
        }
        if chosen is not None:
            size = max(1, len(chosen.keys))
            terms |= {"include": list(chosen.keys), "size": size, "shard_size": size + 1}
        return {"terms": terms}

    def _histogram(self, kind: DateHistogram | Histogram) -> Body:
        if kind.hard_bounds is not None:
            raise NoCounterpartError
        least = max(1, kind.min_count)
        if isinstance(kind, Histogram):
            name = self.place(kind.field, "number")
            steps = {"field": name, "interval": kind.width, "offset": kind.offset, "min_doc_count": least}
            return {"histogram": steps}
        if not is_even(kind.interval):
            return self._calendar(kind, least)
        width = kind.interval.step
        steps = {
            "field": self.place(kind.field, "date"),
            "interval": width,
            "offset": kind.interval.start(0) % width,
            "min_doc_count": least,
        }
        return {"histogram": steps}

    def _calendar(self, kind: DateHistogram, least: int) -> Body:
        interval = kind.interval
        if kind.field != TIMESTAMP or interval.unit is None or interval.offset:
            raise NoCounterpartError
        steps = {
            "field": TIMESTAMP,
            "calendar_interval": interval.unit,
            "time_zone": interval.zone,
            "min_doc_count": least,
        }
        return {"date_histogram": steps}

    def _fixed(self, kind: Ranges | Filters | Missing) -> Body:
        if isinstance(kind, Ranges):
            name = self.place(kind.field, "date" if kind.dated else "number")
            spans = [
                {
                    "key": f"k{place}",
                    "from": _BELOW_ALL if span.lower is None else span.lower,
                    "to": _ABOVE_ALL if span.upper is None else span.upper,
                }
                for place, span in enumerate(kind.spans)
            ]
            return {"range": {"field": name, "ranges": spans, "keyed": True}}
        if isinstance(kind, Missing):
            clause = self._exactly(Not(Exists(kind.field)))
            return {"filters": {"filters": {"k0": clause}}}
        clauses = {f"k{place}": self._exactly(query) for place, (_, query) in enumerate(kind.queries)}
        body: Body = {"filters": clauses}
        if kind.other is not None:
            body["other_bucket_key"] = f"k{len(kind.queries)}"
        return {"filters": body}

    def _exactly(self, node: Node) -> Clause:
        plan: Plan = to_opensearch(node)
        if not plan.exact:
            raise NoCounterpartError
        self.fields |= plan.fields
        return plan.yes

    def _composite(self, kind: Composite) -> Body:
        sources = [{f"s{place}": self._source(one)} for place, one in enumerate(kind.sources)]
        body: Body = {"size": kind.size, "sources": sources}
        if kind.after is not None:
            body["after"] = {f"s{place}": value for place, value in enumerate(raw_after(kind))}
        return {"composite": body}

    def _source(self, one: CompositeSource) -> Body:
        more = {"order": "desc" if one.descending else "asc", "missing_bucket": one.with_missing}
        by = one.by
        if isinstance(by, Terms):
            if value_kind(by.field) == "address":
                raise NoCounterpartError
            return {"terms": {"field": self.place(by.field, value_kind(by.field))} | more}
        if isinstance(by, DateHistogram):
            width = by.interval.step
            if not is_even(by.interval) or by.interval.start(0) % width:
                raise NoCounterpartError
            return {"histogram": {"field": self.place(by.field, "date"), "interval": width} | more}
        if by.offset:
            raise NoCounterpartError
        return {"histogram": {"field": self.place(by.field, "number"), "interval": by.width} | more}

    def _hits(self, kind: TopHits) -> Body:
        self.fields |= {key.field for key in kind.sort}
        sort = sort_of(kind.sort)
        if sort is None:
            raise NoCounterpartError
        return {"top_hits": {"size": kind.size, "from": kind.start, "sort": sort}}

    def place(self, name: str, kind: ValueKind) -> str:
        """Return where the values of a field stand as values of a kind."""
        found = place_of(name, kind)
        if found is None:
            raise NoCounterpartError
        self.fields.add(name)
        return found


def _beside(aggregations: Body) -> Body:
    """Return one aggregation that holds several; they stand in its bucket `k0`."""
    return {"filters": {"filters": {"k0": {"match_all": {}}}}, "aggs": aggregations}


def _listed(raw: Raw) -> list[Raw]:
    """Return the buckets of a list that is whole."""
    if raw["sum_other_doc_count"]:
        raise NotListedError
    found: list[Raw] = raw["buckets"]
    return found


def _counted(raw: Raw) -> list[tuple[float, int]]:
    """Return values and how often each occurs; a list counts once however often a value stands in it."""
    counts = [(one["key"], one["doc_count"]) for one in _listed(raw["v"])]
    if sum(count for _, count in counts) != raw["n"]["value"]:
        raise NotListedError
    return counts


def _order(path: tuple[str, ...], kind: Terms, *, descending: bool) -> dict[str, str]:
    ordered_otherwise = kind.kind is not None or value_kind(kind.field) == "address"
    if path not in {("_count",), ("_key",)} or (path == ("_key",) and ordered_otherwise):
        raise NoCounterpartError
    return {path[0]: "desc" if descending else "asc"}


def _text_if_address(name: str) -> ValueKind:
    kind = value_kind(name)
    return "text" if kind == "address" else kind
