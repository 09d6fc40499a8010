"""Pages of events in the order of a field."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import ClientAs

from tocsin.api import events
from tocsin.core.clock import HOUR, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
SOURCE = "file:/var/log/auth.log"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    """A log of seven events on two days, with numbers of a field the catalogue does not know."""
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON), threads=1)
    values = [9, 10, None, 2, 10, 100, None]
    batch = [
        Event(SOURCE, seq, NOON - (40 - seq * 5) * HOUR, NOON, f"line {seq}", _fields(value))
        for seq, value in enumerate(values, 1)
    ]
    store.commit(Batch(SOURCE, batch, len(batch)))
    yield store
    store.close()


def _fields(value: int | None) -> dict[str, Any]:
    return {} if value is None else {"data.tries": value}


@pytest.fixture
def client(client_as: ClientAs, store: DuckDBStore) -> TestClient:
    """A client that may read."""
    return client_as("read-only", [events.router], store=store)


def _read(client: TestClient, limit: int, **params: str) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        asked = {**params, "limit": str(limit), **({"cursor": cursor} if cursor else {})}
        body = client.get("/api/v1/events", params=asked).json()
        found += [item["sequence"] for item in body["items"]]
        cursor = body["next"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_orders_by_a_field_over_pages(client: TestClient, limit: int) -> None:
    """Numbers as numbers, ties newest first, events without the field last; pages neither lose nor repeat."""
    assert [6, 5, 2, 1, 4, 7, 3] == _read(client, limit, sort="-data.tries")
    assert [4, 1, 5, 2, 6, 7, 3] == _read(client, limit, sort="data.tries")


def test_time_is_the_order_of_the_log(client: TestClient) -> None:
    """Sorting by time is what `order` says."""
    assert [7, 6, 5, 4, 3, 2, 1] == _read(client, 3, sort="@timestamp")
    assert [1, 2, 3, 4, 5, 6, 7] == _read(client, 3, sort="", order="oldest")


def test_a_cursor_of_another_order_is_refused(client: TestClient) -> None:
    """A cursor fits only the search and order it came from."""
    first = client.get("/api/v1/events", params={"sort": "data.tries", "limit": "1"}).json()
    for change in ({"sort": "-data.tries"}, {"sort": "data.tries", "q": "line"}, {}):
        answer = client.get("/api/v1/events", params={**change, "limit": "1", "cursor": first["next"]})
        assert 400 == answer.status_code, change


def test_the_nested_form_can_be_left_out(client: TestClient) -> None:
    """Tables need the flat fields only."""
    (item,) = client.get("/api/v1/events", params={"limit": "1", "nested": "false"}).json()["items"]
    assert "document" not in item
    assert "fields" in item
