"""The face of Elasticsearch, route by route; the real client is in tests/contract/elastic."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.api.conftest import ClientAs
from tests.unit.api.ingesting import ingesting
from tests.unit.ingest.stages import FullError, MemoryStore

from tocsin.api import elastic
from tocsin.api.services import APISettings, Services
from tocsin.core.record import Record
from tocsin.ingest.processors.classifier import Processing

BODY = b'{"create":{"_index":"logs-app"}}\n{"message":"hello"}\n'
ROUTERS: dict[str, Any] = {"routers": [], "root_routers": [elastic.router]}


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def running(platform: Services, store: MemoryStore) -> Iterator[dict[str, Any]]:
    with ingesting(platform, store, queue_records=100) as services:
        yield services


def test_greets_as_elasticsearch(client_as: ClientAs, running: dict[str, Any]) -> None:
    """With the header its clients insist on."""
    client = client_as("agent", **ROUTERS, **running)
    for path in ("/compat/elastic", "/compat/elastic/"):
        answer = client.get(path)
        assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
        assert answer.json()["version"]["number"].startswith("8.")
        assert client.head(path).status_code == 200


def test_stores_before_it_answers(client_as: ClientAs, running: dict[str, Any], store: MemoryStore) -> None:
    """The source is named after key and index."""
    answer = client_as("agent", **ROUTERS, **running).post("/compat/elastic/_bulk", content=BODY)
    assert (answer.status_code, answer.json()["errors"]) == (200, False)
    assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
    assert store.messages("bulk:test-agent:logs-app") == ['{"message":"hello"}']


def test_takes_gzip_within_bounds(client_as: ClientAs, running: dict[str, Any], store: MemoryStore) -> None:
    """A bomb is 413, another encoding 400."""
    client = client_as("agent", **ROUTERS, **running)
    headers = {"Content-Encoding": "gzip"}
    body = gzip.compress(b'{"index":{}}\n{"n":1}\n')
    assert client.put("/compat/elastic/logs-app/_bulk", content=body, headers=headers).status_code == 200
    assert store.messages("bulk:test-agent:logs-app") == ['{"n":1}']
    bomb = client.post("/compat/elastic/_bulk", content=gzip.compress(b"\0" * 100_000_000), headers=headers)
    assert (bomb.status_code, bomb.json()["error"]["type"]) == (413, "content_too_long_exception")
    junk = client.post("/compat/elastic/_bulk", content=b"junk", headers=headers)
    assert (junk.status_code, junk.json()["status"]) == (400, 400)
    other = client.post("/compat/elastic/_bulk", content=BODY, headers={"Content-Encoding": "br"})
    assert other.status_code == 400


def test_takes_the_pipeline_that_is_asked_for(
    client_as: ClientAs, platform: Services, store: MemoryStore, tmp_path: Path
) -> None:
    """In the address or by document; one that does not exist is told and nothing of it is stored."""
    (tmp_path / "p.yml").write_text(
        "pipeline: mark\nsources: []\nprocessors:\n  - set: {fields: {labels.seen: 'yes'}}\n"
    )
    with ingesting(platform, store, Processing((tmp_path,))) as services:
        client = client_as("agent", **ROUTERS, **services)
        body = (
            b'{"index":{"_index":"a"}}\n{"n":1}\n{"index":{"_index":"a","pipeline":"_none"}}\n{"n":2}\n'
            b'{"index":{"_index":"a","pipeline":"absent"}}\n{"n":3}\n'
        )
        items = client.post("/compat/elastic/_bulk?pipeline=mark", content=body).json()["items"]
        one = client.post("/compat/elastic/a/_doc?pipeline=mark", content=b'{"n":4}')
        none = client.post("/compat/elastic/a/_doc?pipeline=absent", content=b'{"n":5}')
        plain = client.post("/compat/elastic/a/_doc", content=b'{"n":6}')
    assert [item["index"]["status"] for item in items] == [201, 201, 400]
    error = {"type": "illegal_argument_exception", "reason": "pipeline with id [absent] does not exist"}
    assert items[2]["index"]["error"] == error | {"index": "a"}
    assert (one.status_code, plain.status_code, none.status_code) == (201, 201, 400)
    assert none.json()["error"]["root_cause"] == [error]
    marked = {event.message: event.fields.get("labels.seen") for event in store.events}
    assert marked == {'{"n":1}': "yes", '{"n":2}': None, '{"n":4}': "yes", '{"n":6}': None}


def test_too_large_is_told_in_its_form(client_as: ClientAs, running: dict[str, Any]) -> None:
    """Whether a body says beforehand that it is too large or turns out to be."""
    client = client_as("agent", **ROUTERS, **running, api=APISettings(max_body_bytes=10))
    for content in (b"x" * 100, iter([b"x" * 100])):
        answer = client.post("/compat/elastic/a/_doc", content=content)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
        assert answer.json()["error"]["type"] == "content_too_long_exception"
        assert answer.headers["X-Elastic-Product"] == "Elasticsearch"
    ours = client.post("/compat/elasticity", content=b"x" * 100)
    assert (ours.status_code, ours.json()["code"]) == (413, "too-large")


def test_knows_a_key_in_every_form(client_as: ClientAs, running: dict[str, Any]) -> None:
    """Bearer, ApiKey and Basic carry the same key."""
    client = client_as("agent", **ROUTERS, **running)
    key = client.headers.pop("Authorization").removeprefix("Bearer ")

    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    good = [f"Bearer {key}", f"ApiKey {key}", f"ApiKey {encoded('id:' + key)}", f"ApiKey {encoded(key)}"]
    for value in [*good, f"Basic {encoded('anyone:' + key)}"]:
        assert client.get("/compat/elastic/", headers={"Authorization": value}).status_code == 200
    for value in (
        "Bearer x",
        "ApiKey \u00e9".encode("latin-1"),
        "Basic !!",
        f"Basic {encoded('a:b')}",
        "",
        key,
    ):
        assert client.get("/compat/elastic/", headers={"Authorization": value}).status_code == 401


def test_needs_the_permission(client_as: ClientAs, running: dict[str, Any]) -> None:
    """An analyst's key takes nothing in."""
    client = client_as("analyst", **ROUTERS, **running)
    answer = client.post("/compat/elastic/_bulk", content=BODY)
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/json")
    assert answer.json()["error"]["type"] == "security_exception"


def test_full_is_told_so_that_clients_send_again(
    client_as: ClientAs, running: dict[str, Any], store: MemoryStore
) -> None:
    """429 for a full queue and for a full disk: what its clients retry."""
    client = client_as("agent", **ROUTERS, **running)
    store.gate.clear()
    running["pipeline"].submit("other", [Record("other", n, b"x", 1) for n in range(1, 101)])
    busy = client.post("/compat/elastic/_bulk", content=BODY)
    assert (busy.status_code, busy.json()["error"]["type"]) == (429, "es_rejected_execution_exception")
    store.gate.set()
    assert running["pipeline"].wait_for_room(20)
    store.failures.append(FullError("no room"))
    assert client.post("/compat/elastic/_bulk", content=BODY).status_code == 429
