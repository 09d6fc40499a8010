"""The writer to OpenSearch: exact where the server can be, and open about what it cannot decide.

That it selects what the predicate selects is shown on a real server by `tests/property`.
"""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.query.lucene import parse_lucene
from tocsin.query.opensearch import to_opensearch
from tocsin.query.opensearch_clauses import ALL, NONE, measured
from tocsin.query.opensearch_regex import lucene_regex
from tocsin.query.opensearch_terms import (
    date_term,
    encoded,
    has_dotted,
    number_term,
    terms_of,
    word_tokens,
)
from tocsin.query.patterns import QueryError
from tocsin.query.tree import (
    And,
    Everything,
    Exists,
    InNetwork,
    Node,
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


@pytest.mark.parametrize(
    "text",
    [
        "failed password",
        '"failed password for"',
        "source.ip:10.0.0.0/8 AND NOT user.name:root",
        "rule.level:[7 TO 12} OR event.sequence:>5",
        "process.name:ss?d* AND *word*",
        "@timestamp:[2026-11-24 TO 2026-11-25]",
        "data.x:/[a-z]+[0-9]{2,3}/",
        '_id:"s~7" OR _exists_:rule.groups',
    ],
)
def test_common_queries_are_exact(text: str) -> None:
    """What people ask day by day the server decides alone."""
    plan = to_opensearch(parse_lucene(text))
    assert plan.exact
    assert plan.surely() != plan.possibly() or not plan.fields


@pytest.mark.parametrize(
    "node",
    [
        Regex("message", r"\bcat\b"),
        Regex("data.x", "\u00e4+", cased=False),
        Wildcard("message", "*Cat*", cased=True),
        SameAs("user.name", "host.name"),
        Wildcard("_id", "s~*1"),
        Text("two words", "data.x"),
    ],
)
def test_what_the_server_cannot_decide_is_left_open(node: object) -> None:
    """Surely selected is nothing, possibly enough; the negation is open just so."""
    plan = to_opensearch(node)  # type: ignore[arg-type]  # the list holds nodes of every kind
    assert not plan.exact
    assert NONE == plan.yes
    assert ALL == to_opensearch(Not(node)).maybe  # type: ignore[arg-type]  # as above


def test_constants_are_folded() -> None:
    """Nothing and everything leave no clauses behind."""
    one = Term("user.name", "x")
    assert to_opensearch(one).yes == to_opensearch(And((Everything(), one))).yes
    assert to_opensearch(one).yes == to_opensearch(Or((Nothing(), one))).yes
    assert NONE == to_opensearch(And((Nothing(), one))).yes
    assert ALL == to_opensearch(Or((Everything(), one))).yes
    assert (ALL, NONE) == (to_opensearch(And(())).yes, to_opensearch(Or(())).yes)
    assert NONE == to_opensearch(OneOf("user.name", ())).yes == to_opensearch(Text("...")).yes
    assert ALL == to_opensearch(Exists("message")).yes


def test_too_many_conditions_are_tested_instead_of_refused() -> None:
    """A server takes about a thousand clauses; a larger tree is left to the predicate."""
    many = Or(tuple(Wildcard("data.x", f"*{n}*") for n in range(500)))
    assert (NONE, ALL) == (to_opensearch(many).yes, to_opensearch(many).maybe)
    names = Or(tuple(Exists(f"data.x{n}") for n in range(1_000)))
    assert (NONE, ALL) == (to_opensearch(names).yes, to_opensearch(names).maybe)
    deep: Node = Term("data.x", 1)
    for _ in range(40):
        deep = Not(And((deep, Exists("data.y"))))
    assert (NONE, ALL) == (to_opensearch(deep).yes, to_opensearch(deep).maybe)


def test_a_list_of_values_is_one_clause() -> None:
    """However many values there are; of identifiers, one for each source."""
    for name in ("data.x", "@timestamp", "event.sequence"):
        assert (1, 0) == measured(to_opensearch(OneOf(name, tuple(range(5_000)))).yes)
    ids = OneOf("_id", tuple(f"{'st'[n % 2]}~{n}" for n in range(5_000)), cased=True)
    assert to_opensearch(ids).exact
    assert (4, 2) == measured(to_opensearch(ids).yes)


def test_malformed_conditions_are_refused() -> None:
    """The same errors as those of the predicate."""
    with pytest.raises(QueryError):
        to_opensearch(Regex("user.name", "("))
    with pytest.raises(InvalidError):
        to_opensearch(InNetwork("source.ip", "10.0.0.0/99"))
    with pytest.raises(InvalidError):
        to_opensearch(Range("source.ip", gte="nowhere"))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^root$", "root"),
        ("root", ".*root.*"),
        (r"^\d{1,3}\.", r"([0-9]){1,3}\..*"),
        ("^(a|b)+$", "(([ab]))+"),
        ("^a|b$", "(a.*|.*b)"),
        ("[^a-c]", ".*[^a-c].*"),
        (r"\A(?:[a-z]+)\z", "([a-z])+"),
        (r"x\\z", r".*x\\z.*"),
        ("a#b@c&d<e>~", r".*a\#b\@c\&d\<e\>\~.*"),
    ],
)
def test_patterns_in_the_other_dialect(pattern: str, expected: str) -> None:
    """Anchors go, everything else is spelt out; what the other dialect takes for an operator is escaped."""
    assert expected == lucene_regex(pattern, folding=False)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\bx",
        "(?m)^x",
        "a$b",
        "[[:alpha:]]",
        "x{,3}",
        r"\pL",
        "\u00e9",
        "(?i:x)",
        "x{300}",
        "(?-i:b)",
    ],
)
def test_patterns_without_a_counterpart(pattern: str) -> None:
    """They are not written approximately."""
    assert lucene_regex(pattern, folding=False) is None


