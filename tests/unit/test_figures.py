"""Figures of the rules for Prometheus."""

from __future__ import annotations

from types import SimpleNamespace

from prometheus_client import generate_latest

from tocsin.figures import AnalysisFigures, PlatformFigures, registry_of
from tocsin.rules.statistics import RuleFigures


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
        store=SimpleNamespace(last_commit=lambda: 9, rejections=lambda: 3),  # type: ignore[arg-type]  # as far as asked
        pipeline=SimpleNamespace(load=lambda: (0, 0)),  # type: ignore[arg-type]
        ledger=SimpleNamespace(accounts=list),  # type: ignore[arg-type]
        detection=SimpleNamespace(status=lambda: SimpleNamespace(lag_ms=0)),  # type: ignore[arg-type]
    )
    text = generate_latest(registry_of(platform)).decode()
    assert "tocsin_store_events_not_indexed_total 3.0" in text
