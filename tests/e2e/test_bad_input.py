"""Promise 2 and 7: whatever is sent, the server lives, says what it did with it, and counts every record.

One server takes all of it. Its data stands on a file system of 256 MB that only this test fills.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import zstandard

from harness.broken import BROKEN, write_broken
from harness.ports import free_port
from harness.processes import AgentProcess, Server
from harness.sending import Sender, account, bulk, send_tcp, settled, unbalanced
from harness.waiting import PROCESS_S, until

pytestmark = [pytest.mark.slow]

TEN_MB = 10 * 1024 * 1024
SYSLOG = "syslog:tcp:127.0.0.1"


class Battered(Server):
    """A server with broken content beside good, a syslog port, and a small disk of its own."""

    def __init__(self, folder: Path) -> None:
        self.syslog_port = free_port()
        self.places = write_broken(folder / "content", folder / "tocsin.toml", self.syslog_port)
        (folder / "data").mkdir()
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        mount = 'mount -t tmpfs -o size=256m tmpfs "$0" && exec "$@"'
        own_disk = ["unshare", *user, "--mount", "sh", "-c", mount, str(folder / "data")]
        self.has_own_disk = _works([*own_disk, "true"])
        super().__init__(folder, under=own_disk if self.has_own_disk else ())

    @property
    def disk(self) -> Path:
        """The data folder as the server sees it, for its mount is in its own namespace."""
        return Path(f"/proc/{self.pid}/root{self.folder}/data")


def _works(command: list[str]) -> bool:
    return shutil.which(command[0]) is not None and not subprocess.call(command, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def battered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Battered]:
    """Start the one server; at the end it is still there and every record of every test is accounted for."""
    server = Battered(tmp_path_factory.mktemp("battered"))
    server.start()
    yield server
    until(lambda: not unbalanced(server))
    assert 0 == server.terminate(), server.output.read_text()[-2000:]
    server.close()


@pytest.fixture(scope="module")
def ingest_key(battered: Battered) -> str:
    """A key that may send records and nothing else."""
    made = battered.client().post("/api-keys", json={"name": "shipper", "role": "agent"})
    assert made.is_success, made.text
    return str(made.json()["key"])


def found(server: Server, query: str) -> list[dict[str, object]]:
    answer = server.client().get("/events", params={"q": query, "limit": 500})
    assert answer.is_success, answer.text
    return list(answer.json()["items"])


@pytest.mark.parametrize("kind", sorted(BROKEN))
def test_broken_content_is_refused_with_file_line_and_reason(battered: Battered, kind: str) -> None:
    """At start, each broken file is named with its line and what is wrong with it."""
    place, reason = battered.places[kind]
    lines = [line for line in battered.output.read_text().splitlines() if line.startswith("refused: ")]

    assert [line for line in lines if place in line and reason in line], "\n".join(lines)


def test_what_stands_beside_broken_content_is_in_force(battered: Battered) -> None:
    """A good rule in the same file as a broken one judges events; our own detections and playbooks run."""
    sender = Sender(battered, "beside")
    assert sender.batch([b"Nov 24 10:00:00 web1 orchard: the apple fell"]).json() == {"mark": 1}

    [event] = found(battered, "orchard")
    assert "100900" == event["fields"]["rule.id"]  # type: ignore[index]
    client = battered.client()
    assert {"ssh-brute-force", "orchard-apples"} <= {
        rule["id"] for rule in client.get("/rules").json()["items"]
    }
    assert "triage" in {playbook["name"] for playbook in client.get("/playbooks").json()["items"]}


def test_a_broken_detection_is_shown_to_analysts(battered: Battered) -> None:
    """The API names the file and the line too, for who does not read the server's output."""
    problems = battered.client().get("/rules/problems").json()["items"]
    place, reason = battered.places["detection"]
    assert [one for one in problems if f"{one['path']}:{one['line']}" in place and reason in one["reason"]]


def test_a_broken_feed_loads_what_is_good(battered: Battered) -> None:
    """The bad line is refused with its number and reason; the others are indicators."""
    feed = "value,type\n198.51.100.77,ip\n300.1.2.3,ip\nbad.example.net,domain\n"
    answer = battered.client().post(
        "/intel/import", files={"file": ("feed.csv", feed)}, data={"feed": "mixed", "format": "csv"}
    )
    assert answer.is_success, answer.text
    imported = answer.json()

    assert 2 == imported["added"]
    [refused] = imported["refused"]
    assert (3, "300.1.2.3,ip") == (refused["line"], refused["value"])
    assert refused["reason"]
    looked_up = battered.client().get("/intel/lookup", params={"value": "198.51.100.77"}).json()
    assert ["mixed"] == [indicator["feed"] for indicator in looked_up["indicators"]]


