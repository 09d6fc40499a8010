"""Collects the systemd journal through `journalctl -o json -f`, from a cursor kept with the records.

Each entry becomes a syslog line, which is what the decoders for sshd, sudo and the like read:
`Nov 24 05:36:01 host sshd[812]: Failed password for root`. The time is local, as in a log file.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from tocsin.agent.errors import AgentError, SkippedError
from tocsin.agent.lines import LIMIT, LineCutter, cut
from tocsin.agent.segment import Item
from tocsin.agent.spool import Spool
from tocsin.core.clock import Clock

_KEY = "journal"
_ENTRY_LIMIT = 1024 * 1024
_READ = 256 * 1024
_WAIT_S = 0.2


class JournalCollector:
    """Follows the journal. At the first start it begins with what is written from then on."""

    name = "journal"

    def __init__(self, *, spool: Spool, clock: Clock, host: str, command: str = "journalctl") -> None:
        self._spool = spool
        self._clock = clock
        self._host = host
        self._command = command
        self._lines = 0
        self._refused = 0

    def figures(self) -> Mapping[str, Any]:
        """Return how many entries were read, and how many were no entry."""
        return {"lines": self._lines, "refused": self._refused}

    def run(self, stop: threading.Event) -> None:
        """Follow until told to stop. Raises `AgentError` when journalctl ends by itself."""
        program = shutil.which(self._command)
        if program is None:
            raise SkippedError(f"there is no {self._command} on this host")
        child = subprocess.Popen(  # noqa: S603 - the operator's own settings name the program
            [program, "-o", "json", "--all", "--no-pager", "-f", *self._from_where()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            self._follow(child, stop)
        finally:
            _end(child)

    def _from_where(self) -> list[str]:
        cursor = self._spool.checkpoint(_KEY)
        if cursor is None:
            return ["-n", "0"]
        # Without -n a followed journal shows only the last ten entries after the cursor.
        return ["-n", "all", f"--after-cursor={cursor.decode()}"]

    def _follow(self, child: subprocess.Popen[bytes], stop: threading.Event) -> None:
        output, errors = child.stdout, child.stderr
        if output is None or errors is None:
            raise AgentError("journalctl was started without pipes")
        cutter = LineCutter(_ENTRY_LIMIT)
        while not stop.is_set():
            ready, _, _ = select.select([output], [], [], _WAIT_S)
            if not ready:
                continue
            chunk = os.read(output.fileno(), _READ)
            if not chunk:
                reason = errors.read(2000).decode("utf-8", "replace").strip()
                raise AgentError(f"journalctl ended with status {child.wait()}: {reason}")
            self._keep(cutter.feed(chunk))

    def _keep(self, entries: list[bytes]) -> None:
        items: list[Item] = []
        cursor = ""
        for content in entries:
            entry = _read_entry(content)
            if entry is None:
                self._refused += 1
                items.append(self._item(b"journal entry not read: " + cut(content, len(content), 2000)))
            else:
                cursor = entry.get("__CURSOR") or cursor
                items.append(self._item(line_of(entry, self._host)))
        if items:
            self._spool.append(items, {_KEY: cursor.encode()} if cursor else {})
            self._lines += len(items)

    def _item(self, line: bytes) -> Item:
        if len(line) > LIMIT:
            line = cut(line, len(line))
        return Item(line, self._clock.now(), "line", "journal", self._host)


def _read_entry(content: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return None


def line_of(entry: Mapping[str, Any], host: str) -> bytes:
    """Return the syslog line of a journal entry; bytes of the message that are no UTF-8 are kept."""
    name = _text(entry.get("SYSLOG_IDENTIFIER")) or _text(entry.get("_COMM")) or b"unknown"
    pid = _text(entry.get("SYSLOG_PID")) or _text(entry.get("_PID"))
    where = _text(entry.get("_HOSTNAME")) or host.encode()
    tag = name + (b"[%s]" % pid if pid else b"")
    return b"%s %s %s: %s" % (_stamp(entry), where, tag, _text(entry.get("MESSAGE")))


def _stamp(entry: Mapping[str, Any]) -> bytes:
    text = str(entry.get("__REALTIME_TIMESTAMP", ""))
    at = time.localtime(int(text) // 1_000_000 if text.isdigit() and len(text) < 18 else None)
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    # Not strftime: its month names follow the locale.
    return (
        f"{months[at.tm_mon - 1]} {at.tm_mday:2d} {at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}".encode()
    )


def _text(value: Any) -> bytes:
    """Return a field's bytes: the journal gives text, an array of byte values, or a list of either."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, list):
        if all(isinstance(one, int) and 0 <= one < 256 for one in value):
            return bytes(value)
        return b" ".join(_text(one) for one in value)
    return b""


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(1)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pipe in (child.stdout, child.stderr):
        if pipe:
            pipe.close()
