"""The adapters the contract of the event log is checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.opensearch import indices
from tocsin.core.clock import ManualClock, from_iso
from tocsin.store.base import EventStore
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.opensearch.client import Access
from tocsin.store.opensearch.store import OpenSearchStore

NOON = from_iso("2026-11-24T12:00:00Z")

OpenStore = Callable[[], EventStore]


@pytest.fixture(params=["duckdb", "opensearch"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """A function that opens the log of this test, closing it first when it is open."""
    if request.param == "duckdb":
        yield from _reopening(lambda: DuckDBStore(tmp_path / "log", ManualClock(NOON), recent_events=50))
        return
    url = request.getfixturevalue("opensearch")
    with indices(url) as layout:
        yield from _reopening(
            lambda: OpenSearchStore(Access((url,), patience_s=10), layout, recent_events=50)
        )


def _reopening(make: OpenStore) -> Iterator[OpenStore]:
    opened: list[EventStore] = []

    def open_store() -> EventStore:
        if opened:
            opened.pop().close()
        opened.append(make())
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: OpenStore) -> EventStore:
    """An empty log."""
    return reopen()
