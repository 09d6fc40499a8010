"""A rule is tried on the log before it alerts anybody, within bounds, and a budget may keep it off."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, HOUR, MINUTE
from tocsin.core.errors import ContentError, InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.detect.budget import Budget, Gatekeeper, OverBudgetError
from tocsin.detect.exception_book import ExceptionBook, ExceptionDraft
from tocsin.detect.loader import load_folders, read_text
from tocsin.detect.rehearsal import BusyError, Rehearsals
from tocsin.detect.report import Bounds, Progress, Report
from tocsin.detect.ruleset import RuleSet
from tocsin.query.predicate import compile_predicate

ALICE = Actor("user", "alice")
START = 1_800_000_000_000_000 // DAY * DAY
ANY = """name: any
index: x
alert: debug
type: any
filter: [{exists: {field: user.name}}]
query_key: user.name
"""
QUIET = ANY.replace("name: any\n", "name: quiet\n") + "realert: {minutes: 0}\n"
BURST = ANY.replace("name: any", "name: burst").replace(
    "type: any", "type: frequency\nnum_events: 3\ntimeframe: {minutes: 10}\nrealert: {minutes: 0}"
)
CORRELATED = """title: Root
name: root
id: 6b1a7a3e-36a6-4b0d-9d4c-2d3c0b3e1f0b
logsource: {product: linux}
detection:
  selection: {user.name: root}
  condition: selection
---
title: Many roots
id: 0e95725d-7320-415d-80f7-004da920fc11
correlation:
  type: event_count
  rules: [root]
  group-by: [host.name]
  timespan: 10m
  condition: {gte: 3}
