"""Elasticsearch's clauses keep their meaning, or are refused."""

from __future__ import annotations

import pytest

from tocsin.core.clock import from_iso
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.patterns import QueryError
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import Range, Term


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


TRUE += [
    {
        "bool": {
            "should": [{"match_all": {}}, {"match_none": {}}, {"match_all": {}}],
            "minimum_should_match": 2,
        }
    },
    {"bool": {"should": [{"match_all": {}}, {"match_none": {}}], "minimum_should_match": "-1"}},
    {"bool": {"should": [{"match_all": {}}, {"match_none": {}}], "minimum_should_match": "50%"}},
    {"bool": {"should": [{"match_none": {}}], "minimum_should_match": 0}},
    {"constant_score": {"filter": {"term": {"user.name": "Root"}}, "boost": 2}},
    {"dis_max": {"queries": [{"match_none": {}}, {"match_all": {}}]}},
    {"ids": {"values": ["x", "test~1"]}},
    {"match": {"message": "nothing PASSWORD"}},
    {"match": {"message": {"query": "failed for x", "minimum_should_match": 2}}},
    {"match": {"message": {"query": "--", "zero_terms_query": "all"}}},
    {"match": {"user.name": "Root"}},
    {"match_phrase_prefix": {"message": "failed pass"}},
    {"match_bool_prefix": {"message": "nothing pass"}},
    {"multi_match": {"query": "root", "fields": ["message^3", "user.name"]}},
    {"multi_match": {"query": "password for", "type": "phrase"}},
    {"multi_match": {"query": "Root", "fields": ["user.*"]}},
    {"query_string": {"query": "nothing password"}},
    {"query_string": {"query": "failed password", "default_operator": "AND"}},
    {"query_string": {"query": "Root", "default_field": "user.name"}},
    {"query_string": {"query": "curl", "fields": ["process.command_line", "message"]}},
    {"simple_query_string": {"query": '"failed password" + -nothing', "default_operator": "and"}},
    {"simple_query_string": {"query": "nothing | pass*"}},
    {"simple_query_string": {"query": "curl", "fields": ["process.command_line"]}},
    {"range": {"rule.level": {"from": 5, "to": 6, "include_upper": False}}},
    {"range": {"source.ip": {"gte": "192.0.2.0", "lte": "192.0.2.255"}}},
    {"term": {"message.keyword": "Failed password for root"}},
    {"wildcard": {"message": "pass*"}},
    {"regexp": {"user.name": {"value": "ro+t", "case_insensitive": True}}},
    {"terms": {"source.ip": ["10.0.0.0/8", "192.0.2.0/24"]}},
    {"range": {"@timestamp": {"gte": 0, "lte": 0}}},
    {"range": {"@timestamp": {"gte": "1970-01-01", "lte": "1970-01-01"}}},
    {"term": {"@timestamp": "1970-01-01"}},
]
FALSE += [
    {"bool": {"should": [{"match_all": {}}, {"match_none": {}}], "minimum_should_match": 2}},
    {"bool": {"should": [{"match_all": {}}], "minimum_should_match": 2}},
    {"match": {"message": "--"}},
    {"match": {"user.name": "root"}},
    {"term": {"message.keyword": "password"}},
    {"query_string": {"query": "failed nothing", "default_operator": "AND"}},
    {"simple_query_string": {"query": "failed -password", "default_operator": "and"}},
    {"simple_query_string": {"query": "(((("}},
    {"multi_match": {"query": "Root", "fields": ["no.such.*"]}},
    {"regexp": {"user.name": "^Root$"}},
    {"ids": {"values": []}},
    {"terms": {"user.name": []}},
    {"range": {"@timestamp": {"gt": "1970-01-01"}}},
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
        ({"trem": {"a": 1}}, "unknown query .trem"),
        ({"range": {"@timestamp": {"gte": "now-1h"}}}, "time of the search"),
        ({"range": {"a": {"above": 1}}}, "does not know"),
        ({"regexp": {"a": "x~y"}}, "not supported"),
        ({"bool": {"should": [{"match_all": {}}] * 30, "minimum_should_match": 15}}, "combinations"),
        ({"bool": {"should": [{"match_all": {}}], "minimum_should_match": "many"}}, "minimum_should_match"),
        ({"nested": {"path": "a", "query": {"match_all": {}}}}, "nested"),
        ({"has_child": {}}, "not supported"),
        ({"fuzzy": {"a": "b"}}, "likeness"),
        ({"match": {"message": {"query": "a", "fuzziness": "AUTO"}}}, "fuzziness"),
        ({"match_phrase": {"message": {"query": "a b", "slop": 2}}}, "slop"),
        ({"match": {"message": {"query": "a", "oeprator": "and"}}}, "does not support .oeprator"),
        ({"multi_match": {"query": "a", "type": "odd"}}, "odd"),
        ({"terms": {"a": {"index": "i", "id": "1", "path": "p"}}}, "lookup"),
        ({"range": {"@timestamp": {"gte": "yesterday"}}}, "failed to parse date"),
        ({"range": {"@timestamp": {"gte": "x", "format": "qq"}}}, "not understood"),
        ({"range": {"@timestamp": {"gte": "2026-01-01", "time_zone": "Mars/X"}}}, "no time zone"),
        ({"query_string": {"query": "a", "time_zone": "Mars/X"}}, "no time zone"),
        ({"query_string": {"query": '"a b"', "phrase_slop": 2}}, "phrase_slop"),
        ({"query_string": {"query": "a", "escape": True}}, "escape"),
        ({"simple_query_string": {"query": "a | b", "flags": "NONE"}}, "flags"),
        ({"ids": {"values": "a"}}, "ids needs"),
        ({"exists": {"field": 1}}, "name of a field"),
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


NOW = from_iso("2026-11-24T05:30:15Z")
DAY = from_iso("2026-11-24T00:00:00Z")
HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"gte": "now-1d/d", "lt": "now/d"}, {"gte": DAY - 24 * HOUR, "lt": DAY}),
        ({"gt": "now-1d/d", "lte": "now/d"}, {"gte": DAY, "lt": DAY + 24 * HOUR}),
        ({"gte": 1764000000000, "lte": 1764000000000}, {"gte": 1764000000000000, "lt": 1764000000001000}),
        ({"gte": "1764000000", "format": "epoch_second"}, {"gte": 1764000000000000}),
        ({"gte": "2026"}, {"gte": from_iso("2026-01-01T00:00:00Z")}),
        ({"gte": "24/11/2026", "format": "dd/MM/yyyy"}, {"gte": DAY}),
        ({"lte": "24/11/2026||-1d", "format": "dd/MM/yyyy||epoch_millis"}, {"lt": DAY}),
        ({"gte": "2026-11-24 05:30:15", "format": "yyyy-MM-dd HH:mm:ss"}, {"gte": NOW}),
        ({"gte": "2026-11-24", "time_zone": "+02:00"}, {"gte": DAY - 2 * HOUR}),
        ({"gte": "2026-11-24T00:00:00Z", "time_zone": "+02:00"}, {"gte": DAY}),
        ({"gte": "now/d", "time_zone": "America/New_York"}, {"gte": DAY + 5 * HOUR}),
    ],
)
def test_ranges_of_dates(bounds, expected):
    """Rounding, formats, epochs and time zones give the instants Elasticsearch gives."""
    assert Range("@timestamp", **expected) == read_filter({"range": {"timestamp": bounds}}, now=NOW)


def test_a_query_string_at_fault_says_where():
    """The character is named in the reason."""
    with pytest.raises(QueryError, match=r"Failed to parse query .*at character 5"):
        read_filter({"query_string": {"query": "a AND"}}, now=NOW)


def test_query_strings_read_dates_by_the_clock_asked_for():
    """Dates without an offset, and rounding, are those of `time_zone`; of a search, `now` is its time."""
    asked = {"query": "@timestamp:[2026-11-24 TO now/d}", "time_zone": "+02:00"}
    assert Range("@timestamp", gte=DAY - 2 * HOUR, lt=DAY + 22 * HOUR) == read_filter(
        {"query_string": asked}, now=DAY + 23 * HOUR
    )
    with pytest.raises(QueryError, match="time of the search"):
        read_filter({"query_string": asked})
    assert Term("@timestamp", DAY + HOUR) == read_filter(
        {"simple_query_string": {"query": "now", "fields": ["@timestamp"]}}, now=DAY + HOUR
    )
    usual = {"query": "a", "escape": False, "phrase_slop": 0, "flags": "all", "time_zone": None}
    assert read_filter({"query_string": {"query": "a"}}) == read_filter({"query_string": usual})
