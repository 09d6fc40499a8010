"""`tocsin import` of a real log: every line once, and alerts by attacker instead of by line."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness.processes import Server
from harness.waiting import PROCESS_S, until

pytestmark = [pytest.mark.slow]

FAILED = re.compile(r"^(\w+ +\d+ [\d:]+) .*: Failed \w+ for .* from (\S+) port")


@dataclass(frozen=True)
class Imported:
    """A server on a folder into which the log was imported twice, and what the command said."""

    server: Server
    log: Path
    summaries: list[dict[str, Any]]
    alerts: int
    """How many alerts there were when the command had ended."""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Iterator[Imported]:
    """Import before a server runs, as somebody does who wants to look at an old log."""
    folder = tmp_path_factory.mktemp("import")
    log = real_data / "logs" / "OpenSSH_2k.log"
    summaries = [run_import(log, folder) for _ in range(2)]
    with closing(sqlite3.connect(folder / "data" / "tocsin.db")) as database:
        [alerts] = database.execute("SELECT count(*) FROM case_alerts").fetchone()
    server = Server(folder)
    server.start()
    yield Imported(server, log, summaries, alerts)
    server.close()


def run_import(log: Path, folder: Path) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "tocsin", "import", str(log), "--data", str(folder / "data"), "--json"],
        check=True,
        capture_output=True,
        text=True,
        timeout=PROCESS_S,
        cwd=folder,
    )
    [summary] = json.loads(ended.stdout)
    return dict(summary)


def guessing_addresses(log: Path) -> set[str]:
    """Return who failed eight times within two minutes, by plain reading: our rule in other words."""
    recent: dict[str, deque[datetime]] = defaultdict(deque)
    guessing = set()
    for line in log.read_text(errors="replace").splitlines():
        found = FAILED.match(line)
        if not found:
            continue
        at = datetime.strptime(f"2024 {found[1]}", "%Y %b %d %H:%M:%S")
        times = recent[found[2]]
        times.append(at)
        while at - times[0] > timedelta(minutes=2):
            times.popleft()
        if len(times) >= 8:
            guessing.add(found[2])
    return guessing


def test_every_line_is_stored_and_a_second_import_stores_none(imported: Imported) -> None:
    """The summary says it, the log holds it, and the source's account adds up."""
    first, second = imported.summaries
    assert (2000, 2000, 0, 0) == tuple(first[name] for name in ("records", "stored", "duplicates", "refused"))
    assert (2000, 0, 2000, 0) == tuple(
        second[name] for name in ("records", "stored", "duplicates", "refused")
    )

    client = imported.server.client()
    assert 2000 == client.get("/events/count").json()["count"]
    [source] = client.get("/sources").json()["items"]
    assert (4000, 2000, 2000, 0) == tuple(
        source[name] for name in ("received", "stored", "duplicates", "refused")
    )


def test_the_brute_force_is_one_alert_for_each_attacker(imported: Imported) -> None:
    """Of 23 addresses that failed, six guessed fast: six alerts, where the log has more than 500 failures."""
    client = imported.server.client()
    alerts = client.get("/alerts", params={"limit": 500}).json()["items"]
    expected = guessing_addresses(imported.log)

    assert (6, 6) == (len(expected), imported.alerts)
    assert sorted(expected) == sorted(alert["group_key"] for alert in alerts)
    assert {("ssh-brute-force", "source.ip")} == {(one["rule"]["id"], one["group_field"]) for one in alerts}
    assert 400 < sum(alert["event_count"] for alert in alerts)


def test_the_attackers_of_the_past_are_triaged(imported: Imported) -> None:
    """The playbook reaches a decision about each alert of an imported log, and no login had succeeded."""
    client = imported.server.client()

    def decided() -> bool:
        alerts = client.get("/alerts", params={"limit": 500}).json()["items"]
        return bool(alerts) and all(alert["status"] == "closed" for alert in alerts)

    until(decided)
    alerts = client.get("/alerts", params={"limit": 500}).json()["items"]
    assert {"no_impact"} == {alert["resolution"] for alert in alerts}
    for alert in alerts:
        assert "no login has succeeded from there" in alert["reason"]
