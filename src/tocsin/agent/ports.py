"""Listening ports: which opened, which closed, and which program holds them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import psutil

from tocsin.agent.baseline import Baseline
from tocsin.agent.findings import InventoryFinding, Listener, PortFinding, readable

_FACT = "ports"
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST_EPHEMERAL = 32768
_INVENTORY_LIMIT = 1000
"""How many ports a listing has, so that it stays within what one record may hold."""

Key = tuple[str, str, int]


def read_listeners() -> list[Listener]:
    """Return the sockets that wait for peers now.

    TCP sockets that listen, and UDP sockets bound to a port that the system does not give to clients.
    Without root the holders of other users' sockets are unknown and left out.
    """
    first_ephemeral = _first_ephemeral()
    found: dict[Key, Listener] = {}
    for one in psutil.net_connections("inet"):
        protocol: Literal["tcp", "udp"] = "tcp" if one.type == socket.SOCK_STREAM else "udp"
        if not one.laddr:
            continue
        if protocol == "tcp" and one.status != psutil.CONN_LISTEN:
            continue
        if protocol == "udp" and (one.raddr or one.laddr.port >= first_ephemeral):
            continue
        key = (protocol, one.laddr.ip, one.laddr.port)
        if key not in found or (one.pid or 0) < (found[key].pid or 1 << 30):
            found[key] = _held(protocol, one.laddr.ip, one.laddr.port, one.pid)
    return [found[key] for key in sorted(found)]


def _first_ephemeral() -> int:
    try:
        return int(_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _FIRST_EPHEMERAL


def _held(protocol: Literal["tcp", "udp"], address: str, port: int, pid: int | None) -> Listener:
    listener = Listener(protocol, address, port)
    if pid is None:
        return listener
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            return Listener(
                protocol,
                address,
                port,
                pid,
                readable(process.name()),
                readable(_or_none(process.exe) or "") or None,
                _or_none(process.username),
            )
    except psutil.Error:
        return Listener(protocol, address, port, pid)


def _or_none(ask: Callable[[], str]) -> str | None:
    try:
        return ask()
    except (psutil.Error, KeyError):
        return None


class PortCollector:
    """Compares the listening ports with the baseline every `interval_s`; the first scan is the baseline."""

    name = "ports"

    def __init__(
        self,
        baseline: Baseline,
        *,
        interval_s: float,
        read: Callable[[], Sequence[Listener]] = read_listeners,
    ) -> None:
        self._baseline = baseline
        self._interval_s = interval_s
        self._read = read
        self._listening = 0

    def figures(self) -> Mapping[str, Any]:
        """Return how many ports listen."""
        return {"listening": self._listening}

    def run(self, stop: threading.Event) -> None:
        """Scan until told to stop."""
        while True:
            self.scan()
            if stop.wait(self._interval_s):
                return

    def scan(self) -> None:
        """Compare once, and report what is different."""
        now = {_key(one): one for one in self._read()}
        self._listening = len(now)
        with self._baseline.change() as change:
            stored = change.fact(_FACT)
            content = msgspec.msgpack.encode(list(now.values()))
            listing = InventoryFinding(action="ports", ports=tuple(now.values())[:_INVENTORY_LIMIT])
            if stored is None:
                change.report(listing, "ports")
                change.remember(_FACT, content)
                return
            before = {_key(one): one for one in msgspec.msgpack.decode(stored, type=list[Listener])}
            findings = compare(before, now)
            for finding in findings:
                change.report(finding, "ports")
            if findings:
                change.report(listing, "ports")  # rules for `netstat` compare one listing with the next
            if content != stored:
                change.remember(_FACT, content)


def compare(before: Mapping[Key, Listener], now: Mapping[Key, Listener]) -> list[PortFinding]:
    """Return what changed. A new pid of the same program on the same port is no change."""
    findings = [
        PortFinding(action="closed", **msgspec.structs.asdict(one))
        for key, one in before.items()
        if key not in now
    ]
    for key, one in now.items():
        former = before.get(key)
        if former is None:
            findings.append(PortFinding(action="opened", **msgspec.structs.asdict(one)))
        elif _holder(former) != _holder(one) and one.pid is not None and former.pid is not None:
            findings.append(PortFinding(action="opened", old=former, **msgspec.structs.asdict(one)))
    return findings


def _key(listener: Listener) -> Key:
    return listener.protocol, listener.address, listener.port


def _holder(listener: Listener) -> tuple[str | None, ...]:
    return listener.process, listener.executable, listener.user
