"""Routes of the agents: enrolment, and the protocol of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
import zstandard
from fastapi.testclient import TestClient
from tests.unit.api.conftest import ClientAs
from tests.unit.api.ingesting import ingesting
from tests.unit.ingest.stages import BrokenError, FullError, MemoryStore

from tocsin.api import agents
from tocsin.api.services import Services
from tocsin.core.record import Record

ROUTERS: dict[str, Any] = {"routers": [agents.router], "root_routers": [agents.protocol]}
AT = 1_795_000_000_000_000


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def running(platform: Services, store: MemoryStore) -> Iterator[dict[str, Any]]:
    with ingesting(platform, store, queue_records=1000) as services:
        yield services


@pytest.fixture
def admin(client_as: ClientAs, running: dict[str, Any]) -> TestClient:
    return client_as("administrator", **ROUTERS, **running)


class Sender:
    """An enrolled agent."""

    def __init__(self, client: TestClient, agent_id: str, key: str) -> None:
        self.client, self.id, self.key = client, agent_id, key
        self.source = f"agent:{agent_id}"

    def records(self, first: int, count: int) -> list[Record]:
        return [
            Record(self.source, seq, b"line %d" % seq, AT, agent=self.id)
            for seq in range(first, first + count)
        ]

    def send(self, body: bytes, first: object, last: object, key: str | None = None) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.key if key is None else key}",
            "X-Tocsin-First": str(first),
            "X-Tocsin-Last": str(last),
        }
        return self.client.post("/api/agent/v1/batch", content=body, headers=headers)

    def batch(self, first: int, count: int, **options: Any) -> httpx.Response:
        body = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(self.records(first, count)))
        return self.send(body, first, first + count - 1, **options)


@pytest.fixture
def sender(admin: TestClient, client_as: ClientAs, running: dict[str, Any]) -> Sender:
    token = admin.post("/api/v1/agents/tokens", json={}).json()["token"]
    nobody = client_as(None, **ROUTERS, **running)
    host = {"os": "Debian 13", "addresses": ["192.0.2.7"], "version": "0.1"}
    made = nobody.post("/api/agent/v1/enrol", json={"token": token, "name": "web1", "host": host})
    return Sender(nobody, made.json()["agent_id"], made.json()["key"])


def test_an_agent_enrols_sends_and_is_listed(admin: TestClient, sender: Sender, store: MemoryStore) -> None:
    """From token to events, as the console then shows it."""
    assert sender.batch(1, 3).json() == {"mark": 3}
    assert store.seqs(sender.source) == [1, 2, 3]
    beat = {"spool": {"records": 0}, "collectors": {"logs": {"state": "running"}}, "inventory": {"cpus": 2}}
    answer = sender.client.post(
        "/api/agent/v1/heartbeat", json=beat, headers={"Authorization": f"Bearer {sender.key}"}
    )
    assert answer.json() == {"mark": 3, "now": "2026-11-24T12:00:00.000000Z"}
    [listed] = admin.get("/api/v1/agents").json()["items"]
    assert listed == {
        "id": sender.id,
        "name": "web1",
        "status": "active",
        "version": "0.1",
        "os": "Debian 13",
        "addresses": ["192.0.2.7"],
        "last_seen_at": "2026-11-24T12:00:00.000000Z",
        "enrolled_at": "2026-11-24T12:00:00.000000Z",
        "mark": 3,
        "spool": {"records": 0},
        "collectors": {"logs": {"state": "running"}},
    }
    assert admin.get(f"/api/v1/agents/{sender.id}").json()["inventory"] == {"cpus": 2}


def test_a_replayed_batch_is_answered_alike(sender: Sender, store: MemoryStore) -> None:
    """200 with the mark, and nothing is stored twice."""
    assert sender.batch(1, 5).json() == {"mark": 5}
    again = sender.batch(1, 5)
    assert (again.status_code, again.json()) == (200, {"mark": 5})
    assert store.seqs(sender.source) == [1, 2, 3, 4, 5]


def test_a_gap_is_409_with_the_mark(sender: Sender, store: MemoryStore) -> None:
    """The agent learns from where to send."""
    sender.batch(1, 2)
    answer = sender.batch(5, 2)
    assert (answer.status_code, answer.json()["mark"], answer.json()["code"]) == (409, 2, "gap")
    assert store.seqs(sender.source) == [1, 2]


@pytest.mark.parametrize("key", ["", "wrong", "x" * 5000])
def test_a_wrong_key_is_401(sender: Sender, store: MemoryStore, key: str) -> None:
    """On both routes that ask for it."""
    answer = sender.batch(1, 1, key=key)
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown-key")
    beat = sender.client.post("/api/agent/v1/heartbeat", json={}, headers={"Authorization": f"Bearer {key}"})
    assert beat.status_code == 401
    assert store.events == []


def test_a_wrong_token_is_401(sender: Sender) -> None:
    """A token that was used up is a wrong one."""
    body = {"token": "wrong", "name": "x", "host": {}}
    answer = sender.client.post("/api/agent/v1/enrol", json=body)
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown-key")


def test_an_api_key_is_no_agents_key(sender: Sender, admin: TestClient) -> None:
    """Nor the other way round."""
    key = admin.headers["Authorization"].removeprefix("Bearer ")
    assert sender.batch(1, 1, key=key).status_code == 401
    answer = sender.client.get("/api/v1/agents", headers={"Authorization": f"Bearer {sender.key}"})
    assert answer.status_code == 401


def test_a_revoked_agent_is_turned_away(sender: Sender, admin: TestClient) -> None:
    """At once; it stays listed."""
    assert admin.delete(f"/api/v1/agents/{sender.id}").status_code == 204
    assert sender.batch(1, 1).status_code == 401
    assert admin.get(f"/api/v1/agents/{sender.id}").json()["status"] == "revoked"
    assert admin.delete("/api/v1/agents/agt_none").status_code == 404


@pytest.mark.parametrize(
    ("first", "last"), [("", 1), ("x", 1), (1, "-1"), (1, "9" * 30), (2, 1), ("\u0663", 1)]
)
def test_wrong_headers_are_400(sender: Sender, first: object, last: object) -> None:
    """No number, no range."""
    if isinstance(first, str) and not first.isascii():
        first = first.encode()
    assert sender.send(b"", first, last).status_code == 400


def test_junk_and_foreign_records_are_400(sender: Sender, store: MemoryStore) -> None:
    """Nothing of the batch is stored."""
    assert sender.send(b"junk", 1, 1).json()["code"] == "bad-batch"
    foreign = [Record("agent:other", 1, b"x", AT, agent="other")]
    body = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(foreign))
    assert sender.send(body, 1, 1).status_code == 400
    assert store.events == []


def test_bombs_are_413(sender: Sender) -> None:
    """On the wire, and once unpacked."""
    bomb = zstandard.ZstdCompressor().compress(b"\0" * 200_000_000)
    assert (sender.send(bomb, 1, 1).status_code, sender.send(b"\0" * 17_000_000, 1, 1).status_code) == (
        413,
        413,
    )


def test_a_full_queue_is_429_and_a_full_disk_507(
    sender: Sender, store: MemoryStore, running: dict[str, Any]
) -> None:
    """Both say: keep it and send it again."""
    store.gate.clear()
    running["pipeline"].submit("other", [Record("other", n, b"x", AT) for n in range(1, 1000)])
    busy = sender.batch(1, 5)
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "1")
    store.gate.set()
    assert running["pipeline"].wait_for_room(20)
    store.failures.append(FullError("no room"))
    full = sender.batch(1, 5)
    assert (full.status_code, full.json()["code"]) == (507, "store-full")
    while (answer := sender.batch(1, 5)).status_code == 507:
        continue
    assert answer.json() == {"mark": 5}
    assert store.seqs(sender.source) == [1, 2, 3, 4, 5]


def test_a_failing_store_is_503(sender: Sender, store: MemoryStore) -> None:
    """After its attempts; the resend is stored once."""
    store.failures.extend([BrokenError("io")] * 3)
    answer = sender.batch(1, 2)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert sender.batch(1, 2).json() == {"mark": 2}


def test_tokens_are_made_listed_and_removed(admin: TestClient) -> None:
    """The secret is shown once."""
    made = admin.post("/api/v1/agents/tokens", json={"name": "rack 3", "uses": 5, "expires_in_s": 60})
    assert made.status_code == 201
    assert made.json()["command"].endswith(f"--server http://testserver --token {made.json()['token']}")
    listed = admin.get("/api/v1/agents/tokens")
    assert [token["uses_left"] for token in listed.json()["items"]] == [5]
    assert made.json()["token"] not in listed.text
    assert admin.delete(f"/api/v1/agents/tokens/{made.json()['id']}").status_code == 204
    assert admin.get("/api/v1/agents/tokens").json()["items"] == []


def test_only_administrators_enrol_and_revoke(client_as: ClientAs, running: dict[str, Any]) -> None:
    """An analyst may look."""
    analyst = client_as("analyst", **ROUTERS, **running)
    assert analyst.get("/api/v1/agents").status_code == 200
    assert analyst.post("/api/v1/agents/tokens", json={}).status_code == 403
    assert analyst.get("/api/v1/agents/tokens").status_code == 403
    assert analyst.delete("/api/v1/agents/x").status_code == 403
