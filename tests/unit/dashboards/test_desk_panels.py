"""Panels over alerts and cases, on a real desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tocsin.accounts import Audit
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.cases.measuring import measured
from tocsin.core.actor import Actor
from tocsin.core.attack import known_techniques
from tocsin.core.clock import HOUR, ManualClock
from tocsin.core.database import Database
from tocsin.core.detection import Detection, EventRef
from tocsin.core.errors import InvalidError
from tocsin.dashboards import Asked, desk_panels, read_panel
from tocsin.dashboards.answering import Answering
from tocsin.dashboards.answers import CountAnswer, Item
from tocsin.dashboards.model import DESK_FIELDS, DESK_FIGURES, Span
from tocsin.query.tree import Everything
from tocsin.seams import DashboardDesk, DashboardLog

from .conftest import NOON

ADA = Actor("user", "ada")


def detection(rule: str, key: str, severity: int, at: int) -> Detection:
    return Detection(
        rule_id=rule,
        rule_name=f"rule {rule}",
        rule_kind="level",
        rule_version="v",
        severity=severity,
        group_key=key,
        group_field="source.ip",
        title=f"{rule} of {key}",
        description="",
        at=at,
        events=(EventRef(f"{rule}~{key}", at),),
        techniques=("T1110",),
    )


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Session]:
    """Three alerts of one morning, closed after one and three hours and made a case; one of long ago."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    clock = ManualClock(NOON - 50 * HOUR)
    audit = Audit(clock)
    cases = CaseService(clock, audit, FileStore(tmp_path / "files"))
    alerts = AlertService(clock, audit, cases)
    with db.write() as tx:
        alerts.record(tx, detection("9", "10.0.0.9", 1, clock.now()))
        clock.advance(45 * HOUR)
        ids = [
            alerts.record(tx, detection(*given, clock.now())).alert_id
            for given in (("1", "10.0.0.1", 2), ("1", "10.0.0.2", 4), ("2", "10.0.0.1", 4))
        ]
        clock.advance(HOUR)
        alerts.close(tx, ids[0], "false_positive", "noise", ADA)
        clock.advance(2 * HOUR)
        alerts.close(tx, ids[1], "true_positive", "real", ADA)
        alerts.promote(tx, ids[2], ADA)
        yield tx
    db.close()


@pytest.fixture
def ask(tx: Session, log: DashboardLog) -> Callable[..., Any]:
    """Ask a panel over alerts, unless said otherwise, about the last day."""
    answering = Answering(log, DashboardDesk(), known_techniques())

    def call(kind: str, source: str = "alerts", **more: Any) -> Any:
        panel = read_panel({"id": "p", "kind": kind, "source": source, **more})
        asked = Asked(Span("now-24h", "now"), ("nonsense.of:events",))
        return answering.answer(tx, panel, asked, now=NOON).answer

    return call


def test_counts_by_when_they_were_opened(ask: Callable[..., Any]) -> None:
    """The span before is compared; filters over events do not touch alerts."""
    assert CountAnswer(3, 0, compared=True) == ask("count")
    assert 2 == ask("count", query="severity:critical").value
    assert 1 == ask("count", "cases").value


def test_response_times_are_measured(ask: Callable[..., Any]) -> None:
    """From opening to closing, in seconds; what is open has none yet."""

    def measured_(of: str) -> float:
        value: float = ask("count", measure={"of": of, "field": "time_to_close_s"}).value
        return value

    assert [7_200, 3_600, 10_800, 14_400, 7_200] == [
        measured_(of) for of in ("avg", "min", "max", "sum", "median")
    ]
    assert ask("count", "cases", measure={"of": "avg", "field": "time_to_close_s"}).value is None
    assert 2 == ask("count", measure={"of": "unique", "field": "rule.id"}).value


def test_tops_splits_and_tables(ask: Callable[..., Any]) -> None:
    """As for events."""
    assert [Item("critical", 2, 2), Item("medium", 1, 1)] == ask("top", field="severity").items
    slow = ask("top", field="resolution", measure={"of": "max", "field": "time_to_close_s"}).items
    assert ["true_positive", "false_positive"] == [item.key for item in slow]
    found = ask("time", split="severity")
    assert [("critical", 2), ("medium", 1)] == [(one.key, sum(one.values)) for one in found.series]
    table = ask("table", columns=["rule.name"], size=2)
    assert (["title", "rule.name"], 2, 3) == (table.columns, len(table.rows), table.total)
    assert {"rule 1", "rule 2"} >= {row.values[1] for row in table.rows}
    heat = ask("heatmap", x="hour", y="severity")
    assert {("07", "critical", 2), ("07", "medium", 1)} == {
        (heat.x[x], heat.y[y], n) for x, y, n in heat.cells
    }
    assert 3 == ask("attack").tactics[0][1][0].count


def test_unknown_fields_of_a_query_are_refused(ask: Callable[..., Any]) -> None:
    """Alerts have no fields of events."""
    with pytest.raises(InvalidError, match=r"no field .source"):
        ask("count", query="source.ip:10.0.0.1")


def test_more_than_can_be_counted_is_said(
    tx: Session, log: DashboardLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are counted and the answer is partial."""
    monkeypatch.setattr(desk_panels, "MOST_ROWS", 2)
    answering = Answering(log, DashboardDesk(), known_techniques())
    panel = read_panel({"id": "p", "kind": "count", "source": "alerts", "compare": False})
    found = answering.answer(tx, panel, Asked(Span("now-24h", "now")), now=NOON)
    assert (2, True) == (found.answer.value, found.partial)  # type: ignore[union-attr]


def test_the_desk_has_the_fields_that_dashboards_name(tx: Session) -> None:
    """What may be asked for is there, and nothing besides."""
    for source, kind in (("alerts", "alert"), ("cases", "case")):
        rows = measured(tx, kind, Everything(), 0, NOON, most=10)  # type: ignore[arg-type]
        assert set(DESK_FIELDS[source]) == set(rows[0].values)  # type: ignore[index]
        assert {name for row in rows for name in row.figures} <= set(DESK_FIGURES[source])  # type: ignore[index]
