"""The journal by way of a program that speaks as journalctl does."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.waiting import PATIENCE_S, until
from tocsin.agent.errors import AgentError, SkippedError
from tocsin.agent.journal import JournalCollector, line_of

if TYPE_CHECKING:
    from tests.unit.agent.conftest import Bench

AT = 1_790_000_000_000_000


def entry(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "__CURSOR": f"s=1;i={number}",
        "__REALTIME_TIMESTAMP": str(AT),
        "_HOSTNAME": "web1",
        "SYSLOG_IDENTIFIER": "sshd",
        "_PID": "812",
        "MESSAGE": f"message {number}",
        **fields,
    }


@pytest.fixture
def journalctl(tmp_path: Path) -> Callable[..., str]:
    """A journalctl that notes its arguments, prints a file and waits (or ends with a status)."""

    def make(*entries: dict[str, Any] | bytes, status: int | None = None) -> str:
        output = tmp_path / "entries"
        output.write_bytes(
            b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in entries)
        )
        program = tmp_path / "journalctl"
        last = "exec sleep 60" if status is None else f"echo 'no journal files' >&2; exit {status}"
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\ncat {output}\n{last}\n')
        program.chmod(0o755)
        return str(program)

    return make


def run_until(bench: Bench, command: str, count: int) -> JournalCollector:
    collector = JournalCollector(spool=bench.spool, clock=bench.clock, host="h1", command=command)
    stop = threading.Event()
    thread = threading.Thread(target=collector.run, args=(stop,))
    thread.start()
    until(lambda: bench.spool.stats().records >= count)
    stop.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    return collector


def test_entries_become_syslog_lines(bench: Bench, journalctl: Callable[..., str]) -> None:
    """Each entry is one line as decoders read it; the first start asks for new entries only."""
    command = journalctl(entry(1), entry(2))
    run_until(bench, command, 2)
    stamp = time.strftime("%b %e %H:%M:%S", time.localtime(AT // 1_000_000)).encode()
    assert bench.lines() == [stamp + b" web1 sshd[812]: message 1", stamp + b" web1 sshd[812]: message 2"]
    assert bench.records()[0].location == "journal"
    assert "-n 0" in (Path(command).parent / "arguments").read_text()


def test_a_restart_goes_on_after_the_cursor(bench: Bench, journalctl: Callable[..., str]) -> None:
    """The cursor is kept with the records and handed to the next journalctl."""
    run_until(bench, journalctl(entry(1), entry(7)), 2)
    bench.restart()
    command = journalctl(entry(8))
    run_until(bench, command, 3)
    assert "-n all --after-cursor=s=1;i=7" in (Path(command).parent / "arguments").read_text()


def test_a_journalctl_that_ends_is_an_error(bench: Bench, journalctl: Callable[..., str]) -> None:
    """Its words are in the error, and what it gave before is kept."""
    command = journalctl(entry(1), status=1)
    collector = JournalCollector(spool=bench.spool, clock=bench.clock, host="h1", command=command)
    with pytest.raises(AgentError, match="no journal files"):
        collector.run(threading.Event())
    assert len(bench.lines()) == 1


def test_without_journalctl_it_is_skipped(bench: Bench) -> None:
    """A host without a journal is said to be one."""
    collector = JournalCollector(
        spool=bench.spool, clock=bench.clock, host="h1", command="no-such-journalctl"
    )
    with pytest.raises(SkippedError, match="no-such-journalctl"):
        collector.run(threading.Event())


def test_what_is_no_entry_is_kept_and_counted(bench: Bench, journalctl: Callable[..., str]) -> None:
    """Broken output becomes a record that says so; a message beyond 64 KiB is cut and says its length."""
    command = journalctl(b"{broken", entry(2, MESSAGE="x" * 100_000), entry(3))
    collector = run_until(bench, command, 3)
    broken, long, good = bench.lines()
    assert broken.startswith(b"journal entry not read: {broken")
    assert len(long) == 65536
    assert b"[cut: the line had 1000" in long
    assert good.endswith(b"message 3")
    assert collector.figures() == {"lines": 3, "refused": 1}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("caf\u00e9", "caf\u00e9".encode()),
        ([99, 97, 102, 233], b"caf\xe9"),
        (["one", "two"], b"one two"),
        (None, b""),
    ],
)
def test_messages_come_in_several_shapes(message: Any, expected: bytes) -> None:
    """Text, byte values for what is not UTF-8, and several fields of one name."""
    assert line_of(entry(1, MESSAGE=message), "h").endswith(b" web1 sshd[812]: " + expected)


def test_missing_fields_are_replaced() -> None:
    """Without identifier and host the program's name and ours are used."""
    line = line_of({"_COMM": "cron", "MESSAGE": "x"}, "h1")
    assert line.endswith(b" h1 cron: x")
    assert os.linesep.encode() not in line