"""


def event(seq, minutes, user="ann", **fields):
    at = START + round(minutes * MINUTE)
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return Event("t", seq, at, at, "", {"user.name": user, **named})


@pytest.fixture
def events():
    """Two users, three days."""
    return [
        event(seq, day * 24 * 60 + minute, user)
        for seq, (day, minute, user) in enumerate(
            [(0, 1, "ann"), (0, 2, "ann"), (0, 3, "bob"), (0, 4, "ann"), (2, 1, "ann")], start=1
        )
    ]


@pytest.fixture
def rehearsals(rig, events):
    def history(condition, start, end):
        holds = compile_predicate(condition)
        return (each for each in events if start <= each.at < end and holds(each))

    rules = RuleSet([read_text("r.yml", text).rule for text in (ANY, QUIET, BURST)], switches={"any": False})
    closed = {"ann": "false_positive"}
    ticks = count()
    return Rehearsals(
        history,
        lambda: rules,
        rig.database,
        rig.clock,
        closed_as=lambda keys: {key: closed[key] for key in keys if key in closed},
        monotonic=lambda: next(ticks),
    )


def report_of(rehearsals, subject, **bounds):
    *_, last = rehearsals.run(subject, Bounds(START, START + 3 * DAY, **bounds))
    assert isinstance(last, Report)
    return last


def test_a_rule_is_counted_by_day_and_key(rehearsals):
    """An alert for each key and day, days without any too; top keys, samples, cost, verdicts of the past."""
    found = report_of(rehearsals, rehearsals.stored("quiet"))
    assert (5, 5, 3, True) == (found.events, found.matched, found.alerts, found.complete)
    assert [2, 0, 1] == [each.alerts for each in found.days]
    assert [("ann", 2, 4), ("bob", 1, 1)] == [
        (each.group_key, each.alerts, each.events) for each in found.top_keys
    ]
    assert [("t~1",), ("t~3",), ("t~5",)] == [each.event_ids for each in found.samples]
    assert ({"false_positive": 2}, START + 3 * DAY) == (found.closed_as, found.reached_at)
    assert found.cpu_s_per_million > 0


def test_a_rule_that_is_off_or_only_written_is_tried(rehearsals):
    """What counts events says the same as it will say live."""
    assert 3 == report_of(rehearsals, rehearsals.stored("any")).alerts
    found = report_of(rehearsals, rehearsals.written(BURST))
    assert [1, [("t~1", "t~2", "t~4")]] == [found.alerts, [each.event_ids for each in found.samples]]
    compat = rehearsals.written(QUIET + "tocsin: {mode: compat}\n")
    found = report_of(rehearsals, compat)
    assert (3, True) == (found.alerts, "compat" in found.notes[0])


def test_a_correlation_is_tried_with_what_feeds_it(rig, tmp_path):
    """Only its own alerts are counted; by its text alone it is refused."""
    (tmp_path / "roots.yml").write_text(CORRELATED)
    loaded = load_folders([tmp_path])
    assert not loaded.problems
    rules = RuleSet(loaded.rules, correlations=loaded.correlations)
    linux = {"host__os__type": "linux", "host__name": "web1"}
    log = [event(seq, seq, "root", **linux) for seq in range(1, 5)]
    rehearsals = Rehearsals(lambda *_: log, lambda: rules, rig.database, rig.clock)
    found = report_of(rehearsals, rehearsals.stored("0e95725d-7320-415d-80f7-004da920fc11"))
    assert [1, ["Many roots"]] == [found.alerts, [each.title for each in found.samples]]
    with pytest.raises(ContentError, match="store it"):
        rehearsals.written(CORRELATED.partition("---\n")[2])


def test_exceptions_in_force_are_minded(rig, rehearsals):
    """What they hold back is said, and their figures are left alone."""
    book = ExceptionBook(rig.clock, type("T", (), {"record": lambda *_, **__: None})(), lambda: RuleSet([]))
    with rig.database.write() as tx:
        kept = book.add(tx, ExceptionDraft("user.name: ann", "known", rig.clock.now() + DAY), ALICE)
    found = report_of(rehearsals, rehearsals.stored("quiet"))
    assert (1, 4, 1) == (found.alerts, found.held_back, found.matched)
    with rig.database.read() as tx:
        assert 0 == book.get(tx, kept.id).hits


def test_it_stops_at_its_bounds_and_says_so(rehearsals):
    """By events and by time; what was seen until then is reported."""
    found = report_of(rehearsals, rehearsals.stored("quiet"), max_events=3)
    assert ("events", 3, 2) == (found.stopped_by, found.events, found.alerts)
    assert START + 3 * MINUTE == found.reached_at
    assert "time" == report_of(rehearsals, rehearsals.stored("quiet"), max_seconds=0.5).stopped_by
    assert "" == report_of(rehearsals, rehearsals.stored("quiet"), max_events=5).stopped_by


def test_it_shows_progress_and_ends_when_it_is_closed(rehearsals):
    """Meanwhile another one is told to wait."""
    subject, bounds = rehearsals.stored("quiet"), Bounds(START, START + DAY)
    steps = rehearsals.run(subject, bounds)
    assert Progress(0, 0, START) == next(steps)
    with pytest.raises(BusyError):
        next(rehearsals.run(subject, bounds))
    steps.close()
    assert isinstance(next(rehearsals.run(subject, bounds)), Progress)


def test_what_cannot_be_tried_is_refused(rehearsals):
    """Unknown rules, bad texts, spans that are none."""
    with pytest.raises(NotFoundError):
        rehearsals.stored("nope")
    with pytest.raises(ContentError):
        rehearsals.written("name: x\ntype: any\nfilter: [{trem: 1}]\n")
    for end in (START, START - HOUR, START + 500 * DAY):
        with pytest.raises(InvalidError):
            next(rehearsals.run(rehearsals.stored("any"), Bounds(START, end)))


def test_the_budget_keeps_a_loud_rule_off(rig, rehearsals):
    """Unless somebody overrides it with a reason, which is kept with the figures."""
    rig.clock.advance(START + 3 * DAY - rig.clock.now())
    loud = Gatekeeper(rehearsals, Budget(alerts_per_day=1), rig.clock)
    with pytest.raises(OverBudgetError, match=r"2 alerts on .* the budget is 1 a day"):
        loud.admit("any", ALICE)
    with pytest.raises(OverBudgetError):
        loud.admit("any", ALICE, "  ")
    admitted = loud.admit("any", ALICE, "red team week")
    assert {"budget": 1, "busiest_day": 2, "backtest_complete": True, "override": "red team week"} == (
        admitted.details()
    )
    fits = replace(loud.budget, alerts_per_day=2)
    assert "override" not in Gatekeeper(rehearsals, fits, rig.clock).admit("any", ALICE).details()
    none = Gatekeeper(rehearsals, Budget(alerts_per_day=0), rig.clock).admit("any", ALICE)
    assert {} == none.details()
