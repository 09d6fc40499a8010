"""A pipeline on stand-ins, and the ledger under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.ingest.stages import MemoryStore, PlainFactory, stages_on

from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
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
    made: list[Pipeline] = []

    def make(factory: PlainFactory | None = None, **limits: float) -> Pipeline:
        settings = {"workers": 0, "batch_age_s": 0.02, "retry_s": 0.01, **limits}
        pipeline = Pipeline(stages_on(store, factory), ledger, Limits(**settings))  # type: ignore[arg-type]  # numbers of either kind
        pipeline.start()
        made.append(pipeline)
        return pipeline

    yield make
    store.gate.set()
    for pipeline in made:
        pipeline.stop()


@pytest.fixture
def pipeline(make_pipeline: Make) -> Pipeline:
    return make_pipeline()
