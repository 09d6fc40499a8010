"""Alerts into cases and out again, and cases into one another."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tocsin.cases import CaseDraft, TaskDraft
from tocsin.core.actor import Actor
from tocsin.core.clock import HOUR, from_iso
from tocsin.core.errors import ConflictError, InvalidError

NOON = from_iso("2026-11-24T12:00:00Z")
ADA = Actor("user", "ada")
TRIAGE = Actor("playbook", "triage")


@pytest.fixture
def alert_id(desk: Any, tx: Session, detect: Any) -> str:
    """An alert with two observables."""
    identifier: str = desk.alerts.record(tx, detect(severity=3)).alert_id
    desk.alerts.add_observables(
        tx, identifier, [("ip", "203.0.113.9", "attacker", ["feed:x"]), ("user", "root", "", [])], TRIAGE
    )
    return identifier


def values(desk: Any, tx: Session, subject: str) -> set[str]:
    return {row.value for row in desk.cases.observables.of(tx, subject)}


def test_promoting_carries_everything_over(desk: Any, tx: Session, alert_id: str) -> None:
    """Title, severity, tags, start, observables and techniques; the alert is imported and in the case."""
    case = desk.alerts.promote(
        tx,
        alert_id,
        TRIAGE,
        tasks=["Contain", TaskDraft("Report", mandatory=True)],
        assignee="bob",
        tags=["auto"],
    )
    alert = desk.alerts.get(tx, alert_id)
    assert (case.number, case.title, case.severity, case.assignee) == (1, alert.title, 3, "bob")
    assert (case.tags, case.start_at, case.alert_imported_at) == (["ssh", "auto"], NOON, NOON)
    assert [task.title for task in desk.cases.tasks.of(tx, case.id)] == ["Contain", "Report"]
    assert values(desk, tx, case.id) == {"203.0.113.9", "root"}
    assert [used.technique_id for used in desk.cases.techniques(tx, case.id)] == ["T1110.001"]
    assert (alert.status, alert.case_id) == ("imported", case.id)


def test_promoting_twice_gives_the_same_case(desk: Any, tx: Session, alert_id: str) -> None:
    """A repeated step makes no second case."""
    assert desk.alerts.promote(tx, alert_id, ADA).id == desk.alerts.promote(tx, alert_id, ADA).id


def test_taking_an_alert_out_takes_what_only_it_brought(
    desk: Any, tx: Session, detect: Any, alert_id: str
) -> None:
    """Shared observables stay, its own go, and the alert is as it was before."""
    desk.alerts.change(tx, alert_id, {"status": "in_progress"}, ADA)
    case = desk.alerts.promote(tx, alert_id, ADA)
    other = desk.alerts.record(tx, detect(rule_id="2", techniques=("T1078",))).alert_id
    desk.alerts.add_observables(tx, other, [("ip", "203.0.113.9", "", []), ("ip", "192.0.2.1", "", [])], ADA)
    desk.alerts.merge(tx, other, case.id, ADA)
    desk.cases.add_observables(tx, case.id, [("user", "root", "by hand", [])], ADA)
    alert = desk.alerts.unmerge(tx, alert_id, case.id, ADA)
    assert (alert.status, alert.case_id) == ("in_progress", None)
    assert values(desk, tx, case.id) == {"203.0.113.9", "192.0.2.1", "root"}
    desk.alerts.unmerge(tx, other, case.id, ADA)
    assert values(desk, tx, case.id) == {"root"}
    assert not desk.cases.techniques(tx, case.id)
    with pytest.raises(ConflictError):
        desk.alerts.unmerge(tx, other, case.id, ADA)


def test_an_alert_is_in_one_case_and_not_put_into_a_closed_one(
    desk: Any, tx: Session, detect: Any, alert_id: str
) -> None:
    """Another case, or a closed one, is refused; the same one again changes nothing."""
    case = desk.alerts.promote(tx, alert_id, ADA)
    other = desk.cases.open(tx, CaseDraft(title="Other"), ADA)
    with pytest.raises(ConflictError):
        desk.alerts.merge(tx, alert_id, other.id, ADA)
    assert desk.alerts.merge(tx, alert_id, case.id, ADA).id == case.id
    desk.cases.close(tx, other.id, "other", "", ADA)
    fresh = desk.alerts.record(tx, detect(rule_id="2")).alert_id
    with pytest.raises(ConflictError):
        desk.alerts.merge(tx, fresh, other.id, ADA)


def test_what_an_imported_alert_learns_its_case_learns(desk: Any, tx: Session, alert_id: str) -> None:
    """Observables found later reach the case too."""
    case = desk.alerts.promote(tx, alert_id, ADA)
    desk.alerts.add_observables(tx, alert_id, [("domain", "Evil.Example", "", [])], TRIAGE)
    assert "evil.example" in values(desk, tx, case.id)


def test_merging_cases_copies_and_keeps_the_source(desk: Any, tx: Session, alert_id: str) -> None:
    """The target gets alerts, observables, tasks, techniques and comments; the source can return."""
    source = desk.alerts.promote(tx, alert_id, ADA, tasks=[TaskDraft("Ask", mandatory=True)])
    desk.cases.comment(tx, source.id, "seen before", ADA)
    target = desk.cases.open(tx, CaseDraft(title="Campaign", severity=1, start_at=NOON + HOUR), ADA)
    desk.alerts.links.merge_cases(tx, target.id, [source.id], ADA)
    assert (target.severity, target.start_at, target.tags) == (3, NOON, ["ssh"])
    assert [alert.id for alert in desk.cases.alerts(tx, target.id)] == [alert_id]
    assert values(desk, tx, target.id) == values(desk, tx, source.id) == {"203.0.113.9", "root"}
    assert [task.title for task in desk.cases.tasks.of(tx, target.id)] == ["Ask"]
    messages = [comment.message for comment in desk.cases.comments.of(tx, target.id)]
    assert any("seen before" in message for message in messages)
    assert any("Many failed logins." in message for message in messages)
    assert (source.status, source.resolution, source.merged_into_id) == ("closed", "duplicated", target.id)
    assert desk.cases.reopen(tx, source.id, ADA).merged_into_id is None


def test_a_case_is_not_merged_with_itself_or_a_closed_one(desk: Any, tx: Session) -> None:
    """Both are refused before anything happens."""
    case = desk.cases.open(tx, CaseDraft(title="One"), ADA)
    closed = desk.cases.open(tx, CaseDraft(title="Two"), ADA)
    desk.cases.close(tx, closed.id, "other", "", ADA)
    for sources, error in (([case.id], InvalidError), ([], InvalidError), ([closed.id], ConflictError)):
        with pytest.raises(error):
            desk.alerts.links.merge_cases(tx, case.id, sources, ADA)
