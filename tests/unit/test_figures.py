"""Figures of the rules for Prometheus."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from prometheus_client import generate_latest

from tocsin.core.clock import SECOND, ManualClock
from tocsin.core.database import Database
from tocsin.figures import AnalysisFigures, PlatformFigures, SourceFigures, registry_of
from tocsin.ingest.ledger import Ledger
from tocsin.rules.statistics import RuleFigures
from tocsin.store.base import Remembering


def test_only_the_rules_met_most_are_told_apart() -> None:
    """However many rules there are, fifty stand in the figures."""
    figures = {number: RuleFigures(hits=number, tries=2, cost_ns=4_000) for number in range(1, 200)}
    ruleset = SimpleNamespace(tree=SimpleNamespace(rules=range(4_512)), problems=("one",))
    analysis = SimpleNamespace(
        edition=SimpleNamespace(ruleset=ruleset), statistics=SimpleNamespace(figures=lambda: figures)
    )
    text = generate_latest(registry_of(AnalysisFigures(analysis))).decode()  # type: ignore[arg-type]  # as far as asked
    hits = [line for line in text.splitlines() if line.startswith("tocsin_rules_hits_total{")]
    assert 50 == len(hits)
    assert 'tocsin_rules_hits_total{rule="199"} 199.0' in hits
    assert 'tocsin_rules_cost_seconds{rule="199"} 2e-06' in text
    assert "tocsin_rules_loaded 4512.0" in text
    assert "tocsin_rules_problems 1.0" in text


def test_events_the_search_server_did_not_index_show() -> None:
    """They are kept, but each search looks at them: somebody should know."""
    platform = PlatformFigures(
        store=SimpleNamespace(  # type: ignore[arg-type]  # as far as asked
            last_commit=lambda: 9, rejections=lambda: 3, remembering=lambda: Remembering(7, 2, 1, 900)
        ),
        pipeline=SimpleNamespace(load=lambda: (0, 0)),  # type: ignore[arg-type]
        ledger=SimpleNamespace(accounts=list),  # type: ignore[arg-type]
        detection=SimpleNamespace(status=lambda: SimpleNamespace(lag_ms=0)),  # type: ignore[arg-type]
    )
    text = generate_latest(registry_of(platform)).decode()
    assert "tocsin_store_events_not_indexed_total 3.0" in text
    assert "tocsin_store_days_remembered_total 7.0" in text
    assert "tocsin_store_days_asked_total 2.0" in text
    assert "tocsin_store_remembered_bytes 900.0" in text


def test_each_source_is_accounted_for(tmp_path: Path) -> None:
    """Its counts, its refusals by kind and reason, its lag; however many reasons it makes up."""
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    ledger = Ledger(database, ManualClock(1_000 * SECOND))
    ledger.received("beats:a:filebeat", 10)
    ledger.settled("beats:a:filebeat", stored=5, duplicates=1, collected_at=998 * SECOND)
    ledger.refused("beats:a:filebeat", "document is no JSON object: at 1", 1)
    ledger.refused("beats:a:filebeat", "document is no JSON object: at 2", 1)
    ledger.refused("beats:a:filebeat", "not taken: busy", 1)
    text = generate_latest(registry_of(SourceFigures(ledger))).decode()
    database.close()
    of = 'source="beats:a:filebeat"'
    for line in (
        f'tocsin_source_records_total{{outcome="received",{of}}} 10.0',
        f'tocsin_source_records_total{{outcome="stored",{of}}} 5.0',
        f'tocsin_source_records_total{{outcome="lost",{of}}} 1.0',
        f'tocsin_source_records_refused_total{{kind="faulty",reason="document is no JSON object",{of}}} 2.0',
        f'tocsin_source_records_refused_total{{kind="lost",reason="not taken",{of}}} 1.0',
        f"tocsin_source_records_under_way{{{of}}} 1.0",
        f"tocsin_source_lag_seconds{{{of}}} 2.0",
        f"tocsin_source_last_record_timestamp_seconds{{{of}}} 1000.0",
    ):
        assert line in text
