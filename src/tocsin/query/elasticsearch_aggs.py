"""Reader: Elasticsearch's `aggs` as an aggregation tree, with what its answer must look like.

Format: Elasticsearch 8 REST API, "Aggregations". What cannot be answered exactly is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import canonical, field_type
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
    Percentiles,
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
from tocsin.query.elasticsearch_sort import read_sort
from tocsin.query.intervals import Interval, parse_unit, parse_width
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
            "missing": lambda body: Missing(_field(body)),
            "composite": self._composite,
            "cardinality": lambda body: Cardinality(_field(body)),
            "value_count": lambda body: ValueCount(_field(body)),
            "percentiles": _percentiles,
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
        if clause in _STATS:
            return Stats(_field(options))
        if clause not in self._kinds:
            known = ", ".join(sorted({*self._kinds, *_STATS}))
            raise InvalidError(f"Unknown aggregation type [{clause[:60]}] (known: {known})")
        kind = self._kinds[clause](options)
        if isinstance(kind, Terms):
            return _with_order(kind, options, inner)
        return kind

    def _terms(self, body: Mapping[str, Any]) -> Terms:
        if _integer(body, "min_doc_count", 1) < 1:
            raise InvalidError("[min_doc_count] of 0 is not supported: values of no event are not listed")
        missing = body.get("missing")
        return Terms(
            _field(body),
            size=_integer(body, "size", 10),
            min_count=_integer(body, "min_doc_count", 1),
            include=_choice(body.get("include")),
            exclude=_choice(body.get("exclude")),
            missing=None if missing is None else scalar(missing, "missing"),
        )

    def _date_histogram(self, body: Mapping[str, Any]) -> DateHistogram:
        bounds, hard = (self._bounds(body, name) for name in ("extended_bounds", "hard_bounds"))
        low, high = bounds or (None, None)
        return DateHistogram(
            _field(body),
            _interval(body),
            min_count=_integer(body, "min_doc_count", 0),
            bounds=(low, high) if low is not None and high is not None else None,
            hard_bounds=hard,
            descending=_descending(body),
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
            found.append((_maybe(bounds, "min"), _maybe(bounds, "max")))
        low, high = found[0] or (None, None)
        return Histogram(
            _field(body),
            width=_real(body, "interval", 0),
            offset=_real(body, "offset", 0),
            min_count=_integer(body, "min_doc_count", 0),
            bounds=(low, high) if low is not None and high is not None else None,
            hard_bounds=found[1],
            descending=_descending(body),
        )

    def _range(self, body: Mapping[str, Any]) -> Ranges:
        field = _field(body)
        if field_type(field) == "ip":
            raise InvalidError("ranges of addresses are not supported: use filters")
        return Ranges(
            field, tuple(_span(one, _maybe(one, "from"), _maybe(one, "to")) for one in _ranges(body))
        )

    def _date_range(self, body: Mapping[str, Any]) -> Ranges:
        spans: list[Span] = []
        for one in _ranges(body):
            ends = [
                None if one.get(end) is None else self._date(body, scalar(one[end], end))
                for end in ("from", "to")
            ]
            spans.append(_span(one, *ends))
        return Ranges(_field(body), tuple(spans), dated=True)

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
            return Composite(sources, _integer(body, "size", 10))
        if not isinstance(after, Mapping) or set(after) != {source.name for source in sources}:
            raise InvalidError("[after] needs a value for each source")
        parts = tuple(
            None if after[source.name] is None else self._after(source, after[source.name])
            for source in sources
        )
        return Composite(sources, _integer(body, "size", 10), parts)

    def _after(self, source: CompositeSource, value: Any) -> Scalar:
        found: Scalar = scalar(value, "after")
        by = source.by
        if isinstance(by, DateHistogram) or (isinstance(by, Terms) and field_type(by.field) == "date"):
            return parse_date(found, now=self._now)[0]
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
        by = self._kinds[clause](options)
        assert isinstance(by, Terms | DateHistogram | Histogram)  # noqa: S101  the three clauses make these
        return CompositeSource(
            str(name), by, descending=options.get("order") == "desc",
            with_missing=bool(options.get("missing_bucket")),
        )  # fmt: skip

    def _top_hits(self, body: Mapping[str, Any]) -> TopHits:
        keys = tuple(one.key for one in read_sort(body.get("sort")) if one.key is not None)
        return TopHits(_integer(body, "size", 3), _integer(body, "from", 0), keys)


def _field(body: Mapping[str, Any]) -> str:
    name = body.get("field")
    if not isinstance(name, str) or not 0 < len(name) <= 512:
        raise InvalidError("[field] is missing")
    return canonical(name)


def _integer(body: Mapping[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    try:
        return default if value is None or isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidError(f"[{name}] is a whole number, not {shown(value)}") from error


def _maybe(body: Mapping[str, Any], name: str) -> float | None:
    return None if body.get(name) is None else _real(body, name, 0)


def _real(body: Mapping[str, Any], name: str, default: float) -> float:
    try:
        return float(body.get(name, default))
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidError(f"[{name}] is a number, not {shown(body.get(name))}") from error


def _choice(given: Any) -> tuple[str, ...] | str | None:
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, list):
        return tuple(str(one) for one in given)
    raise InvalidError(
        "[include] and [exclude] are a pattern or a list of values; partitions are not supported"
    )


def _interval(body: Mapping[str, Any]) -> Interval:
    zone, offset = str(body.get("time_zone") or "UTC"), body.get("offset") or 0
    moved = parse_width(offset) if isinstance(offset, str) else int(offset) * 1_000
    calendar, fixed = body.get("calendar_interval"), body.get("fixed_interval")
    either = body.get("interval")
    if sum(one is not None for one in (calendar, fixed, either)) != 1:
        raise InvalidError("one of [fixed_interval] and [calendar_interval] is needed")
    if calendar is None and either is not None and not str(either)[:1].isdigit():
        calendar = either  # the old form: `day`, or `1d`, which fixed steps answer alike
    if calendar is not None:
        return Interval(unit=parse_unit(str(calendar)), zone=zone, offset=moved)
    text = str(fixed if fixed is not None else either)
    if either is not None and text in {"1w", "1M", "1q", "1y"}:
        return Interval(unit=parse_unit(text), zone=zone, offset=moved)
    return Interval(width=parse_width(text), zone=zone, offset=moved)


def _descending(body: Mapping[str, Any]) -> bool:
    order = body.get("order") or {}
    if not isinstance(order, Mapping) or set(order) - {"_key", "_time"}:
        raise InvalidError("a histogram is ordered by _key")
    return "desc" in order.values()


def _ranges(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = body.get("ranges")
    if (
        not isinstance(given, list)
        or not 0 < len(given) <= 1_000
        or not all(isinstance(o, Mapping) for o in given)
    ):
        raise InvalidError("[ranges] is a list of up to 1000 ranges with from and to")
    return given


def _span(one: Mapping[str, Any], lower: float | None, upper: float | None) -> Span:
    key = one.get("key")
    written = f"{'*' if lower is None else lower}-{'*' if upper is None else upper}"
    return Span(written if key is None else str(key), lower, upper)


def _percentiles(body: Mapping[str, Any]) -> Percentiles:
    given = body.get("percents")
    if given is None:
        return Percentiles(_field(body))
    if not isinstance(given, list) or not 0 < len(given) <= 100:
        raise InvalidError("[percents] is a list of up to 100 numbers")
    return Percentiles(_field(body), tuple(_real({"percents": one}, "percents", 0) for one in given))


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
    return Terms(
        kind.field, kind.size, tuple(orders), kind.min_count, kind.include, kind.exclude, kind.missing
    )


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
