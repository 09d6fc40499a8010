"""Elastic's own Python client, version 8, unmodified, against a whole platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import (
    AuthenticationException,
    AuthorizationException,
    BadRequestError,
    ConflictError,
    Elasticsearch,
    NotFoundError,
    helpers,
)
from tests.contract.elastic.conftest import Served

INDEX = "logs-sample"


@pytest.fixture
def client(served: Served) -> Iterator[Elasticsearch]:
    with Elasticsearch(served.url, api_key=served.keys["administrator"]) as client:
        yield client


def numbers(answer: Any) -> list[int]:
    return [hit["_source"]["bytes"] for hit in answer["hits"]["hits"]]


def test_greets(client: Elasticsearch) -> None:
    """The client accepts the product and the version."""
    assert client.ping()
    assert "8.19.0" == client.info()["version"]["number"]
    assert "green" == client.cluster.health()["status"]


def test_writes_and_reads_back(client: Elasticsearch) -> None:
    """`index`, `create`, `get`, `exists`, `mget` by the client's identifier; sent again, stored once."""
    document = {"@timestamp": "2026-11-18T00:00:00Z", "bytes": 7}
    assert "created" == client.index(index="logs-own", id="a/1", document=document)["result"]
    assert "noop" == client.index(index="logs-own", id="a/1", document=document)["result"]
    with pytest.raises(ConflictError):
        client.create(index="logs-own", id="a/1", document=document)
    with pytest.raises(ConflictError):
        client.index(index="logs-own", id="a/1", document={"bytes": 8})
    assert document == client.get(index="logs-own", id="a/1")["_source"]
    assert document == client.get_source(index="logs-own", id="a/1")
    assert client.exists(index="logs-own", id="a/1")
    assert not client.exists(index="logs-own", id="b")
    with pytest.raises(NotFoundError):
        client.get(index="logs-own", id="b")
    found = client.mget(index="logs-own", ids=["a/1", "b"])["docs"]
    assert [True, False] == [one["found"] for one in found]
    fresh = client.index(index="logs-own", document={"@timestamp": "2026-11-18T00:00:01Z", "bytes": 9})
    assert 9 == client.get(index="logs-own", id=fresh["_id"])["_source"]["bytes"]
    assert 2 == client.count(index="logs-own")["count"]


def test_bulk_helpers_send_again_what_is_named(client: Elasticsearch) -> None:
    """`helpers.bulk` twice and `streaming_bulk`: each document once."""
    actions = [{"_index": "logs-bulk", "_id": f"n{n}", "n": n} for n in range(250)]
    assert (250, []) == helpers.bulk(client, actions, chunk_size=100)
    assert (250, []) == helpers.bulk(client, actions, chunk_size=70)
    assert all(ok for ok, _ in helpers.streaming_bulk(client, actions, chunk_size=50))
    assert 250 == client.count(index="logs-bulk")["count"]
    created = [{"_op_type": "create", **action} for action in actions[:2]]
    count, errors = helpers.bulk(client, created, raise_on_error=False)
    assert (0, 2) == (count, len(errors))
    assert isinstance(errors, list)
    assert 409 == errors[0]["create"]["status"]


