"""The face of Elasticsearch, route by route; the real client is in tests/contract/elastic."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from tests.unit.api.conftest import ClientAs
from tests.unit.api.ingesting import ingesting
from tests.unit.ingest.stages import FullError, MemoryStore

from tocsin.api import elastic
from tocsin.api.services import Services
from tocsin.core.record import Record

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
