"""The index proposes every rule that can match, and few others."""

from __future__ import annotations

import pytest

from tocsin.core.event import Event
from tocsin.detect.index import RuleIndex
from tocsin.detect.witness import Atom, witness_of
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Wildcard


def witness(query):
    return witness_of(parse_lucene(query))


def test_a_conjunction_is_found_by_its_rarest_part():
    """A value beats presence; presence beats nothing."""
    assert witness("user.name:* AND event.code:4625") == {Atom("event.code", "exact", "4625")}


def test_a_disjunction_needs_an_atom_of_each_part():
    """With one part that can be true of anything, the rule is tried on everything."""
    assert witness("event.code:1 OR process.name:su") == {
        Atom("event.code", "exact", "1"),
        Atom("process.name", "exact", "su"),
    }
    assert witness("event.code:1 OR NOT process.name:su") is None


@pytest.mark.parametrize("query", ["NOT a:b", "*", "NOT word"])
def test_what_needs_no_field_is_tried_on_every_event(query):
    """There is no atom that must hold."""
    assert witness(query) is None


@pytest.mark.parametrize(
    ("value", "proposed"),
    [
        ("SSHD", True),
        (["x", "sshd"], True),
        ("other", False),
        (["x"], False),
        (1.5, False),
        ("\u212a", False),
    ],
)
def test_values_are_found_in_any_case_and_in_lists(event, rule, value, proposed):
    """As the condition itself compares them."""
    index = RuleIndex([rule("process.name:sshd")])
    assert bool(index.candidates(event(1, process__name=value))) is proposed


def test_a_number_and_its_text_are_one_value(event, rule):
    """`port: 22` finds the text too."""
    index = RuleIndex([rule("server.port:22")])
    assert len(index.candidates(event(1, server__port=22))) == 1
    assert len(index.candidates(event(1, server__port="22"))) == 1
    assert index.candidates(event(1, server__port=23)) == []


def test_many_rules_do_not_cost_every_event(event, rule):
    """Of a thousand rules on one field, one is proposed."""
    index = RuleIndex([rule(f"event.code:{number}", id=str(number)) for number in range(1000)])
    assert ["77"] == [found.id for found in index.candidates(event(1, event__code="77"))]


def test_words_are_found_by_the_longest_one(event, rule):
    """A piece of text the message must contain."""
    index = RuleIndex([rule('"failed password"')])
    assert ["r1"] == [found.id for found in index.candidates(event(1, message="FAILED Password for x"))]
    assert index.candidates(event(1, message="failed passwort")) == []
    assert witness_of(Wildcard("message", "*INVALID*us?er*")) == {Atom("message", "contains", "invalid")}


def test_the_rarer_witness_is_taken_once_events_were_counted(event, rule):
    """What nearly every event has proposes the rule to all of them; what is rare proposes it to few."""
    index = RuleIndex([rule("process.name:power* AND process.executable:*x")], sampled=5)
    usual = [event(number, process__name="powershell", process__executable="/b/y") for number in range(20)]
    assert [] == [found for each in usual for found in index.matching(each)]
    assert sum(times for _, times, _ in index.spent()) <= 5


def test_a_rule_that_fails_is_told_and_the_others_go_on(event, rule):
    """Nothing that one rule does stops the rest."""
    told = []
    index = RuleIndex([rule("rule.level:>3", id="bad"), rule("rule.level:>2", id="good")])
    bad = index.rules[0]

    def broken(_view):
        raise ValueError("broken")

    one = event(1, rule__level=5)
    assert ["bad", "good"] == [found.id for found in index.matching(one)]
    for bucket in index._buckets.values():
        bucket.conditions[0].holds = broken
    found = index.matching(one, lambda rule, _event, error: told.append((rule.id, str(error))))
    assert ["good"] == [each.id for each in found]
    assert [(bad.id, "broken")] == told


def test_kinds_of_events_are_not_remembered_without_bound(rule, monkeypatch):
    """Who writes the logs chooses the fields."""
    monkeypatch.setattr("tocsin.detect.index.MAX_KINDS", 10)
    monkeypatch.setattr("tocsin.detect.route.MAX_SHAPES", 10)
    index = RuleIndex([rule("event.code:1")])
    for number in range(100):
        assert 1 == len(index.matching(Event("s", 1, 0, 0, "", {f"f{number}": "x", "event.code": "1"})))
    assert len(index._router._shapes) <= 10
