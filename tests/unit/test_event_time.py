"""From a line's own time to the day file it is kept in."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.waiting import PATIENCE_S
from tocsin.core.clock import ManualClock, SystemClock, from_iso, to_iso
from tocsin.core.database import Database
from tocsin.core.record import Record
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.ports import Stages
from tocsin.query.lucene import parse_lucene
from tocsin.rules import Correlation, load
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore

NOON = from_iso("2026-11-24T12:00:00Z")
ODD_LINES = (
    "1995-05-05 10:00:00 web1 app: old",
    "2099-05-05 10:00:00 web1 app: to come",
    "1906-05-05 10:00:00 web1 app: older than computers",
    "Nov 23 10:00:00 web1 app: yesterday",
)


@pytest.mark.parametrize(
    ("source", "days"),
    [
        ("agent:a", ["2026-11-23", "2026-11-24"]),
        ("import:abc", ["1995-05-05", "2026-11-23", "2026-11-24"]),
    ],
)
def test_no_log_opens_the_days_of_another_century(tmp_path: Path, source: str, days: list[str]) -> None:
    """A followed file is believed within bounds, an imported one of any age; what was claimed is kept."""
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    store = DuckDBStore(tmp_path / "log", ManualClock(NOON))
    ruleset = load([])
    stages = Stages(
        lambda: ruleset,
        Correlation(ruleset).settle,
        lambda _: None,
        lambda source, events, last: store.commit(Batch(source, events, last)),
        store.mark,
    )
    pipeline = Pipeline(stages, Ledger(database, SystemClock()), Limits(workers=0))
    pipeline.start()
    try:
        records = [Record(source, seq, line.encode(), NOON) for seq, line in enumerate(ODD_LINES, start=1)]
        assert pipeline.submit(source, records).result(PATIENCE_S) == len(ODD_LINES)
        assert days == [day.day for day in store.days()]
        refused = store.search(Selection(parse_lucene("event.time_refused:*")), order="oldest").events
        claimed = {event.message[:4] for event in refused}
        assert claimed == ({"1995", "2099", "1906"} if source.startswith("agent") else {"2099", "1906"})
        assert {to_iso(event.at) for event in refused} == {to_iso(NOON)}
        assert all(event.received_at == NOON for event in refused)
    finally:
        pipeline.stop()
        store.close()
        database.close()
