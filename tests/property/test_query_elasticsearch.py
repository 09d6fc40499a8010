"""What is written in Elasticsearch's query language selects the same events in both writers."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.property.test_query_writers import CONNECTION, _insert, events

from tocsin.core.errors import TocsinError
from tocsin.core.event import Event
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.predicate import compile_predicate
from tocsin.query.sql import to_sql
from tocsin.query.tree import And, Exists, Node, Not, OneOf, Or, Range, Term, Wildcard

FIELDS = ["user.name", "rule.groups", "data.x", "data.list"]
fields = st.sampled_from(FIELDS)
texts = st.text('aB1 *?"\\:/.\u00e9\n', max_size=4)
numbers = st.integers(-20, 20)


def written(node: Node) -> dict[str, Any]:
    """Return the tree in Elasticsearch's words."""
    match node:
        case Term(field, value, cased):
            return {"term": {field: {"value": value, "case_insensitive": not cased}}}
        case OneOf(field, values):
            return {"terms": {field: list(values)}}
        case Wildcard(field, pattern, cased):
            return {"wildcard": {field: {"value": pattern, "case_insensitive": not cased}}}
        case Exists(field):
            return {"exists": {"field": field}}
        case Range(field, gt, gte, lt, lte):
            bounds = {"gt": gt, "gte": gte, "lt": lt, "lte": lte}
            return {"range": {field: {name: bound for name, bound in bounds.items() if bound is not None}}}
        case Not(arg):
            return {"bool": {"must_not": [written(arg)]}}
        case And(args):
            return {"bool": {"filter": [written(arg) for arg in args]}}
        case Or(args):
            return {"bool": {"should": [written(arg) for arg in args]}}
    raise AssertionError(node)


leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(Term, fields, st.one_of(texts, numbers), st.booleans()),
    st.builds(OneOf, fields, st.lists(texts, min_size=1, max_size=3).map(tuple), st.just(True)),
    st.builds(Wildcard, fields, st.text("aB1*?", min_size=1, max_size=4), st.booleans()),
    st.builds(Exists, fields),
    st.builds(Range, st.just("data.x"), gte=numbers, lt=numbers),
    st.builds(Range, st.just("rule.level"), gt=numbers, lte=numbers),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


@given(trees, st.lists(events, min_size=1, max_size=4))
def test_written_and_read_again(tree: Node, chosen: list[Event]) -> None:
    """Whatever characters values hold."""
    before, after = compile_predicate(tree), compile_predicate(read_filter(written(tree)))
    assert [before(event) for event in chosen] == [after(event) for event in chosen]


odd = st.sampled_from(
    ["message", "user.name", "message.keyword", "source.ip", "@timestamp", "rule.level", "data.x"]
)
words = st.sampled_from(
    ["root", "failed password", "10.0.0.0/8", "2026-11-24", "a* b?", "5", "", "Root", "--"]
)
SOME = ["message", "user.name"]
kinds = st.sampled_from(["term", "match", "match_phrase", "prefix", "wildcard", "match_phrase_prefix"])
clauses = st.one_of(
    st.builds(lambda kind, field, value: {kind: {field: value}}, kinds, odd, words),
    st.builds(lambda value: {"query_string": {"query": value}}, words.filter(lambda text: text != "--")),
    st.builds(lambda value: {"simple_query_string": {"query": value, "fields": SOME}}, words),
    st.builds(lambda value: {"multi_match": {"query": value, "fields": SOME}}, words),
)  # fmt: skip
compound = st.one_of(
    clauses,
    st.builds(
        lambda some, least: {"bool": {"should": some, "minimum_should_match": least}},
        st.lists(clauses, min_size=1, max_size=4),
        st.sampled_from([0, 1, 2, "50%", "-1", "2<75%"]),
    ),
    st.builds(lambda yes, no: {"bool": {"must": yes, "must_not": no}}, clauses, clauses),
)


@settings(max_examples=60)
@given(compound, st.lists(events, min_size=1, max_size=3))
def test_both_writers_agree_on_what_is_read(body: dict[str, Any], chosen: list[Event]) -> None:
    """The predicate and the database select the same events for what Elasticsearch's clauses mean."""
    tree = _read(body)
    assume(tree is not None)
    assert tree is not None
    CONNECTION.execute("DELETE FROM events")
    for number, event in enumerate(chosen):
        _insert(number, event)
    selects = compile_predicate(tree)
    condition, params = to_sql(tree)
    rows = CONNECTION.execute(f"SELECT n FROM events WHERE {condition} ORDER BY n", params).fetchall()
    assert [n for n, event in enumerate(chosen) if selects(event)] == [row[0] for row in rows]


def _read(body: dict[str, Any]) -> Node | None:
    """Return the tree, or None for a value that its field refuses."""
    try:
        return read_filter(body, now=0)
    except TocsinError:
        return None
