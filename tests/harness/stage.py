"""A server, an agent, and lines that come by every way, for tests in which any of them may die."""

from __future__ import annotations

from pathlib import Path

import psutil

from harness.flows import BeatsFlow, BulkFlow, FileFlow, Flow, SyslogFlow
from harness.ports import free_port
from harness.processes import AgentProcess, Server


class Stage:
    """All of it up; lines come when each of `flows` is started. `settings`: more lines of the server's."""

    def __init__(self, folder: Path, *, settings: str = "", under: tuple[str, ...] = ()) -> None:
        syslog, beats = free_port(), free_port()
        (folder / "tocsin.toml").write_text(
            f"{settings}[syslog]\ntcp_port = {syslog}\n[beats]\nport = {beats}\n"
        )
        self.server = Server(folder, under=under)
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

    def end_server(self) -> None:
        """Kill the server and the workers it has."""
        workers = psutil.Process(self.server.pid).children(recursive=True)
        self.server.kill()
        for worker in workers:
            if worker.is_running():
                worker.kill()

    def settle(self) -> None:
        """Let what was begun be finished, and begin no more."""
        for flow in self.flows:
            flow.stop()
        for flow in self.flows:
            flow.join()

    def close(self) -> None:
        """End the lines, the agent and the server."""
        self.settle()
        self.agent.close()
        self.server.close()