def test_searches(client: Elasticsearch) -> None:
    """Query, size, from, sort, search_after, `_source`, fields, totals."""
    everything = client.search(index=INDEX)
    assert {"value": 5, "relation": "eq"} == everything["hits"]["total"]
    assert [50, 40, 30, 20, 10] == numbers(everything)
    assert [10, 20] == numbers(client.search(index=INDEX, sort=["@timestamp"], size=2))
    assert [20, 30] == numbers(client.search(index=INDEX, sort=[{"bytes": "asc"}], from_=1, size=2))
    found = client.search(index=INDEX, sort=[{"user.name": "desc"}, {"bytes": "desc"}], size=2)
    assert ["bert", 20] == found["hits"]["hits"][0]["sort"]
    after = found["hits"]["hits"][-1]["sort"]
    rest = client.search(index=INDEX, sort=[{"user.name": "desc"}, {"bytes": "desc"}], search_after=after)
    assert [20, 40, 30, 10, 50] == numbers(found) + numbers(rest)
    only = client.search(index=INDEX, source=["user.*"], query={"term": {"user.name": "bert"}})
    assert {"user": {"name": "bert"}} == only["hits"]["hits"][0]["_source"]
    bare = client.search(
        index=INDEX, source=False, fields=["bytes", "user.*"], size=1, track_total_hits=False
    )
    assert {"bytes": [50]} == bare["hits"]["hits"][0]["fields"]
    assert "_source" not in bare["hits"]["hits"][0]
    assert "total" not in bare["hits"]
    assert [50] == numbers(client.search(index=INDEX, q="bytes:>40", highlight={"fields": {"*": {}}}))
    assert [30] == numbers(client.search(index=INDEX, post_filter={"term": {"bytes": 30}}))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            {"bool": {"filter": [{"term": {"user.name": "anna"}}], "must_not": {"term": {"bytes": 10}}}},
            [40, 30],
        ),
        ({"range": {"@timestamp": {"gte": "2026-11-21", "lt": "2026-11-22"}}}, [40, 30]),
        ({"range": {"@timestamp": {"gte": 1795255200000, "format": "epoch_millis"}}}, [50, 40, 30]),
        ({"terms": {"bytes": [10, 20]}}, [20, 10]),
        ({"match": {"message": "password"}}, [50]),
        ({"match_phrase": {"message": "failed password"}}, [50]),
        ({"exists": {"field": "source.ip"}}, [30, 20, 10]),
        ({"term": {"source.ip": "10.0.0.0/31"}}, [10]),
        ({"query_string": {"query": "user.name:bert OR bytes:50"}}, [50, 20]),
        ({"term": {"data.srcip": "10.0.0.1"}}, [10]),
        ({"term": {"tags": "b"}}, [40]),
        ({"term": {"ok": True}}, [50]),
    ],
)
def test_queries(client: Elasticsearch, query: dict[str, Any], expected: list[int]) -> None:
    """Each selects what it selects there; names of ECS, of Wazuh and of the document all work."""
    assert expected == numbers(client.search(index=INDEX, query=query))
    assert len(expected) == client.count(index=INDEX, query=query)["count"]


