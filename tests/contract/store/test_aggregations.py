"""What every event log answers when events are counted and measured by a tree of aggregations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tocsin.core.clock import DAY, HOUR, MINUTE, from_iso, to_iso
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.aggregation import (
    MAX_DEPTH,
    Aggregation,
    AggregationError,
    BucketOrder,
    Buckets,
    Cardinality,
    Composite,
    CompositeSource,
    DateHistogram,
    Figures,
    Filters,
    Histogram,
    Hits,
    Missing,
    Number,
    Percentiles,
    Ranges,
    Ranks,
    SortKey,
    Span,
    Stats,
    Terms,
    TopHits,
    ValueCount,
)
from tocsin.query.intervals import Interval
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Term
from tocsin.store.base import Batch, Behind, EventStore, Selection

NOON = from_iso("2026-11-24T12:00:00Z")
OpenStore = Callable[[], EventStore]

pytestmark = pytest.mark.parametrize("reopen", ["duckdb", "duckdb, remembered", "opensearch"], indirect=True)

SEEN: list[tuple[int, dict[str, Any]]] = [
    (NOON - 2 * DAY, {"user.name": "anna", "rule.level": 3, "source.ip": "10.0.0.2", "data.size": 10}),
    (NOON - DAY, {"user.name": "bert", "rule.level": 5, "source.ip": "10.0.0.10", "data.size": 20.5}),
    (NOON - HOUR, {"user.name": "anna", "rule.level": 12, "rule.groups": ["ssh", "login"], "data.size": 30}),
    (NOON - MINUTE, {"user.name": "anna", "rule.level": 5, "rule.groups": ["ssh"], "source.ip": "10.0.0.2"}),
    (NOON, {"rule.level": 7, "rule.groups": ["web", "ssh", "ssh"], "data.size": [1, 2]}),
]  # fmt: skip


@pytest.fixture
def filled(store: EventStore) -> EventStore:
    """A log of five events on three days."""
    events = [Event("s", seq, at, at, f"event {seq}", fields) for seq, (at, fields) in enumerate(SEEN, 1)]
    store.commit(Batch("s", events, len(events)))
    return store


def ask(store: EventStore, kind: Any, *inner: Aggregation, q: str = "") -> Any:
    selection = Selection(parse_lucene(q, now=NOON))
    return store.aggregate(selection, [Aggregation("a", kind, inner)])["a"]


def counts(answer: Buckets) -> list[tuple[Any, int]]:
    return [(bucket.key, bucket.count) for bucket in answer.buckets]


def hours(answer: Buckets) -> list[tuple[str, int]]:
    return [(to_iso(bucket.key)[:16], bucket.count) for bucket in answer.buckets]  # type: ignore[arg-type]


def test_an_empty_log_answers(store: EventStore) -> None:
    """Every kind has an answer over nothing."""
    tree = [
        Aggregation("terms", Terms("user.name"), (Aggregation("n", Stats("data.size")),)),
        Aggregation("stats", Stats("data.size")),
        Aggregation("hits", TopHits()),
        Aggregation("p", Percentiles("data.size", (50.0,))),
        Aggregation("missing", Missing("user.name")),
    ]
    found = store.aggregate(Selection(), tree)
    assert (Buckets([]), Figures(), Hits(), Ranks({50.0: None})) == (
        found["terms"], found["stats"], found["hits"], found["p"],
    )  # fmt: skip
    assert [("missing", 0)] == counts(found["missing"])  # type: ignore[arg-type]


def test_terms(filled: EventStore) -> None:
    """Most events first, ties by key; numbers typed; a value listed twice counts once; the rest is summed."""
    assert [("anna", 3), ("bert", 1)] == counts(ask(filled, Terms("user.name")))
    assert [(5, 2), (3, 1), (7, 1), (12, 1)] == counts(ask(filled, Terms("rule.level")))
    assert [("ssh", 3), ("login", 1), ("web", 1)] == counts(ask(filled, Terms("rule.groups")))
    short = ask(filled, Terms("rule.level", size=1))
    assert ([(5, 2)], 3) == (counts(short), short.other)
    assert [("anna", 3)] == counts(ask(filled, Terms("user.name", min_count=2)))
    assert [("anna", 1)] == counts(ask(filled, Terms("user.name"), q="rule.level:12"))


def test_terms_in_other_orders(filled: EventStore) -> None:
    """By key (numbers as numbers, addresses as addresses), fewest first, or by a metric."""
    up = (BucketOrder(("_key",), descending=False),)
    assert [3, 5, 7, 12] == [key for key, _ in counts(ask(filled, Terms("rule.level", order=up)))]
    assert ["10.0.0.2", "10.0.0.10"] == [key for key, _ in counts(ask(filled, Terms("source.ip", order=up)))]
    few = (BucketOrder(descending=False),)
    assert [("bert", 1), ("anna", 3)] == counts(ask(filled, Terms("user.name", order=few)))
    level = Aggregation("level", Stats("rule.level"))
    for figure, expected in (("max", ["anna", "bert"]), ("avg", ["anna", "bert"]), ("min", ["bert", "anna"])):
        by = (BucketOrder(("level", figure)),)
        answer = ask(filled, Terms("user.name", order=by), level)
        assert expected == [key for key, _ in counts(answer)]


def test_terms_chosen(filled: EventStore) -> None:
    """By list or pattern; events without the field under a name."""
    assert [("ssh", 3)] == counts(ask(filled, Terms("rule.groups", include=("ssh", "none"))))
    assert [("web", 1)] == counts(ask(filled, Terms("rule.groups", include="[a-z]*", exclude="ssh|l.*")))
    named = counts(ask(filled, Terms("user.name", missing="nobody")))
    assert [("anna", 3), ("bert", 1), ("nobody", 1)] == named
    assert [("none", 2)] == counts(ask(filled, Terms("rule.groups", missing="none", include="none")))


def test_terms_within_terms_and_metrics(filled: EventStore) -> None:
    """What stands below is answered for each bucket, also where an event is in several."""
    users = Aggregation("users", Terms("user.name"), (Aggregation("level", Stats("rule.level")),))
    answer = ask(filled, Terms("rule.groups"), users, Aggregation("n", ValueCount("user.name")))
    ssh = answer.buckets[0]
    assert ("ssh", Number(2)) == (ssh.key, ssh.results["n"])
    anna = ssh.results["users"].buckets[0]
    assert ("anna", 2, 12, 17) == (
        anna.key, anna.count, anna.results["level"].greatest, anna.results["level"].sum
    )  # fmt: skip
    web = next(bucket for bucket in answer.buckets if bucket.key == "web")
    assert Buckets([]) == web.results["users"]


def test_date_histogram(filled: EventStore) -> None:
    """Fixed steps, empty ones when asked for, out to given bounds."""
    days = DateHistogram("@timestamp", Interval(width=DAY))
    assert [("2026-11-22T00:00", 1), ("2026-11-23T00:00", 1), ("2026-11-24T00:00", 3)] == hours(
        ask(filled, days)
    )
    gaps = DateHistogram("@timestamp", Interval(width=12 * HOUR), min_count=0)
    found = hours(ask(filled, gaps))
    assert [("2026-11-22T12:00", 1), ("2026-11-23T00:00", 0), ("2026-11-23T12:00", 1)] == found[:3]
    wide = DateHistogram("@timestamp", Interval(width=DAY), 0, bounds=(NOON - 3 * DAY, NOON + DAY))
    assert [0, 1, 1, 3, 0] == [n for _, n in hours(ask(filled, wide))]
    hard = DateHistogram("@timestamp", Interval(width=DAY), hard_bounds=(NOON - DAY, None))
    assert [1, 3] == [n for _, n in hours(ask(filled, hard))]
    moved = DateHistogram("@timestamp", Interval(width=DAY, offset=6 * HOUR))
    assert ["2026-11-22T06:00"] == [at for at, _ in hours(ask(filled, moved))][:1]


@pytest.mark.parametrize(
    ("interval", "first"),
    [
        (Interval(unit="month"), "2026-11-01T00:00"),
        (Interval(unit="quarter"), "2026-10-01T00:00"),
        (Interval(unit="year"), "2026-01-01T00:00"),
        (Interval(unit="week"), "2026-11-16T00:00"),
        (Interval(unit="day", zone="Europe/Berlin"), "2026-11-21T23:00"),
        (Interval(unit="month", zone="America/New_York"), "2026-11-01T04:00"),
        (Interval(width=DAY, zone="+05:30"), "2026-11-21T18:30"),
        (Interval(unit="hour", zone="Asia/Kolkata"), "2026-11-22T11:30"),
    ],
)
def test_calendar_steps_follow_the_clock_of_a_zone(
    filled: EventStore, interval: Interval, first: str
) -> None:
    """The first step begins where that clock says."""
    histogram = DateHistogram("@timestamp", interval)
    assert first == hours(ask(filled, histogram))[0][0]
    assert interval.start(SEEN[0][0]) == ask(filled, histogram).buckets[0].key


def test_steps_where_the_clock_is_changed(store: EventStore) -> None:
    """The night of 25 October 2026 in Berlin: an hour comes twice, and the day has 25 hours."""
    first = from_iso("2026-10-24T22:00:00Z")
    events = [Event("s", n + 1, first + n * HOUR, 0, "x", {}) for n in range(26)]
    store.commit(Batch("s", events, 26))
    days = DateHistogram("@timestamp", Interval(unit="day", zone="Europe/Berlin"), min_count=0)
    assert [("2026-10-24T22:00", 25), ("2026-10-25T23:00", 1)] == hours(ask(store, days))
    each = DateHistogram("@timestamp", Interval(unit="hour", zone="Europe/Berlin"), min_count=0)
    assert [1] * 26 == [n for _, n in hours(ask(store, each))]


def test_histogram_and_ranges_of_numbers(filled: EventStore) -> None:
    """Values of a list count in each bucket they fall into."""
    assert [(0.0, 1), (10.0, 1), (20.0, 1), (30.0, 1)] == counts(ask(filled, Histogram("data.size", 10)))
    gaps = Histogram("rule.level", 5, offset=1, min_count=0)
    assert [(1.0, 3), (6.0, 1), (11.0, 1)] == counts(ask(filled, gaps))
    spans = (Span("low", None, 5), Span("mid", 5, 10), Span("all"), Span("none", 90, None))
    assert [("low", 1), ("mid", 3), ("all", 5), ("none", 0)] == counts(
        ask(filled, Ranges("rule.level", spans))
    )
    dated = Ranges("@timestamp", (Span("today", NOON - 12 * HOUR),), dated=True)
    assert [("today", 3)] == counts(ask(filled, dated))


def test_filters_and_missing(filled: EventStore) -> None:
    """An event may be in several; what is in none can have a bucket of its own."""
    queries = (("anna", Term("user.name", "anna")), ("ssh", Term("rule.groups", "ssh")))
    assert [("anna", 3), ("ssh", 3), ("rest", 1)] == counts(ask(filled, Filters(queries, "rest")))
    assert [("anna", 3), ("ssh", 3)] == counts(ask(filled, Filters(queries)))
    assert [("missing", 2)] == counts(ask(filled, Missing("rule.groups")))
    level = Aggregation("level", Stats("rule.level"))
    nobody = ask(filled, Filters((("x", Term("user.name", "x")),)), level).buckets[0]
    assert (0, Figures()) == (nobody.count, nobody.results["level"])


def test_composite_page_by_page(filled: EventStore) -> None:
    """In order of the keys; each page goes on behind the last key of the one before."""
    sources = (
        CompositeSource("user", Terms("user.name"), with_missing=True),
        CompositeSource("level", Terms("rule.level"), descending=True),
    )
    expected = [((None, 7), 1), (("anna", 12), 1), (("anna", 5), 1), (("anna", 3), 1), (("bert", 5), 1)]
    assert expected == counts(ask(filled, Composite(sources)))
    found: list[Any] = []
    after = None
    while page := ask(filled, Composite(sources, 2, after)).buckets:
        found += [(bucket.key, bucket.count) for bucket in page]
        after = page[-1].key
    assert expected == found
    by_day = CompositeSource("day", DateHistogram("@timestamp", Interval(unit="day")))
    inner = Aggregation("n", Cardinality("user.name"))
    answer = ask(filled, Composite((by_day, CompositeSource("g", Terms("rule.groups")))), inner)
    assert [("login", 1), ("ssh", 3), ("web", 1)] == [(b.key[1], b.count) for b in answer.buckets]
    assert [1, 1, 0] == [b.results["n"].value for b in answer.buckets]


def test_metrics(filled: EventStore) -> None:
    """Exact, over every value of lists too."""
    size = ask(filled, Stats("data.size"))
    assert (5, 1, 30, 63.5) == (size.count, size.least, size.greatest, size.sum)
    assert 1 + 4 + 100 + 420.25 + 900 == size.sum_of_squares
    at = ask(filled, Stats("@timestamp"))
    assert (NOON - 2 * DAY, NOON) == (at.least, at.greatest)
    assert Number(2) == ask(filled, Cardinality("user.name"))
    assert Number(3) == ask(filled, Cardinality("rule.groups"))
    assert Number(6) == ask(filled, ValueCount("rule.groups"))
    assert Figures() == ask(filled, Stats("user.name"))


def test_percentiles_are_exact(filled: EventStore) -> None:
    """Interpolated between neighbours, also within buckets."""
    asked = Percentiles("rule.level", (0.0, 25.0, 50.0, 90.0, 100.0))
    assert Ranks({0.0: 3, 25.0: 5, 50.0: 5, 90.0: 10, 100.0: 12}) == ask(filled, asked)
    inner = Aggregation("p", Percentiles("data.size", (50.0,)))
    answer = ask(filled, Terms("user.name", missing="-"), inner)
    assert {"anna": 20, "bert": 20.5, "-": 1.5} == {
        bucket.key: bucket.results["p"].values[50.0] for bucket in answer.buckets
    }


def test_top_hits(filled: EventStore) -> None:
    """The newest of each bucket, or in the order asked for."""
    answer = ask(filled, Terms("user.name"), Aggregation("h", TopHits(2)))
    assert [[4, 3], [2]] == [[e.seq for e in b.results["h"].events] for b in answer.buckets]
    assert 3 == answer.buckets[0].results["h"].total
    high = TopHits(1, sort=(SortKey("rule.level", descending=True),))
    assert [3] == [event.seq for event in ask(filled, high).events]
    assert [2] == [event.seq for event in ask(filled, TopHits(1, start=3)).events]


def test_ranked_reads(filled: EventStore) -> None:
    """By values, ties newest first, without a value last or first; each page behind the one before."""

    def ranked(*sort: SortKey, **more: Any) -> list[int]:
        return [one.event.seq for one in filled.rank(Selection(), sort, **more)]

    assert [5, 4, 3, 2, 1] == ranked()
    assert [1, 4, 2, 5, 3] == ranked(SortKey("rule.level"))
    assert [3, 5, 4, 2, 1] == ranked(SortKey("rule.level", descending=True))
    assert [4, 1, 2, 5, 3] == ranked(SortKey("source.ip"))
    assert [5, 3, 4, 1, 2] == ranked(SortKey("source.ip", missing_first=True))
    assert [1, 2, 3, 4, 5] == ranked(SortKey("@timestamp"))
    assert [4, 3] == ranked(SortKey("user.name"), limit=2)
    assert [3, 1] == ranked(SortKey("user.name"), start=1, limit=2)
    sort = [SortKey("user.name"), SortKey("data.size", descending=True, kind="number")]
    found: list[int] = []
    behind: Behind | None = None
    while page := filled.rank(Selection(), sort, limit=2, behind=behind):
        found += [one.event.seq for one in page]
        behind = Behind(page[-1].values, page[-1].event.id)
    assert [3, 1, 4, 2, 5] == found
    with pytest.raises(InvalidError):
        filled.rank(Selection(), sort, behind=Behind((1,)))


def test_too_large_or_senseless_is_refused(filled: EventStore) -> None:
    """The error names the aggregation."""
    deep = Aggregation("x", Terms("user.name"))
    for _ in range(MAX_DEPTH):
        deep = Aggregation("x", Terms("user.name"), (deep,))
    tiny = DateHistogram("@timestamp", Interval(width=1_000_000), min_count=0)
    inside = Aggregation("in", Stats("data.size"))
    for wrong, reason in (
        (deep, "levels"),
        (Aggregation("a", tiny), "a: makes more than"),
        (Aggregation("a", Stats("data.size"), (inside,)), "a: a metric"),
        (Aggregation("a", Stats("source.ip")), "no numbers"),
        (Aggregation("a", Terms("user.name", size=0)), "size 0"),
        (Aggregation("a", Terms("user.name", order=(BucketOrder(("b",)),))), "ordered by"),
        (Aggregation("a", Terms("user.name"), (Aggregation("b", Histogram("data.x", 0)),)), "a>b: the int"),
    ):
        with pytest.raises(AggregationError, match=reason):
            filled.aggregate(Selection(), [wrong])
