"""The answers of aggregations in Elasticsearch's form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from tocsin.api.elastic.sources import Chosen, Showing, read_chosen
from tocsin.core.fields import FieldType
from tocsin.query.aggregation import (
    Bucket,
    Buckets,
    Composite,
    DateHistogram,
    Figures,
    Histogram,
    Hits,
    Key,
    Number,
    Ranges,
    Ranks,
    Result,
    Terms,
    value_kind,
)
from tocsin.query.date_formats import format_date
from tocsin.query.elasticsearch_aggs import Asked
from tocsin.query.values import number_key

TypeOf = Callable[[str], FieldType | str]
"""Gives the type of a field as the log knows it."""


class Shown:
    """Shows answers; knows how events are shown and the types of fields."""

    def __init__(self, showing: Showing, type_of: TypeOf) -> None:
        self._showing = showing
        self._type_of = type_of

    def all(self, asked: tuple[Asked, ...], results: Mapping[str, Result]) -> dict[str, Any]:
        """Return the answers by name."""
        return {one.name: self._one(one, results[one.name]) for one in asked}

    def _one(self, asked: Asked, result: Result) -> dict[str, Any]:
        match result:
            case Figures():
                return _figures(asked, result)
            case Number(value):
                return {"value": value}
            case Ranks(values):
                return _ranks(asked, values)
            case Hits(total, events):
                chosen = read_chosen(asked.body.get("_source"), {})
                return {"hits": self._hits(total, events, chosen)}
            case Buckets():
                return self._buckets(asked, result)

    def _hits(self, total: int, events: Any, chosen: Chosen) -> dict[str, Any]:
        hits = [self._showing.hit(event, chosen) for event in events]
        return {"total": {"value": total, "relation": "eq"}, "max_score": None, "hits": hits}

    def _buckets(self, asked: Asked, result: Buckets) -> dict[str, Any]:
        kind = asked.node.kind
        if asked.clause in {"filter", "missing"}:
            only = result.buckets[0]
            return {"doc_count": only.count, **self.all(asked.inner, only.results)}
        shown = [(bucket, self._bucket(asked, bucket)) for bucket in result.buckets]
        if isinstance(kind, Composite):
            return self._composite(kind, [one for _, one in shown])
        found: Any = [one for _, one in shown]
        if _is_keyed(asked):
            found = {str(one.get("key_as_string", one.get("key", bucket.key))): one for bucket, one in shown}
            if not asked.clause.endswith("histogram"):
                for one in found.values():
                    one.pop("key", None)
        answer: dict[str, Any] = {"buckets": found}
        if isinstance(kind, Terms):
            answer |= {"doc_count_error_upper_bound": 0, "sum_other_doc_count": result.other}
        return answer

    def _composite(self, kind: Composite, shown: list[dict[str, Any]]) -> dict[str, Any]:
        names = [source.name for source in kind.sources]
        for one in shown:
            one["key"] = dict(zip(names, one["key"], strict=True))
        return ({"after_key": shown[-1]["key"]} if shown else {}) | {"buckets": shown}

    def _bucket(self, asked: Asked, bucket: Bucket) -> dict[str, Any]:
        shown = self._key(asked, bucket.key) | {"doc_count": bucket.count}
        return shown | self.all(asked.inner, bucket.results)

    def _key(self, asked: Asked, key: Key) -> dict[str, Any]:
        kind = asked.node.kind
        match kind:
            case Composite(sources):
                assert isinstance(key, tuple)  # noqa: S101  keys of composites are
                parts = [self._part(source.by, part) for source, part in zip(sources, key, strict=True)]
                return {"key": parts}
            case DateHistogram():
                return _dated(asked, key)
            case Histogram():
                return {"key": key}
            case Ranges():
                return _span(asked, kind, key)
            case Terms(field) if value_kind(field) == "date" and isinstance(key, int):
                return _dated(asked, key)
            case Terms(field):
                return self._term(field, key)
        return (
            {} if isinstance(asked.body.get("filters"), list) and asked.clause == "filters" else {"key": key}
        )

    def _part(self, by: Terms | DateHistogram | Histogram, part: Any) -> Any:
        if part is None or isinstance(by, Histogram):
            return part
        if isinstance(by, DateHistogram) or value_kind(by.field) == "date":
            return _milliseconds(part)
        return self._term(by.field, part)["key"]

    def _term(self, field: str, key: Key) -> dict[str, Any]:
        """Return the key of a value: numbers of fields typed by their values as numbers, truth as 0 and 1."""
        of = self._type_of(field)
        if isinstance(key, str) and of in {"long", "double"} and (number := number_key(key)) is not None:
            return {"key": int(number) if of == "long" and number.is_integer() else number}
        if key in {"true", "false"} and of == "boolean":
            key = key == "true"
        if isinstance(key, bool):
            return {"key": int(key), "key_as_string": str(key).lower()}
        return {"key": key}


def _is_keyed(asked: Asked) -> bool:
    if asked.clause == "filters":
        return not isinstance(asked.body.get("filters"), list) and bool(asked.body.get("keyed", True))
    return bool(asked.body.get("keyed")) and asked.clause != "terms"


def _milliseconds(at: float) -> int | float:
    whole, rest = divmod(int(at), 1_000)
    return at / 1_000 if rest else whole


def _dated(asked: Asked, key: Any) -> dict[str, Any]:
    formats, zone = str(asked.body.get("format") or ""), str(asked.body.get("time_zone") or "UTC")
    return {"key_as_string": format_date(key, formats=formats, zone=zone), "key": _milliseconds(key)}


def _span(asked: Asked, kind: Ranges, key: Key) -> dict[str, Any]:
    span = next(span for span in kind.spans if span.key == key)
    given = next((one for one in asked.body["ranges"] if one.get("key") == key), None)
    if not kind.dated:
        ends = {name: end for name, end in (("from", span.lower), ("to", span.upper)) if end is not None}
        return {"key": key, **ends}
    formats, zone = str(asked.body.get("format") or ""), str(asked.body.get("time_zone") or "UTC")
    shown: dict[str, Any] = {}
    words: dict[str, str] = {}
    for name, end in (("from", span.lower), ("to", span.upper)):
        if end is not None:
            words[name] = format_date(int(end), formats=formats, zone=zone)
            shown |= {name: _milliseconds(end), f"{name}_as_string": words[name]}
    written = key if given is not None else f"{words.get('from', '*')}-{words.get('to', '*')}"
    return {"key": written, **shown}


def _figures(asked: Asked, figures: Figures) -> dict[str, Any]:
    dated = value_kind(asked.node.kind.field) == "date" if hasattr(asked.node.kind, "field") else False
    scale = 1_000 if dated else 1
    least, greatest, avg = (
        None if value is None else value / scale if dated else value
        for value in (figures.least, figures.greatest, figures.avg)
    )
    values = {"min": least, "max": greatest, "avg": avg, "sum": figures.sum / scale}
    if asked.clause in values:
        return _one_figure(asked, values[asked.clause], dated=dated)
    shown: dict[str, Any] = {"count": figures.count, **values}
    if asked.clause == "extended_stats":
        shown |= _extended(figures, scale)
    return shown


def _one_figure(asked: Asked, value: float | None, *, dated: bool) -> dict[str, Any]:
    if value is None or not dated:
        return {"value": value}
    return {
        "value": value,
        "value_as_string": format_date(int(value * 1_000), formats=str(asked.body.get("format") or "")),
    }


def _extended(figures: Figures, scale: int) -> dict[str, Any]:
    count, squares = figures.count, figures.sum_of_squares / scale / scale
    if not count:
        return {"sum_of_squares": None, "variance": None, "std_deviation": None}
    mean = figures.sum / scale / count
    variance = max(0.0, squares / count - mean * mean)
    sampling = variance * count / (count - 1) if count > 1 else None
    return {
        "sum_of_squares": squares,
        "variance": variance,
        "variance_population": variance,
        "variance_sampling": sampling,
        "std_deviation": math.sqrt(variance),
        "std_deviation_population": math.sqrt(variance),
        "std_deviation_sampling": None if sampling is None else math.sqrt(sampling),
    }


def _ranks(asked: Asked, values: Mapping[float, float | None]) -> dict[str, Any]:
    if asked.body.get("keyed", True):
        return {"values": {str(percent): value for percent, value in values.items()}}
    return {"values": [{"key": percent, "value": value} for percent, value in values.items()]}
