"""Promise 1: acknowledged means durable. Killed at any moment, nothing is lost and nothing appears twice."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.processes import AgentProcess, Server
from harness.waiting import PATIENCE_S, until

LINES = 50_000
KILLS = 5
ROUND = """\
name: round numbers
type: any
index: tocsin-*
realert: {minutes: 0}
filter:
  - wildcard: {message: "*000 of the count"}
alert: debug
"""
ROUND_NUMBERS = list(range(1_000, LINES, 1_000))
"""The lines it is about."""


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Server]:
    """Start a server that has the detection."""
    (tmp_path / "detections").mkdir()
    (tmp_path / "detections" / "round.yml").write_text(ROUND)
    (tmp_path / "tocsin.toml").write_text('[content]\ndetections = ["detections"]\n')
    running = Server(tmp_path)
    running.start()
    yield running
    running.close()


def write_lines(path: Path, total: int, chunk: int = 500) -> None:
    """Write numbered lines as a busy service would, and rotate the file in the middle."""
    log = path.open("a")
    for first in range(0, total, chunk):
        if first == total // 2:
            log.close()
            path.rename(path.with_suffix(".log.1"))
            log = path.open("a")
        for number in range(first, first + chunk):
            log.write(f"Nov 24 10:00:00 web1 counter[77]: number {number} of the count\n")
        log.flush()
        time.sleep(0.05)
    log.close()


@pytest.mark.slow
def test_every_line_is_stored_once_though_server_and_agent_are_killed(
    watching: Server, tmp_path: Path
) -> None:
    """50,000 numbered lines through a rotating file, while both sides die without warning.

    A detection sees each of the lines that it is about, and sees it once.
    """
    server, log = watching, tmp_path / "counter.log"
    log.touch()
    agent = AgentProcess(server, tmp_path / "agent", f'logs = [{{ path = "{log}", from_start = true }}]\n')
    agent.start()
    chance = random.Random()
    writer = threading.Thread(target=write_lines, args=(log, LINES))
    writer.start()
    try:
        for kill in range(KILLS):
            time.sleep(chance.uniform(0.3, 2.0))
            victim = (server, agent)[kill % 2]
            victim.kill()
            time.sleep(chance.uniform(0.0, 0.5))
            victim.start()
        writer.join()
        client = server.client()
        until(
            lambda: client.get("/events/count", params={"q": "counter"}).json()["count"] >= LINES,
            5 * PATIENCE_S,
            0.5,
        )
        text = client.get("/events/export", params={"q": "counter", "format": "jsonl"}).text
        until(lambda: client.get("/detect/status").json()["lag_commits"] == 0)
        rule = client.get("/rules/round numbers").json()
        alerts = client.get("/alerts", params={"rule": "round numbers"}).json()["items"]
        found = [
            event["message"]
            for alert in alerts
            for event in client.get(f"/alerts/{alert['id']}/events", params={"limit": 500}).json()["items"]
        ]
    finally:
        writer.join()
        agent.close()

    seen = Counter(
        int(number) for number in re.findall(r"number (\d+) of the count", "\n".join(messages(text)))
    )
    assert [] == sorted(set(range(LINES)) - set(seen))
    assert {} == {number: times for number, times in seen.items() if times > 1}
    assert ROUND_NUMBERS == sorted(
        int(number) for number in re.findall(r"number (\d+) of the count", "\n".join(found))
    )
    assert len(ROUND_NUMBERS) == rule["matches"]


def messages(export: str) -> list[str]:
    """Return the `message` of each line of an export."""
    return [json.loads(line)["message"] for line in export.splitlines()]


@pytest.mark.slow
def test_a_stop_is_clean_and_a_second_start_resumes(server: Server) -> None:
    """SIGTERM ends with status 0; the account made before is still there after a new start."""
    server.client()

    assert 0 == server.terminate()
    server.start()
    assert server.client().get("/session").json()["user"]["login"] == "admin"
