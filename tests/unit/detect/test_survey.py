"""Many rules tried in one pass say what each says alone."""

from __future__ import annotations

from tocsin.core.clock import DAY
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.detect.exceptions import Exceptions
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.report import Bounds, Report
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.subject import Subject
from tocsin.detect.survey import survey


def surveyed(rules, events: list[Event], **bounds):
    span = Bounds(events[0].at // DAY * DAY, events[-1].at + 1, **bounds)
    return survey([Subject(each) for each in rules], span, lambda *_: events, Exceptions()), span


def test_each_rule_is_told_apart(rule, event, database: Database):
    """With its busiest day, as its own backtest has it; the days of all are added up."""
    rules = [
        rule("user.name: *", id="all", key_fields=("user.name",)),
        rule("user.name: bob", id="bob", key_fields=("user.name",)),
        rule("user.name: nobody", id="none"),
    ]
    events = [
        event(1, user__name="eve"),
        event(2, user__name="bob"),
        event(3, at=86_400.0, user__name="bob"),
    ]
    found, span = surveyed(rules, events)
    assert {"all": (3, 2), "bob": (2, 1), "none": (0, 0)} == {
        name: (each.alerts, each.busiest) for name, each in found.rules.items()
    }
    assert (3, True, 3) == (found.events, found.complete, found.busiest)
    alone = Rehearsals(lambda *_: events, lambda: RuleSet(rules), database, None)
    alone._exceptions = Exceptions
    *_, report = alone.steps(Subject(rules[0]), span)
    assert isinstance(report, Report)
    assert (report.alerts, report.busiest) == (found.rules["all"].alerts, found.rules["all"].busiest)


def test_a_bound_ends_the_pass(rule, event):
    """It says which."""
    events = [event(seq, user__name="eve") for seq in range(1, 5)]
    found, _ = surveyed([rule("user.name: eve")], events, max_events=3)
    assert (3, "events") == (found.events, found.stopped_by)
