"""Hidden processes and ports: found when two views differ for good, and only then."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

import pytest

from tocsin.agent.errors import SkippedError
from tocsin.agent.hidden import (
    HiddenCollector,
    ProcPorts,
    ProcProcesses,
    Transport,
    hidden_ports,
    hidden_processes,
)

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench


class LyingProcesses(ProcProcesses):
    """The real processes, as a root kit would list them."""

    def __init__(self, hidden: set[int]) -> None:
        super().__init__()
        self.hidden = hidden

    def listed(self) -> Collection[int]:
        return set(super().listed()) - self.hidden


class LyingPorts(ProcPorts):
    """The real ports, as a root kit would list them."""

    def __init__(self, hidden: set[int]) -> None:
        super().__init__()
        self.hidden = hidden

    def listed(self, transport: Transport) -> Collection[int]:
        return set(super().listed(transport)) - self.hidden


def no_pause(_: float) -> None:
    return None


@pytest.mark.timeout(60)
def test_a_busy_host_hides_nothing() -> None:
    """Threads and processes that come and go are not taken for hidden ones."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            subprocess.run(["true"], check=True)

    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            assert hidden_processes(ProcProcesses(), no_pause) == []
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_process_missing_from_the_listing_is_found(bench: Bench) -> None:
    """A real process that the listing leaves out is reported, once while it lasts."""
    with subprocess.Popen(["sleep", "60"]) as child:
        collector = HiddenCollector(
            bench.baseline, interval_s=60, processes=LyingProcesses({child.pid}), ports=ProcPorts()
        )
        collector._candidates = list  # type: ignore[method-assign]
        collector.scan(no_pause)
        collector.scan(no_pause)
        child.kill()
    (finding,) = bench.findings()
    assert finding["type"] == "process"
    assert finding["action"] == "hidden"
    assert finding["pid"] == child.pid
    assert "readdir" in finding["evidence"]
    assert collector.figures() == {"scans": 2, "hidden": 1}


def test_the_threads_of_a_hidden_process_are_told_from_those_of_a_listed_one() -> None:
    """A thread answers like a process; it is innocent when its process is listed."""
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        assert thread.native_id not in hidden_processes(ProcProcesses(), no_pause)
    finally:
        release.set()
        thread.join()


def test_where_proc_hides_others_nothing_is_claimed(bench: Bench) -> None:
    """With `hidepid` the comparison would accuse everyone: it is skipped with the reason."""
    collector = HiddenCollector(
        bench.baseline, interval_s=60, processes=LyingProcesses({1}), ports=ProcPorts()
    )
    with pytest.raises(SkippedError, match="hidepid"):
        collector.scan(no_pause)


def test_a_port_missing_from_the_lists_is_found(bench: Bench) -> None:
    """A real listener that the lists leave out is reported; a listed or free port is not."""
    with socket.create_server(("127.0.0.1", 0)) as hidden, socket.create_server(("127.0.0.1", 0)) as open_one:
        port, other = hidden.getsockname()[1], open_one.getsockname()[1]
        collector = HiddenCollector(
            bench.baseline, interval_s=60, processes=ProcProcesses(), ports=LyingPorts({port})
        )
        collector._candidates = lambda: [port, other]  # type: ignore[method-assign]
        collector.scan(no_pause)
    (finding,) = bench.findings()
    assert (finding["type"], finding["action"], finding["port"]) == ("port", "hidden", port)
    assert finding["protocol"] == "tcp"


def test_bound_sockets_that_do_not_listen_are_no_accusation() -> None:
    """A TCP socket only bound is in no list of the kernel, and hides nothing."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert hidden_ports(ProcPorts(), "tcp", [bound.getsockname()[1]], no_pause) == []


def test_every_port_has_its_turn(bench: Bench) -> None:
    """The candidates of 32 scans cover all ports, and each scan is bounded."""
    collector = HiddenCollector(bench.baseline, interval_s=60, processes=ProcProcesses(), ports=ProcPorts())
    seen: set[int] = set()
    for _ in range(32):
        candidates = collector._candidates()
        assert len(candidates) < 3200
        seen |= set(candidates)
    assert seen == set(range(1, 65536))


def test_a_whole_scan_of_this_host_accuses_nobody(bench: Bench) -> None:
    """The real candidates on the real host give no finding."""
    HiddenCollector(bench.baseline, interval_s=60, processes=ProcProcesses(), ports=ProcPorts()).scan(
        no_pause
    )
    assert bench.findings() == []
