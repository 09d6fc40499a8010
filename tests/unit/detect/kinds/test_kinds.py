"""The facts about each kind of rule that are easily got wrong."""

from __future__ import annotations

import pytest

from tocsin.core.clock import MINUTE, SECOND
from tocsin.detect.kinds import Hit, KindSettings, Metric, kind_of
from tocsin.detect.kinds.base import MAX_KEYS, bounded
from tocsin.detect.kinds.document import compound, lookup, timestamp
from tocsin.detect.kinds.figures import compute

START = 1_700_000_000 * SECOND


def hit(seconds, number=0, **fields):
    at = START + seconds * SECOND
    return Hit(
        at, f"e{number or seconds}", {"@timestamp": timestamp(at), "_id": f"e{number or seconds}", **fields}
    )


def kind(name, **options):
    return kind_of(KindSettings(name, **options))


def ids(matches):
    return [match.fields.get("_id") for match in matches]


def test_a_name_is_found_by_its_longest_key():
    """Also through a list by one digit, and without `.keyword`."""
    document = {"a.b": 1, "a": {"b": 2, "c": [{"d": 3}]}}
    assert (1, 3, 1, None) == (
        lookup(document, "a.b"),
        lookup(document, "a.c[0].d"),
        lookup(document, "a.b.keyword"),
        lookup(document, "a.x"),
    )
    assert compound(document, ("a.b", "none")) == "1, None"


def test_a_window_of_frequency_is_half_open_and_starts_over_empty():
    """Events a whole timeframe apart share none; seven events at three a match are two matches."""
    spaced = kind("frequency", num_events=3, timeframe=60 * SECOND)
    assert spaced.data([hit(0), hit(30), hit(60)]) == []
    seven = kind("frequency", num_events=3, timeframe=60 * SECOND)
    matches = seven.data([hit(second) for second in range(1, 8)])
    assert ids(matches) == ["e3", "e6"]
    assert [identifier for _, identifier in matches[0].events] == ["e1", "e2", "e3"]


def test_frequency_attaches_what_is_related():
    """All but the event the match is about."""
    (match,) = kind("frequency", num_events=3, timeframe=MINUTE, attach_related=True).data(
        [hit(1), hit(2), hit(3)]
    )
    assert [each["_id"] for each in match.fields["related_events"]] == ["e1", "e2"]


def test_lists_compare_as_python_does():
    """One is not "1"; a missing value is not in a whitelist unless it is ignored; a list never is."""
    black = kind("blacklist", compare_fields=("v",), values=frozenset({"1", "x"}))
    assert ids(black.data([hit(1, v=1), hit(2, v="1"), hit(3), hit(4, v=["x"])])) == ["e2"]
    white = kind("whitelist", compare_fields=("v",), values=frozenset({"1"}))
    assert ids(white.data([hit(1, v=1), hit(2, v="1"), hit(3)])) == ["e1", "e3"]
    ignoring = kind("whitelist", compare_fields=("v",), values=frozenset({"1"}), ignore_null=True)
    assert ids(ignoring.data([hit(1), hit(2, v=2)])) == ["e2"]


def test_change_takes_falsy_values_for_missing_but_not_false():
    """Zero and the empty text count as null; old and new values are told; only within the timeframe."""
    change = kind("change", compare_fields=("v",), query_key="u", ignore_null=True, timeframe=60 * SECOND)
    events = [hit(1, u="a", v=1), hit(2, u="a", v=0), hit(3, u="a", v=""), hit(4, u="a", v=False)]
    (match,) = change.data([*events, hit(70, u="a", v=2)])
    assert ([1], [False]) == (match.fields["old_value"], match.fields["new_value"])


def test_a_spike_of_nothing_over_nothing_matches():
    """With thresholds of zero, as with ElastAlert; it is silent until both windows can be full."""
    spike = kind("spike", spike_height=2, spike_type="down", timeframe=60 * SECOND)
    assert spike.data([hit(0), hit(10)]) == []
    assert spike.collect(START + 100 * SECOND) == []
    (match,) = spike.collect(START + 300 * SECOND)
    assert (0, 0) == (match.fields["spike_count"], match.fields["reference_count"])


def test_a_flatline_matches_at_every_look_until_events_return():
    """Without a key also when nothing was ever seen; with `forget_keys` once."""
    flat = kind("flatline", threshold=1, timeframe=60 * SECOND)
    looks = [len(flat.collect(START + second * SECOND)) for second in (0, 30, 60, 90)]
    assert looks == [0, 0, 1, 1]
    flat.data([hit(100)])
    assert flat.collect(START + 110 * SECOND) == []
    keyed = kind("flatline", threshold=1, timeframe=60 * SECOND, query_key="u", forget_keys=True)
    keyed.data([hit(0, u="a")])
    assert [1, 0] == [len(keyed.collect(START + second * SECOND)) for second in (61, 122)]


