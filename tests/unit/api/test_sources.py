"""Routes of the sources."""

from __future__ import annotations

from tests.unit.api.conftest import ClientAs
from tests.unit.api.ingesting import ingesting
from tests.unit.ingest.stages import MemoryStore, records

from harness.waiting import PATIENCE_S
from tocsin.api import sources
from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM
from tocsin.ingest.agents import Heartbeat


def test_shows_what_became_of_each_source(client_as: ClientAs, platform: Services) -> None:
    """Counts, reasons, mark; an agent's source under the agent's name."""
    store = MemoryStore()
    with ingesting(platform, store) as services:
        with platform.db.write() as tx:
            _, secret = services["agents"].add_token(tx, actor=SYSTEM)
            agent, _ = services["agents"].enrol(tx, secret, "web1", {})
            services["agents"].heard(tx, agent.id, Heartbeat(spool={"records": 3}))
        source = f"agent:{agent.id}"
        services["pipeline"].submit(source, records(source, 1, 4)).result(PATIENCE_S)
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
            "waiting": 3,
            "received": 4,
            "stored": 4,
            "duplicates": 0,
            "refused": 0,
            "lost": 0,
            "under_way": 0,
            "refusals": [],
            "mark": 4,
            "last_at": now,
            "lag_ms": body["items"][0]["lag_ms"],
        },
        {
            "id": "syslog:udp:192.0.2.9",
            "kind": "syslog",
            "name": "udp:192.0.2.9",
            "waiting": None,
            "received": 2,
            "stored": 0,
            "duplicates": 0,
            "refused": 2,
            "lost": 2,
            "under_way": 0,
            "refusals": [{"reason": "not taken: busy", "kind": "lost", "count": 2, "last_at": now}],
            "mark": 0,
            "last_at": now,
            "lag_ms": 0,
        },
    ]
    assert page["items"] + rest["items"] == body["items"]
    assert rest["next"] is None


def test_shows_what_was_refused(client_as: ClientAs, platform: Services) -> None:
    """The newest records of a reason, to those who may read the log; 404 for a reason that never was."""
    with ingesting(platform, MemoryStore()) as services:
        services["ledger"].received("bulk:k:i", 5)
        for number in range(5):
            services["ledger"].refused("bulk:k:i", "document too large", samples=[b"\xff\0<b>%d" % number])
        asked = {"source": "bulk:k:i", "reason": "document too large"}
        client = client_as("read-only", [sources.router], **services)
        answer = client.get("/api/v1/sources/refused", params=asked).json()
        missing = client.get("/api/v1/sources/refused", params=asked | {"reason": "x"})
        agent = client_as("agent", [sources.router], **services)
        assert agent.get("/api/v1/sources/refused", params=asked).status_code == 403
    assert (answer["count"], answer["kind"]) == (5, "faulty")
    assert [sample["text"] for sample in answer["samples"]] == [
        "\ufffd\ufffd<b>4",
        "\ufffd\ufffd<b>3",
        "\ufffd\ufffd<b>2",
    ]
    assert missing.status_code == 404


def test_needs_the_permission(client_as: ClientAs, platform: Services) -> None:
    """An agent's role may not look."""
    with ingesting(platform, MemoryStore()) as services:
        assert client_as("agent", [sources.router], **services).get("/api/v1/sources").status_code == 403
        assert client_as(None, [sources.router], **services).get("/api/v1/sources").status_code == 401
