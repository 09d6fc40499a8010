"""OpenSearch's Python client, unmodified, against a whole platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contract.elastic.conftest import Served

opensearchpy = pytest.importorskip("opensearchpy", reason="opensearch-py is not installed")
INDEX = "logs-sample"


@pytest.fixture
def client(served: Served) -> Iterator[opensearchpy.OpenSearch]:
    login = ("anyone", served.keys["administrator"])
    client = opensearchpy.OpenSearch(served.url, http_auth=login)
    yield client
    client.close()


def test_greets(client: opensearchpy.OpenSearch) -> None:
    """It is told of an OpenSearch."""
    assert client.ping()
    version = client.info()["version"]
    assert ("opensearch", "2.19.0") == (version["distribution"], version["number"])


def test_writes_searches_and_counts(client: opensearchpy.OpenSearch) -> None:
    """Bulk, single documents, search with aggregations, count, msearch."""
    actions = [{"_index": "logs-os", "_id": str(n), "n": n} for n in range(20)]
    assert (20, []) == opensearchpy.helpers.bulk(client, actions)
    assert (20, []) == opensearchpy.helpers.bulk(client, actions)
    assert 20 == client.count(index="logs-os")["count"]
    assert "created" == client.index(index="logs-os", body={"n": 20})["result"]
    assert 3 == client.get(index="logs-os", id="3")["_source"]["n"]
    body = {"size": 0, "aggs": {"top": {"max": {"field": "n"}}}, "query": {"range": {"n": {"lt": 10}}}}
    assert 9.0 == client.search(index="logs-os", body=body)["aggregations"]["top"]["value"]
    answers = client.msearch(body=[{"index": INDEX}, {"size": 1}])["responses"]
    assert 5 == answers[0]["hits"]["total"]["value"]
    with pytest.raises(opensearchpy.ConflictError):
        client.create(index="logs-os", id="3", body={"n": 3})


def test_reads_on(client: opensearchpy.OpenSearch) -> None:
    """Scan, and a point in time as OpenSearch has it."""
    assert 5 == len(list(opensearchpy.helpers.scan(client, index=INDEX, size=2)))
    pit = client.create_pit(index=INDEX, params={"keep_alive": "1m"})["pit_id"]
    found = client.search(body={"pit": {"id": pit}, "size": 3, "sort": [{"bytes": "asc"}]})
    assert [10, 20, 30] == [hit["_source"]["bytes"] for hit in found["hits"]["hits"]]
    assert client.delete_pit(body={"pit_id": [pit]})["pits"][0]["successful"]


def test_indices(client: opensearchpy.OpenSearch) -> None:
    """Mappings, existence, list, health."""
    assert "long" == client.indices.get_mapping(index=INDEX)[INDEX]["mappings"]["properties"]["bytes"]["type"]
    assert client.indices.exists(index=INDEX)
    assert "green" == client.cluster.health()["status"]
    assert INDEX in client.cat.indices()
    assert "user.name" in client.field_caps(index=INDEX, fields="user.*")["fields"]
    with pytest.raises(opensearchpy.AuthorizationException):
        client.delete(index=INDEX, id="1")
