"""History from the event log, and files from a folder."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.clock import ManualClock, from_iso
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.enrich.ports import Seen
from tocsin.enrich.sources import LOOKS_BACK, REMEMBERED, LogHistory, PathStore, events_with
from tocsin.query.tree import Node, Nothing, Or, Term, Text, Wildcard

NOW = from_iso("2026-11-24T12:00:00Z")
SINCE = NOW - LOOKS_BACK


@dataclass
class Page:
    """A page of events."""

    events: Sequence[Event]


class Log:
    """An event log that holds what it is given and remembers what it was asked."""

    def __init__(self, *events: Event) -> None:
        self.events = events
        self.asked: list[Any] = []
        self.error: Exception | None = None

    def count(self, selection: Any) -> int:
        self.asked.append(selection)
        return len(self.events)

    def search(self, selection: Any, *, order: Any = "newest", limit: int = 100) -> Page:
        self.asked.append(selection)
        if self.error is not None:
            raise self.error
        return Page(sorted(self.events, key=lambda event: event.at, reverse=order == "newest")[:limit])


class Slow(Log):
    """An event log that answers when it is told to."""

    def __init__(self, *events: Event) -> None:
        super().__init__(*events)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def search(self, selection: Any, *, order: Any = "newest", limit: int = 100) -> Page:
        self.begun.set()
        assert self.go_on.wait(30)
        return super().search(selection, order=order, limit=limit)


class StoreFailure(Exception):  # noqa: N818  what a log may raise
    """The log could not answer."""


def history(log: Log, clock: ManualClock | None = None) -> LogHistory:
    return LogHistory(log, lambda query, since: (query, since), clock or ManualClock(NOW))


def event(at: int, host: str) -> Event:
    return Event("s", at, at, at, "", {"host.name": host})


def test_first_last_and_hosts_are_told() -> None:
    """Count, times and the hosts of the newest events come from the log."""
    log = Log(event(5, "web"), event(9, "db"), event(7, "web"))
    assert Seen(3, SINCE, 5, 9, ("db", "web")) == history(log).seen("ip", "8.8.1.1")
    assert [(events_with("ip", "8.8.1.1"), SINCE)] == log.asked


def test_of_many_events_the_log_tells_number_and_first() -> None:
    """They are not all read."""
    log = Log(*(event(at, "web") for at in range(1, 251)))
    assert Seen(250, SINCE, 1, 250, ("web",)) == history(log).seen("ip", "8.8.1.1")
    assert 3 == len(log.asked)


def test_an_answer_is_remembered_for_five_minutes() -> None:
    """By kind and value; then the log is asked again."""
    log, clock = Log(event(5, "web")), ManualClock(NOW)
    asked = history(log, clock)
    for _ in range(3):
        assert 1 == asked.seen("ip", "8.8.1.1").count
    assert 1 == len(log.asked)
    asked.seen("domain", "8.8.1.1")
    clock.advance(REMEMBERED)
    asked.seen("ip", "8.8.1.1")
    assert 3 == len(log.asked)


def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    """A storm of alerts about one address is one question."""
    log = Slow(event(5, "web"))
    asked = history(log)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(asked.seen, "ip", "8.8.1.1")
        assert log.begun.wait(30)
        others = [pool.submit(asked.seen, "ip", "8.8.1.1") for _ in range(7)]
        log.go_on.set()
        assert {1} == {one.result(30).count for one in (first, *others)}
    assert 1 == len(log.asked)


def test_a_failure_is_not_remembered() -> None:
    """Whoever asks next asks the log."""
    log = Log(event(5, "web"))
    log.error = StoreFailure("busy")
    asked = history(log)
    with pytest.raises(StoreFailure):
        asked.seen("ip", "8.8.1.1")
    log.error = None
    assert 1 == asked.seen("ip", "8.8.1.1").count


def test_nothing_seen() -> None:
    """A value that is nowhere has no times."""
    assert Seen(0, SINCE) == history(Log()).seen("ip", "8.8.1.1")


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
