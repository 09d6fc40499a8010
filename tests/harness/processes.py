"""A real server and a real agent as processes, which a test may kill."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from harness.ports import free_port
from harness.waiting import PATIENCE_S, PROCESS_S, until

LOGIN, PASSWORD = "admin", "a long enough passphrase"


class Server:
    """`tocsin up` on a data folder and a fixed port; survives being killed and started again.

    It reads the `tocsin.toml` of `folder`, when there is one. `under` is the beginning of its command line.
    """

    def __init__(self, folder: Path, *, under: Sequence[str] = ()) -> None:
        self.folder = folder
        self._under = under
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._client: httpx.Client | None = None

    def start(self) -> None:
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *self._under,
                    sys.executable,
                    "-m",
                    "tocsin",
                    "up",
                    "--data",
                    str(self.folder / "data"),
                    "--port",
                    str(self.port),
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
            )
        try:
            until(self._is_healthy, PROCESS_S)
        except pytest.fail.Exception:
            self.kill()
            pytest.fail(f"the server does not answer: {self.output.read_text()[-2000:]}")

    def kill(self) -> None:
        """Kill without warning."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """Ask to stop and return the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PROCESS_S)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def client(self) -> httpx.Client:
        """Return a client logged in as the administrator, made on first use."""
        if self._client is None:
            self._client = httpx.Client(
                base_url=f"{self.url}/api/v1", headers={"X-Requested-With": "tocsin"}, timeout=PATIENCE_S
            )
            if self._client.get("/setup").json()["needed"]:
                token = until(lambda: re.search(r"token=([\w-]+)", self.output.read_text()))[1]
                answer = self._client.post(
                    "/setup", json={"token": token, "login": LOGIN, "password": PASSWORD}
                )
            else:
                answer = self._client.post("/session", json={"login": LOGIN, "password": PASSWORD})
            assert answer.is_success, answer.text
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _is_healthy(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            pytest.fail(f"the server ended: {self.output.read_text()[-2000:]}")
        try:
            return httpx.get(f"{self.url}/healthz", timeout=PATIENCE_S).is_success
        except httpx.TransportError:
            return False


class AgentProcess:
    """A real agent, enrolled with the server."""

    def __init__(self, server: Server, folder: Path, settings: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.config = folder / "agent.toml"
        self.config.write_text(
            f'[agent]\nserver = "{server.url}"\nname = "web1"\nstate = "{folder}/state"\n{settings}'
        )
        answer = server.client().post("/agents/tokens", json={})
        assert answer.is_success, answer.text
        self._run("enrol", "--token", answer.json()["token"])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "agent.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tocsin.agent", "run", "--config", str(self.config)],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """Kill without warning."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        self.kill()

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "tocsin.agent", *arguments, "--config", str(self.config)],
            check=True,
            timeout=PROCESS_S,
        )
