"""Panels over events answer with the figures of the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.dashboards.conftest import NOON, Ask

from tocsin.api.dashboard_answers import answered_view
from tocsin.core.clock import HOUR
from tocsin.core.errors import InvalidError
from tocsin.dashboards import read_panel
from tocsin.dashboards.answers import Answered, CountAnswer, Item, ItemsAnswer, TimeAnswer
from tocsin.dashboards.log_panels import LogPanels, Question
from tocsin.query.aggregation import Aggregation, Buckets, Number, Ranks, Result
from tocsin.query.patterns import QueryError
from tocsin.query.tree import Everything, Node
from tocsin.seams import DashboardLog


def test_a_count_is_compared_with_the_span_before(ask: Ask) -> None:
    """The same length of time, just before."""
    assert CountAnswer(4, 1, compared=True) == ask("count")
    assert CountAnswer(4) == ask("count", compare=False)
    assert CountAnswer(2, 1, compared=True) == ask("count", query="user.name:(ann OR eve)")


def test_measures(ask: Ask) -> None:
    """Different values, sums, means and percentiles; nothing where there is nothing to measure."""

    def measured(of: str, field: str) -> float | None:
        value: float | None = ask("count", measure={"of": of, "field": field}).value
        return value

    assert 3 == measured("unique", "user.name")
    assert [40, 20, 10, 30, 20, 29] == [
        measured(of, "data.bytes") for of in ("sum", "avg", "min", "max", "median", "p95")
    ]
    assert measured("avg", "data.none") is None


def test_filters_and_the_panels_query_hold_together(ask: Ask) -> None:
    """All of them, each read by itself, so that an OR in one does not reach into another."""
    assert 1 == ask("count", query="user.name:ann OR user.name:eve", filters=("failed OR old", "")).value


def test_a_query_that_cannot_be_read_is_refused(ask: Ask) -> None:
    """Also a filter's."""
    with pytest.raises(QueryError):
        ask("count", filters=("a:(b",))


def test_time_has_every_step_of_the_span(ask: Ask) -> None:
    """Empty steps count nothing; values come in order."""
    found = ask("time")
    assert [(None, 4)] == [(one.key, sum(one.values)) for one in found.series]
    assert (HOUR, 24, 4) == (found.width, len(found.starts), found.total)
    assert NOON - 24 * HOUR == found.starts[0]
    assert 2 == found.series[0].values[22]


def test_time_is_split_by_a_field(ask: Ask) -> None:
    """A series for each of the commonest values."""
    found = ask("time", split="host.name")
    assert [("web", 3), ("db", 1)] == [(one.key, sum(one.values)) for one in found.series]


def test_time_measures(ask: Ask) -> None:
    """A mean has gaps where nothing was measured; a sum has zeros."""
    mean = ask("time", measure={"of": "avg", "field": "data.bytes"}).series[0].values
    assert [10, 30] == [value for value in mean if value is not None]
    assert 40 == sum(ask("time", measure={"of": "sum", "field": "data.bytes"}).series[0].values)


def test_top_counts_and_what_is_left(ask: Ask) -> None:
    """`other` is what has another value."""
    found = ask("top", field="user.name", size=1)
    assert ([Item("bob", 2, 2)], 2, 4) == (found.items, found.other, found.total)
    unique = ask("pie", field="host.name", measure={"of": "unique", "field": "user.name"}).items
    assert [Item("web", 3, 3), Item("db", 1, 1)] == unique
    median = ask("top", field="user.name", measure={"of": "median", "field": "data.bytes"}).items
    assert ["bob", "ann"] == [item.key for item in median]
    assert [Item("FR", 1, 1)] == ask("map").items


def test_a_table_shows_events(ask: Ask) -> None:
    """The newest first unless asked otherwise; absent fields are empty."""
    found = ask("table", columns=["host.name", "data.bytes", "message", "_id"], size=2, order="oldest")
    assert [["web", 10, "login", "s~2"], ["web", 30, "login", "s~3"]] == [
        list(row.values) for row in found.rows
    ]
    assert (4, ("host.name", "data.bytes", "message", "_id")) == (found.total, found.columns)
    (row,) = ask("table", columns=["event.source", "event.sequence", "user.id"], size=1, order="oldest").rows
    assert ["s", 2, None] == list(row.values)