def test_broken_settings_stop_the_start_with_file_and_line(tmp_path: Path) -> None:
    """No platform starts on settings it does not understand: status 2 and one line that says where."""
    settings = tmp_path / "tocsin.toml"
    settings.write_text("[http]\nport = 8642\n\n[store]\nretention = 30\n")
    ended = subprocess.run(
        [sys.executable, "-m", "tocsin", "up", "--config", str(settings), "--data", str(tmp_path / "data")],
        check=False,
        capture_output=True,
        text=True,
        timeout=PROCESS_S,
    )
    assert 2 == ended.returncode
    assert f"tocsin: {settings}:5: store.retention: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_line_of_10_mb_over_syslog_is_cut_and_says_so(battered: Battered) -> None:
    """The head is kept with the number of bytes left out, and the next line is whole."""
    before = account(battered, SYSLOG)["stored"]
    head = b"<13>Nov 24 10:00:00 web1 behemoth: "
    send_tcp(battered.syslog_port, head + b"x" * TEN_MB + b"\n", b"<13>Nov 24 10:00:01 web1 behemoth: calm\n")
    settled(battered, SYSLOG, before + 2)

    calm, giant = found(battered, "process.name:behemoth")
    left_out = len(head) + TEN_MB - 64 * 1024
    assert str(giant["message"]).endswith(f"x [tocsin: cut here, {left_out} bytes left out]")
    assert str(calm["message"]).endswith("calm")


def test_a_line_of_10_mb_in_a_followed_file_is_cut_and_says_so(battered: Battered, tmp_path: Path) -> None:
    """The real agent keeps the head with the line's length, and the next line is whole."""
    log = tmp_path / "leviathan.log"
    head = b"Nov 24 10:00:00 web1 leviathan: "
    log.write_bytes(head + b"x" * TEN_MB + b"\nNov 24 10:00:01 web1 leviathan: calm\n")
    settings = "".join(f"{watcher} = false\n" for watcher in ("ports", "hidden", "inventory"))
    agent = AgentProcess(
        battered, tmp_path / "agent", f'{settings}logs = [{{ path = "{log}", from_start = true }}]\n'
    )
    agent.start()
    try:
        until(lambda: len(found(battered, "process.name:leviathan")) == 2)
    finally:
        agent.close()
    calm, giant = found(battered, "process.name:leviathan")
    assert str(giant["message"]).endswith(f"x [cut: the line had {len(head) + TEN_MB} bytes]")
    assert str(calm["message"]).endswith("calm")


def test_binary_junk_over_syslog_is_kept(battered: Battered) -> None:
    """Whatever the bytes are, each line becomes an event: none is dropped, none stops the others."""
    chance = random.Random(7)
    junk = [b"\x80" + chance.randbytes(300).translate(None, b"\n\r\0") for _ in range(200)]
    before = account(battered, SYSLOG)["stored"]
    send_tcp(battered.syslog_port, b"\n".join(junk), b"\n<13>Nov 24 10:00:00 web1 afterjunk: sound\n")

    assert before + 201 <= settled(battered, SYSLOG, before + 201)["stored"]
    assert 1 == len(found(battered, "process.name:afterjunk"))


def test_binary_junk_from_an_agent_is_kept_or_refused(battered: Battered, ingest_key: str) -> None:
    """Junk within a batch is kept; junk in place of a batch is refused and counts for nothing."""
    chance = random.Random(8)
    sender = Sender(battered, "junk")
    assert {"mark": 100} == sender.batch([chance.randbytes(300) for _ in range(100)]).json()

    refused = sender.send(chance.randbytes(5_000), 101, 200)
    assert (400, "bad-batch") == (refused.status_code, refused.json()["code"])
    refused = bulk(battered, ingest_key, chance.randbytes(5_000))
    assert 400 == refused.status_code
    assert "illegal_argument_exception" == refused.json()["error"]["type"]
    assert {"received": 100, "stored": 100, "duplicates": 0, "refused": 0} == account(battered, sender.source)


def test_bombs_are_refused_before_they_are_large(battered: Battered, ingest_key: str) -> None:
    """A small body that unpacks to 200 MB is told it is too large; the server does not swell."""
    process = psutil.Process(battered.pid)
    sender = Sender(battered, "bomber")
    before = process.memory_info().rss
    gzip_bomb = _bomb(zlib.compressobj(wbits=16 + zlib.MAX_WBITS))
    zstd_bomb = _bomb(zstandard.ZstdCompressor().compressobj())

    answer = bulk(battered, ingest_key, gzip_bomb, **{"Content-Encoding": "gzip"})
    assert (413, "content_too_long_exception") == (answer.status_code, answer.json()["error"]["type"])
    answer = sender.send(zstd_bomb, 1, 10)
    assert (413, "too-large") == (answer.status_code, answer.json()["code"])
    assert process.memory_info().rss - before < 100 * 1024 * 1024
    assert {"mark": 1} == sender.batch([b"still served"]).json()


