"""What a late event shows to be untrue is taken back from the alert, and noted."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tocsin.accounts.audit import AuditFilter
from tocsin.core.actor import Actor
from tocsin.core.clock import MINUTE, from_iso
from tocsin.core.detection import EventRef

NOON = from_iso("2026-11-24T12:00:00Z")
ADA = Actor("user", "ada")


def refs(*minutes: int) -> tuple[EventRef, ...]:
    return tuple(EventRef(f"a~{minute}", NOON + minute * MINUTE) for minute in minutes)


def held(desk: Any, tx: Session, alert_id: str) -> list[str]:
    return [each.event_id for each in desk.alerts.events(tx, alert_id, limit=50).items]


def test_events_of_a_detection_taken_back_leave_the_alert(desk: Any, tx: Session, detect: Any) -> None:
    """Count and span follow, and the activity says how many went; the alert stays open."""
    desk.alerts.record(tx, detect(events=refs(0, 1)))
    alert_id = desk.alerts.record(tx, detect(at=NOON + 9 * MINUTE, events=refs(8, 9))).alert_id
    desk.alerts.withdraw(tx, detect(events=refs(0, 1)))
    alert = desk.alerts.get(tx, alert_id)
    assert ["a~9", "a~8"] == held(desk, tx, alert_id)
    assert (2, NOON + 8 * MINUTE, "new") == (alert.event_count, alert.first_at, alert.status)
    (entry, *_) = desk.audit.entries(tx, AuditFilter(kind="alert", subject=alert_id), 10)
    assert ("withdraw", 2, 2) == (entry.action, entry.details["removed"], entry.details["left"])


def test_an_event_that_another_detection_names_stays(desk: Any, tx: Session, detect: Any) -> None:
    """Until the last of them is taken back."""
    alert_id = desk.alerts.record(tx, detect(events=refs(0, 1, 2))).alert_id
    desk.alerts.record(tx, detect(events=refs(1, 2, 3)))
    desk.alerts.withdraw(tx, detect(events=refs(0, 1, 2)))
    assert ["a~3", "a~2", "a~1"] == held(desk, tx, alert_id)
    desk.alerts.withdraw(tx, detect(events=refs(1, 2, 3)))
    assert (0, []) == (desk.alerts.get(tx, alert_id).event_count, held(desk, tx, alert_id))


def test_only_the_rule_and_group_that_was_told_is_touched(desk: Any, tx: Session, detect: Any) -> None:
    """Another key's alert keeps the event, and what was never told changes nothing."""
    alert_id = desk.alerts.record(tx, detect(events=refs(0))).alert_id
    desk.alerts.withdraw(tx, detect(group_key="198.51.100.7", events=refs(0)))
    desk.alerts.withdraw(tx, detect(events=refs(5)))
    assert ["a~0"] == held(desk, tx, alert_id)


def test_a_case_tells_it_in_its_timeline(desk: Any, tx: Session, detect: Any) -> None:
    """With what is left of the alert."""
    alert_id = desk.alerts.record(tx, detect(events=refs(0))).alert_id
    case = desk.alerts.promote(tx, alert_id, ADA)
    desk.alerts.withdraw(tx, detect(events=refs(0)))
    told = [each for each in desk.cases.timeline.of(tx, case) if "took back" in each.title]
    assert ["nothing is left" in each.detail for each in told] == [True]
