"""Elasticsearch's aggregations and sorts, and the trees they mean."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.core.clock import DAY, HOUR, from_iso
from tocsin.core.errors import InvalidError
from tocsin.query.aggregation import (
    Aggregation,
    BucketOrder,
    Composite,
    CompositeSource,
    DateHistogram,
    Filters,
    Histogram,
    Missing,
    Percentiles,
    Ranges,
    SortKey,
    Span,
    Stats,
    Terms,
    TopHits,
    ValueKind,
)
from tocsin.query.elasticsearch_aggs import read_aggregations
from tocsin.query.elasticsearch_sort import SortedBy, read_sort
from tocsin.query.intervals import Interval
from tocsin.query.renaming import renamed, renamed_aggregation
from tocsin.query.spans import time_span
from tocsin.query.tree import And, Exists, Node, Not, Or, Range, Term, Text

NOW = from_iso("2026-11-24T12:00:00Z")
DATE = {"field": "timestamp"}


def node(body: dict[str, Any]) -> Aggregation:
    return read_aggregations({"a": body}, now=NOW)[0].node


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"terms": {"field": "data.srcip", "size": 3}}, Terms("source.ip", 3)),
        (
            {"terms": {"field": "x", "order": {"_key": "asc"}}},
            Terms("x", order=(BucketOrder(("_key",), descending=False),)),
        ),
        (
            {"terms": {"field": "x", "include": ["a"], "exclude": "b.*"}},
            Terms("x", include=("a",), exclude="b.*"),
        ),
        (
            {"date_histogram": {**DATE, "fixed_interval": "1h"}},
            DateHistogram("@timestamp", Interval(width=HOUR), 0),
        ),
        (
            {"date_histogram": {**DATE, "interval": "day"}},
            DateHistogram("@timestamp", Interval(unit="day"), 0),
        ),
        (
            {"date_histogram": {**DATE, "calendar_interval": "1M", "time_zone": "+01:00", "offset": "1d"}},
            DateHistogram("@timestamp", Interval(unit="month", zone="+01:00", offset=DAY), 0),
        ),
        (
            {
                "date_histogram": {
                    **DATE,
                    "fixed_interval": "1d",
                    "extended_bounds": {"min": "now-1d/d", "max": 1795500000000},
                }
            },
            DateHistogram(
                "@timestamp",
                Interval(width=DAY),
                0,
                bounds=(from_iso("2026-11-23T00:00:00Z"), 1_795_500_000_000_000),
            ),
        ),
        ({"histogram": {"field": "x", "interval": "5", "min_doc_count": 1}}, Histogram("x", 5.0)),
        (
            {"range": {"field": "x", "ranges": [{"to": 1}, {"from": 1, "key": "k"}]}},
            Ranges("x", (Span("*-1.0", None, 1.0), Span("k", 1.0, None))),
        ),
        ({"filter": {"term": {"x": 1}}}, Filters((("filter", Term("x", 1, True)),))),
        (
            {"filters": {"filters": [{"exists": {"field": "x"}}], "other_bucket": True}},
            Filters((("0", Exists("x")),), "_other_"),
        ),
        ({"missing": {"field": "x"}}, Missing("x")),
        ({"percentiles": {"field": "x", "percents": [50]}}, Percentiles("x", (50.0,))),
        ({"avg": {"field": "x"}}, Stats("x")),
        (
            {"top_hits": {"size": 1, "sort": [{"x": "desc"}]}},
            TopHits(1, sort=(SortKey("x", descending=True),)),
        ),
        (
            {
                "composite": {
                    "size": 5,
                    "sources": [{"u": {"terms": {"field": "x", "missing_bucket": True}}}],
                    "after": {"u": "b"},
                }
            },
            Composite((CompositeSource("u", Terms("x"), with_missing=True),), 5, ("b",)),
        ),
    ],
)
def test_reads(body: dict[str, Any], expected: object) -> None:
    """Each clause means its node."""
    assert expected == node(body).kind


def test_reads_order_by_what_stands_below() -> None:
    """By a single figure, by one of several, with the names people give them."""
    inner = {"s": {"sum": {"field": "x"}}, "t": {"stats": {"field": "x"}}, "u.v": {"max": {"field": "x"}}}
    for order, path in (
        ({"s": "desc"}, ("s", "sum")),
        ({"s.value": "desc"}, ("s", "sum")),
        ({"t.avg": "desc"}, ("t", "avg")),
        ({"u.v": "desc"}, ("u.v", "max")),
    ):
        found = node({"terms": {"field": "y", "order": order}, "aggs": inner})
        assert isinstance(found.kind, Terms)
        assert (BucketOrder(path),) == found.kind.order


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"derivative": {"buckets_path": "x"}}, r"\[a\]: Unknown aggregation type \[derivative\]"),
        ({"terms": {}}, r"\[a\]: \[field\] is missing"),
        ({"terms": {"field": "x", "min_doc_count": 0}}, "min_doc_count"),
        ({"terms": {"script": "x"}}, "script"),
        ({"terms": {"field": "x"}, "avg": {"field": "x"}}, "one type"),
        ({"date_histogram": {"field": "x"}}, "fixed_interval"),
        ({"date_histogram": {"field": "x", "calendar_interval": "3d"}}, "calendar interval"),
        ({"range": {"field": "source.ip", "ranges": [{"to": 1}]}}, "addresses"),
        ({"composite": {"sources": []}}, "sources"),
        ({"composite": {"sources": [{"u": {"terms": {"field": "x"}}}], "after": {"v": 1}}}, "after"),
        ("x", "mapping"),
    ],
)
def test_refuses_by_name(body: Any, reason: str) -> None:
    """The error names the aggregation and what is wrong."""
    with pytest.raises(InvalidError, match=reason):
        node(body)


def test_reads_sorts() -> None:
    """Names, directions, scores left out, the order of the log."""
    assert [SortedBy(SortKey("@timestamp")), SortedBy(None)] == read_sort(["timestamp", "_score", "_doc"])
    wanted = SortedBy(SortKey("x", descending=True, missing_first=True), "epoch_millis", descending=True)
    assert [wanted] == read_sort({"x": {"order": "desc", "missing": "_first", "format": "epoch_millis"}})
    for wrong in ({"x": "up"}, {"_script": {}}, {"x": {"nested": {}}}, 5):
        with pytest.raises(InvalidError, match="sort"):
            read_sort(wrong)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (And((Range("@timestamp", gte=5, lt=9), Term("x", 1))), (5, 9)),
        (And((Range("@timestamp", gt=5), Range("@timestamp", lte=8), Range("@timestamp", gte=2))), (6, 9)),
        (Or((Range("@timestamp", gte=5, lt=9), Range("@timestamp", gte=1, lt=3))), (1, 9)),
        (Or((Range("@timestamp", gte=5, lt=9), Term("x", 1))), (None, None)),
        (Not(Range("@timestamp", gte=5)), (None, None)),
        (Range("x", gte=5), (None, None)),
    ],
)
def test_the_time_a_query_can_be_about(tree: Node, expected: tuple[int | None, int | None]) -> None:
    """Never less than what it selects."""
    assert expected == time_span(tree)


def test_renames_everywhere() -> None:
    """In conditions, aggregations, those below, sorts and filters."""
    tree = And((Or((Term("x", 1), Not(Exists("x")))), Text("a", "x"), Text("b")))
    assert And((Or((Term("y", 1), Not(Exists("y")))), Text("a", "y"), Text("b"))) == renamed(
        tree, {"x": "y"}.__getitem__
    )
    kinds: dict[str, ValueKind] = {"y": "number"}
    inner = Aggregation("b", TopHits(sort=(SortKey("x"),)))
    found = renamed_aggregation(
        Aggregation("a", Filters((("f", Term("x", 1)),)), (inner,)), {"x": "y"}.__getitem__, kinds.get
    )
    assert Filters((("f", Term("y", 1)),)) == found.kind
    assert TopHits(sort=(SortKey("y", kind="number"),)) == found.inner[0].kind
    composite = Composite((CompositeSource("s", Terms("x")),))
    renamed_composite = renamed_aggregation(Aggregation("a", composite), {"x": "y"}.__getitem__, kinds.get)
    assert Composite((CompositeSource("s", Terms("y")),)) == renamed_composite.kind
