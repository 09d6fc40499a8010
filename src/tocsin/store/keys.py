"""Keys of buckets as they are shown, as they come back to go on from, and those between which none was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tocsin.core.fields import TIMESTAMP, field_type
from tocsin.query.aggregation import (
    MAX_BUCKETS,
    Aggregation,
    AggregationError,
    Bucket,
    BucketKind,
    Composite,
    CompositeSource,
    DateHistogram,
    Filters,
    Histogram,
    Key,
    Missing,
    Ranges,
    Terms,
    empty_bucket,
    fixed_keys,
    step_start,
    value_kind,
)
from tocsin.query.tree import Scalar
from tocsin.query.values import text_of


def typed(field: str, text: str) -> Scalar:
    """Return a value as its field declares it; a value that does not fit stays text."""
    try:
        match field_type(field):
            case "long":
                return int(text)
            case "double":
                return float(text)
            case "boolean" if text in ("true", "false"):
                return text == "true"
            case "date" if field == TIMESTAMP:
                return int(text)
    except ValueError:
        return text
    return text


def shown(kind: BucketKind, raw: tuple[Any, ...]) -> Key:
    """Return a key as callers see it."""
    if isinstance(kind, Composite):
        return tuple(_part(source, part) for source, part in zip(kind.sources, raw, strict=True))
    value: Scalar = raw[0]
    if isinstance(kind, Ranges | Filters | Missing):
        return fixed_keys(kind)[int(value)]
    found: Scalar = typed(kind.field, value) if isinstance(kind, Terms) and isinstance(value, str) else value
    return found


def _part(source: CompositeSource, raw: Any) -> Scalar | None:
    if isinstance(source.by, Terms) and isinstance(raw, float) and field_type(source.by.field) == "long":
        return int(raw)
    value: Scalar | None = raw
    return value


def raw_after(kind: Composite) -> list[Any]:
    """Return the key a page of a composite goes on behind, as the database compares it."""
    return [_raw(source, part) for source, part in zip(kind.sources, kind.after or (), strict=True)]


def _raw(source: CompositeSource, value: Scalar | None) -> Any:
    if value is None:
        return None
    kind = "date" if isinstance(source.by, DateHistogram) else value_kind(source.by.field)
    if isinstance(source.by, Histogram):
        kind = "number"
    try:
        if kind in {"date", "number"}:
            return int(value) if kind == "date" else float(value)
    except ValueError as error:
        raise AggregationError(f"`after` of {source.name} is no {kind}") from error
    return text_of(value)


def with_gaps(one: Aggregation, kind: BucketKind, buckets: Sequence[Bucket]) -> Sequence[Bucket]:
    """Return the buckets of a histogram with the empty ones it asks for, in its order; others as they are."""
    if not isinstance(kind, DateHistogram | Histogram):
        return buckets
    filled = list(buckets) if kind.min_count else _filled(one, kind, buckets)
    return filled[::-1] if kind.descending else filled


def _filled(one: Aggregation, kind: DateHistogram | Histogram, buckets: Sequence[Bucket]) -> list[Bucket]:
    found = {_number(bucket.key): bucket for bucket in buckets}
    ends = [*found]
    if kind.bounds is not None:
        ends += [step_start(kind, bound) for bound in kind.bounds]
    if not ends:
        return []
    filled: list[Bucket] = []
    for key in _steps(kind, min(ends), max(ends)):
        if len(filled) >= MAX_BUCKETS:
            raise AggregationError(
                f"makes more than {MAX_BUCKETS} buckets: widen the interval", path=one.name
            )
        filled.append(found.get(key) or empty_bucket(key, one))
    return filled


def _steps(kind: DateHistogram | Histogram, first: float, last: float) -> Iterator[float]:
    if isinstance(kind, DateHistogram):
        at = int(first)
        while at <= last:
            yield at
            at = kind.interval.following(at)
        return
    begin = round((first - kind.offset) / kind.width)
    for place in range(begin, min(round((last - kind.offset) / kind.width), begin + MAX_BUCKETS) + 1):
        yield place * kind.width + kind.offset


def _number(key: Key) -> float:
    assert isinstance(key, int | float)  # noqa: S101  keys of histograms are
    return key
