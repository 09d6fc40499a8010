"""From a line on disk to its alert in the API, and the memory of server and agent, idle and loaded.

Real processes: `tocsin up` and an agent that watches a file. Prints one line of figures.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from harness.processes import AgentProcess, Server, until

TRIES = 40
LOAD_LINES = 100_000


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
            load(server, log)
            loaded = (rss_mb(server.pid), rss_mb(agent.pid))
        finally:
            agent.close()
            server.close()
    p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
    print(
        f"latency line to alert p50={p50:.2f}s p95={p95:.2f}s;"
        f" RSS idle server={idle[0]:.0f}MB agent={idle[1]:.0f}MB,"
        f" loaded server={loaded[0]:.0f}MB agent={loaded[1]:.0f}MB"
    )


if __name__ == "__main__":
    main()
