"""The index gives exactly what trying every rule gives, whatever the rules and events."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.errors import Location
from tocsin.core.event import Event
from tocsin.detect.index import RuleIndex
from tocsin.detect.rule import WatchRule
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import And, Everything, Exists, Not, Nothing, OneOf, Or, Range, Term, Text, Wildcard

FIELDS = st.sampled_from(["user.name", "source.ip", "event.code", "process.command_line", "other", "message"])
SCALARS = st.one_of(
    st.sampled_from(
        [
            "root",
            "ROOT",
            "4625",
            "192.0.2.1",
            "::ffff:192.0.2.1",
            "\u212a",
            "k",
            "true",
            "1.0",
            "",
            "root-4625",
            "i\u0307stanbul",
            "\u0130STANBUL",
            "xROOTx",
        ]
    ),
    st.integers(-2, 5000),
    st.sampled_from([1.0, 0.5, True, False]),
)
LEAVES = st.one_of(
    st.builds(Term, FIELDS, SCALARS, st.booleans()),
    st.builds(OneOf, FIELDS, st.lists(SCALARS, max_size=3).map(tuple), st.booleans()),
    st.builds(Exists, FIELDS),
    st.builds(Wildcard, FIELDS, st.sampled_from(["r*", "*", "?oot", "4625"])),
    st.builds(Range, FIELDS, gte=st.integers(0, 10)).filter(lambda node: node.field != "source.ip"),
    st.builds(
        Text,
        st.sampled_from(["Root", "root 4625", "4625 root", "ro", "\u0130stanbul", "..", "oot"]),
        st.none(),
    ),
    st.builds(
        Wildcard,
        st.just("message"),
        st.sampled_from(["*OOT*", "root*46?5", "*\\*oot", "*\u212a*"]),
        st.booleans(),
    ),
    st.just(Everything()),
    st.just(Nothing()),
)
NODES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=8,
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, min_size=1, max_size=3))
EVENTS = st.dictionaries(FIELDS.filter(lambda name: name != "message"), VALUES, max_size=4).map(
    lambda fields: Event("s", 1, 0, 0, str(fields.get("other", "root 4625")), fields)
)


def rule_of(number: int, node: object) -> WatchRule:
    return WatchRule(
        id=str(number),
        name="r",
        kind="elastalert",
        version="v",
        severity=1,
        node=node,
        matches=compile_predicate(node),
        location=Location("x"),
        text="",
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(NODES, min_size=1, max_size=6), st.lists(EVENTS, min_size=1, max_size=4))
def test_the_index_loses_no_match(nodes, events):
    """Candidates that match are all the rules that match."""
    rules = [rule_of(number, node) for number, node in enumerate(nodes)]
    index = RuleIndex(rules)
    for event in events:
        expected = [rule.id for rule in rules if rule.matches(event)]
        assert expected == [rule.id for rule in index.candidates(event) if rule.matches(event)]
