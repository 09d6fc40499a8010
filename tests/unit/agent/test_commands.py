"""Commands whose output is sent."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tocsin.agent import commands
from tocsin.agent.commands import CommandCollector, CommandError, output_of
from tocsin.agent.errors import SettingsError
from tocsin.agent.settings import CommandSettings, load_settings

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench

DF = b"Filesystem 1024-blocks Used\r\n/dev/sda1 10 10\n\n"


def _collector(bench: Bench, *wanted: CommandSettings, output: bytes = DF) -> CommandCollector:
    def run(_: Sequence[str], __: float) -> bytes:
        return output

    return CommandCollector(wanted, spool=bench.spool, clock=bench.clock, host="h1", run=run)


def test_each_line_is_a_record_under_the_alias(bench: Bench) -> None:
    """The form is the one rules for commands are written for; empty lines are left out."""
    _collector(bench, CommandSettings(("df", "-P"))).turn()
    assert [
        b"ossec: output: 'df -P': Filesystem 1024-blocks Used",
        b"ossec: output: 'df -P': /dev/sda1 10 10",
    ] == bench.lines()
    assert {("line", "df -P", "h1")} == {(one.kind, one.location, one.host) for one in bench.records()}


def test_whole_output_is_one_record(bench: Bench) -> None:
    """Rules compare it with the one before, so it is sent even when it is empty."""
    wanted = CommandSettings(("netstat", "-tulpn"), alias="netstat listening ports", whole=True)
    _collector(bench, wanted, output=b"tcp a\ntcp b\n").turn()
    _collector(bench, wanted, output=b"").turn()
    head = b"ossec: output: 'netstat listening ports':\n"
    assert [head + b"tcp a\ntcp b", head] == bench.lines()


def test_a_command_runs_when_it_is_due(bench: Bench) -> None:
    """At once, and again after its interval."""
    now = [0.0]
    ran: list[float] = []

    def run(_: Sequence[str], __: float) -> bytes:
        ran.append(now[0])
        return b""

    collector = CommandCollector(
        [CommandSettings(("x",), interval=10)],
        spool=bench.spool,
        clock=bench.clock,
        host="h",
        run=run,
        monotonic=lambda: now[0],
    )
    for now[0] in (0.0, 5.0, 9.9, 10.0, 15.0, 20.0):
        collector.turn()
    assert [0.0, 10.0, 20.0] == ran
    assert 3 == collector.figures()["runs"]


def test_a_command_that_fails_is_told_and_the_rest_runs(bench: Bench) -> None:
    """The heartbeat says which command fails and why."""
    wanted = [
        CommandSettings(("/no/such/program",)),
        CommandSettings((sys.executable, "-c", "print('x')"), alias="p"),
    ]
    collector = CommandCollector(wanted, spool=bench.spool, clock=bench.clock, host="h")
    collector.turn()
    assert "/no/such/program: No such file" in collector.figures()["detail"]
    assert [b"ossec: output: 'p': x"] == bench.lines()


def test_a_program_that_does_not_end_is_ended() -> None:
    """With all it started, within the time given."""
    with pytest.raises(CommandError, match=r"did not end within 0\.2 s"):
        output_of(("sh", "-c", "sleep 60 & sleep 60"), 0.2)


def test_endless_output_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read than the limit, and the program is ended."""
    monkeypatch.setattr(commands, "MAX_OUTPUT", 100_000)
    assert 100_000 == len(output_of(("yes",), 10))


def test_no_shell_is_involved() -> None:
    """What a shell would run or expand is an argument like any other; the language is English."""
    program = (
        sys.executable,
        "-c",
        "import os, sys; print(sys.argv[1:], os.environ['LC_ALL'])",
        "$(id)",
        ";ls",
    )
    assert b"['$(id)', ';ls'] C\n" == output_of(program, 10)


def test_it_stops_when_told(bench: Bench) -> None:
    """The collector returns once its thread is told to stop."""
    stop = threading.Event()
    stop.set()
    _collector(bench, CommandSettings(("df",))).run(stop)
    assert [] == bench.lines()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("command = []", "names no program"),
        ('command = ["df"]\nalias = "it\'s"', "neither quotes"),
        ('command = ["df"]\ninterval = 0.1', "at least 1 second"),
        ('command = ["df"]\ntimeout = 0', "at most 600"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, line: str, reason: str) -> None:
    """With the reason."""
    path = tmp_path / "agent.toml"
    path.write_text(f"[agent]\n[[agent.commands]]\n{line}\n")
    with pytest.raises(SettingsError, match=reason):
        load_settings(path)
