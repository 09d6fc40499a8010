"""Figures over events: what rules ask of Elasticsearch's aggregations, computed over documents."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tocsin.core.event import Event
from tocsin.detect.kinds.base import Figures
from tocsin.detect.kinds.document import Document, Hit, expanded, lookup
from tocsin.detect.kinds.settings import KindSettings, Metric

Bucket = tuple[int, tuple[Any, ...], Figures]
"""Time, the values of the key, and the figures."""

_VALUE = "value"


def compute(settings: KindSettings, hits: Sequence[Hit], offset: int = 0) -> Figures:
    """Return what the rule asks of these events: per key, within it per interval, within that the figure.

    `offset` shifts the intervals, in microseconds.
    """
    return _keyed(settings, settings.keys, hits, offset)


def _keyed(settings: KindSettings, keys: Sequence[str], hits: Sequence[Hit], offset: int) -> Figures:
    if not keys:
        return _intervals(settings, hits, offset)
    buckets = [
        {"key": key, "doc_count": len(inside), **_keyed(settings, keys[1:], inside, offset)}
        for key, inside in ranked(hits, keys[0])
        if len(inside) >= settings.min_doc_count
    ]
    return {"bucket_aggs": {"buckets": buckets[: settings.terms_size]}}


def ranked(hits: Sequence[Hit], name: str) -> list[tuple[Any, list[Hit]]]:
    """Return the events per value of a field, the most frequent first; a list counts for each element.

    A mapping is no value, nor is one in a list.
    """
    groups: dict[Any, list[Hit]] = {}
    for hit in hits:
        for value in listed(lookup(hit.fields, name)):
            if not isinstance(value, dict | list):
                groups.setdefault(value, []).append(hit)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), str(group[0])))


def listed(value: Any) -> list[Any]:
    """Return a field's values: none for a missing one, the elements of a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _intervals(settings: KindSettings, hits: Sequence[Hit], offset: int) -> Figures:
    step = settings.bucket_interval
    if not step:
        return _figure(settings, hits)
    groups: dict[int, list[Hit]] = {}
    for hit in hits:
        groups.setdefault((hit.at - offset) // step * step + offset, []).append(hit)
    starts = range(min(groups), max(groups) + step, step) if groups else ()
    buckets = [{"at": start, **_figure(settings, groups.get(start, []))} for start in starts]
    return {"interval_aggs": {"buckets": buckets}}


def _figure(settings: KindSettings, hits: Sequence[Hit]) -> Figures:
    if settings.percentage_filter is not None:
        inside = sum(1 for hit in hits if settings.percentage_filter(event_of(hit)))
        return {"matching": inside, "others": len(hits) - inside}
    metric = settings.metric
    return {_VALUE: measure(metric, hits) if metric else None}


def measure(metric: Metric, hits: Sequence[Hit]) -> float | None:
    """Return the figure; None where there is nothing to take the least, most or mean of."""
    values = [
        value for hit in hits for value in listed(lookup(hit.fields, metric.field)) if value is not None
    ]
    if metric.function == "value_count":
        return len(values)
    if metric.function == "cardinality":
        return len({str(value) for value in values})
    numbers = [float(each) for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    if metric.function == "sum":
        return math.fsum(numbers)
    if not numbers:
        return None
    if metric.function == "percentiles":
        return _percentile(sorted(numbers), metric.percent)
    return _EXTREMES[metric.function](numbers)


def _mean(numbers: list[float]) -> float:
    return math.fsum(numbers) / len(numbers)


_EXTREMES: dict[str, Callable[[list[float]], float]] = {"min": min, "max": max, "avg": _mean}


def _percentile(ordered: list[float], percent: float) -> float:
    position = (len(ordered) - 1) * percent / 100.0
    low, high = math.floor(position), math.ceil(position)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def event_of(hit: Hit) -> Event:
    """Return a document as an event with flat fields, for conditions of the query language."""
    return Event("", 0, hit.at, hit.at, str(hit.fields.get("message", "")), dict(_flat(hit.fields, "")))


def _flat(document: Document, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif value is not None and value != []:
            yield f"{prefix}{name}", value


def per_key(at: int, found: Figures) -> Iterator[Bucket]:
    """Go through an answer: the figures of every key and interval; a rule without key has no values."""
    for values, bucket in _leaves(found, ()):
        if "interval_aggs" not in bucket:
            yield at, values, bucket
            continue
        for interval in bucket["interval_aggs"]["buckets"]:
            yield interval["at"], values, interval


def _leaves(found: Figures, values: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Figures]]:
    if "bucket_aggs" not in found:
        yield values, found
        return
    for bucket in found["bucket_aggs"]["buckets"]:
        yield from _leaves(bucket, (*values, bucket["key"]))


def joined(values: Sequence[Any]) -> str:
    """Return the values of a compound key as aggregations join them."""
    return ",".join(str(value) for value in values)


def named(settings: KindSettings, values: tuple[Any, ...]) -> Document:
    """Return the fields that name a bucket: a compound key under its own name, a single one in its place."""
    if not values:
        return {}
    if settings.key_fields:
        return {settings.query_key: joined(values)}
    return expanded(settings.query_key, values[0])


def value_of(bucket: Figures) -> float | None:
    """Return the figure of a bucket."""
    value: float | None = bucket.get(_VALUE)
    return value