def test_aggregations(client: Elasticsearch) -> None:
    """Each kind, and within each other."""
    aggs = {
        "users": {
            "terms": {"field": "user.name", "order": {"sum": "asc"}},
            "aggs": {
                "sum": {"sum": {"field": "bytes"}},
                "newest": {"top_hits": {"size": 1, "_source": ["bytes"]}},
                "days": {"date_histogram": {"field": "@timestamp", "calendar_interval": "1d"}},
            },
        },
        "stats": {"stats": {"field": "bytes"}},
        "more": {"extended_stats": {"field": "bytes"}},
        "half": {"percentiles": {"field": "bytes", "percents": [50]}},
        "addresses": {"cardinality": {"field": "source.ip"}},
        "values": {"value_count": {"field": "tags"}},
        "sizes": {"histogram": {"field": "bytes", "interval": 20}},
        "ranges": {"range": {"field": "bytes", "ranges": [{"to": 25}, {"from": 25, "key": "big"}]}},
        "dates": {"date_range": {"field": "@timestamp", "ranges": [{"from": "2026-11-21"}]}},
        "named": {"filters": {"filters": {"a": {"term": {"user.name": "anna"}}, "b": {"match_all": {}}}}},
        "one": {"filter": {"exists": {"field": "tags"}}, "aggs": {"top": {"max": {"field": "bytes"}}}},
        "without": {"missing": {"field": "user.name"}},
        "pages": {"composite": {"size": 2, "sources": [{"u": {"terms": {"field": "user.name"}}}]}},
    }
    found = client.search(index=INDEX, size=0, aggs=aggs)["aggregations"]
    bert, anna = found["users"]["buckets"]
    assert ("bert", 20.0, "anna", 80.0) == (
        bert["key"],
        bert["sum"]["value"],
        anna["key"],
        anna["sum"]["value"],
    )
    assert {"bytes": 40} == anna["newest"]["hits"]["hits"][0]["_source"]
    assert [1, 2] == [day["doc_count"] for day in anna["days"]["buckets"]]
    assert "2026-11-20T00:00:00.000Z" == anna["days"]["buckets"][0]["key_as_string"]
    assert {"count": 5, "min": 10.0, "max": 50.0, "avg": 30.0, "sum": 150.0} == found["stats"]
    assert 200.0 == found["more"]["variance"]
    assert {"50.0": 30.0} == found["half"]["values"]
    assert (2, 2) == (found["addresses"]["value"], found["values"]["value"])
    assert [(0.0, 1), (20.0, 2), (40.0, 2)] == [(b["key"], b["doc_count"]) for b in found["sizes"]["buckets"]]
    assert [("*-25.0", 2), ("big", 3)] == [(b["key"], b["doc_count"]) for b in found["ranges"]["buckets"]]
    assert 3 == found["dates"]["buckets"][0]["doc_count"]
    assert {"a": {"doc_count": 3}, "b": {"doc_count": 5}} == found["named"]["buckets"]
    assert {"doc_count": 1, "top": {"value": 40.0}} == found["one"]
    assert {"doc_count": 1} == found["without"]
    assert ({"u": "bert"}, 2) == (found["pages"]["after_key"], len(found["pages"]["buckets"]))


def test_reads_on(client: Elasticsearch) -> None:
    """Scroll by hand and by `helpers.scan`; point in time with search_after."""
    page = client.search(index=INDEX, scroll="1m", size=2, sort=["@timestamp"])
    found = numbers(page)
    while page["hits"]["hits"]:
        page = client.scroll(scroll_id=page["_scroll_id"], scroll="1m")
        found += numbers(page)
    assert [10, 20, 30, 40, 50] == found
    assert client.clear_scroll(scroll_id=page["_scroll_id"])["succeeded"]
    with pytest.raises(NotFoundError):
        client.scroll(scroll_id=page["_scroll_id"])
    scanned = [hit["_source"]["bytes"] for hit in helpers.scan(client, index=INDEX, size=2)]
    assert [10, 20, 30, 40, 50] == sorted(scanned)
    pit = client.open_point_in_time(index=INDEX, keep_alive="1m")["id"]
    found, after = [], None
    while True:
        more: dict[str, Any] = {"search_after": after} if after else {}
        page = client.search(pit={"id": pit}, size=2, sort=[{"@timestamp": "desc"}], **more)
        if not page["hits"]["hits"]:
            break
        found += numbers(page)
        after = page["hits"]["hits"][-1]["sort"]
    assert [50, 40, 30, 20, 10] == found
    assert client.close_point_in_time(id=pit)["succeeded"]


def test_several_searches_at_once(client: Elasticsearch) -> None:
    """One at fault does not stop the others."""
    searches = [
        {"index": INDEX}, {"size": 0}, {"index": "nope"}, {},
        {"index": "nope", "ignore_unavailable": True}, {}, {"index": INDEX}, {"query": {"what": {}}},
    ]  # fmt: skip
    answers = client.msearch(searches=searches)["responses"]
    assert [200, 404, 200, 400] == [answer["status"] for answer in answers]
    assert 5 == answers[0]["hits"]["total"]["value"]


