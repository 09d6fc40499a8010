"""Promises 1 and 2 on every way in at once: nothing acknowledged is lost or twice, the ledger adds up."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from harness.sending import read_log, unbalanced
from harness.small_disk import SmallDisk, small_disk
from harness.stage import Stage
from harness.waiting import PATIENCE_S, until

LEFT_BYTES = 32 * 1024 * 1024
"""The event log takes a disk with less room than it reserves for full."""


class DiskStage(Stage):
    """A stage whose server is on a disk of its own."""

    def __init__(self, folder: Path, disk: SmallDisk | None) -> None:
        self.disk = disk
        super().__init__(folder, under=tuple(disk.under) if disk else ())

    def kill_server(self) -> None:
        """Kill it and the workers it has, and start it again."""
        self.end_server()
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


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[DiskStage]:
    """Everything up, and lines flowing."""
    with ExitStack() as open_:
        stage = DiskStage(tmp_path, open_.enter_context(small_disk(tmp_path / "data")))
        open_.callback(stage.close)
        for flow in stage.flows:
            flow.start()
        yield stage


@pytest.mark.slow
def test_whatever_dies_nothing_acknowledged_is_lost_or_twice(stage: DiskStage) -> None:
    """Kills of each process and a full disk, in any order at any moment, while lines come by four ways."""
    chance = random.Random()
    blows = [stage.kill_server, stage.kill_agent, stage.kill_workers, stage.fill_disk, stage.kill_server]
    chance.shuffle(blows)
    for blow in blows:
        time.sleep(chance.uniform(0.2, 1.0))
        blow()
    time.sleep(0.5)
    stage.settle()
    file, syslog, *acknowledged = stage.flows
    client = stage.server.client()
    until(
        lambda: client.get("/events/count", params={"q": "agent"}).json()["count"] >= file.sent,
        3 * PATIENCE_S,
    )
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
