"""Indicators, warninglists and history as reports."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tocsin.enrich.analyzers.known import IndicatorAnalyzer, SeenHereAnalyzer, WarninglistAnalyzer
from tocsin.enrich.base import Context, Observable, Report
from tocsin.enrich.ports import Seen


def known(*, indicators: Any = (), warninglists: Any = ()) -> Any:
    facts = SimpleNamespace(indicators=indicators, warninglists=warninglists)
    return SimpleNamespace(known=lambda _kind, _value: facts)


def claim(confidence: int, until: int | None = None) -> Any:
    return SimpleNamespace(
        kind="ip",
        value="8.8.1.1",
        feed="F",
        confidence=confidence,
        tags=["t"],
        event_info="e",
        valid_until_at=until,
    )


def run(analyzer: Any, at: int = 100) -> Report:
    report: Report = analyzer.run(Observable("ip", "8.8.1.1"), Context(at))
    return report


@pytest.mark.parametrize(
    ("claims", "verdict"),
    [
        ([], "info"),
        ([claim(69)], "suspicious"),
        ([claim(10), claim(70)], "malicious"),
        ([claim(90, until=100)], "info"),
        ([claim(90, until=101)], "malicious"),
    ],
)
def test_indicators_say_what_their_confidence_says(claims: list[Any], verdict: str) -> None:
    """The strongest valid claim decides; expired ones say nothing and are still listed."""
    report = run(IndicatorAnalyzer(known(indicators=claims)))
    assert report.verdict == verdict
    assert len(report.full["indicators"]) == len(claims)


@pytest.mark.parametrize(
    ("categories", "verdict"), [([], "info"), (["known"], "info"), (["known", "false_positive"], "safe")]
)
def test_only_a_list_of_false_positives_says_safe(categories: list[str], verdict: str) -> None:
    """A list of what is well known is information."""
    lists = [SimpleNamespace(name=f"L{number}", category=each) for number, each in enumerate(categories)]
    assert run(WarninglistAnalyzer(known(warninglists=lists))).verdict == verdict


def test_history_is_told() -> None:
    """Count, first and last time and hosts are given as information."""
    history: Any = SimpleNamespace(seen=lambda _kind, _value: Seen(3, 0, 1_000_000, 2_000_000, ("web",)))
    report = run(SeenHereAnalyzer(history))
    assert (report.verdict, report.full["count"], report.full["hosts"]) == ("info", 3, ["web"])
    assert report.full["first_at"] == "1970-01-01T00:00:01.000000Z"
    unseen: Any = SimpleNamespace(seen=lambda _kind, _value: Seen(0, 0))
    assert run(SeenHereAnalyzer(unseen)).summary == "not seen here since 1970-01-01"
