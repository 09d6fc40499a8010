"""A whole platform on a real port, with keys for each role and a few events, for real clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.opensearch import indices
from harness.waiting import PATIENCE_S
from tocsin.app import open_platform
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import SECOND
from tocsin.core.record import Record
from tocsin.platform import Platform
from tocsin.settings import load_settings


@dataclass(frozen=True)
class Served:
    """Where the face of Elasticsearch is, and a key for each role."""

    url: str
    keys: dict[str, str]
    platform: Platform

    def ask(self, method: str, path: str, body: Any = None, role: str = "administrator") -> httpx.Response:
        """Ask as the role; text bodies are sent as they are."""
        content = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        headers = {"Authorization": f"ApiKey {self.keys[role]}", "Content-Type": "application/json"}
        return httpx.request(method, self.url + path, content=content, headers=headers, timeout=PATIENCE_S)

    def log(self, index: str, *documents: dict[str, Any]) -> None:
        """Send documents; they are stored on return."""
        lines = [line for one in documents for line in ('{"index":{}}', json.dumps(one))]
        answer = self.ask("POST", f"/{index}/_bulk", "\n".join(lines) + "\n").json()
        assert not answer["errors"], answer

    def lines(self, source: str, *lines: str, at: int) -> None:
        """Store lines of a log, a second apart, as collected from `at` on."""
        records = [Record(source, n, line.encode(), at + n * SECOND) for n, line in enumerate(lines, 1)]
        self.platform.pipeline.submit(source, records).result(PATIENCE_S)


@pytest.fixture(scope="module", params=["duckdb", "opensearch"])
def log(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The settings of the log, for each adapter."""
    if request.param == "duckdb":
        yield {}
        return
    url = request.getfixturevalue("opensearch")
    with indices(url) as layout:
        yield {"kind": "opensearch", "url": url, "prefix": layout.prefix}


@pytest.fixture(scope="module")  # not longer: a process has one playbook engine, and other tests open theirs
def served(tmp_path_factory: pytest.TempPathFactory, log: dict[str, str]) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("elastic")
    settings = load_settings(None, data=folder, http={"port": 0}, ingest={"workers": 0}, store=log)
    platform = open_platform(settings)
    db, accounts = platform.services.db, platform.services.accounts
    platform.start()
    with db.write() as tx:
        roles = ("administrator", "analyst", "read-only", "agent")
        keys = {role: accounts.keys.add(tx, f"es-{role}", role, actor=SYSTEM)[1] for role in roles}
        accounts.users.add(
            tx, "anna", name="Anna", role="analyst", password="correct horse battery", actor=SYSTEM
        )
    found = Served(f"{platform.url}/compat/elastic", keys, platform)
    found.log("logs-sample", *SAMPLE)
    yield found
    platform.stop()


SAMPLE: list[dict[str, Any]] = [
    {"@timestamp": f"2026-11-{day}Z", "bytes": size, **more}
    for day, size, more in (
        ("20T10:00:00", 10, {"user": {"name": "anna"}, "source": {"ip": "10.0.0.1"}}),
        ("20T11:00:00", 20, {"user": {"name": "bert"}, "source": {"ip": "10.0.0.2"}}),
        ("21T10:00:00", 30, {"user": {"name": "anna"}, "source": {"ip": "10.0.0.2"}}),
        ("21T10:30:00", 40, {"user": {"name": "anna"}, "tags": ["a", "b"]}),
        ("22T10:00:00", 50, {"message": "Failed password for root", "ok": True}),
    )
]
"""What the index `logs-sample` holds."""