def _bomb(writer: Any) -> bytes:
    zeros = bytes(TEN_MB)
    return b"".join(writer.compress(zeros) for _ in range(20)) + writer.flush()


def test_a_bulk_request_tells_good_documents_from_bad(battered: Battered, ingest_key: str) -> None:
    """Each document has its own answer, and stored and refused add up to those sent."""
    action = b'{"create":{}}\n'
    body = action + b'{"message":"good"}\n' + action + b"not json\n" + b'{"delete":{"_id":"1"}}\n'
    answer = bulk(battered, ingest_key, body)
    assert answer.is_success, answer.text

    assert [201, 400, 400] == [next(iter(item.values()))["status"] for item in answer.json()["items"]]
    [counts] = [
        one
        for one in battered.client().get("/sources").json()["items"]
        if one["kind"] == "bulk" and one["name"].endswith("logs-test")
    ]
    assert (3, 1, 2) == (counts["received"], counts["stored"], counts["refused"])


def test_a_wrong_token_or_key_lets_nobody_in(battered: Battered) -> None:
    """Whoever asks is told 401, and nothing of what they sent is counted."""
    sender = Sender(battered, "stranger")
    asked = [
        sender.post("enrol", json={"token": "wrong", "name": "x"}),
        sender.send(b"", 1, 1, key="wrong"),
        sender.post("heartbeat", json={}),
        bulk(battered, "wrong", b'{"create":{}}\n{"message":"x"}\n'),
        httpx.get(f"{battered.url}/api/v1/alerts", headers={"Authorization": "Bearer wrong"}),
    ]
    assert [401] * 5 == [answer.status_code for answer in asked]
    assert 0 == account(battered, sender.source)["received"]


def test_a_replayed_batch_changes_nothing(battered: Battered) -> None:
    """Sent again, whole or in part, records are stored once; a gap is named, not stored."""
    sender = Sender(battered, "replayer")
    lines = [b"Nov 24 10:00:00 web1 echo: line %d" % number for number in range(1, 16)]
    assert {"mark": 10} == sender.batch(lines[:10]).json()
    assert {"mark": 10} == sender.batch(lines[:10]).json()
    assert {"mark": 15} == sender.batch(lines[5:], first=6).json()

    gap = sender.batch([b"too early"], first=100)
    assert (409, 15) == (gap.status_code, gap.json()["mark"])
    assert 15 == len(found(battered, "process.name:echo"))
    counts = account(battered, sender.source)
    assert (15, 0) == (counts["stored"], counts["refused"])


def test_a_full_disk_makes_senders_wait_and_loses_nothing(battered: Battered) -> None:
    """507 until there is room, then the same batch is taken; each record is stored once."""
    if not battered.has_own_disk:
        pytest.skip("needs `unshare --mount` for a disk that can be filled")
    sender = Sender(battered, "patient")
    lines = [b"Nov 24 10:00:00 web1 patience: line %d" % number for number in range(50)]
    filler = battered.disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(battered.disk).free - 32 * 1024 * 1024)
    try:
        refused = [sender.batch(lines), sender.batch(lines)]
        assert [(507, "store-full")] * 2 == [(one.status_code, one.json()["code"]) for one in refused]
        assert "degraded" == httpx.get(f"{battered.url}/healthz").json()["checks"]["ingest"]
        assert [] == found(battered, "process.name:patience")
    finally:
        filler.unlink()

    until(lambda: sender.batch(lines).status_code == 200)
    assert 50 == len(found(battered, "process.name:patience"))
    assert "ok" == httpx.get(f"{battered.url}/healthz").json()["status"]


def test_the_export_holds_every_record_that_is_said_to_be_stored(battered: Battered) -> None:
    """What the sources say is stored is what the log holds."""
    Sender(battered, "counted").batch([b"one", b"two"])
    until(lambda: not unbalanced(battered))
    items = battered.client().get("/sources", params={"limit": 500}).json()["items"]
    text = battered.client().get("/events/export", params={"format": "jsonl"}).text
    assert sum(item["stored"] for item in items) == sum(
        1 for line in text.split("\n") if json.loads(line or "null")
    )
