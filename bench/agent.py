"""Resident memory of the agent, idle and after 50,000 lines, and how many lines a second it carries.

Runs `python -m tocsin.agent` against a server within this process that stores nothing.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LINES = 50_000
IDLE_S = 5.0


class Handler(BaseHTTPRequestHandler):
    """Acknowledges everything."""

    protocol_version = "HTTP/1.1"
    mark = 0

    def do_POST(self) -> None:
        """Answer enrolment, batch and heartbeat."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if last := self.headers.get("X-Tocsin-Last"):
            Handler.mark = int(last)
        content = json.dumps({"agent_id": "bench", "key": "k", "mark": Handler.mark}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def latency_s(path: Path) -> float:
    """Write one line and return how long it took to be acknowledged."""
    before, began = Handler.mark, time.monotonic()
    with path.open("a") as file:
        file.write("one line\n")
    while Handler.mark == before:
        time.sleep(0.002)
    took = time.monotonic() - began
    time.sleep(0.1)
    return took


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "agent.toml"
        config.write_text(
            f'[agent]\nserver = "http://127.0.0.1:{server.server_address[1]}"\nstate = "{folder}/state"\n'
            f'journal = true\nlogs = [{{path = "{folder}/*.log"}}]\nfim = [{{path = "/etc", diff = true}}]\n'
        )
        agent = [sys.executable, "-m", "tocsin.agent"]
        subprocess.run([*agent, "enrol", "--config", config, "--token", "t"], check=True, capture_output=True)
        process = subprocess.Popen([*agent, "run", "--config", config], stderr=subprocess.DEVNULL)
        time.sleep(IDLE_S)
        busy = cpu_s(process.pid)
        idle = rss_mb(process.pid)
        time.sleep(IDLE_S)
        idle_cpu = (cpu_s(process.pid) - busy) / IDLE_S * 100
        waits = sorted(latency_s(folder / "one.log") for _ in range(20))
        before = Handler.mark
        line = "Nov 24 05:36:01 web1 sshd[812]: Failed password for root from 192.0.2.7 port {} ssh2\n"
        busy, began = cpu_s(process.pid), time.monotonic()
        (folder / "bench.log").write_text("".join(line.format(number) for number in range(LINES)))
        while Handler.mark < before + LINES:
            time.sleep(0.01)
        took, cpu = time.monotonic() - began, cpu_s(process.pid) - busy
        loaded = rss_mb(process.pid)
        process.send_signal(signal.SIGTERM)
        status = process.wait(10)
    server.shutdown()
    print(
        f"agent: RSS idle {idle:.1f} MB, after {LINES:,} lines {loaded:.1f} MB;"
        f" {LINES / took:,.0f} lines/s from file to acknowledged, {cpu:.2f} s of processor;"
        f" line to acknowledged p50 {waits[10] * 1000:.0f} ms, p95 {waits[18] * 1000:.0f} ms;"
        f" idle processor {idle_cpu:.1f} %; exit status {status}"
    )


if __name__ == "__main__":
    main()
