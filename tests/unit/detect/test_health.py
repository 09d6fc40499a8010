"""The state of a rule and its reasons."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY
from tocsin.detect.cost import RuleCost
from tocsin.detect.gaps import RuleGap
from tocsin.detect.health import Verdicts, health_of
from tocsin.detect.service import RuleState

NOW = 100 * DAY


def state(rule, enabled=True, last=NOW - DAY, matches=3, **cost):
    return RuleState(rule(), enabled, matches, 0, 0, last, RuleCost(**cost))


@pytest.mark.parametrize(
    ("given", "expected", "reason"),
    [
        ({}, "fine", None),
        ({"enabled": False, "errors": 2}, "off", "failed on 2 events since the start"),
        ({"errors": 2}, "failing", "failed on 2 events since the start"),
        ({"fault": "it broke"}, "failing", "stands still since it failed: it broke"),
        ({"last": NOW - 45 * DAY}, "silent", "last matched 45 days ago"),
        ({"last": None, "matches": 0}, "silent", "never matched"),
    ],
)
def test_a_rule_is_what_its_gravest_trouble_makes_it(rule, given, expected, reason):
    """One that is off is off, and its troubles are told all the same."""
    found = health_of(state(rule, **given), Verdicts(), now=NOW)
    assert (expected, (reason,) if reason else ()) == (found.state, found.reasons)


def test_a_rule_whose_fields_never_came_is_dead(rule):
    """Unless it has matched: then the fields have only stopped coming."""
    gap = RuleGap(rule(logsource="windows/x/y"), True, ("a", "b"))
    found = health_of(state(rule, matches=0, last=None), Verdicts(), now=NOW, gap=gap)
    assert ("dead", "your data never had a, b") == (found.state, found.reasons[0])
    assert "fine" == health_of(state(rule), Verdicts(), now=NOW, gap=gap).state


def test_a_rule_that_people_close_as_false_is_noisy(rule):
    """By its precision, once enough were judged; by its busiest day, when that goes over the budget."""
    judged = Verdicts(
        30, {"2026-11-01": 20, "2026-11-02": 10}, {"false_positive": 9, "true_positive": 1, "benign": 5}
    )
    found = health_of(state(rule), judged, now=NOW)
    assert ("noisy", 0.1, 10, 20, 1.0) == (
        found.state,
        found.precision,
        found.judged,
        found.busiest_day,
        found.alerts_per_day,
    )
    assert ("10% of 10 judged alerts were true",) == found.reasons
    few = Verdicts(4, {"2026-11-01": 4}, {"false_positive": 4})
    assert ("fine", 0.0) == (
        health_of(state(rule), few, now=NOW).state,
        health_of(state(rule), few, now=NOW).precision,
    )
    over = health_of(state(rule), few, now=NOW, budget=3)
    assert ("noisy", ("4 alerts on a day; the budget is 3",)) == (over.state, over.reasons)


def test_cases_that_failed_in_the_night_make_it_failing(rule):
    """By name."""
    found = health_of(state(rule), Verdicts(), now=NOW, failed_cases=["finds eve"])
    assert ("failing", ("cases fail: finds eve",)) == (found.state, found.reasons)
