"""The routes of days and holds."""

from __future__ import annotations

import pytest

from tocsin.accounts.audit import AuditFilter
from tocsin.api import events, store
from tocsin.core.clock import DAY
from tocsin.core.event import Event
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.retention import Policy


@pytest.fixture
def log(tmp_path, clock):
    found = DuckDBStore(tmp_path / "log", clock)
    now = clock.now()
    found.commit(Batch("s", [Event("s", n + 1, now - n * DAY, 0, "=m", {"n": n}) for n in range(2)], 2))
    found.keeping(Policy(), 0).apply()
    yield found
    found.close()


def test_days_tell_their_state(client_as, log):
    """The newest is open, the one before is sealed with a checksum."""
    client = client_as("read-only", [store.router], store=log, holds=log.holds)
    first, second = client.get("/api/v1/store/days").json()["items"]
    assert ("sealed", "open") == (first["state"], second["state"])
    assert 64 == len(first["sha256"])
    assert first["sealed_at"].startswith("2026-11-24T12:00:00")


def test_a_hold_is_placed_listed_and_lifted(client_as, log, platform):
    """By an administrator, with both trails."""
    client = client_as("administrator", [store.router], store=log, holds=log.holds)
    body = {"reason": "case 7", "query": "n:1", "from_at": "2026-11-23T00:00:00Z"}
    placed = client.post("/api/v1/store/holds", json=body)
    assert 201 == placed.status_code
    number = placed.json()["id"]
    assert [number] == [one["id"] for one in client.get("/api/v1/store/holds").json()["items"]]
    assert [[number], [number]] == [one["holds"] for one in client.get("/api/v1/store/days").json()["items"]]
    lifted = client.post(f"/api/v1/store/holds/{number}/lift", json={"reason": "closed"}).json()
    assert "closed" == lifted["lift_reason"]
    assert [] == client.get("/api/v1/store/holds").json()["items"]
    assert 1 == client.get("/api/v1/store/holds?lifted=true").json()["total"]
    with platform.db.read() as tx:
        entries = platform.audit.entries(tx, AuditFilter(kind="hold", subject=str(number)), 10)
    assert ["lift", "place"] == [entry.action for entry in entries]
    assert 409 == client.post(f"/api/v1/store/holds/{number}/lift", json={"reason": "again"}).status_code
    assert 404 == client.post("/api/v1/store/holds/99/lift", json={"reason": "none"}).status_code


def test_only_administrators_place_and_lift(client_as, log):
    """Everybody else may look."""
    client = client_as("analyst", [store.router], store=log, holds=log.holds)
    assert 403 == client.post("/api/v1/store/holds", json={"reason": "mine"}).status_code
    assert 403 == client.post("/api/v1/store/holds/1/lift", json={"reason": "mine"}).status_code
    assert 200 == client.get("/api/v1/store/holds").status_code


def test_what_is_wrong_is_said(client_as, log):
    """A query that moves with time, an empty range, no reason; a log that is not embedded."""
    client = client_as("administrator", [store.router], store=log, holds=log.holds)
    for body in (
        {"reason": "r", "query": "@timestamp:>now-1d"},
        {"reason": "r", "from_at": "2026-11-23T00:00:00Z", "to_at": "2026-11-23T00:00:00Z"},
        {"reason": ""},
    ):
        assert client.post("/api/v1/store/holds", json=body).status_code in {400, 422}
    assert (
        409
        == client_as("administrator", [store.router], store=object()).get("/api/v1/store/days").status_code
    )


def test_events_are_exported_as_parquet(client_as, log, tmp_path):
    """The file that `format=parquet` sends is one."""
    client = client_as("read-only", [events.router], store=log)
    answer = client.get("/api/v1/events/export", params={"format": "parquet", "columns": "n,message"})
    assert "application/vnd.apache.parquet" == answer.headers["content-type"]
    assert answer.content.startswith(b"PAR1")
    assert answer.content.endswith(b"PAR1")
