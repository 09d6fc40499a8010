"""The agent as a process of its own: enrolled, killed, stopped, refused."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from harness.waiting import PROCESS_S, until
from tocsin.agent.__main__ import main
from tocsin.cli.agent import app

if TYPE_CHECKING:
    from tests.unit.agent.conftest import FakeServer


class Host:
    """A host with a log folder, a watched folder, and an agent that can be started and ended."""

    def __init__(self, folder: Path, server: FakeServer) -> None:
        self.folder = folder
        self.server = server
        self.log = folder / "log" / "app.log"
        self.log.parent.mkdir()
        self.watched = folder / "etc"
        self.watched.mkdir()
        self.config = folder / "agent.toml"
        self.config.write_text(
            f"""
[agent]
name = "web1"
server = "{server.url}"
state = "{folder}/state"
logs = [{{path = "{folder}/log/*.log", from_start = true}}]
fim = [{{path = "{self.watched}"}}]
ports_interval = 1
heartbeat_interval = 0.2
"""
        )
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, name: str, *arguments: str) -> int:
        return main([name, "--config", str(self.config), *arguments])

    def start(self) -> None:
        with (self.folder / "stderr").open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tocsin.agent", "run", "--config", str(self.config)], stderr=said
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PROCESS_S)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        try:
            until(condition)
        except pytest.fail.Exception:
            pytest.fail((self.folder / "stderr").read_text())

    def lines(self) -> list[bytes]:
        return [record.raw for record in self.server.records if record.kind == "line"]

    def findings(self) -> list[dict[str, Any]]:
        return [json.loads(record.raw) for record in self.server.records if record.kind == "finding"]


@pytest.fixture
def host(tmp_path: Path, server: FakeServer) -> Iterator[Host]:
    made = Host(tmp_path, server)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def test_enrolment_keeps_the_key_to_itself(
    host: Host, server: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key is in a file of mode 0600 and never printed; the server learns the host's facts."""
    assert host.command("enrol", "--token", "token") == 0
    path = host.folder / "state" / "identity.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["key"] == server.key
    assert server.key not in "".join(capsys.readouterr())
    assert server.enrolled["name"] == "web1"
    assert server.enrolled["host"]["kernel"] == os.uname().release


def test_a_wrong_token_is_said(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """A refused token leaves nothing behind and says what the server said."""
    assert host.command("enrol", "--token", "guess") == 2
    assert "the token is unknown" in capsys.readouterr().err
    assert not (host.folder / "state" / "identity.json").exists()


def test_an_agent_must_be_enrolled(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a key it says what to do; the status says so too."""
    assert host.command("run") == 2
    assert "enrol" in capsys.readouterr().err
    assert host.command("status", "--json") == 3
    assert json.loads(capsys.readouterr().out)["state"] == "not enrolled"


def test_a_day_in_the_life(host: Host, server: FakeServer, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines, file changes and heartbeats arrive; SIGTERM sends the rest and ends with status 0."""
    host.command("enrol", "--token", "token")
    host.log.write_text("first\n")
    host.start()
    host.wait_for(lambda: b"first" in host.lines())
    host.wait_for(lambda: any(one["action"] == "files" for one in host.findings()))
    (host.watched / "passwd").write_text("x")
    host.wait_for(lambda: any(one["type"] == "fim" for one in host.findings()))
    host.wait_for(lambda: any("inventory" in beat for beat in server.beats))
    with host.log.open("a") as file:
        file.write("second\n")
    host.wait_for(lambda: b"second" in host.lines())
    capsys.readouterr()
    assert host.command("status") == 0
    assert "running: agent a1" in capsys.readouterr().out
    with host.log.open("a") as file:
        file.write("last words\n")
    assert host.end() == 0
    assert host.lines() == [b"first", b"second", b"last words"]
    actions = [one["action"] for one in host.findings() if one["type"] == "agent"]
    assert actions == ["started", "stopped"]
    assert host.command("status", "--json") == 3
    status = json.loads(capsys.readouterr().out)
    assert status["state"] == "stopped"
    assert status["spool"]["records"] == 0
    beat = server.beats[-1]
    assert set(beat["spool"]) >= {"records", "bytes", "refused", "first_seq", "last_seq"}
    assert beat["collectors"]["logs"]["state"] == "running"


def test_a_second_agent_on_the_same_folder_is_refused(
    host: Host, server: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two agents would give the same numbers twice."""
    host.command("enrol", "--token", "token")
    host.start()
    host.wait_for(lambda: bool(server.beats))
    second = subprocess.run(
        [sys.executable, "-m", "tocsin.agent", "run", "--config", str(host.config)],
        capture_output=True,
        timeout=PROCESS_S,
        check=False,
    )
    assert second.returncode == 2
    assert b"another agent runs" in second.stderr


def test_a_revoked_agent_ends_and_says_why(host: Host, server: FakeServer) -> None:
    """When the server does not know the key any more the agent ends with a status of its own."""
    host.command("enrol", "--token", "token")
    server.key = "changed"
    host.start()
    assert host.process is not None
    assert host.process.wait(PROCESS_S) == 4
    assert "enrol again" in (host.folder / "stderr").read_text()


@pytest.mark.slow
def test_killed_at_any_moment_each_line_arrives_once(host: Host, server: FakeServer) -> None:
    """kill -9 in the middle of 20,000 lines, a server that breaks connections: every line, once, in order."""
    host.command("enrol", "--token", "token")
    count = 20_000

    def write() -> None:
        with host.log.open("w", buffering=1) as file:
            for number in range(count):
                file.write(f"line {number}\n")
                if number == count // 2:
                    host.log.rename(host.log.with_name("app.log.1"))
                if number % 500 == 0:
                    time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    for pause in (0.0, 0.03, 0.11, 0.2):
        before = len(host.lines())
        host.start()
        host.wait_for(lambda before=before: len(host.lines()) > before or len(host.lines()) == count)
        server.faults = ["drop_after", "drop_before", 503]
        time.sleep(pause)
        host.end(signal.SIGKILL)
    writer.join()
    host.start()
    server.faults = []
    host.wait_for(lambda: len(host.lines()) >= count)
    assert host.end() == 0
    assert host.lines() == [b"line %d" % number for number in range(count)]
    assert sorted(server.stored) == list(range(1, server.mark + 1))


def test_the_full_command_does_the_same(host: Host, server: FakeServer) -> None:
    """`tocsin agent enrol` and `status` behave as the lean entry."""
    runner = CliRunner()
    result = runner.invoke(app, ["enrol", "--token", "token", "--config", str(host.config)])
    assert result.exit_code == 0, result.output
    assert "enrolled as a1" in result.output
    result = runner.invoke(app, ["status", "--json", "--config", str(host.config)])
    assert result.exit_code == 3
    assert json.loads(result.output)["state"] == "never started"
    result = runner.invoke(app, ["run", "--config", str(host.folder / "none.toml")])
    assert result.exit_code == 2