def test_a_heatmap_of_hours_and_weekdays(ask: Ask) -> None:
    """By the clock of the zone asked for: ten in Greenwich is noon in Helsinki."""
    utc = ask("heatmap")
    assert {("07", "Tue", 1), ("08", "Tue", 1), ("10", "Tue", 2)} == {
        (utc.x[x], utc.y[y], count) for x, y, count in utc.cells
    }
    helsinki = ask("heatmap", zone="Europe/Helsinki")
    assert ("12", "Tue", 2) in {(helsinki.x[x], helsinki.y[y], count) for x, y, count in helsinki.cells}


def test_a_heatmap_of_fields_and_time(ask: Ask) -> None:
    """Fields show their commonest values, time every step."""
    found = ask("heatmap", x="time", y="host.name")
    assert (["web", "db"], 24, 4) == (list(found.y), len(found.x), found.total)
    pairs = ask("heatmap", x="user.name", y="host.name", size=1)
    assert ([(0, 0, 1)], ["bob"], ["db"]) == (list(pairs.cells), list(pairs.x), list(pairs.y))
    mixed = ask("heatmap", x="host.name", y="hour")
    assert ("web", "10", 1) in {(mixed.x[x], mixed.y[y], count) for x, y, count in mixed.cells}


def test_a_heatmap_of_two_kinds_of_time_is_refused(ask: Ask) -> None:
    """Steps of time have no hour of the day."""
    with pytest.raises(InvalidError, match="either steps of time, or hours"):
        ask("heatmap", x="time", y="hour")


def test_the_matrix_sorts_techniques_into_tactics(ask: Ask) -> None:
    """A technique nobody knows stands under `Other`, the last."""
    found = ask("attack")
    assert [("Credential Access", [("T1110", 2)]), ("Other", [("T1", 1)])] == [
        (tactic, [(one.id, one.count) for one in seen]) for tactic, seen in found.tactics
    ]
    assert "Brute Force" == found.tactics[0][1][0].name


def test_a_span_that_is_empty_or_endless_is_refused(ask: Ask) -> None:
    """From must lie before to; hours of many years are too many."""
    with pytest.raises(InvalidError, match="is empty"):
        ask("count", start="now")
    with pytest.raises(InvalidError, match="five years"):
        ask("heatmap", start="now-9y")


def test_a_panels_own_time_goes_before_the_dashboards(ask: Ask) -> None:
    """Whatever the page shows."""
    assert 5 == ask("count", time={"from": "now-48h", "to": "now"}).value


class Estimating:
    """A log that estimates different values and percentiles, as one on a cluster does over many events."""

    def __init__(self, log: DashboardLog) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def aggregate(
        self, query: Node, start: int, end: int, asked: Sequence[Aggregation]
    ) -> Mapping[str, Result]:
        found = self._log.aggregate(query, start, end, asked)
        return {name: _estimated(result) for name, result in found.items()}


def _estimated(result: Result) -> Result:
    if isinstance(result, Number | Ranks):
        return replace(result, approximate=True)
    if isinstance(result, Buckets):
        below = [
            replace(one, results={name: _estimated(found) for name, found in one.results.items()})
            for one in result.buckets
        ]
        return replace(result, buckets=below)
    return result


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("count", {"measure": {"of": "unique", "field": "user.name"}}, True),
        ("count", {"measure": {"of": "avg", "field": "data.bytes"}}, False),
        ("count", {}, False),
        ("time", {"measure": {"of": "p95", "field": "data.bytes"}}, True),
        ("time", {}, False),
        ("top", {"field": "host.name", "measure": {"of": "unique", "field": "user.name"}}, True),
        ("top", {"field": "host.name"}, False),
    ],
)
def test_estimates_are_said_to_be_such(
    log: DashboardLog, kind: str, options: dict[str, Any], expected: bool
) -> None:
    """Wherever in the answer they stand."""
    panel = read_panel({"id": "p", "kind": kind, **options})
    question = Question(panel, Everything(), NOON - 24 * HOUR, NOON)
    answer = LogPanels(Estimating(log), {}).answer(question)
    assert isinstance(answer, CountAnswer | TimeAnswer | ItemsAnswer)
    assert expected == answer.approximate
    shown = answered_view(panel, Answered(question.start, question.end, answer))
    assert expected == shown["approximate"]
