"""The adapters the contract of the event log is checked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from harness.opensearch import indices
from tocsin.core.clock import ManualClock, from_iso
from tocsin.query.aggregation import Aggregation, Result
from tocsin.store.base import Batch, Committed, EventStore, Selection, TopValue
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.opensearch.client import Access
from tocsin.store.opensearch.store import OpenSearchStore
from tocsin.store.retention import Policy

NOON = from_iso("2026-11-24T12:00:00Z")

RECENT_BYTES = 10_000
"""Room for some of the events these tests commit and not for all: followers read from both places."""

OpenStore = Callable[[], EventStore]


class AskedBefore(DuckDBStore):
    """An embedded log whose days are sealed at once, and that answers what it was asked twice before."""

    def commit(self, batch: Batch) -> Committed:
        """Commit the batch and seal every day but today."""
        done = super().commit(batch)
        self.keeping(Policy(), 0).apply()
        return done

    def aggregate(self, selection: Selection, aggregations: Sequence[Aggregation]) -> Mapping[str, Result]:
        """Return the third answer."""
        for _ in range(2):
            super().aggregate(selection, aggregations)
        return super().aggregate(selection, aggregations)

    def top(self, selection: Selection, *, field: str, size: int = 10) -> Sequence[TopValue]:
        """Return the third answer."""
        for _ in range(2):
            super().top(selection, field=field, size=size)
        return super().top(selection, field=field, size=size)


@pytest.fixture(params=["duckdb", "opensearch"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """A function that opens the log of this test, closing it first when it is open."""
    if request.param == "duckdb, remembered":
        yield from _reopening(lambda: AskedBefore(tmp_path / "log", ManualClock(NOON)))
        return
    if request.param == "duckdb":
        yield from _reopening(
            lambda: DuckDBStore(tmp_path / "log", ManualClock(NOON), recent_bytes=RECENT_BYTES)
        )
        return
    url = request.getfixturevalue("opensearch")
    with indices(url) as layout:
        yield from _reopening(
            lambda: OpenSearchStore(Access((url,), patience_s=10), layout, recent_bytes=RECENT_BYTES)
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
