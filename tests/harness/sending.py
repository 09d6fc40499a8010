"""Senders of records that speak the wire formats so that a test can send what no good one would."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import msgspec
import zstandard

from harness.processes import LOGIN, PASSWORD, Server
from harness.waiting import PATIENCE_S, until


class Sender:
    """An enrolled agent's link: batches as a test wants them."""

    def __init__(self, server: Server, name: str) -> None:
        self._url = f"{server.url}/api/agent/v1"
        made = server.client().post("/agents/tokens", json={})
        assert made.is_success, made.text
        answer = self.post("enrol", json={"token": made.json()["token"], "name": name})
        assert answer.is_success, answer.text
        self.id: str = answer.json()["agent_id"]
        self.source = f"agent:{self.id}"
        self._key: str = answer.json()["key"]

    def post(self, path: str, **what: Any) -> httpx.Response:
        """Post to the agents' protocol without a key."""
        return httpx.post(f"{self._url}/{path}", timeout=PATIENCE_S, **what)

    def batch(self, raws: list[bytes], first: int = 1) -> httpx.Response:
        """Send lines as the records from `first` on."""
        records = [
            {
                "source": self.source,
                "seq": seq,
                "raw": raw,
                "collected_at": 1_795_000_000_000_000 + seq,
                "agent": self.id,
            }
            for seq, raw in enumerate(raws, first)
        ]
        body = zstandard.compress(msgspec.msgpack.encode(records))
        return self.send(body, first, first + len(raws) - 1)

    def send(self, body: bytes, first: int, last: int, *, key: str | None = None) -> httpx.Response:
        """Send any bytes as a batch that accounts for the sequences from `first` to `last`."""
        headers = {
            "Authorization": f"Bearer {key or self._key}",
            "X-Tocsin-First": str(first),
            "X-Tocsin-Last": str(last),
        }
        return self.post("batch", content=body, headers=headers)


def send_tcp(port: int, *parts: bytes) -> None:
    """Send syslog over TCP and close."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        for part in parts:
            connection.sendall(part)


def bulk(server: Server, key: str, body: bytes, **headers: str) -> httpx.Response:
    """Send a request of Elasticsearch's `_bulk`."""
    wanted = {"Content-Type": "application/x-ndjson", "Authorization": f"Bearer {key}", **headers}
    return httpx.post(
        f"{server.url}/compat/elastic/logs-test/_bulk", content=body, headers=wanted, timeout=PATIENCE_S
    )


def store(server: Server, events: Iterable[Mapping[str, Any]]) -> None:
    """Put events into the log by one `_bulk` of the administrator; they can be found a little later."""
    lines = [line for event in events for line in (b'{"index": {}}', msgspec.json.encode(event))]
    login = base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
    answer = bulk(server, "", b"\n".join([*lines, b""]), Authorization=f"Basic {login}")
    assert answer.is_success, answer.text
    assert not answer.json()["errors"], answer.text


def account(server: Server, source: str) -> dict[str, int]:
    """Return what became of a source's records: counts of received, stored, duplicates and refused."""
    items = server.client().get("/sources", params={"limit": 500}).json()["items"]
    [found] = [item for item in items if item["id"] == source] or [{}]
    return {name: found.get(name, 0) for name in ("received", "stored", "duplicates", "refused")}


def settled(server: Server, source: str, stored: int) -> dict[str, int]:
    """Wait until so many records of the source are stored, and return its account."""
    until(lambda: account(server, source)["stored"] >= stored)
    return account(server, source)


def unbalanced(server: Server) -> list[dict[str, Any]]:
    """Return the sources of which a record is unaccounted for."""
    items = server.client().get("/sources", params={"limit": 500}).json()["items"]
    return [
        item for item in items if item["received"] != item["stored"] + item["duplicates"] + item["refused"]
    ]


def read_log(server: Server) -> tuple[dict[str, Counter[int]], dict[str, int]]:
    """Return how often each number of each flow is in the log, and how many events each source has there."""
    text = server.client().get("/events/export", params={"format": "jsonl"}).text
    numbers: dict[str, Counter[int]] = defaultdict(Counter)
    sources: Counter[str] = Counter()
    for row in text.splitlines():
        event = json.loads(row)
        sources[event["id"].rpartition("~")[0]] += 1
        found = re.search(r"flow (\w+) number (\d+) of many", event["message"])
        if found:
            numbers[found[1]][int(found[2])] += 1
    return numbers, dict(sources)
