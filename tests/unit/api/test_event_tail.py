"""The live tail over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import ClientAs

from tocsin.api import event_tail, events
from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
SOURCE = "file:/var/log/auth.log"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    """An empty log."""
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON), threads=1)
    yield store
    store.close()


@pytest.fixture
def client(client_as: ClientAs, store: DuckDBStore) -> TestClient:
    """A client that may read."""
    return client_as("read-only", [events.router], store=store)


def _commit(store: DuckDBStore, first: int, *messages: str) -> None:
    batch = [Event(SOURCE, first + n, NOON + first + n, NOON, text, {}) for n, text in enumerate(messages)]
    store.commit(Batch(SOURCE, batch, first + len(batch) - 1))


def test_tells_what_came_since(client: TestClient, store: DuckDBStore) -> None:
    """First where the log ends, then the events selected of each commit, once and in order."""
    _commit(store, 1, "old failed")
    start = client.get("/api/v1/events/tail", params={"q": "failed"}).json()
    assert {"items": [], "commit": 1, "more": False, "dropped": 0, "skipped": 0} == start
    _commit(store, 2, "failed a", "fine")
    _commit(store, 4, "failed b")
    found = client.get("/api/v1/events/tail", params={"q": "failed", "after": "1"}).json()
    assert ["failed a", "failed b"] == [item["message"] for item in found["items"]]
    assert (3, False) == (found["commit"], found["more"])
    again = client.get("/api/v1/events/tail", params={"q": "failed", "after": "3"}).json()
    assert [] == again["items"]


def test_says_what_it_leaves_out(client: TestClient, store: DuckDBStore) -> None:
    """Of more events than asked for, the newest are shown and the others are counted."""
    _commit(store, 1, *(f"failed {n}" for n in range(5)))
    found = client.get("/api/v1/events/tail", params={"q": "failed", "after": "0", "limit": "2"}).json()
    assert ["failed 3", "failed 4"] == [item["message"] for item in found["items"]]
    assert 3 == found["dropped"]


def test_a_tail_far_behind_goes_on_near_the_end(
    client: TestClient, store: DuckDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tail that slept says how many commits it passed over; one request reads only so much."""
    monkeypatch.setattr(event_tail, "_MOST_BEHIND", 3)
    monkeypatch.setattr(event_tail, "_MOST_LOOKED_AT", 1)
    monkeypatch.setattr(event_tail, "_READ", 1)
    for n in range(1, 7):
        _commit(store, n, f"failed {n}")
    found = client.get("/api/v1/events/tail", params={"after": "1"}).json()
    assert (2, 4, True) == (found["skipped"], found["commit"], found["more"])
    assert ["failed 4"] == [item["message"] for item in found["items"]]


def test_a_wrong_query_says_where(client: TestClient) -> None:
    """The same error as a search's."""
    answer = client.get("/api/v1/events/tail", params={"q": "a AND"})
    assert (400, "query") == (answer.status_code, answer.json()["code"])
