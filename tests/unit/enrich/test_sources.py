"""History from the event log, and files from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.enrich.ports import Seen
from tocsin.enrich.sources import LogHistory, PathStore, events_with
from tocsin.query.tree import Node, Nothing, Or, Term, Text, Wildcard


@dataclass
class Page:
    """A page of events."""

    events: Sequence[Event]


class Log:
    """An event log that holds what it is given and remembers what it was asked."""

    def __init__(self, *events: Event) -> None:
        self.events = events
        self.asked: list[Any] = []

    def count(self, selection: Any) -> int:
        self.asked.append(selection)
        return len(self.events)

    def search(self, selection: Any, *, order: Any = "newest", limit: int = 100) -> Page:
        return Page(sorted(self.events, key=lambda event: event.at, reverse=order == "newest")[:limit])


def event(at: int, host: str) -> Event:
    return Event("s", at, at, at, "", {"host.name": host})


def test_first_last_and_hosts_are_told() -> None:
    """Count, times and the hosts of the newest events come from the log."""
    log = Log(event(5, "web"), event(9, "db"), event(7, "web"))
    assert LogHistory(log, lambda query: query).seen("ip", "8.8.1.1") == Seen(3, 5, 9, ("db", "web"))
    assert log.asked == [events_with("ip", "8.8.1.1")]


def test_nothing_seen() -> None:
    """A value that is nowhere has no times."""
    assert LogHistory(Log(), lambda query: query).seen("ip", "8.8.1.1") == Seen(0)


@pytest.mark.parametrize(
    ("kind", "value", "expected", "unexpected"),
    [
        ("ip", "8.8.1.1", [Term("source.ip", "8.8.1.1"), Text("8.8.1.1")], []),
        ("user", "root", [Term("user.name", "root")], [Text("root")]),
        ("filename", "a*b", [Wildcard("file.path", "*/a\\*b")], []),
        ("cve", "CVE-2024-3094", [Text("CVE-2024-3094")], []),
    ],
)
def test_query_follows_the_kind(kind: str, value: str, expected: list[Node], unexpected: list[Node]) -> None:
    """Typed fields of the kind are asked, and the text where the value is telling enough."""
    query = events_with(kind, value)
    assert isinstance(query, Or)
    assert set(expected) <= set(query.args)
    assert set(unexpected).isdisjoint(query.args)


def test_empty_value_selects_nothing() -> None:
    """No value, no event."""
    assert events_with("ip", "") == Nothing()


def test_file_is_found_where_its_bytes_are_kept(tmp_path: Path) -> None:
    """A kept file has its path and name; a missing one and a bad hash are not found."""

    def path_of(sha256: str) -> Path:
        if len(sha256) != 64:
            raise InvalidError("not a SHA-256")
        return tmp_path / sha256

    (tmp_path / ("a" * 64)).write_bytes(b"x")
    store = PathStore(path_of, lambda _: "name.txt")
    assert store.find("a" * 64).name == "name.txt"
    for digest in ("b" * 64, "../x"):
        with pytest.raises(NotFoundError):
            store.find(digest)
