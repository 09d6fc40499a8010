"""Correlations in event time: each type, groups, windows, late events, state that survives a restart."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from tocsin.core.clock import HOUR, MINUTE, SECOND
from tocsin.core.event import Event
from tocsin.detect.correlation import Correlator, SnapshotError
from tocsin.detect.loader import load_folders

START = 1_800_000_000 * SECOND
BASES = "".join(
    f"title: {name}\nid: {number * 4}-1111-4111-8111-111111111111\nname: {name}\n"
    "logsource: {product: linux, service: sshd}\n"
    f"detection: {{s: {{event.code: {number}}}, condition: s}}\n---\n"
    for name, number in (("fail", "11"), ("login", "22"), ("logout", "33"))
)


def correlator(folder, text, extra=""):
    """Return the correlations of a rule file with three base rules."""
    body = dedent(text).replace("\n", "\n  ")
    rule = f"title: c\nid: 99999999-1111-4111-8111-111111111111\nname: c\ncorrelation:\n  {body}\n"
    (folder / "rules.yml").write_text(BASES + rule + extra, encoding="utf-8")
    loaded = load_folders([folder])
    assert () == loaded.problems
    ids = {rule.reference: rule.id for rule in loaded.rules}
    return Correlator(loaded.correlations), ids, loaded


class Story:
    """Feeds matches and notes what comes about."""

    def __init__(self, made):
        self.correlator, self.ids, self.loaded = made
        self.came = []
        self._number = 0

    def add(self, rule, minutes, **fields):
        self._number += 1
        at = START + int(minutes * MINUTE)
        named = {name.replace("__", "."): value for name, value in fields.items()}
        event = Event("s", self._number, at, at, "", {"user.name": "ann", **named})
        self.came += self.correlator.feed(self.ids[rule], event, str(self._number))
        return self

    def until(self, minutes):
        self.came += self.correlator.advance(START + int(minutes * MINUTE))
        return self

    def events(self):
        return [[reference for _, reference in each.events] for each in self.came]


def test_events_are_counted_within_the_timespan(tmp_path):
    """Three within ten minutes, end included; what matched is used up."""
    story = Story(
        correlator(
            tmp_path,
            "type: event_count\nrules: fail\ngroup-by: [user.name]\ntimespan: 10m\ncondition: {gte: 3}",
        )
    )
    story.add("fail", 0).add("fail", 1).add("fail", 11).add("fail", 10.5).add("fail", 12)
    assert [["2", "4", "3"]] == story.events()
    assert [("ann",)] == [each.group for each in story.came]


def test_groups_do_not_count_for_each_other(tmp_path):
    """Two users with two events each are not one with four; a missing field is a group of its own."""
    made = correlator(
        tmp_path, "type: event_count\nrules: fail\ngroup-by: [user.name]\ntimespan: 10m\ncondition: {gt: 1}"
    )
    story = Story(made).add("fail", 0).add("fail", 1, user__name="bob").add("fail", 2, user__name="bob")
    assert [["2", "3"]] == story.events()


def test_different_values_are_counted(tmp_path):
    """The same address twice is one."""
    story = Story(
        correlator(
            tmp_path,
            "type: value_count\nrules: [fail]\ngroup-by: [user.name]\ntimespan: 1h\n"
            "condition: {field: source.ip, gte: 2}",
        )
    )
    story.add("fail", 0, source__ip="a").add("fail", 1, source__ip="a")
    assert [] == story.events()
    assert [["1", "2", "3"]] == story.add("fail", 2, source__ip="b").events()


@pytest.mark.parametrize(
    ("kind", "condition", "matches"),
    [
        ("value_sum", "{field: n, gte: 60}", True),
        ("value_sum", "{field: n, gt: 60}", False),
        ("value_avg", "{field: n, eq: 20}", True),
        ("value_avg", "{field: n, lt: 20}", False),
        ("value_median", "{field: n, eq: 20}", True),
        ("value_percentile", "{field: n, percentile: 75, eq: 25}", True),
        ("value_percentile", "{field: n, percentile: 100, gt: 30}", False),
    ],
)
def test_figures_of_values(tmp_path, kind, condition, matches):
    """Sums at once, averages and percentiles when the timespan is over; what is no number is left out."""
    story = Story(correlator(tmp_path, f"type: {kind}\nrules: [fail]\ntimespan: 5m\ncondition: {condition}"))
    for number in (10, "20", 30, "much"):
        story.add("fail", 1, n=number)
    assert matches is bool(story.until(6.1).came)


def test_few_are_noticed_when_the_timespan_is_over(tmp_path):
    """Fewer than three, in each stretch that begins with an event."""
    story = Story(correlator(tmp_path, "type: event_count\nrules: fail\ntimespan: 10m\ncondition: {lt: 3}"))
    story.add("fail", 0).add("fail", 1).add("fail", 2).until(9)
    assert [] == story.until(10.5).events()
    assert [["4"]] == story.add("fail", 20).until(31).events()


def test_all_rules_in_any_order(tmp_path):
    """Two different rules, not one of them twice."""
    story = Story(
        correlator(tmp_path, "type: temporal\nrules: [fail, login]\ngroup-by: [user.name]\ntimespan: 5m")
    )
    story.add("login", 0).add("login", 1)
    assert [] == story.events()
    assert [["1", "2", "3"]] == story.add("fail", 4).events()


def test_rules_one_after_the_other(tmp_path):
    """In order of event time, whatever the order of arrival."""
    text = "type: temporal_ordered\nrules: [fail, login]\ngroup-by: [user.name]\ntimespan: 5m"
    assert [] == Story(correlator(tmp_path, text)).add("login", 0).add("fail", 1).events()
    assert [["2", "1"]] == Story(correlator(tmp_path, text)).add("login", 2).add("fail", 1).events()


def test_absence_is_noticed_when_the_timespan_is_over(tmp_path):
    """A login without logout; with one there is nothing to say."""
    text = "type: temporal\nrules: [login, logout]\ngroup-by: [user.name]\ntimespan: 5m\n"
    text += "condition: login and not logout"
    assert [["1"]] == Story(correlator(tmp_path, text)).add("login", 0).until(5.1).events()
    assert [] == Story(correlator(tmp_path, text)).add("login", 0).add("logout", 3).until(9).events()
    text = "type: temporal\ntimespan: 5m\ncondition: fail or login"
    assert [["1"]] == Story(correlator(tmp_path, text)).add("login", 0).events()


def test_an_alias_names_a_rules_own_field(tmp_path):
    """What one rule calls user.name another calls source.user.name."""
    text = "type: temporal\nrules: [fail, login]\ngroup-by: [who]\ntimespan: 5m\n"
    text += "aliases:\n  who: {fail: user.name, login: source.user.name}"
    story = Story(correlator(tmp_path, text)).add("fail", 0)
    story.add("login", 1, source__user__name="bob")
    assert [] == story.events()
    assert [["1", "3"]] == story.add("login", 2, source__user__name="ann").events()


def test_correlations_of_correlations(tmp_path):
    """Twice three failures, and each is an event of the one above."""
    above = "---\ntitle: d\nid: 88888888-1111-4111-8111-111111111111\ncorrelation:\n  type: event_count\n"
    above += "  rules: c\n  group-by: [user.name]\n  timespan: 1h\n  condition: {gte: 2}\n"
    text = "type: event_count\nrules: fail\ngroup-by: [user.name]\ntimespan: 10m\ncondition: {gte: 2}"
    story = Story(correlator(tmp_path, text, above))
    for minute in range(4):
        story.add("fail", minute)
    assert [["1", "2"], ["3", "4"], ["1", "2", "3", "4"]] == story.events()


def test_base_rules_open_alerts_only_when_asked_to(tmp_path):
    """`generate` keeps them."""
    text = "type: event_count\nrules: fail\ntimespan: 1m\ncondition: {gte: 2}"
    for more, alerts in (("", False), ("\ngenerate: true", True)):
        loaded = correlator(tmp_path, text + more)[2]
        assert [alerts, True, True, True] == [rule.alerts for rule in loaded.rules]


def test_a_restart_changes_nothing(tmp_path):
    """The state is taken along; what is no state is refused; a reworded rule begins anew."""
    text = "type: event_count\nrules: fail\ngroup-by: [user.name]\ntimespan: 10m\ncondition: {gte: 3}"
    story = Story(correlator(tmp_path, text)).add("fail", 0).add("fail", 1)
    kept = story.correlator.snapshot()
    again = Story(correlator(tmp_path, text))
    again.correlator.restore(kept)
    assert [["1", "2", "1"]] == again.add("fail", 2).events()
    reworded = Story(correlator(tmp_path, text.replace("10m", "11m")))
    reworded.correlator.restore(kept)
    assert [] == reworded.add("fail", 2).events()
    with pytest.raises(SnapshotError):
        again.correlator.restore(b"\xff no state")


def test_memory_is_bounded(tmp_path, monkeypatch):
    """In a group and over all groups, the oldest go first and are counted; stale ones go by themselves."""
    monkeypatch.setattr("tocsin.detect.correlation.MAX_GROUP", 5)
    monkeypatch.setattr("tocsin.detect.correlation.MAX_GROUPS", 20)
    text = "type: event_count\nrules: fail\ngroup-by: [user.name]\ntimespan: 1h\ncondition: {gte: 100}"
    story = Story(correlator(tmp_path, text))
    for minute in range(10):
        story.add("fail", minute)
    assert 5 == story.correlator.dropped
    for number in range(50):
        story.add("fail", 20, user__name=f"u{number}")
    assert len(story.correlator._groups) <= 20
    story.until(20 + (2 * HOUR + MINUTE) // MINUTE)
    assert {} == story.correlator._groups


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("type: event_count\nrules: nobody\ntimespan: 1m\ncondition: {gte: 1}", "'nobody' .* is not there"),
        ("type: event_count\nrules: c\ntimespan: 1m\ncondition: {gte: 1}", "correlates itself"),
        ("type: event_count\nrules: fail\ntimespan: soon\ncondition: {gte: 1}", "Timespan 'soon'"),
        ("type: dance\nrules: fail\ntimespan: 1m\ncondition: {gte: 1}", "dance"),
        ("type: event_count\nrules: fail\ntimespan: 1m", "without condition"),
        ("type: event_count\nrules: fail\ntimespan: 9y\ncondition: {gte: 1}", "longer than a year"),
    ],
)
def test_what_cannot_be_bound_is_refused(tmp_path, text, reason):
    """With its place, and the other rules are there."""
    body = text.replace("\n", "\n  ")
    (tmp_path / "r.yml").write_text(BASES + f"title: c\nname: c\ncorrelation:\n  {body}\n", encoding="utf-8")
    loaded = load_folders([tmp_path])
    assert 3 == len(loaded.rules)
    [problem] = loaded.problems
    assert re.search(reason, problem.reason), problem.reason
    assert problem.location.line > 12


def test_a_count_may_have_to_lie_between_bounds(tmp_path):
    """It is looked at when the timespan is over: more events could still leave the range."""
    text = "type: event_count\nrules: fail\ntimespan: 10m\ncondition: {gt: 1, lte: 3}"
    few = Story(correlator(tmp_path, text)).add("fail", 0).add("fail", 1).until(60)
    assert [["1", "2"]] == few.events()
    many = Story(correlator(tmp_path, text))
    for minute in range(4):
        many.add("fail", minute)
    assert [] == many.until(9).events()
