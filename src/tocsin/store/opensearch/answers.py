"""The server's answers to aggregations, read into ours."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timezone
from itertools import accumulate
from typing import Any

from tocsin.core.fields import TIMESTAMP, field_type
from tocsin.query.aggregation import (
    Aggregation,
    AggregationError,
    Bucket,
    Buckets,
    Composite,
    CompositeSource,
    DateHistogram,
    Figures,
    Histogram,
    Percentiles,
    Ranks,
    Result,
    Terms,
    empty_bucket,
    order_kind,
)
from tocsin.query.intervals import Interval, zone_of
from tocsin.query.tree import Scalar
from tocsin.query.values import KEYS
from tocsin.store.keys import typed

Raw = Mapping[str, Any]
Read = Callable[[Raw], Result]
Below = Callable[[Raw], dict[str, Result]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Keys that a terms aggregation is about, once they are known, and the count of all the others."""

    keys: Sequence[Any]
    other: int


def read_all(aggregations: Sequence[Aggregation], reads: Sequence[Read], raw: Raw) -> dict[str, Result]:
    """Return the answers by name; they stand under `a0`, `a1` and so on."""
    pairs = enumerate(zip(aggregations, reads, strict=True))
    return {one.name: read(raw[f"a{place}"]) for place, (one, read) in pairs}


def terms_answer(
    one: Aggregation,
    kind: Terms,
    raw: Raw,
    below: Below,
    chosen: Chosen | None,
) -> Result:
    """Return the answer of a terms aggregation; raises `AggregationError` when a shard left values out."""
    if raw["doc_count_error_upper_bound"] and chosen is None:
        raise AggregationError("has too many different values to be counted exactly", path=one.name)
    buckets = [
        Bucket(_term_key(kind.field, each["key"]), each["doc_count"], below(each)) for each in raw["buckets"]
    ]
    if order_kind(kind) == "address" or kind.kind == "number":
        buckets = _by_value(kind, buckets)
    return Buckets(buckets, raw["sum_other_doc_count"] if chosen is None else chosen.other)


def _by_value(kind: Terms, buckets: Sequence[Bucket]) -> list[Bucket]:
    """Order buckets with equal counts by address, or by number; what is neither comes last."""
    sign = -1 if kind.order[0].descending else 1
    key_of = KEYS[order_kind(kind)]

    def place(one: Bucket) -> tuple[int, bool, Any, str]:
        key = key_of(str(one.key))
        return sign * one.count, key is None, key, str(one.key)

    return sorted(buckets, key=place)


def _term_key(name: str, key: Any) -> Scalar:
    if isinstance(key, str):
        value: Scalar = typed(name, key)
        return value
    return int(key) if field_type(name) in ("long", "date") or name == TIMESTAMP else float(key)


def is_even(interval: Interval) -> bool:
    """Say whether every step is as wide as the others, and begins at a multiple of that."""
    zone = zone_of(interval.zone)
    return bool(interval.step) and (isinstance(zone, timezone) or interval.zone == "UTC")


def stepped(kind: DateHistogram | Histogram, raw: Raw, below: Below) -> Bucket:
    """Return a bucket of a histogram."""
    key: Scalar = raw["key"]
    if isinstance(kind, DateHistogram):
        key = int(raw["key"]) if is_even(kind.interval) else int(raw["key"]) * 1_000
    return Bucket(key, raw["doc_count"], below(raw))


def fixed_bucket(one: Aggregation, key: str, raw: Raw, below: Below) -> Bucket:
    """Return a bucket whose key was known beforehand."""
    if not raw["doc_count"]:
        return empty_bucket(key, one)
    return Bucket(key, raw["doc_count"], below(raw))


def composite_key(kind: Composite, raw: Raw) -> tuple[Scalar | None, ...]:
    """Return the key of a composite's bucket."""
    return tuple(_composite_part(one, raw[f"s{place}"]) for place, one in enumerate(kind.sources))


def _composite_part(source: CompositeSource, value: Any) -> Scalar | None:
    if value is None or isinstance(value, str):
        return value
    whole = isinstance(source.by, DateHistogram) or (
        isinstance(source.by, Terms) and field_type(source.by.field) in ("long", "date")
    )
    return int(value) if whole else float(value)


def figures(raw: Raw) -> Figures:
    """Return the answer to `Stats`."""
    if not raw["count"]:
        return Figures()
    return Figures(raw["count"], raw["min"], raw["max"], raw["sum"], raw["sum_of_squares"])


def exact_ranks(kind: Percentiles, counts: Sequence[tuple[float, int]]) -> Ranks:
    """Return the answer to `Percentiles` from values and how often each occurs."""
    ordered = sorted(counts)
    upto = list(accumulate(count for _, count in ordered))
    if not upto:
        return Ranks(dict.fromkeys(kind.percents))
    values: dict[float, float | None] = {}
    for percent in kind.percents:
        place = (upto[-1] - 1) * (percent / 100)
        below, above = (ordered[bisect_right(upto, at(place))][0] for at in (math.floor, math.ceil))
        values[percent] = below + (above - below) * (place - math.floor(place))
    return Ranks(values)


def estimated_ranks(raw: Sequence[Raw]) -> Ranks:
    """Return the server's own answer to `Percentiles`."""
    return Ranks({one["key"]: one["value"] for one in raw}, approximate=True)
