"""Elasticsearch's clauses keep their meaning, or are refused."""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.predicate import compile_predicate


def matches(event, clauses):
    return compile_predicate(read_filter(clauses))(event)


@pytest.fixture
def login():
    fields = {
        "user.name": "Root",
        "source.ip": "192.0.2.7",
        "rule.level": 5,
        "process.command_line": "curl -s http://x",
        "tags": ["a", "b"],
    }
    return Event("test", 1, 0, 0, "Failed password for root", fields)


TRUE = [
    {"term": {"user.name": "Root"}},
    {"term": {"user.name.keyword": {"value": "root", "case_insensitive": True}}},
    {"term": {"source.ip": "192.0.2.0/24"}},
    {"term": {"data.srcip": "192.0.2.7"}},
    {"term": {"process.command_line": "curl"}},
    {"terms": {"tags": ["x", "b"]}},
    {"range": {"rule.level": {"gte": 5, "lt": 6}}},
    {"exists": {"field": "user.name"}},
    {"wildcard": {"user.name": "R*t"}},
    {"prefix": {"user.name": "Ro"}},
    {"regexp": {"user.name": "R.+t"}},
    {"match": {"process.command_line": "wget curl"}},
    {"match": {"process.command_line": {"query": "curl http", "operator": "and"}}},
    {"match_phrase": {"message": "password for"}},
    {"query_string": {"query": "rule.level:>=5 AND NOT user.name:admin"}},
    {"query": {"query_string": {"query": "user.name: root"}}},
    {"bool": {"should": [{"term": {"a": 1}}, {"exists": {"field": "tags"}}]}},
    {"bool": {"must": {"exists": {"field": "tags"}}, "should": {"term": {"a": 1}}}},
    {"bool": {"must_not": [{"term": {"user.name": "root"}}]}},
    {"match_all": {}},
]
FALSE = [
    {"term": {"user.name": "root"}},
    {"terms": {"tags": ["B"]}},
    {"regexp": {"user.name": "R"}},
    {"wildcard": {"user.name": "r*"}},
    {"match": {"process.command_line": {"query": "wget http", "operator": "and"}}},
    {"bool": {"must_not": {"exists": {"field": "user.name"}}}},
    {"bool": {"should": [{"term": {"a": 1}}], "filter": [{"exists": {"field": "a"}}]}},
]


@pytest.mark.parametrize("clause", TRUE)
def test_clauses_that_hold(login, clause):
    """Each selects the event."""
    assert matches(login, [clause])


@pytest.mark.parametrize("clause", FALSE)
def test_clauses_that_do_not_hold(login, clause):
    """Keywords mind case and are compared as a whole."""
    assert not matches(login, [clause])


def test_a_list_of_clauses_must_all_hold(login):
    """As in ElastAlert's `filter`."""
    assert matches(login, TRUE)
    assert not matches(login, [*TRUE, FALSE[0]])


@pytest.mark.parametrize(
    ("clause", "reason"),
    [
        ({"eql": "any where true"}, "Elasticsearch only"),
        ({"trem": {"a": 1}}, "no filter clause"),
        ({"range": {"@timestamp": {"gte": "now-1h"}}}, "time of the search"),
        ({"range": {"a": {"above": 1}}}, "does not know"),
        ({"regexp": {"a": "x~y"}}, "not supported"),
        ({"bool": {"should": [{"match_all": {}}] * 3, "minimum_should_match": 2}}, "minimum_should_match"),
        ({"bool": {"shuold": []}}, "does not know"),
        ({"term": {"a": [1]}}, "needs text"),
        ("user.name: root", "a mapping"),
        ({"a": 1, "b": 2}, "one key"),
    ],
)
def test_a_clause_that_would_change_its_meaning_is_refused(clause, reason):
    """The reason names what is wrong."""
    with pytest.raises(InvalidError, match=reason):
        read_filter([clause])


def test_a_filter_nested_without_end_is_refused():
    """Depth is bounded."""
    clause = {"match_all": {}}
    for _ in range(60):
        clause = {"bool": {"must": [clause]}}
    with pytest.raises(InvalidError, match="deep"):
        read_filter([clause])
