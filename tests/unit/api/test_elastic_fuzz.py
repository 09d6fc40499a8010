"""Whatever is sent to the face of Elasticsearch is answered or refused in its form; nothing breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.api.conftest import ClientAs

from tocsin.api import elastic
from tocsin.api.services import Services
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch
from tocsin.store.documents import Documents
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
FIELDS = [
    "@timestamp",
    "message",
    "user.name",
    "user.name.keyword",
    "rule.level",
    "source.ip",
    "data.list",
    "x",
    "_id",
]
WORDS = [
    "query", "bool", "must", "filter", "should", "must_not", "minimum_should_match", "term", "terms",
    "match", "operator", "match_phrase", "multi_match", "fields", "query_string", "simple_query_string",
    "range", "gte", "lt", "format", "time_zone", "exists", "field", "prefix", "value", "wildcard",
    "regexp", "ids", "values", "constant_score", "aggs", "aggregations", "date_histogram",
    "fixed_interval", "calendar_interval", "interval", "histogram", "ranges", "from", "to", "key",
    "keyed", "filters", "other_bucket", "missing", "composite", "sources", "after", "size", "order",
    "include", "cardinality", "stats", "avg", "percentiles", "percents", "top_hits", "sort",
    "search_after", "_source", "includes", "docvalue_fields", "track_total_hits", "pit", "id",
    "post_filter", "script_fields", "min_doc_count", "extended_bounds", "hard_bounds", "min", "max",
    "offset", "unmapped_type", "case_insensitive", "dis_max", "queries",
]  # fmt: skip
VALUES = [
    "now-1d/d", "2026-11-24", "1d", "month", "Europe/Berlin", "+25:00", "*", "a b", "10.0.0.0/8", "/[/",
    "[1 TO", "desc", "yyyy-MM-dd", "50%", "_count", "", "\u0000", "\ud800", "_key", "1h", "day",
]  # fmt: skip
names = st.one_of(st.sampled_from(WORDS), st.sampled_from(FIELDS))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 20), st.integers(), st.floats(), st.sampled_from(VALUES), names
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=12,
)
WHOLE = {"_search", "_count"}


def clause(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A clause with the right shape and odd insides, which gets further than random trees."""
    kinds = st.sampled_from(WORDS)
    return st.one_of(
        st.builds(lambda kind, field, value: {kind: {field: value}}, kinds, st.sampled_from(FIELDS), inner),
        st.builds(lambda kind, field, more: {kind: {"field": field, **more}}, kinds, st.sampled_from(FIELDS),
                  st.dictionaries(names, inner, max_size=3)),
    )  # fmt: skip


bodies = st.one_of(
    trees,
    st.dictionaries(names, trees, max_size=4),
    st.builds(lambda one: {"query": one}, clause(trees)),
    st.builds(lambda one: {"size": 1, "aggs": {"a": one}}, clause(trees)),
    st.builds(lambda one, two: {"aggs": {"a": {**one, "aggs": {"b": two}}}}, clause(trees), clause(trees)),
    st.builds(lambda one: {"sort": one}, trees),
)


@pytest.fixture
def client(client_as: ClientAs, platform: Services, tmp_path: Path) -> Iterator[TestClient]:
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON))
    fields: list[dict[str, Any]] = [
        {"user.name": "anna", "rule.level": 5, "source.ip": "10.0.0.1", "data.list": ["a", "b", 3]},
        {"rule.level": "odd", "data.x": 1.5, "source.ip": "no address"},
    ]
    events = [Event("s", n, NOON, NOON, "a b", one) for n, one in enumerate(fields, 1)]
    store.commit(Batch("s", events, 2))
    documents = Documents(platform.clock, platform.audit)
    yield client_as("read-only", routers=[], root_routers=[elastic.router], store=store, documents=documents)
    store.close()


fuzzed = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def in_form(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(f"/compat/elastic{path}", content=body)
    assert answer.status_code < 500, answer.text
    found = answer.json()
    if answer.status_code >= 400:
        assert found["status"] == answer.status_code
        assert found["error"]["type"]
        assert found["error"]["reason"]


@fuzzed
@given(
    bodies,
    st.sampled_from(
        ["/_search", "/_count", "/logs-*/_search?ignore_unavailable=true", "/elastalert*/_search"]
    ),
)
def test_any_search_is_answered_or_refused(client: TestClient, body: Any, path: str) -> None:
    """No JSON is a failure of the platform."""
    in_form(client, path, json.dumps(body).encode())


@fuzzed
@given(
    st.binary(max_size=60),
    st.sampled_from(["/_search", "/_msearch", "/_mget", "/_field_caps", "/_search/scroll"]),
)
def test_any_bytes_are_answered_or_refused(client: TestClient, body: bytes, path: str) -> None:
    """Nor are any bytes."""
    in_form(client, path, body)


@fuzzed
@given(st.text(max_size=30), st.text(max_size=20))
def test_any_address_is_answered_or_refused(client: TestClient, index: str, query: str) -> None:
    """Nor is any index or query in the address."""
    answer = client.get("/compat/elastic/x/_search", params={"q": query, "sort": query, "_source": query})
    assert answer.status_code < 500
    path = "".join(f"%{byte:02X}" for byte in index.encode("utf-8", "replace"))
    assert client.get(f"/compat/elastic/{path}/_search").status_code < 500
    assert client.get(f"/compat/elastic/{path}/_mapping").status_code < 500
