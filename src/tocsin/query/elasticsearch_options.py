"""Options of Elasticsearch's aggregations: what each clause knows, and how its values are read."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import TIMESTAMP, canonical
from tocsin.query.aggregation import Percentiles, Span
from tocsin.query.elasticsearch_fields import scalar, shown
from tocsin.query.intervals import Interval, parse_unit, parse_width
from tocsin.query.values import text_of

_STEPS = frozenset({
    "field", "offset", "min_doc_count", "extended_bounds", "hard_bounds", "keyed", "order", "format",
})  # fmt: skip
_TIMES = frozenset({"calendar_interval", "fixed_interval", "interval", "time_zone"})
_FIGURE = frozenset({"field", "format", "value_type"})
_KNOWN: Mapping[str, frozenset[str]] = {
    "terms": frozenset({
        "field", "size", "shard_size", "order", "min_doc_count", "shard_min_doc_count", "include", "exclude",
        "missing", "collect_mode", "execution_hint", "show_term_doc_count_error", "value_type",
    }),
    "date_histogram": _STEPS | _TIMES,
    "histogram": _STEPS | {"interval"},
    "range": frozenset({"field", "ranges", "keyed", "format"}),
    "date_range": frozenset({"field", "ranges", "keyed", "format", "time_zone"}),
    "filters": frozenset({"filters", "other_bucket", "other_bucket_key", "keyed"}),
    "missing": frozenset({"field"}),
    "composite": frozenset({"sources", "size", "after"}),
    "cardinality": frozenset({"field", "precision_threshold", "rehash", "execution_hint", "value_type"}),
    "extended_stats": _FIGURE | {"sigma"},
    "percentiles": _FIGURE | {"percents", "keyed", "tdigest", "hdr"},
    "top_hits": frozenset({
        "size", "from", "sort", "_source", "fields", "docvalue_fields", "stored_fields", "version",
        "seq_no_primary_term", "explain", "highlight", "track_scores",
    }),
    **dict.fromkeys(("min", "max", "avg", "sum", "stats", "value_count"), _FIGURE),
}  # fmt: skip
"""What each clause may hold; `filter` holds a query instead. What is not here would change the answer."""


def refuse_unknown(clause: str, options: Mapping[str, Any]) -> None:
    """Raise `InvalidError` for an option that is not read: the answer would not be the one asked for."""
    if clause not in _KNOWN:
        return
    every_event_has_it = options.get("field") == TIMESTAMP
    known = _KNOWN[clause] | ({"missing"} if every_event_has_it else set())
    if unknown := set(map(str, options)) - known:
        raise InvalidError(f"[{clause}] does not support [{min(unknown)[:60]}]")


def field_of(body: Mapping[str, Any]) -> str:
    """Return the canonical name of the field an aggregation is about."""
    name = body.get("field")
    if not isinstance(name, str) or not 0 < len(name) <= 512:
        raise InvalidError("[field] is missing")
    return canonical(name)


def integer(body: Mapping[str, Any], name: str, default: int) -> int:
    """Return a whole number among the options."""
    value = body.get(name, default)
    try:
        return default if value is None or isinstance(value, bool) else int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidError(f"[{name}] is a whole number, not {shown(value)}") from error


def maybe_real(body: Mapping[str, Any], name: str) -> float | None:
    """Return a number among the options; None where there is none."""
    return None if body.get(name) is None else real(body, name, 0)


def real(body: Mapping[str, Any], name: str, default: float) -> float:
    """Return a number among the options."""
    try:
        return float(body.get(name, default))
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidError(f"[{name}] is a number, not {shown(body.get(name))}") from error


def choice(given: Any) -> tuple[str, ...] | str | None:
    """Return which values of a field are counted or left out: a pattern, or their texts."""
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, list):
        return tuple(_text(one) for one in given)
    raise InvalidError(
        "[include] and [exclude] are a pattern or a list of values; partitions are not supported"
    )


def interval_of(body: Mapping[str, Any]) -> Interval:
    """Return the step of a date histogram."""
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


def histogram_order(body: Mapping[str, Any]) -> tuple[str, bool]:
    """Return by what the steps of a histogram are ordered, `_key` or `_count`, and whether downwards."""
    order = body.get("order") or {"_key": "asc"}
    if not isinstance(order, Mapping) or len(order) != 1 or set(order) - {"_key", "_time", "_count"}:
        raise InvalidError("a histogram is ordered by _key or by _count")
    ((path, direction),) = order.items()
    return "_count" if path == "_count" else "_key", str(direction).lower() == "desc"


def descending(body: Mapping[str, Any]) -> bool:
    """Say whether the steps of a histogram are asked for from the last to the first."""
    path, downwards = histogram_order(body)
    return path == "_key" and downwards


def ranges_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the ranges as they are given."""
    given = body.get("ranges")
    if (
        not isinstance(given, list)
        or not 0 < len(given) <= 1_000
        or not all(isinstance(o, Mapping) for o in given)
    ):
        raise InvalidError("[ranges] is a list of up to 1000 ranges with from and to")
    return given


def in_order(spans: list[Span]) -> tuple[Span, ...]:
    """Return ranges as they are answered: by their lower ends, then by their upper ones."""

    def ends(span: Span) -> tuple[float, float]:
        lower, upper = span.lower, span.upper
        return -inf if lower is None else lower, inf if upper is None else upper

    return tuple(sorted(spans, key=ends))


def span_of(one: Mapping[str, Any], lower: float | None, upper: float | None) -> Span:
    """Return a range under the name it is given, or the one it has by its ends."""
    key = one.get("key")
    written = f"{'*' if lower is None else lower}-{'*' if upper is None else upper}"
    return Span(written if key is None else str(key), lower, upper)


def _text(value: Any) -> str:
    """Return the text by which a value is compared; 5.0 of a client means the number 5."""
    plain = scalar(value, "include")
    return text_of(int(plain) if isinstance(plain, float) and plain.is_integer() else plain)


def percentiles_of(body: Mapping[str, Any]) -> Percentiles:
    """Return which percentiles are asked for."""
    given = body.get("percents")
    if given is None:
        return Percentiles(field_of(body))
    if not isinstance(given, list) or not 0 < len(given) <= 100:
        raise InvalidError("[percents] is a list of up to 100 numbers")
    return Percentiles(field_of(body), tuple(real({"percents": one}, "percents", 0) for one in given))
