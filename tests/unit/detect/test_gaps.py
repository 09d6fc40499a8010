"""The fields of the log held against all rules."""

from __future__ import annotations

from tocsin.core.clock import MINUTE, ManualClock
from tocsin.detect.gaps import FRESH, Census
from tocsin.detect.ruleset import RuleSet


def test_rules_without_their_fields_are_dead_and_the_missing_are_counted(rule):
    """The field that most rules wait for comes first; a rule that is off is listed as such."""
    rules = RuleSet(
        [
            rule("user.name: eve", id="fine"),
            rule("process.name: nc AND user.name: eve", id="one"),
            rule("process.name: nc OR file.path: x", id="two"),
            rule("file.path: x", id="off", enabled=False),
        ]
    )
    census = Census(lambda: rules, lambda: {"user.name"}, lambda _: True, ManualClock(0))
    gaps = census.gaps()
    assert 4 == gaps.rules
    assert [("one", True), ("two", True), ("off", False)] == [(gap.rule.id, gap.enabled) for gap in gaps.dead]
    assert [("process.name", 2), ("file.path", 2)] == [(each.name, each.rules) for each in gaps.fields]
    assert {"one", "two", "off"} == set(census.dead())


def test_the_answer_stands_for_some_minutes_or_until_the_rules_change(rule):
    """The log is not asked again for every page that is opened."""
    clock, seen, used = ManualClock(0), {"user.name"}, [RuleSet([rule("file.path: x")])]
    census = Census(lambda: used[0], lambda: set(seen), lambda _: True, clock)
    assert 1 == len(census.gaps().dead)
    seen.add("file.path")
    assert 1 == len(census.gaps().dead)
    clock.advance(FRESH + MINUTE)
    assert 0 == len(census.gaps().dead)
    used[0] = RuleSet([rule("process.name: x")])
    assert 1 == len(census.gaps().dead)
