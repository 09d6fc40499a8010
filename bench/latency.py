"""From a line on disk to its alert in the API, and the memory of server and agent, idle and loaded.

Real processes: `tocsin up` and an agent that watches a file. Measured when nothing else comes, and while
5,000 other lines a second are written to the same file. Prints one line of figures.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from harness.processes import AgentProcess, Server, until

TRIES = 40
LOAD_LINES = 100_000
RATE = 5_000
BESIDE = "Nov 24 10:00:00 web1 CRON[{}]: (root) CMD (beside)\n"


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process and its children in MiB."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 2**20


def latency_s(server: Server, log: Path, number: int) -> float:
    """Write a line that deserves an alert and return the seconds until the API lists it."""
    user = f"bench{number:04d}"
    began = time.perf_counter()
    with log.open("a") as out:
        out.write(
            f"Nov 24 10:00:00 web1 useradd[9]: new user: name={user}, UID=2000, GID=2000, home=/h, shell=/b\n"
        )
    client = server.client()
    until(lambda: client.get("/alerts", params={"q": f"group_key:{user}"}).json()["items"], 20, 0.02)
    return time.perf_counter() - began


@contextmanager
def lines_beside(log: Path, rate: int) -> Iterator[list[float]]:
    """Write so many other lines a second for the block; the list gets the rate that was reached."""
    stop, reached = threading.Event(), [0.0]

    def write() -> None:
        began, written = time.perf_counter(), 0
        while not stop.wait(max(0.0, began + written / rate - time.perf_counter())):
            with log.open("a") as out:
                out.writelines(BESIDE.format(written + n) for n in range(rate // 10))
            written += rate // 10
        reached[0] = written / (time.perf_counter() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield reached
    finally:
        stop.set()
        thread.join()


def load(server: Server, log: Path) -> None:
    """Write many lines and wait until all are stored."""
    with log.open("a") as out:
        out.writelines(
            f"Nov 24 10:00:00 web1 CRON[{n}]: (root) CMD (loadtest {n})\n" for n in range(LOAD_LINES)
        )
    client = server.client()
    until(
        lambda: client.get("/events/count", params={"q": "loadtest"}).json()["count"] >= LOAD_LINES, 120, 0.5
    )


def percentiles(times: list[float]) -> str:
    """Say the middle and the worst but one in twenty of sorted times."""
    return f"p50={statistics.median(times):.2f}s p95={times[int(len(times) * 0.95)]:.2f}s"


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "bench.log"
        log.touch()
        server = Server(folder)
        server.start()
        agent = AgentProcess(server, folder / "agent", f'logs = [{{ path = "{log}", from_start = true }}]\n')
        agent.start()
        try:
            until(lambda: server.client().get("/agents").json()["items"][0]["status"] == "active", 30)
            time.sleep(5)
            idle = (rss_mb(server.pid), rss_mb(agent.pid))
            times = sorted(latency_s(server, log, number) for number in range(TRIES))
            with lines_beside(log, RATE) as reached:
                time.sleep(5)
                busy = sorted(latency_s(server, log, TRIES + number) for number in range(TRIES))
            load(server, log)
            loaded = (rss_mb(server.pid), rss_mb(agent.pid))
        finally:
            agent.close()
            server.close()
    print(
        f"latency line to alert {percentiles(times)}; beside {reached[0]:,.0f} lines/s {percentiles(busy)};"
        f" RSS idle server={idle[0]:.0f}MB agent={idle[1]:.0f}MB,"
        f" loaded server={loaded[0]:.0f}MB agent={loaded[1]:.0f}MB"
    )


if __name__ == "__main__":
    main()
