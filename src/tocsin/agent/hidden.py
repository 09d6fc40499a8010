"""Hidden processes and ports, found by asking the system twice in different ways.

A process that answers signals and is not listed in `/proc` is hidden; so is a port that cannot be bound,
and answers, and is in no list of sockets. Each suspicion is checked again after a pause, since processes
and sockets come and go between two questions. The views are handed in, so that both can be told apart in
a test.
"""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from tocsin.agent.baseline import Baseline
from tocsin.agent.errors import SkippedError
from tocsin.agent.findings import PortFinding, ProcessFinding

_ROUNDS = 3
_PAUSE_S = 0.1
_BEYOND = 4096
_SLICE = 2048
_TOO_MANY = 20
"""After this many findings of one kind in one scan the rest is left out: they say the same."""
_WELL_KNOWN = (1337, 1524, 2222, 3389, 4444, 4445, 5555, 6666, 6667, 8443, 9001, 12345, 27374, 31337, 54321)

Transport = Literal["tcp", "udp"]


class ProcessView(Protocol):
    """Two ways to know which processes there are."""

    def listed(self) -> Collection[int]:
        """Return the processes a listing shows."""
        ...

    def answers(self, pid: int) -> bool:
        """Say whether something has this number, be it a process or one of its threads."""
        ...

    def leader(self, pid: int) -> int | None:
        """Return the process that the thread `pid` belongs to, or None when that cannot be known."""
        ...

    def highest(self) -> int:
        """Return the highest number worth asking for."""
        ...


class PortView(Protocol):
    """Two ways to know which ports are taken."""

    def listed(self, transport: Transport) -> Collection[int]:
        """Return the local ports in the kernel's lists, in any state."""
        ...

    def is_taken(self, transport: Transport, port: int) -> bool:
        """Say whether someone answers on the port, judged without any list."""
        ...


class ProcProcesses:
    """The processes of this host by readdir of `/proc` and by `kill(pid, 0)`."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc

    def listed(self) -> Collection[int]:
        """Return the numbers that `/proc` lists."""
        return {int(name) for name in os.listdir(self._proc) if name.isdigit()}

    def answers(self, pid: int) -> bool:
        """Send no signal, and see whether it could be sent."""
        try:
            os.kill(pid, 0)
        except PermissionError:
            return True
        except OSError:
            return False
        return True

    def leader(self, pid: int) -> int | None:
        """Read `Tgid` of a task, which `/proc` knows by number even where it does not list it."""
        try:
            for line in (self._proc / str(pid) / "status").read_text("utf-8", "replace").splitlines():
                if line.startswith("Tgid:"):
                    return int(line.split()[1])
        except (OSError, ValueError):
            return None
        return None

    def highest(self) -> int:
        """Return a little more than the last number given out, within `pid_max`.

        With a `pid_max` of four million asking for each would take seconds of processor time.
        """
        limit = int((self._proc / "sys/kernel/pid_max").read_text())
        last = int((self._proc / "loadavg").read_text().split()[-1])
        return limit if limit <= 1 << 16 else min(limit, max(last, *self.listed()) + _BEYOND)


class ProcPorts:
    """The ports of this host by `/proc/net` and by trying to bind them."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc

    def listed(self, transport: Transport) -> Collection[int]:
        """Return every local port in the lists for IPv4 and IPv6."""
        found: set[int] = set()
        for name in (transport, f"{transport}6"):
            try:
                lines = (self._proc / "net" / name).read_text().splitlines()[1:]
            except OSError:
                continue
            found.update(int(line.split()[1].rpartition(":")[2], 16) for line in lines)
        return found

    def is_taken(self, transport: Transport, port: int) -> bool:
        """Try to bind; a TCP port must also accept a connection, as one only bound is in no list either."""
        if _can_bind(transport, port):
            return False
        return transport == "udp" or _accepts(port)


def _can_bind(transport: Transport, port: int) -> bool:
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if transport == "tcp":
            # Otherwise connections that wait out their end would look like a listener.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
        return True


