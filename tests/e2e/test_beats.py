"""Beats ship to a real server: by the client library they are made with, over TLS, through a kill.

`.ci/run` builds the sender of `tests/harness/lumber`; `TOCSIN_LUMBER` names another place of it.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT

from harness.certificates import self_signed
from harness.ports import free_port
from harness.processes import Server
from harness.waiting import until

SSHD = "Nov 24 10:00:01 web1 sshd[77]: Failed password for root from 203.0.113.9 port 22 ssh2"


@pytest.fixture
def beats(tmp_path: Path) -> Iterator[tuple[Server, tuple[str, int], Path]]:
    """A server that listens for Beats with TLS, where, and its certificate."""
    certificate, key = self_signed(tmp_path)
    port = free_port()
    (tmp_path / "tocsin.toml").write_text(
        f'[beats]\nport = {port}\ncertificate = "{certificate}"\nkey = "{key}"\n'
    )
    running = Server(tmp_path)
    running.start()
    yield running, ("127.0.0.1", port), certificate
    running.close()


@pytest.fixture
def lumber() -> str:
    """The sender built on go-lumber; the test skips where it could not be built."""
    found = Path(os.environ.get("TOCSIN_LUMBER", ROOT / ".lumber" / "lumber"))
    if not found.exists():
        pytest.skip(f"no sender built on go-lumber at {found}")
    return str(found)


@pytest.mark.slow
def test_what_beats_ship_is_stored_once_and_meets_the_rules(
    beats: tuple[Server, tuple[str, int], Path], lumber: str
) -> None:
    """Acknowledged windows are there once though the server is killed while they come; a rule fires."""
    server, (host, port), certificate = beats
    client = server.client()
    lines = [f"number {number} of the count" for number in range(8_000)]
    with subprocess.Popen(
        [lumber, "-address", f"{host}:{port}", "-ca", str(certificate), "-batch", "400"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as sender:
        assert sender.stdin is not None
        assert sender.stdout is not None
        sender.stdin.write("\n".join([*lines, SSHD]) + "\n")
        sender.stdin.close()
        until(lambda: client.get("/events/count", params={"q": "counter OR count"}).json()["count"] > 800)
        server.kill()
        server.start()
        assert sender.stdout.read() == f"{len(lines) + 1}\n"
    text = client.get("/events/export", params={"q": "count", "format": "csv", "columns": "message"}).text
    seen = Counter(row for row in text.splitlines() if row.startswith("number"))
    assert set(lines) - set(seen) == set()
    assert {row: times for row, times in seen.items() if times > 1} == {}
    [event] = client.get("/events", params={"q": "process.name:sshd"}).json()["items"]
    assert event["fields"]["rule.id"] == "700202"
    assert event["fields"]["source.ip"] == "203.0.113.9"
    [source] = client.get("/sources").json()["items"]
    assert source["id"] == f"beats:{host}:filebeat"
    assert source["received"] == source["stored"] + source["duplicates"] + source["refused"]
    assert source["stored"] == len(lines) + 1