def test_a_flatline_keeps_no_more_than_it_counts():
    """However many events come."""
    flat = kind("flatline", threshold=3, timeframe=60 * SECOND)
    for second in range(50):
        flat.data([hit(second)])
    assert len(flat._state.windows["all"].entries) == 3


def test_a_new_term_matches_once_per_field():
    """Falsy values are missing; a composite is new as a whole."""
    terms = kind("new_term", fields=("u", ("u", "h")), alert_on_missing_field=True)
    terms.learn([{"u": "a", "h": "x"}])
    matches = terms.data([hit(1, u="a", h="x"), hit(2, u="a", h="y"), hit(3, h="x")])
    told = [(match.fields.get("new_field"), match.fields.get("missing_field")) for match in matches]
    assert told == [(("u", "h"), None), (None, "u"), (None, ("u", "h"))]


def test_above_the_most_every_event_matches_and_too_few_only_after_the_timeframe():
    """Values expire when somebody looks."""
    most = kind("cardinality", cardinality_field="v", most=1, timeframe=60 * SECOND)
    assert ids(most.data([hit(1, v=1), hit(2, v=2), hit(3, v=2), hit(4)])) == ["e2", "e3"]
    fewest = kind("cardinality", cardinality_field="v", fewest=2, timeframe=60 * SECOND)
    fewest.data([hit(0, v=1)])
    assert [0, 1] == [len(fewest.collect(START + second * SECOND)) for second in (60, 61)]


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("min", 1),
        ("max", 4),
        ("avg", 2.5),
        ("sum", 5),
        ("cardinality", 2),
        ("value_count", 2),
        ("percentiles", 2.5),
    ],
)
def test_figures_over_events(function, value):
    """Thresholds are exclusive; the figure is told under its own name."""
    metric = Metric("n", function, percent=50, least=value + 1)
    settings = KindSettings("metric_aggregation", "aggregation", metric=metric)
    figures = kind_of(settings)
    hits = [hit(1, n=1), hit(2, n=4), hit(3)]
    (match,) = figures.figures(START, compute(settings, hits))
    assert value == match.fields[f"metric_n_{function}"] == match.fields["metric_agg_value"]


@pytest.mark.parametrize(("function", "matches"), [("sum", 1), ("avg", 0), ("min", 0)])
def test_nothing_has_a_sum_but_no_mean(function, matches):
    """An empty span can fall below a least sum, never below a least mean."""
    settings = KindSettings("metric_aggregation", "aggregation", metric=Metric("n", function, least=1))
    assert matches == len(kind_of(settings).figures(START, compute(settings, [])))


def test_shares_are_taken_per_key():
    """Of the events of interest among all, where there are enough."""
    settings = KindSettings(
        "percentage_match",
        "aggregation",
        query_key="u",
        percentage_filter=lambda event: event.fields.get("bad") is True,
        most_percentage=50,
        min_denominator=2,
    )
    hits = [hit(1, u="a", bad=True), hit(2, u="a", bad=True), hit(3, u="a"), hit(4, u="b", bad=True)]
    (match,) = kind_of(settings).figures(START, compute(settings, hits))
    assert ("a", 3) == (match.fields["u"], match.fields["denominator"])
    assert match.fields["percentage"] == pytest.approx(66.67, abs=0.01)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("change", {"compare_fields": ("v",), "query_key": "u"}),
        ("frequency", {"num_events": 3, "timeframe": MINUTE}),
        ("spike", {"spike_height": 2, "spike_type": "both", "timeframe": 3 * SECOND}),
        ("flatline", {"threshold": 2, "timeframe": 3 * SECOND}),
        ("new_term", {"fields": ("v", ("u", "v"))}),
        ("cardinality", {"cardinality_field": "v", "most": 1, "timeframe": MINUTE}),
    ],
)
def test_a_kind_goes_on_from_what_it_kept(name, options):
    """As if it had not been interrupted, wherever that was."""
    hits = [hit(second, u="ab"[second % 2], v=second % 3) for second in range(1, 12)]
    whole = kind(name, **options)
    expected = [ids(whole.data([each])) for each in hits]
    parts, found = kind(name, **options), []
    for each in hits:
        found.append(ids(parts.data([each])))
        state, parts = parts.dump(), kind(name, **options)
        parts.restore(state)
    assert expected == found


def test_keys_are_bounded():
    """Those first seen go first."""
    held = dict.fromkeys(range(MAX_KEYS + 5))
    bounded(held)
    assert (MAX_KEYS, 5) == (len(held), next(iter(held)))
