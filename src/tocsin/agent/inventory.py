"""What this host is: system, processor, memory, addresses, users, packages."""

from __future__ import annotations

import platform
import pwd
import re
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil

from tocsin import __version__
from tocsin.agent.baseline import Baseline
from tocsin.agent.findings import InventoryFinding

_FACT = "inventory"
_DPKG = Path("/var/lib/dpkg/status")
_LOGIN_LIMIT = 500


def read_inventory() -> dict[str, Any]:
    """Return the facts; only what changes seldom is among them, so that a difference means something."""
    return {
        "hostname": socket.gethostname(),
        "agent_version": __version__,
        **_system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpu": {"model": _processor(), "count": psutil.cpu_count() or 0},
        "memory_bytes": psutil.virtual_memory().total,
        "addresses": _addresses(),
        "users": _users(),
        "packages": _packages(),
    }


def _system() -> dict[str, str]:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return {"os": platform.system(), "os_id": platform.system().lower(), "os_version": platform.version()}
    return {
        "os": release.get("PRETTY_NAME", release.get("NAME", "")),
        "os_id": release.get("ID", ""),
        "os_version": release.get("VERSION_ID", ""),
    }


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return platform.processor()
    return found[1] if found else platform.processor()


def _addresses() -> list[str]:
    found = {
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
    }
    return sorted(found - {"127.0.0.1", "::1"})


def _users() -> list[dict[str, Any]]:
    entries = sorted(pwd.getpwall(), key=lambda entry: (entry.pw_uid, entry.pw_name))[:_LOGIN_LIMIT]
    return [
        {"name": one.pw_name, "uid": one.pw_uid, "home": one.pw_dir, "shell": one.pw_shell} for one in entries
    ]


def _packages() -> int | None:
    """Count the packages dpkg has installed; None on a system without it."""
    count = 0
    try:
        with _DPKG.open("rb") as file:
            for line in file:
                count += line.startswith(b"Status: ") and line.endswith(b" installed\n")
    except OSError:
        return None
    return count


class InventoryCollector:
    """Reads the inventory every `interval_s` and reports it when it changed; the heartbeat carries it too."""

    name = "inventory"

    def __init__(
        self,
        baseline: Baseline,
        *,
        interval_s: float,
        read: Callable[[], dict[str, Any]] = read_inventory,
    ) -> None:
        self._baseline = baseline
        self._interval_s = interval_s
        self._read = read
        self._present: dict[str, Any] | None = None

    def figures(self) -> Mapping[str, Any]:
        """Return nothing of its own."""
        return {}

    @property
    def present(self) -> dict[str, Any] | None:
        """The inventory as last read; None before the first time."""
        return self._present

    def run(self, stop: threading.Event) -> None:
        """Read until told to stop."""
        while True:
            self.scan()
            if stop.wait(self._interval_s):
                return

    def scan(self) -> None:
        """Read once, and report a difference with what was reported last."""
        host = self._read()
        self._present = host
        content = msgspec.json.encode(host, order="sorted")
        with self._baseline.change() as change:
            stored = change.fact(_FACT)
            if stored == content:
                return
            before = msgspec.json.decode(stored, type=dict[str, Any]) if stored else {}
            now = msgspec.json.decode(content, type=dict[str, Any])
            changed = tuple(
                sorted(key for key in {*before, *now} if before.get(key) != now.get(key)) if stored else ()
            )
            change.report(InventoryFinding(action="host", host=host, changed_attributes=changed), "inventory")
            change.remember(_FACT, content)
