"""The index proposes every rule that can match, and few others."""

from __future__ import annotations

import pytest

from tocsin.detect.index import Atom, RuleIndex, witness_of
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Wildcard


def witness(query):
    return witness_of(parse_lucene(query))


def test_a_conjunction_is_found_by_its_rarest_part():
    """A value beats presence; presence beats nothing."""
    assert witness("user.name:* AND event.code:4625") == {Atom("event.code", "4625")}


def test_a_disjunction_needs_an_atom_of_each_part():
    """With one part that can be true of anything, the rule is tried on everything."""
    assert witness("event.code:1 OR process.name:su") == {Atom("event.code", "1"), Atom("process.name", "su")}
    assert witness("event.code:1 OR NOT process.name:su") is None


@pytest.mark.parametrize("query", ["NOT a:b", "*", "of", "NOT word"])
def test_what_needs_no_field_is_tried_on_every_event(query):
    """There is no atom that must hold."""
    assert witness(query) is None


def test_an_address_is_found_by_presence():
    """Addresses are equal in several spellings, so their text is no atom."""
    assert witness("source.ip:192.0.2.1") == {Atom("source.ip", None)}


@pytest.mark.parametrize(
    ("value", "proposed"),
    [("SSHD", True), (["x", "sshd"], True), ("other", False), (["x"], False), (1.5, True), ("\u212a", True)],
)
def test_values_are_found_in_any_case_and_in_lists(event, rule, value, proposed):
    """A form whose text the index cannot fold by itself is proposed."""
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
    assert witness_of(Wildcard("message", "*INVALID*us?er*")) == {Atom("message", "invalid")}
