"""Reader: Elasticsearch's `aggs` as an aggregation tree, with what its answer must look like.

Format: Elasticsearch 8 REST API, "Aggregations". What cannot be answered exactly is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import field_type
from tocsin.query.aggregation import (
    Aggregation,
    BucketKind,
    BucketOrder,
    Cardinality,
    Composite,
    CompositeSource,
    DateHistogram,
    Filters,
    Histogram,
    MetricKind,
    Missing,
    Ranges,
    Span,
    Stats,
    Terms,
    TopHits,
    ValueCount,
)
from tocsin.query.date_formats import parse_date
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.elasticsearch_fields import scalar, shown
from tocsin.query.elasticsearch_options import (
    choice,
    descending,
    field_of,
    in_order,
    integer,
    interval_of,
    maybe_real,
    percentiles_of,
    ranges_of,
    real,
    refuse_unknown,
    span_of,
)
from tocsin.query.elasticsearch_sort import read_sort
from tocsin.query.tree import Node, Scalar

MAX_NESTING = 8
_NUMBERS = {"min": "min", "max": "max", "avg": "avg", "sum": "sum"}
_STATS = frozenset({*_NUMBERS, "stats", "extended_stats"})


@dataclass(frozen=True, slots=True)
class Asked:
    """An aggregation as asked for: its clause (`terms`), that clause's body, and the tree's node."""

    name: str
    clause: str
    body: Mapping[str, Any]
    node: Aggregation
    inner: tuple[Asked, ...] = ()


def read_aggregations(aggs: Any, *, now: int) -> tuple[Asked, ...]:
    """Return what `aggs` asks for; raises `InvalidError` naming the aggregation at fault."""
    return _Reader(now).all(aggs, 0)


class _Reader:
    def __init__(self, now: int) -> None:
        self._now = now
        self._kinds: Mapping[str, Callable[[Mapping[str, Any]], BucketKind | MetricKind]] = {
            "terms": self._terms,
            "date_histogram": self._date_histogram,
            "histogram": self._histogram,
            "range": self._range,
            "date_range": self._date_range,
            "filter": lambda body: Filters((("filter", read_filter(body, now=self._now)),)),
            "filters": self._filters,
            "missing": lambda body: Missing(field_of(body)),
            "composite": self._composite,
            "cardinality": lambda body: Cardinality(field_of(body)),
            "value_count": lambda body: ValueCount(field_of(body)),
            "percentiles": percentiles_of,
            "top_hits": self._top_hits,
        }

    def all(self, aggs: Any, depth: int) -> tuple[Asked, ...]:
        """Read a mapping of names to aggregations."""
        if not isinstance(aggs, Mapping):
            raise InvalidError("aggs is a mapping of names to aggregations")
        if depth > MAX_NESTING:
            raise InvalidError(f"aggregations are nested more than {MAX_NESTING} deep")
        return tuple(self._one(str(name), body, depth) for name, body in aggs.items())

    def _one(self, name: str, body: Any, depth: int) -> Asked:
        if not isinstance(body, Mapping):
            raise InvalidError(f"aggregation [{name[:80]}] is a mapping, not {shown(body)}")
        clauses = [key for key in body if key not in {"aggs", "aggregations", "meta"}]
        if len(clauses) != 1:
            raise InvalidError(f"aggregation [{name[:80]}] needs one type, not {shown(clauses)}")
        clause = str(clauses[0])
        inner = self.all(body.get("aggs", body.get("aggregations", {})), depth + 1)
        options = body[clauses[0]]
        if not isinstance(options, Mapping):
            raise InvalidError(f"aggregation [{name[:80]}]: [{clause}] is a mapping, not {shown(options)}")
        try:
            kind = self._kind(clause, options, inner)
        except InvalidError as error:
            raise InvalidError(f"aggregation [{name[:80]}]: {error.message}") from error
        return Asked(name, clause, options, Aggregation(name, kind, tuple(one.node for one in inner)), inner)

    def _kind(
        self, clause: str, options: Mapping[str, Any], inner: tuple[Asked, ...]
    ) -> BucketKind | MetricKind:
        if "script" in options:
            raise InvalidError("[script] is not supported: no scripts are run here")
        refuse_unknown(clause, options)
        if clause in _STATS:
            return Stats(field_of(options))
        if clause not in self._kinds:
            known = ", ".join(sorted({*self._kinds, *_STATS}))
            raise InvalidError(f"Unknown aggregation type [{clause[:60]}] (known: {known})")
        kind = self._kinds[clause](options)
        if isinstance(kind, Terms):
            return _with_order(kind, options, inner)
        return kind

    def _terms(self, body: Mapping[str, Any]) -> Terms:
        if integer(body, "min_doc_count", 1) < 1:
            raise InvalidError("[min_doc_count] of 0 is not supported: values of no event are not listed")
        missing = body.get("missing")
        return Terms(
            field_of(body),
            size=integer(body, "size", 10),
            min_count=integer(body, "min_doc_count", 1),
            include=choice(body.get("include")),
            exclude=choice(body.get("exclude")),
            missing=None if missing is None else scalar(missing, "missing"),
        )

    def _date_histogram(self, body: Mapping[str, Any]) -> DateHistogram:
        bounds, hard = (self._bounds(body, name) for name in ("extended_bounds", "hard_bounds"))
        low, high = bounds or (None, None)
        return DateHistogram(
            field_of(body),
            interval_of(body),
            min_count=integer(body, "min_doc_count", 0),
            bounds=(low, high) if low is not None and high is not None else None,
            hard_bounds=hard,
            descending=descending(body),
        )

    def _bounds(self, body: Mapping[str, Any], name: str) -> tuple[int | None, int | None] | None:
        bounds = body.get(name)
        if bounds is None:
            return None
        if not isinstance(bounds, Mapping):
            raise InvalidError(f"[{name}] holds min and max")
        ends = [
            None if bounds.get(end) is None else self._date(body, scalar(bounds[end], name))
            for end in ("min", "max")
        ]
        return ends[0], ends[1]

    def _date(self, body: Mapping[str, Any], value: Scalar) -> int:
        formats, zone = str(body.get("format") or ""), str(body.get("time_zone") or "UTC")
        try:
            return parse_date(value, now=self._now, formats=formats, zone=zone)[0]
        except InvalidError:
            return parse_date(value, now=self._now, zone=zone)[0]

    def _histogram(self, body: Mapping[str, Any]) -> Histogram:
        found: list[tuple[float | None, float | None] | None] = []
        for name in ("extended_bounds", "hard_bounds"):
            bounds = body.get(name)
            if bounds is None:
                found.append(None)
                continue
            if not isinstance(bounds, Mapping):
                raise InvalidError(f"[{name}] holds min and max")
            found.append((maybe_real(bounds, "min"), maybe_real(bounds, "max")))
        low, high = found[0] or (None, None)
        return Histogram(
            field_of(body),
            width=real(body, "interval", 0),
            offset=real(body, "offset", 0),
            min_count=integer(body, "min_doc_count", 0),
            bounds=(low, high) if low is not None and high is not None else None,
            hard_bounds=found[1],
            descending=descending(body),
        )

    def _range(self, body: Mapping[str, Any]) -> Ranges:
        field = field_of(body)
        if field_type(field) == "ip":
            raise InvalidError("ranges of addresses are not supported: use filters")
        spans = [span_of(one, maybe_real(one, "from"), maybe_real(one, "to")) for one in ranges_of(body)]
        return Ranges(field, in_order(spans))

    def _date_range(self, body: Mapping[str, Any]) -> Ranges:
        spans: list[Span] = []
        for one in ranges_of(body):
            ends = [
                None if one.get(end) is None else self._date(body, scalar(one[end], end))
                for end in ("from", "to")
            ]
            spans.append(span_of(one, *ends))
        return Ranges(field_of(body), in_order(spans), dated=True)

    def _filters(self, body: Mapping[str, Any]) -> Filters:
        given = body.get("filters")
        named: list[tuple[str, Node]]
        if isinstance(given, Mapping):
            named = [(str(name), read_filter(one, now=self._now)) for name, one in given.items()]
        elif isinstance(given, list):
            named = [(str(place), read_filter(one, now=self._now)) for place, one in enumerate(given)]
        else:
            raise InvalidError("[filters] holds a list or a mapping of queries")
        other = body.get("other_bucket_key", "_other_" if body.get("other_bucket") else None)
        return Filters(tuple(named), None if other is None else str(other))

    def _composite(self, body: Mapping[str, Any]) -> Composite:
        given = body.get("sources")
        if not isinstance(given, list) or not given:
            raise InvalidError("[composite] needs a list of sources")
        sources = tuple(self._source(one) for one in given)
        after = body.get("after")
        if after is None:
            return Composite(sources, integer(body, "size", 10))
        if not isinstance(after, Mapping) or set(after) != {source.name for source in sources}:
            raise InvalidError("[after] needs a value for each source")
        parts = tuple(
            None if after[source.name] is None else self._after(source, one, after[source.name])
            for source, one in zip(sources, given, strict=True)
        )
        return Composite(sources, integer(body, "size", 10), parts)

    def _after(self, source: CompositeSource, given: Mapping[str, Any], value: Any) -> Scalar:
        found: Scalar = scalar(value, "after")
        by = source.by
        if isinstance(by, DateHistogram) or (isinstance(by, Terms) and field_type(by.field) == "date"):
            return self._date(composite_options(given), found)
        return found

    def _source(self, given: Any) -> CompositeSource:
        if not isinstance(given, Mapping) or len(given) != 1:
            raise InvalidError("a source of [composite] is a mapping with one name")
        ((name, body),) = given.items()
        kinds = {"terms", "date_histogram", "histogram"}
        if not isinstance(body, Mapping) or len(body) != 1 or next(iter(body)) not in kinds:
            raise InvalidError(f"source [{str(name)[:80]}] needs one of {', '.join(sorted(kinds))}")
        ((clause, options),) = body.items()
        if not isinstance(options, Mapping):
            raise InvalidError(f"source [{str(name)[:80]}] needs a field")
        settings = {"order", "missing_bucket", "value_type", "format"}
        refuse_unknown(str(clause), {name: one for name, one in options.items() if name not in settings})
        if options.get("order", "asc") not in ("asc", "desc"):
            raise InvalidError(f"source [{str(name)[:80]}]: the order is asc or desc")
        by = self._kinds[clause]({name: one for name, one in options.items() if name != "order"})
        assert isinstance(by, Terms | DateHistogram | Histogram)  # noqa: S101  the three clauses make these
        return CompositeSource(
            str(name), by, descending=options.get("order") == "desc",
            with_missing=bool(options.get("missing_bucket")),
        )  # fmt: skip

    def _top_hits(self, body: Mapping[str, Any]) -> TopHits:
        keys = tuple(one.key for one in read_sort(body.get("sort")) if one.key is not None)
        return TopHits(integer(body, "size", 3), integer(body, "from", 0), keys)


def composite_options(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the options of a source of a composite: they stand below its name and its one clause."""
    (body,) = source.values()
    (options,) = body.values()
    found: Mapping[str, Any] = options
    return found


def _with_order(kind: Terms, body: Mapping[str, Any], inner: tuple[Asked, ...]) -> Terms:
    given = body.get("order")
    if given is None:
        return kind
    orders: list[BucketOrder] = []
    for one in given if isinstance(given, list) else [given]:
        if not isinstance(one, Mapping) or len(one) != 1:
            raise InvalidError(f"[order] is a mapping with one key, not {shown(one)}")
        ((path, direction),) = one.items()
        orders.append(BucketOrder(_order_path(str(path), inner), str(direction).lower() != "asc"))
    return replace(kind, order=tuple(orders))


def _order_path(path: str, inner: tuple[Asked, ...]) -> tuple[str, ...]:
    if path in {"_count", "_key", "_term"}:
        return ("_count",) if path == "_count" else ("_key",)
    name, _, figure = path.rpartition(".") if "." in path else (path, "", "")
    clauses = {one.name: one.clause for one in inner}
    if path in clauses:
        name, figure = path, ""
    if figure in {"", "value"} and clauses.get(name) in _NUMBERS:
        return (name, _NUMBERS[clauses[name]])
    return (name, figure) if figure else (name,)
