"""Runs the operator's commands again and again and sends what they print, as Wazuh's agents do.

A line of output becomes `ossec: output: 'ALIAS': LINE`; with `whole` all output is one record, which rules
compare with the one before (`check_diff`). Programs are started without a shell, in English, and are
ended when they take too long or print too much.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.agent.lines import LIMIT, cut
from tocsin.agent.segment import Item
from tocsin.agent.settings import CommandSettings
from tocsin.agent.spool import Spool
from tocsin.core.clock import Clock

MAX_OUTPUT = 1024 * 1024
MAX_LINES = 10_000
_CHUNK = 64 * 1024
_TICK_S = 0.5


class CommandError(Exception):
    """A command could not be run, or did not end in time."""


def output_of(command: Sequence[str], timeout_s: float) -> bytes:
    """Return what a program prints, at most `MAX_OUTPUT` bytes; raises `CommandError`."""
    try:
        child = subprocess.Popen(  # noqa: S603 - the operator's own settings name the program
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(error.strerror or str(error)) from error
    try:
        return _read(child, time.monotonic() + timeout_s, timeout_s)
    finally:
        _end(child)


def _read(child: subprocess.Popen[bytes], deadline: float, timeout_s: float) -> bytes:
    if child.stdout is None:
        raise CommandError("started without a pipe")
    read = bytearray()
    while len(read) < MAX_OUTPUT:
        ready, _, _ = select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise CommandError(f"did not end within {timeout_s:g} s")
        chunk = os.read(child.stdout.fileno(), _CHUNK)
        if not chunk:
            break
        read += chunk
    return bytes(read[:MAX_OUTPUT])


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the program and all it started, which may go on when the program itself has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


class CommandCollector:
    """Runs each command when it is due; the first time at once."""

    name = "commands"

    def __init__(
        self,
        commands: Sequence[CommandSettings],
        *,
        spool: Spool,
        clock: Clock,
        host: str,
        run: Callable[[Sequence[str], float], bytes] = output_of,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._host = host
        self._run = run
        self._monotonic = monotonic
        self._due = [(monotonic(), command) for command in commands]
        self._runs = 0
        self._failed: dict[str, str] = {}

    def figures(self) -> Mapping[str, Any]:
        """Return how many runs there were, and which commands fail."""
        detail = "; ".join(f"{alias}: {why}" for alias, why in self._failed.items())
        return {"detail": detail, "runs": self._runs, "failing": len(self._failed)}

    def run(self, stop: threading.Event) -> None:
        """Run commands until told to stop."""
        while not stop.is_set():
            self.turn()
            stop.wait(_TICK_S)

    def turn(self) -> None:
        """Run what is due."""
        now = self._monotonic()
        for index, (due, command) in enumerate(self._due):
            if now >= due:
                self._due[index] = (now + command.interval, command)
                self._once(command)

    def _once(self, command: CommandSettings) -> None:
        alias = command.alias or shlex.join(command.command)
        self._runs += 1
        try:
            output = self._run(command.command, command.timeout)
        except CommandError as error:
            self._failed[alias] = str(error)
            return
        self._failed.pop(alias, None)
        head = f"ossec: output: '{alias}':".encode()
        items = [self._item(raw, alias) for raw in _records(head, output, whole=command.whole)]
        if items:
            self._spool.append(items, {})

    def _item(self, raw: bytes, alias: str) -> Item:
        raw = raw if len(raw) <= LIMIT else cut(raw, len(raw))
        return Item(raw, self._clock.now(), "line", alias, self._host)


def _records(head: bytes, output: bytes, *, whole: bool) -> list[bytes]:
    if whole:
        return [head + b"\n" + output.rstrip(b"\n")]
    lines = [line.rstrip(b"\r") for line in output.split(b"\n")[:MAX_LINES]]
    return [head + b" " + line for line in lines if line.strip()]
