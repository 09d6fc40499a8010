"""A pipeline on stand-ins, and the ledger under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.unit.ingest.stages import MemoryStore, PlainFactory, running

from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline

Make = Callable[..., Pipeline]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database, SystemClock())


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make_pipeline(store: MemoryStore, ledger: Ledger) -> Iterator[Make]:
    """Make and start a pipeline with these limits; it is stopped at the end."""
    with ExitStack() as open_:

        def make(factory: PlainFactory | None = None, **limits: float) -> Pipeline:
            return open_.enter_context(running(store, ledger, factory, **limits))

        yield make


@pytest.fixture
def pipeline(make_pipeline: Make) -> Pipeline:
    return make_pipeline()
