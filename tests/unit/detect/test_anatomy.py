"""Why a rule would or would not match."""

from __future__ import annotations

import pytest

from tocsin.detect.anatomy import MOST, anatomy_of
from tocsin.query.lucene import parse_lucene
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import Or, Term


def test_every_condition_says_whether_it_holds_and_what_the_event_has(event):
    """A field the event lacks is told from one with another value."""
    found = anatomy_of(
        parse_lucene("user.name: eve AND (process.name: nc OR host.name: web*) AND NOT source.ip: 192.0.2.1"),
        event(1, user__name="eve", host__name="db1", source__ip="192.0.2.1"),
    )
    assert ("all", False) == (found.how, found.held)
    user, either, excluded = found.parts
    assert (True, "eve") == (user.held, user.value)
    assert ("any", False, [False, True]) == (
        either.how,
        either.held,
        [part.present for part in either.parts],
    )
    assert ("not", False, True, "192.0.2.1") == (
        excluded.how,
        excluded.held,
        excluded.parts[0].held,
        excluded.parts[0].value,
    )


@pytest.mark.parametrize(
    "query", ["*", "user.name: eve", "NOT user.name: eve", "(a: 1 OR user.name: *) AND NOT (b: 2 AND c: 3)"]
)
def test_it_holds_exactly_when_the_rule_matches(event, query):
    """The parts add up to what the compiled condition says."""
    node, one = parse_lucene(query), event(1, user__name="eve")
    assert compile_predicate(node)(one) == anatomy_of(node, one).held


def test_a_condition_of_thousands_is_told_as_a_whole_beyond_a_bound(event):
    """It still says whether it holds."""
    node = Or(tuple(Or((Term("user.name", str(n)), Term("user.name", "eve"))) for n in range(MOST)))
    found = anatomy_of(node, event(1, user__name="eve"))
    assert found.held
    assert found.parts[-1].parts == ()
