"""The index gives exactly what trying every rule gives, whatever the rules and events."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.errors import Location
from tocsin.core.event import Event
from tocsin.detect.flat import compile_flat
from tocsin.detect.index import RuleIndex
from tocsin.detect.rule import WatchRule
from tocsin.detect.textual import searcher, wildcard_search
from tocsin.detect.view import MultiValuedError, View
from tocsin.query.patterns import compile_regex, parse_wildcard, wildcard_regex
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import (
    And,
    DatePart,
    Everything,
    Exists,
    InNetwork,
    Not,
    Nothing,
    OneOf,
    Or,
    Range,
    Regex,
    SameAs,
    Term,
    Text,
    Wildcard,
)

SINGLE = ["user.name", "source.ip", "event.code", "process.command_line", "other", "message"]
FIELDS = st.sampled_from([*SINGLE, "user.name|other", "absent|process.command_line|event.code"])
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
    st.builds(
        Wildcard,
        FIELDS,
        st.sampled_from(["r*", "*", "?oot", "4625", "*oot", "*46*", "*r*t*", "*\u212a", "", "*o?t*", "*s*"]),
        st.booleans(),
    ),
    st.builds(
        Regex,
        FIELDS,
        st.sampled_from(["ro+t", "(?i)ROOT", "^$", "46(25|33)", "[[:digit:]]{4}", "(?is)K|S", ".*", "r..t$"]),
        st.booleans(),
    ),
    st.builds(SameAs, FIELDS, FIELDS, st.sampled_from(["equals", "startswith", "endswith"])),
    st.builds(InNetwork, FIELDS, st.just("192.0.2.0/24")),
    st.builds(DatePart, FIELDS, st.just("hour"), st.integers(0, 2)),
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
EVENTS = st.dictionaries(st.sampled_from(SINGLE[:-1]), VALUES, max_size=4).map(
    lambda fields: Event("s", 1, 0, 0, str(fields.get("other", "root 4625")), fields)
)
SCOPES = st.one_of(st.none(), NODES)


def rule_of(number: int, node: object, scope: object = None) -> WatchRule:
    node = node if scope is None else And((scope, node))
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
        scope=scope,
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


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(SCOPES, NODES), min_size=1, max_size=8),
    st.lists(EVENTS, min_size=1, max_size=6),
    st.sampled_from([0.0, 1_000.0]),
)
def test_what_is_compiled_gives_what_plain_conditions_give(pairs, events, length):
    """Before witnesses were chosen on samples and after, with either scanner."""
    rules = [rule_of(number, node, scope) for number, (scope, node) in enumerate(pairs)]
    expected = [[rule.id for rule in rules if rule.matches(event)] for event in events]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tocsin.detect.scan.LONG", length)
        patch.setattr("tocsin.detect.scan.FEW", 1)
        index = RuleIndex(rules, sampled=2)
        for _ in range(4):
            assert expected == [[rule.id for rule in index.matching(event)] for event in events]


def test_numbers_that_are_equal_are_not_one_text():
    """1, 1.0 and true are equal in Python, and three texts of a field, whichever was compiled first."""
    for value in (1.0, 1, True, "1"):
        for there in (1.0, 1, True, "1"):
            event = Event("s", 1, 0, 0, "", {"source.ip": there})
            for node in (Term("source.ip", value, False), OneOf("source.ip", (value, "x"), False)):
                assert compile_predicate(node)(event) == compile_flat(node)(View(event)), (value, there)


@settings(max_examples=100, deadline=None)
@given(st.lists(NODES, min_size=1, max_size=6), EVENTS)
def test_a_flat_function_is_its_condition(nodes, event):
    """Unless a field has several values, which one says and the other takes."""
    for node in nodes:
        assert compile_predicate(node)(event) == compile_flat(node, several=True)(View(event))
        try:
            found = compile_flat(node)(View(event))
        except MultiValuedError:
            continue
        assert compile_predicate(node)(event) == found


PATTERNS = [
    "ro+t", "(?i)ROOT", "^$", "46(25|33)$", "[[:digit:]]{4}", "(?is)K|S", ".*", "(?-s).$", "a.b", "(?m)^b$",
    r"\\sx", r"[^\\s]+\\s$", r"\\w+\\b", r"(?-s)\\x41.{3}", r"(?i)(?-s)k.\\d",

    "s{20}", r"(a|b)*c", r"\\Aa|b\\z",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(PATTERNS),
    st.booleans(),
    st.one_of(st.text("aAbBkKsS4625 rot\n\v\t\r\x1c\u212a\u017f\u0130", max_size=14), st.just("s" * 300)),
)
def test_a_search_finds_what_re2_finds(pattern, cased, text):
    """Whichever engine is asked."""
    expected = compile_regex(pattern, cased=cased).search(text) is not None
    assert expected == searcher(Regex("f", pattern, cased))(text)


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_a_wildcard_matches_what_its_expression_matches(pattern, text):
    """Pieces are looked for one after the other."""
    pieces = parse_wildcard(pattern)
    expected = compile_regex(wildcard_regex(pieces)).search(text) is not None
    assert expected == wildcard_search(pieces)(text)
