"""Elasticsearch's own Python client writes logs here as it would there."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from argon2 import PasswordHasher
from elasticsearch import AuthenticationException, Elasticsearch, helpers
from tests.unit.api.ingesting import ingesting
from tests.unit.ingest.stages import MemoryStore

from harness.waiting import until
from tocsin.accounts import Accounts, Audit
from tocsin.api import elastic
from tocsin.api.application import build
from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM
from tocsin.core.announce import Announcer
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def served(tmp_path: Path, store: MemoryStore) -> Iterator[tuple[str, str]]:
    """A platform on a real port; yields its address and a key that may ingest."""
    clock = SystemClock()
    db = Database(f"sqlite:///{tmp_path}/tocsin.db")
    db.create_all()
    audit = Audit(clock)
    accounts = Accounts(clock, audit, hasher=CHEAP)
    platform = Services(db=db, clock=clock, announcer=Announcer(), audit=audit, accounts=accounts)
    with db.write() as tx:
        _, key = accounts.keys.add(tx, "beats", "agent", actor=SYSTEM)
    with ingesting(platform, store, queue_records=5_000) as running, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        services = Services(
            db=db, clock=clock, announcer=Announcer(), audit=audit, accounts=accounts, **running
        )
        app = build(services, routers=[], root_routers=[elastic.router])
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        until(lambda: server.started)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/compat/elastic", key
        server.should_exit = True
        thread.join()
    db.close()


@pytest.fixture(params=["api_key", "bearer_auth", "basic_auth"])
def client(served: tuple[str, str], request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    url, key = served
    secret = {"api_key": ("id", key), "bearer_auth": key, "basic_auth": ("beats", key)}[request.param]
    with Elasticsearch(url, **{request.param: secret}) as client:
        yield client


def documents(count: int) -> Iterator[dict[str, object]]:
    for number in range(count):
        yield {"_index": "logs-app", "_op_type": "create", "@timestamp": "2026-11-24T00:00:00Z", "n": number}


def test_knows_the_product(client: Elasticsearch) -> None:
    """`info` and `ping` succeed: the client is content with whom it speaks."""
    assert client.info()["version"]["number"].startswith("8.")
    assert client.ping()


def test_bulk_stores_every_document_in_order(client: Elasticsearch, store: MemoryStore) -> None:
    """The client's helper reports success for each, and each is there once."""
    assert helpers.bulk(client, documents(3_000), chunk_size=500) == (3_000, [])
    found = [json.loads(message)["n"] for message in store.messages("bulk:beats:logs-app")]
    assert found == list(range(3_000))


def test_bulk_compressed_and_streamed(served: tuple[str, str], store: MemoryStore) -> None:
    """With `http_compress`, and through `streaming_bulk`."""
    url, key = served
    with Elasticsearch(url, api_key=("id", key), http_compress=True) as client:
        results = list(helpers.streaming_bulk(client, documents(1_000), chunk_size=200))
    assert [ok for ok, _ in results] == [True] * 1_000
    assert len(store.events) == 1_000


def test_bulk_reports_each_bad_document(served: tuple[str, str], store: MemoryStore) -> None:
    """What is refused comes back with its reason; the rest is stored."""
    url, key = served
    actions = [
        {"_index": "a", "_source": {"n": 1}},
        {"_index": "a", "_op_type": "delete", "_id": "1"},
        {"_index": "a", "_source": {"n": 2}},
    ]
    with Elasticsearch(url, api_key=("id", key)) as client:
        count, errors = helpers.bulk(client, actions, raise_on_error=False)
    assert count == 2
    assert isinstance(errors, list)
    assert (
        errors[0]["delete"]["error"]["reason"] == "delete is refused: events are appended and never changed"
    )
    assert len(store.events) == 2


def test_waits_and_sends_again_when_told_to(served: tuple[str, str], store: MemoryStore) -> None:
    """A full queue holds the client back and loses nothing: its retries carry the load."""
    url, key = served
    store.gate.clear()
    opener = threading.Timer(0.5, store.gate.set)
    opener.start()
    with Elasticsearch(url, api_key=("id", key)) as client:
        options = {"chunk_size": 2_000, "thread_count": 4, "queue_size": 4}
        patient = client.options(max_retries=20, retry_on_status=(429,))
        results = list(helpers.parallel_bulk(patient, documents(12_000), **options))
    opener.join()
    assert all(ok for ok, _ in results)
    found = sorted(json.loads(message)["n"] for message in store.messages("bulk:beats:logs-app"))
    assert found == list(range(12_000))


def test_a_wrong_key_is_an_authentication_error(served: tuple[str, str]) -> None:
    """The client raises what it raises there."""
    with (
        Elasticsearch(served[0], api_key=("id", "wrong")) as client,
        pytest.raises(AuthenticationException),
    ):
        client.info()
