"""A log of a day and a half, an empty desk, and a clock that stands at noon on a Tuesday."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.attack import known_techniques
from tocsin.core.clock import HOUR, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.dashboards import Answering, Asked, read_panel
from tocsin.dashboards.answers import Answer, Answered
from tocsin.dashboards.model import Span
from tocsin.seams import DashboardLog
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")

ROWS: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (30, "old", {"host.name": "db", "user.name": "ann"}),
    (5, "login", {"host.name": "web", "user.name": "ann", "data.bytes": 10}),
    (
        4,
        "login",
        {"host.name": "web", "user.name": "bob", "data.bytes": 30, "threat.technique.id": ["T1110", "T1"]},
    ),
    (2, "failed", {"host.name": "db", "user.name": "bob", "threat.technique.id": ["T1110"]}),
    (2, "failed", {"host.name": "web", "user.name": "eve", "source.geo.country_iso_code": "FR"}),
)
"""Hours before noon, message, fields."""


class NoDesk:
    """A desk with nothing on it."""

    def rows(self, *_: Any, **__: Any) -> list[Any]:
        return []


@pytest.fixture
def log(tmp_path: Path) -> Iterator[DashboardLog]:
    """The log."""
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON), threads=1)
    events = [
        Event("s", seq, NOON - hours * HOUR, NOON, message, fields)
        for seq, (hours, message, fields) in enumerate(ROWS, 1)
    ]
    store.commit(Batch("s", events, len(events)))
    yield DashboardLog(store)
    store.close()


Ask = Callable[..., Any]


@pytest.fixture
def ask(log: DashboardLog) -> Ask:
    """Ask a panel: `ask("top", field="user.name", filters=["host.name:web"])`; returns the answer alone."""
    answering = Answering(log, NoDesk(), known_techniques())

    def call(
        kind: str, *, filters: tuple[str, ...] = (), zone: str = "UTC", start: str = "now-24h", **more: Any
    ) -> Answer:
        panel = read_panel({"id": "p", "kind": kind, **more})
        asked = Asked(Span(start, "now"), filters, zone, 24)
        found: Answered = answering.answer(None, panel, asked, now=NOON)
        return found.answer

    return call
