"""Ports for the servers of tests."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

_CHANCE = random.SystemRandom()  # tests seed the other one
_FIRST_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """Return a port of loopback that nobody listens on, of those that the kernel gives to nobody by itself.

    Another one could be taken by any connection before the process that it is meant for listens on it.
    """
    last = int(_FIRST_EPHEMERAL.read_text().split()[0]) if _FIRST_EPHEMERAL.exists() else 32768
    while True:
        port = _CHANCE.randrange(10_000, last)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
