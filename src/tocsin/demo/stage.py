"""The stage: a temporary folder with watched files, and a real agent that watches them on this host."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tocsin.core.errors import TocsinError

_ENROL_S = 30
_STOP_S = 5
_ACCOUNTS = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"


class StageError(TocsinError):
    """The demo's agent could not be set up; holds what it said."""

    code = "demo-stage"


class Stage:
    """Log files, a watched `etc/passwd`, and the agent's process; all within one folder."""

    def __init__(self, folder: Path, server: str, hosts: Sequence[str]) -> None:
        self.logs = folder / "logs"
        self.etc = folder / "etc"
        self.state = folder / "agent"
        for made in (self.etc, self.state, *(self.logs / host for host in hosts)):
            made.mkdir(parents=True)
        self.passwd = self.etc / "passwd"
        self.passwd.write_text(_ACCOUNTS)
        self.config = folder / "agent.toml"
        self.config.write_text(self._settings(server, hosts))
        self._output = folder / "agent.log"
        self._agent: subprocess.Popen[bytes] | None = None
        self._listener: socket.socket | None = None

    def start_agent(self, token: str) -> None:
        """Enrol the agent with the token and let it run; raises `StageError`."""
        enrol = self._command("enrol", "--token", token)
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            enrol, capture_output=True, text=True, timeout=_ENROL_S, check=False
        )
        if done.returncode:
            raise StageError(f"the agent could not enrol: {done.stderr.strip() or done.stdout.strip()}")
        with self._output.open("wb") as output:
            self._agent = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command("run"), stdout=output, stderr=subprocess.STDOUT
            )

    def append(self, file: str, lines: list[str]) -> None:
        """Write lines to one of the watched logs, given as host/file."""
        with (self.logs / file).open("a") as log:
            log.writelines(f"{line}\n" for line in lines)

    def change_passwd(self) -> None:
        """Add an account to the watched file, as an intruder would."""
        with self.passwd.open("a") as passwd:
            passwd.write("sysbackup:x:0:0::/var/lib/sysbackup:/bin/bash\n")

    def open_port(self) -> int:
        """Open a listening port on this host and return its number."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        return int(self._listener.getsockname()[1])

    def agent_says(self) -> str:
        """Return the end of what the agent printed, for errors."""
        return self._output.read_text(errors="replace")[-2000:] if self._output.exists() else ""

    def agent_runs(self) -> bool:
        """Tell whether the agent is up."""
        return self._agent is not None and self._agent.poll() is None

    def clear(self) -> None:
        """Stop the agent and close the port."""
        if self._listener is not None:
            self._listener.close()
        if self._agent is not None:
            self._agent.terminate()
            try:
                self._agent.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._agent.kill()
                self._agent.wait()

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tocsin.agent", *arguments, "--config", str(self.config)]

    def _settings(self, server: str, hosts: Sequence[str]) -> str:
        logs = ", ".join(
            f'{{ path = "{self.logs}/{host}/*.log", from_start = true, host = "{host}" }}' for host in hosts
        )
        return f"""[agent]
server = "{server}"
name = "this-host"
state = "{self.state}"
logs = [{logs}]
fim = [{{ path = "{self.etc}", diff = true }}]
ports_interval = 1.0
hidden_interval = 3600.0
"""