def _accepts(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def hidden_processes(view: ProcessView, pause: Callable[[float], object] = time.sleep) -> list[int]:
    """Return the processes that answer in every round and are listed in none."""
    suspects: Collection[int] = range(1, view.highest() + 1)
    for round_number in range(_ROUNDS):
        if round_number:
            pause(_PAUSE_S)
        before = view.listed()
        suspects = [pid for pid in suspects if pid not in before and view.answers(pid)]
        after = view.listed()
        suspects = [pid for pid in suspects if pid not in after and not _is_thread(view, pid, after)]
        if not suspects:
            return []
    return list(suspects)


def _is_thread(view: ProcessView, pid: int, listed: Collection[int]) -> bool:
    leader = view.leader(pid)
    return leader is not None and leader != pid and leader in listed


def hidden_ports(
    view: PortView,
    transport: Transport,
    candidates: Collection[int],
    pause: Callable[[float], object] = time.sleep,
) -> list[int]:
    """Return those candidates that are taken in every round and listed in none."""
    suspects = candidates
    for round_number in range(_ROUNDS):
        if round_number:
            pause(_PAUSE_S)
        before = view.listed(transport)
        suspects = [port for port in suspects if port not in before and view.is_taken(transport, port)]
        after = view.listed(transport)
        suspects = [port for port in suspects if port not in after]
        if not suspects:
            return []
    return list(suspects)


class HiddenCollector:
    """Looks for hidden processes and ports every `interval_s`; each is reported once while it lasts.

    Ports: those below 1024, those that back doors like, and a slice of the rest that moves on with each
    scan, so that all are seen after 32 scans. A port is bound for the blink of an eye to try it.
    """

    name = "hidden"

    def __init__(
        self, baseline: Baseline, *, interval_s: float, processes: ProcessView, ports: PortView
    ) -> None:
        self._baseline = baseline
        self._interval_s = interval_s
        self._processes = processes
        self._ports = ports
        self._reported: set[tuple[str, int]] = set()
        self._next = 1024
        self._scans = 0

    def figures(self) -> Mapping[str, Any]:
        """Return how often was looked, and what is hidden now."""
        return {"scans": self._scans, "hidden": len(self._reported)}

    def run(self, stop: threading.Event) -> None:
        """Look until told to stop. Raises `SkippedError` where `/proc` hides other users' processes."""
        while True:
            self.scan(stop.wait)
            if stop.wait(self._interval_s):
                return

    def scan(self, pause: Callable[[float], object] = time.sleep) -> None:
        """Look once."""
        if 1 not in self._processes.listed():
            raise SkippedError(
                "/proc shows only this user's processes (hidepid), so views cannot be compared"
            )
        seen: set[tuple[str, int]] = set()
        for pid in hidden_processes(self._processes, pause)[:_TOO_MANY]:
            seen.add(("process", pid))
            self._report_process(pid)
        candidates = self._candidates()
        transports: tuple[Transport, ...] = ("tcp", "udp")
        for transport in transports:
            for port in hidden_ports(self._ports, transport, candidates, pause)[:_TOO_MANY]:
                seen.add((transport, port))
                self._report_port(transport, port)
        looked = set(candidates)
        self._reported = seen | {
            one for one in self._reported if one[0] != "process" and one[1] not in looked
        }
        self._scans += 1

    def _candidates(self) -> list[int]:
        last = min(self._next + _SLICE, 65536)
        candidates = sorted({*range(1, 1024), *_WELL_KNOWN, *range(self._next, last)})
        self._next = 1024 if last == 65536 else last
        return candidates

    def _report_process(self, pid: int) -> None:
        if ("process", pid) not in self._reported:
            evidence = f"kill({pid}, 0) answers, readdir of /proc does not list it ({_ROUNDS} times)"
            finding = ProcessFinding(action="hidden", pid=pid, evidence=evidence)
            self._baseline.report(finding, location="processes")

    def _report_port(self, transport: Transport, port: int) -> None:
        if (transport, port) not in self._reported:
            how = "it accepts connections" if transport == "tcp" else "it cannot be bound"
            evidence = f"{how} and is not in /proc/net/{transport} or {transport}6 ({_ROUNDS} times)"
            finding = PortFinding(
                action="hidden", protocol=transport, address="", port=port, evidence=evidence
            )
            self._baseline.report(finding, location="ports")