def test_letters_that_fold_in_a_way_of_their_own() -> None:
    """RE2 takes a long s for an s, and no dotted I for an i."""
    assert ".*[s\u017f].*" == lucene_regex("S", folding=True)
    assert ".*[as\u017f].*" == lucene_regex("[As]", folding=True)
    assert lucene_regex(r"\w", folding=True) is None
    assert has_dotted("\u0130stanbul")
    assert "n=T" in set(terms_of("n", "\u0130stanbul"))


def test_terms_of_a_value() -> None:
    """As written and folded, as a number, an address, a date; names cannot imitate a section."""
    assert ["user.name=Lroot"] == list(terms_of("user.name", "root"))
    assert ["user.name=Uroot", "user.name=CRoot"] == list(terms_of("user.name", "Root"))
    assert ["p=L22", f"p=N{number_term(22.0)}"] == list(terms_of("p", "22"))
    assert "source.ip=A00000000000000000000ffff0a000001" in set(terms_of("source.ip", "::ffff:10.0.0.1"))
    assert f"file.mtime=D{date_term(0)}" in set(terms_of("file.mtime", "1970-01-01"))
    assert "=" not in encoded("a=b c\x00")


def test_keys_sort_as_what_they_stand_for() -> None:
    """Numbers of either sign, and instants before 1970."""
    numbers = [-1e300, -5.5, -1.0, -0.0, 1e-9, 3.0, 20.0, 1e300]
    assert sorted(numbers) == sorted(numbers, key=number_term)
    assert number_term(0.0) == number_term(-0.0)
    assert sorted([-5, 0, 7, 10**17], key=date_term) == [-5, 0, 7, 10**17]


def test_long_words_become_digests() -> None:
    """A tokenizer would cut them, and take a part for the whole."""
    (short,), (long,) = word_tokens("Word"), word_tokens("x" * 500)
    assert "word" == short
    assert long.startswith("#")
    assert long != word_tokens("x" * 499)[0]
    assert ["user_agent.original=curl"] == word_tokens("curl", "user_agent.original")
