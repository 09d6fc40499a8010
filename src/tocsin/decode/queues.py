"""Where a Wazuh manager has a message from: the letter of its queue, and its location.

Source: Wazuh 4's documentation of its analysis daemon; `queue:location:message` is how events reach it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.core.errors import InvalidError
from tocsin.core.record import Kind

QUEUES: dict[str, Kind] = {
    "1": "line",
    "2": "line",
    "3": "hostinfo",
    "8": "syscheck",
    "9": "rootcheck",
    "d": "syscollector",
    "e": "ciscat",
    "f": "winevent",
    "p": "sca",
}
"""How the messages of a queue are read. `1` is a local file or command, `2` remote syslog."""

_FROM_AGENT = re.compile(r"\[([0-9]{1,10})\] \(([^()]{1,255})\) ([^>]{0,255})->(.*)", re.DOTALL)
_MANAGER = "000"


def kind_of(queue: str) -> Kind:
    """Return how messages of a queue are read; raises `InvalidError` for a letter of no such queue."""
    kind = QUEUES.get(queue)
    if kind is None:
        raise InvalidError(f"queue {queue!r} is none of {', '.join(QUEUES)}")
    return kind


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent a message. Agent and host are empty for the manager's own."""

    agent: str
    host: str
    location: str


def origin_of(location: str) -> Origin:
    """Return the parts of a location; that of an agent reads `[id] (name) ip->path`."""
    match = _FROM_AGENT.fullmatch(location)
    if match is None:
        return Origin("", "", location)
    agent, name, address, path = match.groups()
    return Origin("" if agent == _MANAGER else agent, name, f"({name}) {address}->{path}")
