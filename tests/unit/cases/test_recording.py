"""What becomes of a detection."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, HOUR, MINUTE, from_iso
from tocsin.core.detection import Clause, EventRef

NOON = from_iso("2026-11-24T12:00:00Z")
ADA = Actor("user", "ada")
TRIAGE = Actor("playbook", "triage")


def test_a_detection_opens_an_alert_with_all_it_says(desk: Any, tx: Session, detect: Any) -> None:
    """Rule, version, clauses, tags, host and the techniques that are ids are kept."""
    outcome = desk.alerts.record(tx, detect(severity=3))
    alert = desk.alerts.get(tx, outcome.alert_id)
    assert outcome.opened
    assert (alert.number, alert.status, alert.severity, alert.event_count) == (1, "new", 3, 1)
    assert (alert.rule_id, alert.rule_version, alert.group_field) == ("5712", "v1", "source.ip")
    assert (alert.host, alert.tags, alert.techniques) == ("web-1", ["ssh"], ["T1110.001"])
    assert alert.clauses[0] == {"field": "rule.level", "condition": ">= 10", "value": "10"}


def test_a_second_detection_of_the_group_joins(desk: Any, tx: Session, detect: Any) -> None:
    """Counts add up, the span widens, severity only rises, tags, clauses and techniques are united."""
    first = desk.alerts.record(tx, detect(severity=3))
    second = desk.alerts.record(
        tx,
        detect(
            at=NOON + HOUR,
            severity=2,
            rule_version="v2",
            tags=("ssh", "root"),
            techniques=("T1078",),
            clauses=(Clause("user.name", "root", "root"),),
        ),
    )
    assert (second.alert_id, second.opened) == (first.alert_id, False)
    alert = desk.alerts.get(tx, first.alert_id)
    assert (alert.event_count, alert.severity, alert.first_at, alert.last_at) == (2, 3, NOON, NOON + HOUR)
    assert (alert.tags, alert.techniques) == (["ssh", "root"], ["T1110.001", "T1078"])
    assert [clause["field"] for clause in alert.clauses] == ["rule.level", "host.name", "user.name"]
    versions = {row.rule_version for row in desk.alerts.events(tx, alert.id, limit=10).items}
    assert versions == {"v1", "v2"}


def test_another_group_or_rule_opens_its_own(desk: Any, tx: Session, detect: Any) -> None:
    """Alerts group by rule and key."""
    ids = {
        desk.alerts.record(tx, each).alert_id
        for each in (detect(), detect(group_key="198.51.100.7"), detect(rule_id="5551"))
    }
    assert len(ids) == 3


def test_an_event_counts_once(desk: Any, tx: Session, detect: Any) -> None:
    """The same detection again, as after a crash, changes nothing."""
    detection = detect(events=(EventRef("src~1", NOON), EventRef("src~2", NOON)))
    alert_id = desk.alerts.record(tx, detection).alert_id
    desk.clock.advance(MINUTE)
    desk.alerts.record(tx, detection)
    alert = desk.alerts.get(tx, alert_id)
    assert (alert.event_count, alert.updated_at) == (2, NOON)


def test_references_are_bounded_and_the_count_is_exact(desk: Any, tx: Session, detect: Any) -> None:
    """Of a flood the newest references stop, the count does not."""
    for number in range(4):
        refs = tuple(EventRef(f"src~{number}-{place}", NOON + place) for place in range(3))
        alert_id = desk.alerts.record(tx, detect(events=refs)).alert_id
    assert desk.alerts.get(tx, alert_id).event_count == 12
    assert desk.alerts.events(tx, alert_id, limit=100).total == 5


def test_after_a_close_a_new_alert_follows_the_old(desk: Any, tx: Session, detect: Any) -> None:
    """What was closed stays closed, and the new alert says which one it follows."""
    first = desk.alerts.record(tx, detect()).alert_id
    desk.alerts.close(tx, first, "false_positive", "scanner of ours", TRIAGE)
    second = desk.alerts.record(tx, detect())
    assert second.opened
    assert desk.alerts.get(tx, second.alert_id).previous_id == first
    assert desk.alerts.get(tx, first).event_count == 1


def test_an_attack_that_goes_on_joins_the_alert_in_the_open_case(desk: Any, tx: Session, detect: Any) -> None:
    """Within a day of its newest event an alert in an open case takes more; else it does not."""
    first = desk.alerts.record(tx, detect()).alert_id
    case = desk.alerts.promote(tx, first, ADA)
    assert desk.alerts.record(tx, detect(at=NOON + DAY)).alert_id == first
    assert desk.alerts.record(tx, detect(at=NOON + 2 * DAY + 1)).opened
    other = desk.alerts.record(tx, detect(group_key="198.51.100.7")).alert_id
    desk.alerts.merge(tx, other, case.id, ADA)
    desk.cases.close(tx, case.id, "true_positive", "blocked", ADA)
    assert desk.alerts.record(tx, detect(group_key="198.51.100.7")).opened
