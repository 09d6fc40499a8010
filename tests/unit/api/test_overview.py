"""The overview adds up what every part knows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tocsin.api.services import Services
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.core.actor import Actor
from tocsin.core.clock import HOUR, SECOND
from tocsin.core.detection import Detection, EventRef
from tocsin.store.base import Bucket, Day, Selection

TRIAGE = Actor("playbook", "triage")


class Log:
    """An event log with ten events an hour."""

    def histogram(self, selection: Selection, *, width: int) -> list[Bucket]:
        assert selection.from_at is not None
        assert selection.to_at is not None
        return [
            Bucket(at, 10) for at in range(selection.from_at, selection.to_at, HOUR) if width % SECOND == 0
        ]

    def days(self) -> list[Day]:
        return [Day("2026-11-23", 5, 1_000, 1, 2), Day("2026-11-24", 5, 500, 3, 4)]


def detection(now: int, rule: str, attacker: str, severity: int) -> Detection:
    return Detection(
        rule_id=rule,
        rule_name=f"rule {rule}",
        rule_kind="level",
        rule_version="v",
        severity=severity,
        group_key=attacker,
        group_field="source.ip",
        title="t",
        description="",
        at=now,
        events=(EventRef(f"{rule}~{attacker}", now),),
    )


def services_of(platform: Services, tmp_path: Path) -> dict[str, Any]:
    cases = CaseService(platform.clock, platform.audit, FileStore(tmp_path / "files"))
    alerts = AlertService(platform.clock, platform.audit, cases)
    now = platform.clock.now() - HOUR
    with platform.db.write() as tx:
        first = alerts.record(tx, detection(now, "1", "203.0.113.9", 2)).alert_id
        alerts.record(tx, detection(now, "1", "198.51.100.7", 4))
        third = alerts.record(tx, detection(now, "2", "203.0.113.9", 3)).alert_id
        alerts.record(tx, detection(now - 48 * HOUR, "3", "192.0.2.1", 3))
        alerts.close(tx, first, "false_positive", "noise", TRIAGE)
        alerts.promote(tx, third, TRIAGE)
    return {
        "cases": cases,
        "alerts": alerts,
        "store": Log(),
        "agents": SimpleNamespace(
            all=lambda _tx: [SimpleNamespace(status=status) for status in ("active", "active", "silent")]
        ),
        "ledger": SimpleNamespace(accounts=lambda: [SimpleNamespace(refused=3), SimpleNamespace(refused=4)]),
        "detection": SimpleNamespace(status=lambda: SimpleNamespace(lag_ms=12)),
    }


def test_the_overview_counts_the_span_asked_for(platform: Services, client_as: Any, tmp_path: Path) -> None:
    """Alerts of the last day by what became of them; open cases; who attacks; how far behind we are."""
    client = client_as("analyst", **services_of(platform, tmp_path))
    found = client.get("/api/v1/overview", params={"from": "now-24h", "to": "now"}).json()
    assert found["alerts"] == {
        "new": 1,
        "in_progress": 0,
        "closed": 1,
        "imported": 1,
        "by_severity": {"low": 0, "medium": 0, "high": 0, "critical": 1},
        "auto_closed": 1,
    }
    assert (found["cases"]["open"], found["cases"]["by_severity"]["high"]) == (1, 1)
    assert [(top["key"], top["count"]) for top in found["top_rules"]] == [("1", 2), ("2", 1)]
    assert {top["key"]: top["count"] for top in found["top_attackers"]} == {
        "203.0.113.9": 2,
        "198.51.100.7": 1,
    }
    assert (found["events"]["count"], len(found["events"]["histogram"]["items"])) == (240, 24)
    assert (found["agents"], found["sources"]) == ({"active": 2, "silent": 1}, {"count": 2, "refused": 7})
    assert (found["detect"], found["store"]) == ({"lag_ms": 12}, {"days": 2, "size_bytes": 1500})


def test_a_span_that_ends_before_it_begins_is_refused(
    platform: Services, client_as: Any, tmp_path: Path
) -> None:
    """Both ends are checked."""
    client = client_as("analyst", **services_of(platform, tmp_path))
    for parameters in ({"from": "now", "to": "now-1h"}, {"from": "yesterday-ish"}):
        assert client.get("/api/v1/overview", params=parameters).status_code == 400
