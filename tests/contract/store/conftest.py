"""The adapters the contract of the event log is checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tocsin.core.clock import ManualClock, from_iso
from tocsin.store.base import EventStore
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")

OpenStore = Callable[[], EventStore]


@pytest.fixture(params=["duckdb"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """A function that opens the log of this test, closing it first when it is open."""
    opened: list[EventStore] = []

    def open_store() -> EventStore:
        if opened:
            opened.pop().close()
        opened.append(DuckDBStore(tmp_path / "log", ManualClock(NOON), recent_events=50))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: OpenStore) -> EventStore:
    """An empty log."""
    return reopen()
