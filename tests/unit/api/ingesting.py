"""A pipeline on stand-ins, as the services that routes which take records in ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.unit.ingest.stages import MemoryStore, stages_on

from tocsin.api.services import Services
from tocsin.ingest.agents import Agents
from tocsin.ingest.identities import Identities
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.processors.classifier import Processing


@contextmanager
def ingesting(
    platform: Services, store: MemoryStore, processing: Processing | None = None, **limits: Any
) -> Iterator[dict[str, Any]]:
    """Yield `pipeline`, `ledger` and `agents`, running."""
    ledger = Ledger(platform.db, platform.clock)
    wanted = Limits(workers=0, batch_age_s=0.01, retry_s=0.01, **limits)
    pipeline = Pipeline(stages_on(store), ledger, wanted, processing=processing)
    identities = Identities(platform.db, platform.clock, store.get)
    pipeline.start()
    try:
        agents = Agents(platform.clock, platform.audit)
        yield {"pipeline": pipeline, "ledger": ledger, "agents": agents, "identities": identities}
    finally:
        store.gate.set()
        pipeline.stop()
