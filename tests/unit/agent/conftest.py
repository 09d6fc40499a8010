"""A spool and a baseline on a temporary folder, and a server to send to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from harness.waiting import PATIENCE_S
from tocsin.agent.baseline import Baseline
from tocsin.agent.spool import Spool
from tocsin.core.clock import ManualClock
from tocsin.core.record import Record

NOW = 1_790_000_000_000_000


@dataclass
class Bench:
    """What a collector writes to, and a way to see it."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    spool: Spool = field(init=False)
    baseline: Baseline = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.spool = Spool(self.folder / "spool", "a1", limit_bytes=64 * 1024 * 1024)
        self.baseline = Baseline(self.folder / "baseline.db", self.spool, clock=self.clock, host="h1")

    def restart(self) -> None:
        self.close()
        self.open()

    def close(self) -> None:
        self.baseline.close()
        self.spool.close()

    def records(self) -> list[Record]:
        """Return everything ever written."""
        pending = self.spool.batch(1_000_000, 1 << 40)
        return list(pending.records) if pending else []

    def lines(self) -> list[bytes]:
        return [record.raw for record in self.records() if record.kind != "finding"]

    def findings(self) -> list[dict[str, Any]]:
        return [json.loads(record.raw) for record in self.records() if record.kind == "finding"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A fresh spool and baseline under `state`."""
    folder = tmp_path / "state"
    folder.mkdir()
    made = Bench(folder)
    yield made
    made.close()


class FakeServer:
    """Speaks the agent protocol over real HTTP, keeps what it stores, and fails on demand.

    `faults` are taken one per batch: `drop_before`, `drop_after` (of the commit), a status, or a status
    with its `Retry-After`.
    """

    def __init__(self) -> None:
        self.stored: dict[int, bytes] = {}
        self.records: list[Record] = []
        self.mark = 0
        self.lost = 0
        self.faults: list[str | int | tuple[int, str]] = []
        self.key = "secret-key"
        self.token = "token"
        self.beats: list[dict[str, Any]] = []
        self.batches: list[tuple[int, int, int]] = []
        self.enrolled: dict[str, Any] = {}
        self.largest = 1 << 30
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(PATIENCE_S)

    def _handler(self) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class, not a function
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/api/agent/v1/enrol":
                    return self.answer(*server.enrol(json.loads(body)))
                if self.headers["Authorization"] != f"Bearer {server.key}":
                    return self.answer(401, {"detail": "unknown key"})
                if self.path == "/api/agent/v1/heartbeat":
                    server.beats.append(json.loads(body))
                    return self.answer(200, {"mark": server.mark, "now": "x"})
                assert self.path == "/api/agent/v1/batch"
                return self.batch(body)

            def batch(self, body: bytes) -> None:
                fault = server.faults.pop(0) if server.faults else None
                if fault == "drop_before":
                    self.close_connection = True
                    return None
                if isinstance(fault, int):
                    return self.answer(fault, {"detail": "told to fail"})
                if isinstance(fault, tuple):
                    return self.answer(fault[0], {"detail": "told to fail"}, {"Retry-After": fault[1]})
                status, document = server.store(
                    body, int(self.headers["X-Tocsin-First"]), int(self.headers["X-Tocsin-Last"])
                )
                if fault == "drop_after":
                    self.close_connection = True
                    return None
                return self.answer(status, document)

            def answer(
                self, status: int, document: dict[str, Any], headers: dict[str, str] | None = None
            ) -> None:
                content = json.dumps(document).encode()
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        return Handler

    def enrol(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if body["token"] != self.token:
            return 401, {"detail": "the token is unknown"}
        self.enrolled = body
        return 201, {"agent_id": "a1", "key": self.key}

    def store(self, body: bytes, first: int, last: int) -> tuple[int, dict[str, Any]]:
        if first > self.mark + 1:
            return 409, {"mark": self.mark}
        if last <= self.mark:
            return 200, {"mark": self.mark}
        records = msgspec.msgpack.decode(zstandard.decompress(body), type=list[Record])
        if len(records) > self.largest:
            return 413, {"detail": "too large"}
        assert records == sorted(records, key=lambda record: record.seq)
        assert all(first <= record.seq <= last for record in records)
        assert all(record.source == "agent:a1" and record.agent == "a1" for record in records)
        fresh = [record for record in records if record.seq > self.mark]
        for record in fresh:
            assert record.seq not in self.stored
            self.stored[record.seq] = record.raw
        self.records += fresh
        self.lost += last - max(first - 1, self.mark) - len(fresh)
        self.batches.append((first, last, len(records)))
        self.mark = last
        return 200, {"mark": self.mark}


@pytest.fixture
def server() -> Iterator[FakeServer]:
    """A server of its own for the test."""
    made = FakeServer()
    yield made
    made.close()