def test_fields_and_indices(client: Elasticsearch) -> None:
    """Mappings, capabilities, lists and existence of indices."""
    mapped = client.indices.get_mapping(index=INDEX)[INDEX]["mappings"]["properties"]
    assert ("date", "long", "ip") == (
        mapped["@timestamp"]["type"], mapped["bytes"]["type"], mapped["source"]["properties"]["ip"]["type"]
    )  # fmt: skip
    caps = client.field_caps(index="tocsin-*", fields="user.name,data.bytes,message*")["fields"]
    assert {"user.name", "data.bytes", "message", "message.keyword"} == set(caps)
    listed = [row["index"] for row in client.cat.indices(format="json")]
    assert {INDEX, "tocsin-2026.11.20"} <= set(listed)
    assert "tocsin-2026.11.20" in client.cat.indices(index="tocsin-2026.11.2*")
    assert client.indices.exists(index=INDEX)
    assert client.indices.exists(index="wazuh-alerts-*")
    assert not client.indices.exists(index="nope")
    resolved = client.indices.resolve_index(name="logs-sam*")["indices"]
    assert [INDEX] == [one["name"] for one in resolved]
    assert client.indices.refresh(index=INDEX)["_shards"]["failed"] == 0
    assert ["5"] == [row["count"] for row in client.cat.count(index=INDEX, format="json")]
    assert "5" == client.cat.count(index=INDEX, h="count").strip()


def test_views_on_the_log(client: Elasticsearch) -> None:
    """All events, one day of them, alerts of Wazuh's level, everything but one name."""
    assert 5 <= client.count(index="tocsin-*")["count"]
    assert 2 == client.count(index="filebeat-2026.11.20")["count"]
    assert 0 == client.count(index="tocsin-2020.01.01")["count"]
    assert 0 == client.count(index="<tocsin-{now/d-10y}>")["count"]
    both = client.count(index=f"{INDEX},logs-own-*")["count"]
    assert 5 == both
    without = client.count(index=f"logs-*,-{INDEX}")["count"]
    assert client.count(index="logs-*")["count"] - 5 == without
    for hit in client.search(index="wazuh-alerts-*", size=100)["hits"]["hits"]:
        assert hit["_source"]["rule"]["level"] >= 3


def test_what_is_refused(client: Elasticsearch, served: Served) -> None:
    """Changes to events, clauses that are unknown, pages too far, keys that may not: as its errors."""
    for change in (
        lambda: client.delete(index=INDEX, id="x"),
        lambda: client.update(index=INDEX, id="x", doc={}),
        lambda: client.delete_by_query(index=INDEX, query={"match_all": {}}),
        lambda: client.indices.delete(index=INDEX),
    ):
        with pytest.raises(AuthorizationException, match="cluster_block_exception"):
            change()
    for query in ({"nested": {}}, {"what": {}}, {"query_string": {"query": "a AND"}}):
        with pytest.raises(BadRequestError, match="parsing_exception"):
            client.search(index=INDEX, query=query)
    with pytest.raises(BadRequestError, match="Result window is too large"):
        client.search(index=INDEX, size=10_001)
    with pytest.raises(BadRequestError, match="derivative"):
        client.search(index=INDEX, aggs={"d": {"derivative": {"buckets_path": "x"}}})
    with pytest.raises(NotFoundError):
        client.search(index="nope")
    for role, denied in (("agent", client.options(api_key=served.keys["agent"]).count),):
        with pytest.raises(AuthorizationException, match=f"role {role} lacks"):
            denied(index=INDEX)
    with pytest.raises(AuthorizationException):
        client.options(api_key=served.keys["read-only"]).index(index=INDEX, document={})
    with pytest.raises(AuthenticationException):
        client.options(api_key="wrong").info()


def test_a_user_by_basic(served: Served) -> None:
    """Login and password are known; a wrong one is not."""
    with Elasticsearch(served.url, basic_auth=("anna", "correct horse battery")) as client:
        assert 5 == client.count(index=INDEX)["count"]
        assert "anna" == client.security.authenticate()["username"]
        with pytest.raises(AuthenticationException):
            client.options(basic_auth=("anna", "wrong")).info()
