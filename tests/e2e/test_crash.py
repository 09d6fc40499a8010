"""Promises 1 and 2 on every way in at once: nothing acknowledged is lost or twice, the ledger adds up."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from harness.flows import BeatsFlow, BulkFlow, FileFlow, Flow, SyslogFlow
from harness.processes import AgentProcess, Server, free_port, until
from harness.sending import read_log, unbalanced
from harness.small_disk import SmallDisk, small_disk

LEFT_BYTES = 32 * 1024 * 1024
"""The event log takes a disk with less room than it reserves for full."""


class Stage:
    """A server on a disk of its own, an agent, and lines that come by every way."""

    def __init__(self, folder: Path, disk: SmallDisk | None) -> None:
        self.disk = disk
        syslog, beats = free_port(), free_port()
        (folder / "tocsin.toml").write_text(f"[syslog]\ntcp_port = {syslog}\n[beats]\nport = {beats}\n")
        self.server = Server(folder, under=disk.under if disk else ())
        self.server.start()
        made = self.server.client().post("/api-keys", json={"name": "shipper", "role": "agent"})
        log = folder / "app.log"
        log.touch()
        self.agent = AgentProcess(
            self.server, folder / "agent", f'logs = [{{ path = "{log}", from_start = true }}]\n'
        )
        self.agent.start()
        self.flows: list[Flow] = [
            FileFlow(log),
            SyslogFlow(syslog),
            BulkFlow(self.server.url, made.json()["key"]),
            BeatsFlow(beats),
        ]

    def kill_server(self) -> None:
        """Kill it and the workers it has."""
        workers = psutil.Process(self.server.pid).children(recursive=True)
        self.server.kill()
        for worker in workers:
            if worker.is_running():
                worker.kill()
        self.server.start()

    def kill_agent(self) -> None:
        self.agent.kill()
        self.agent.start()

    def kill_workers(self) -> None:
        """Kill the processes that analyse, when there are some."""
        for worker in psutil.Process(self.server.pid).children(recursive=True):
            worker.kill()

    def fill_disk(self) -> None:
        """Leave no room for some time."""
        if self.disk is not None:
            with self.disk.filled(LEFT_BYTES):
                time.sleep(1.5)

    def close(self) -> None:
        for flow in self.flows:
            flow.stop()
        for flow in self.flows:
            flow.join()
        self.agent.close()
        self.server.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Everything up, and lines flowing."""
    with ExitStack() as open_:
        stage = Stage(tmp_path, open_.enter_context(small_disk(tmp_path / "data")))
        open_.callback(stage.close)
        for flow in stage.flows:
            flow.start()
        yield stage


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_dies_nothing_acknowledged_is_lost_or_twice(stage: Stage) -> None:
    """Kills of each process and a full disk, in any order at any moment, while lines come by four ways."""
    chance = random.Random()
    blows = [stage.kill_server, stage.kill_agent, stage.kill_workers, stage.fill_disk, stage.kill_server]
    chance.shuffle(blows)
    for blow in blows:
        time.sleep(chance.uniform(0.2, 1.0))
        blow()
    time.sleep(0.5)
    for flow in stage.flows:
        flow.stop()
    for flow in stage.flows:
        flow.join()
    file, syslog, *acknowledged = stage.flows
    client = stage.server.client()
    until(lambda: client.get("/events/count", params={"q": "agent"}).json()["count"] >= file.sent, 120, 0.3)
    until(lambda: not unbalanced(stage.server))

    stored, by_source = read_log(stage.server)
    for flow in stage.flows:
        times = {number: count for number, count in stored[flow.name].items() if count > 1}
        assert times == {}, f"{flow.name}: stored more than once after {[blow.__name__ for blow in blows]}"
    assert set(range(file.sent)) == set(stored[file.name])
    for flow in acknowledged:
        assert flow.acknowledged, flow.name
        assert set(range(flow.sent)) == flow.acknowledged == set(stored[flow.name])
    assert stored[syslog.name]
    ledger = {item["id"]: item for item in client.get("/sources", params={"limit": 500}).json()["items"]}
    assert {source: item["stored"] for source, item in ledger.items() if item["stored"]} == by_source
    for item in ledger.values():
        accounted = item["stored"] + item["duplicates"] + item["refused"] + item["under_way"]
        assert item["received"] == accounted
        assert item["under_way"] == 0
