"""The requests of Grafana's Elasticsearch data source, in the shapes its documentation and queries show."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.elastic.conftest import Served

FROM, TO = 1_795_132_800_000, 1_795_391_999_999
"""20 to 22 November 2026, in milliseconds."""
HEADER = {"search_type": "query_then_fetch", "ignore_unavailable": True, "index": "logs-sample"}


def query(text: str = "*") -> dict[str, Any]:
    """The query every panel sends."""
    span = {"range": {"@timestamp": {"gte": FROM, "lte": TO, "format": "epoch_millis"}}}
    return {"bool": {"filter": [span, {"query_string": {"analyze_wildcard": True, "query": text}}]}}


def ask(served: Served, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    lines = "".join(f"{json.dumps(HEADER)}\n{json.dumps(body)}\n" for body in bodies)
    answer = served.ask("POST", "/_msearch?max_concurrent_shard_requests=5", lines, role="read-only")
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["responses"]
    assert all(one["status"] == 200 for one in found), found
    return found


def test_saves_and_tests_the_source(served: Served) -> None:
    """Version, health and mapping are what the data source looks at."""
    assert "8.19.0" == served.ask("GET", "/", role="read-only").json()["version"]["number"]
    assert "green" == served.ask("GET", "/_cluster/health?wait_for_status=yellow").json()["status"]
    mapping = served.ask("GET", "/logs-sample/_mapping", role="read-only").json()
    assert "date" == mapping["logs-sample"]["mappings"]["properties"]["@timestamp"]["type"]


def test_draws_a_histogram_for_each_term(served: Served) -> None:
    """Terms over a date histogram over metrics, empty steps between the ends."""
    steps = {
        "date_histogram": {
            "fixed_interval": "1d", "field": "@timestamp", "min_doc_count": 0, "format": "epoch_millis",
            "extended_bounds": {"min": FROM, "max": TO}, "time_zone": "UTC",
        },
        "aggs": {
            "1": {"avg": {"field": "bytes"}},
            "3": {"percentiles": {"field": "bytes", "percents": ["50", "95"]}},
        },
    }  # fmt: skip
    terms = {"field": "user.name", "size": 10, "order": {"1": "desc"}, "min_doc_count": 1}
    inner = {"2": steps, "1": {"avg": {"field": "bytes"}}}
    [found] = ask(served, {"size": 0, "query": query(), "aggs": {"4": {"terms": terms, "aggs": inner}}})
    anna, bert = found["aggregations"]["4"]["buckets"]
    assert ("anna", "bert") == (anna["key"], bert["key"])
    days = anna["2"]["buckets"]
    assert [(str(FROM), 1), (str(FROM + 86_400_000), 2), (str(FROM + 2 * 86_400_000), 0)] == [
        (day["key_as_string"], day["doc_count"]) for day in days
    ]
    assert [10.0, 35.0, None] == [day["1"]["value"] for day in days]
    assert 35.0 == days[1]["3"]["values"]["50.0"]


def test_lists_logs(served: Served) -> None:
    """The logs panel: newest first, with the sort it sends and what it asks to be highlighted."""
    body = {
        "size": 2, "query": query("user.name:anna"), "script_fields": {}, "fields": [{"field": "@timestamp"}],
        "sort": [{"@timestamp": {"order": "desc", "unmapped_type": "boolean"}}, {"_doc": {"order": "desc"}}],
        "highlight": {"fields": {"*": {}}, "pre_tags": ["@HL@"], "fragment_size": 2147483647},
        "aggs": {"1": {"date_histogram": {"field": "@timestamp", "fixed_interval": "60s"}}},
    }  # fmt: skip
    [found] = ask(served, body)
    first, second = found["hits"]["hits"]
    assert (40, 30) == (first["_source"]["bytes"], second["_source"]["bytes"])
    assert 1_795_257_000_000 == first["sort"][0]
    [rest] = ask(served, body | {"search_after": second["sort"]})
    assert [10] == [hit["_source"]["bytes"] for hit in rest["hits"]["hits"]]


def test_fills_a_variable(served: Served) -> None:
    """`{"find": "terms", "field": "user.name"}` becomes a search of terms by key."""
    terms = {"field": "user.name", "size": 500, "order": {"_key": "asc"}}
    [found] = ask(served, {"size": 0, "query": query(), "aggs": {"1": {"terms": terms}}})
    assert ["anna", "bert"] == [bucket["key"] for bucket in found["aggregations"]["1"]["buckets"]]


def test_cursors_are_bounded_and_ones_own(served: Served) -> None:
    """Somebody else's scroll is not found; the number of points in time is limited."""
    scroll = served.ask("POST", "/logs-sample/_search?scroll=1m", {"size": 1}).json()["_scroll_id"]
    other = served.ask("POST", "/_search/scroll", {"scroll_id": scroll}, role="read-only")
    assert (404, "search_context_missing_exception") == (other.status_code, other.json()["error"]["type"])
    served.ask("DELETE", "/_search/scroll", {"scroll_id": scroll})
    opened = [served.ask("POST", "/logs-sample/_pit?keep_alive=1m", role="analyst") for _ in range(51)]
    assert [200] * 50 + [429] == [answer.status_code for answer in opened]
    for answer in opened[:50]:
        assert 200 == served.ask("DELETE", "/_pit", answer.json(), role="analyst").status_code
    assert 400 == served.ask("POST", "/logs-sample/_pit", role="analyst").status_code
