"""Routes of the sources."""

from __future__ import annotations

from tests.unit.api.conftest import ClientAs
from tests.unit.api.ingesting import ingesting
from tests.unit.ingest.stages import MemoryStore, records

from tocsin.api import sources
from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM


def test_shows_what_became_of_each_source(client_as: ClientAs, platform: Services) -> None:
    """Counts, reasons, mark; an agent's source under the agent's name."""
    store = MemoryStore()
    with ingesting(platform, store) as services:
        with platform.db.write() as tx:
            _, secret = services["agents"].add_token(tx, actor=SYSTEM)
            agent, _ = services["agents"].enrol(tx, secret, "web1", {})
        source = f"agent:{agent.id}"
        services["pipeline"].submit(source, records(source, 1, 4)).result(20)
        services["ledger"].received("syslog:udp:192.0.2.9", 2)
        services["ledger"].refused("syslog:udp:192.0.2.9", "not taken: busy", 2)
        client = client_as("read-only", [sources.router], **services)
        body = client.get("/api/v1/sources").json()
        page = client.get("/api/v1/sources?limit=1").json()
        rest = client.get("/api/v1/sources", params={"cursor": page["next"]}).json()
    now = "2026-11-24T12:00:00.000000Z"
    assert body["items"] == [
        {
            "id": source,
            "kind": "agent",
            "name": "web1",
            "received": 4,
            "stored": 4,
            "duplicates": 0,
            "refused": 0,
            "refusals": [],
            "mark": 4,
            "last_at": now,
            "lag_ms": body["items"][0]["lag_ms"],
        },
        {
            "id": "syslog:udp:192.0.2.9",
            "kind": "syslog",
            "name": "udp:192.0.2.9",
            "received": 2,
            "stored": 0,
            "duplicates": 0,
            "refused": 2,
            "refusals": [{"reason": "not taken: busy", "count": 2, "last_at": now}],
            "mark": 0,
            "last_at": now,
            "lag_ms": 0,
        },
    ]
    assert page["items"] + rest["items"] == body["items"]
    assert rest["next"] is None


def test_needs_the_permission(client_as: ClientAs, platform: Services) -> None:
    """An agent's role may not look."""
    with ingesting(platform, MemoryStore()) as services:
        assert client_as("agent", [sources.router], **services).get("/api/v1/sources").status_code == 403
        assert client_as(None, [sources.router], **services).get("/api/v1/sources").status_code == 401
