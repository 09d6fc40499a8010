"""The answers of aggregations in Elasticsearch's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.api.elastic.figures import figures_of, ranks_of
from tocsin.api.elastic.names import Names
from tocsin.api.elastic.sources import Showing, read_chosen, read_wanted
from tocsin.api.elastic.values import milliseconds, sort_value, sorted_by
from tocsin.core.event import Event
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
    SortKey,
    Terms,
    value_kind,
)
from tocsin.query.date_formats import format_date
from tocsin.query.elasticsearch_aggs import Asked, composite_options
from tocsin.query.elasticsearch_options import histogram_order
from tocsin.query.elasticsearch_sort import SortedBy, read_sort
from tocsin.query.renaming import renamed_sort
from tocsin.query.values import number_key

_TYPED = {"percentiles": "tdigest_percentiles"}
_TERMS = {"long": "l", "boolean": "l", "date": "l", "double": "d"}
"""How the kind of a terms aggregation begins, by the type of its field; `s` for text."""


class Shown:
    """Shows answers; knows how events are shown, and the names and types of fields."""

    def __init__(self, showing: Showing, names: Names, *, typed: bool = False) -> None:
        self._showing = showing
        self._names = names
        self._typed = typed

    def all(self, asked: tuple[Asked, ...], results: Mapping[str, Result]) -> dict[str, Any]:
        """Return the answers by name."""
        return {self._named(one): self._one(one, results[one.name]) for one in asked}

    def _named(self, asked: Asked) -> str:
        """Return the name an answer stands under: `sterms#users` for clients that ask for types."""
        if not self._typed:
            return asked.name
        kind = _TYPED.get(asked.clause, asked.clause)
        if isinstance(asked.node.kind, Terms):
            kind = f"{_TERMS.get(self._names.type_of(asked.node.kind.field), 's')}terms"
        return f"{kind}#{asked.name}"

    def _one(self, asked: Asked, result: Result) -> dict[str, Any]:
        match result:
            case Figures():
                return figures_of(asked, result)
            case Number(value):
                return {"value": value}
            case Ranks(values):
                return ranks_of(asked, values)
            case Hits():
                return {"hits": self._hits(asked, result)}
            case Buckets():
                return self._buckets(asked, result)

    def _hits(self, asked: Asked, hits: Hits) -> dict[str, Any]:
        chosen, wanted = read_chosen(asked.body.get("_source"), {}), read_wanted(asked.body)
        by = [one for one in read_sort(asked.body.get("sort")) if one.key is not None]
        shown = []
        for event in hits.events:
            hit = self._showing.hit(event, chosen)
            if wanted and (fields := self._showing.fields(event, wanted, self._names)):
                hit["fields"] = fields
            if by:
                hit["sort"] = [self._sort_value(event, one, one.key) for one in by if one.key is not None]
            shown.append(hit)
        return {"total": {"value": hits.total, "relation": "eq"}, "max_score": None, "hits": shown}

    def _sort_value(self, event: Event, by: SortedBy, key: SortKey) -> Any:
        named = renamed_sort(key, self._names, self._names.kind_of)
        return sort_value(by, sorted_by(event, named), self._names.type_of(key.field))

    def _buckets(self, asked: Asked, result: Buckets) -> dict[str, Any]:
        kind = asked.node.kind
        if asked.clause in {"filter", "missing"}:
            only = result.buckets[0]
            return {"doc_count": only.count, **self.all(asked.inner, only.results)}
        shown = [(bucket, self._bucket(asked, bucket)) for bucket in _in_order(asked, result.buckets)]
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
        if asked.clause == "terms" and asked.body.get("show_term_doc_count_error"):
            shown["doc_count_error_upper_bound"] = 0
        return shown | self.all(asked.inner, bucket.results)

    def _key(self, asked: Asked, key: Key) -> dict[str, Any]:
        kind = asked.node.kind
        match kind:
            case Composite(sources):
                assert isinstance(key, tuple)  # noqa: S101  keys of composites are
                bodies = map(composite_options, asked.body["sources"])
                parts = zip(sources, bodies, key, strict=True)
                return {"key": [self._part(source.by, body, part) for source, body, part in parts]}
            case DateHistogram():
                return _dated(asked.body, key)
            case Histogram():
                return {"key": key}
            case Ranges():
                return _span(asked, kind, key)
            case Terms(field) if value_kind(field) == "date" and isinstance(key, int):
                return _dated(asked.body, key)
            case Terms(field):
                return self._term(field, key)
        return (
            {} if isinstance(asked.body.get("filters"), list) and asked.clause == "filters" else {"key": key}
        )

    def _part(self, by: Terms | DateHistogram | Histogram, body: Mapping[str, Any], part: Any) -> Any:
        if part is None or isinstance(by, Histogram):
            return part
        if isinstance(by, DateHistogram) or value_kind(by.field) == "date":
            return _dated(body, part)["key_as_string"] if body.get("format") else milliseconds(part)
        shown = self._term(by.field, part)
        return shown["key_as_string"] == "true" if "key_as_string" in shown else shown["key"]

    def _term(self, field: str, key: Key) -> dict[str, Any]:
        """Return the key of a value: numbers of fields typed by their values as numbers, truth as 0 and 1."""
        of = self._names.type_of(field)
        if isinstance(key, str) and of in {"long", "double"} and (number := number_key(key)) is not None:
            return {"key": int(number) if of == "long" and number.is_integer() else number}
        if key in {"true", "false"} and of == "boolean":
            key = key == "true"
        if isinstance(key, bool):
            return {"key": int(key), "key_as_string": str(key).lower()}
        return {"key": key}


def _in_order(asked: Asked, buckets: Sequence[Bucket]) -> Sequence[Bucket]:
    """Return the buckets as they are, or a histogram's by their counts where that is asked for."""
    if not asked.clause.endswith("histogram"):
        return buckets
    path, downwards = histogram_order(asked.body)
    if path == "_key":
        return buckets
    return sorted(buckets, key=lambda one: -one.count if downwards else one.count)


def _is_keyed(asked: Asked) -> bool:
    if asked.clause == "filters":
        return not isinstance(asked.body.get("filters"), list) and bool(asked.body.get("keyed", True))
    return bool(asked.body.get("keyed")) and asked.clause != "terms"


def _dated(body: Mapping[str, Any], key: Any) -> dict[str, Any]:
    formats, zone = str(body.get("format") or ""), str(body.get("time_zone") or "UTC")
    return {"key_as_string": format_date(key, formats=formats, zone=zone), "key": milliseconds(key)}


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
            shown |= {name: milliseconds(end), f"{name}_as_string": words[name]}
    written = key if given is not None else f"{words.get('from', '*')}-{words.get('to', '*')}"
    return {"key": written, **shown}
