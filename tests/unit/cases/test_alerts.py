"""What can be done with alerts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tocsin.accounts import AuditFilter
from tocsin.cases import AlertFilter
from tocsin.core.actor import Actor
from tocsin.core.clock import MINUTE, from_iso
from tocsin.core.detection import EventRef
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.query.tree import And, Everything, Exists, Not, OneOf, Or, Range, Regex, Term, Text, Wildcard

NOON = from_iso("2026-11-24T12:00:00Z")
ADA = Actor("user", "ada")


@pytest.fixture
def alert_id(desk: Any, tx: Session, detect: Any) -> str:
    """An alert just opened."""
    outcome: str = desk.alerts.record(tx, detect()).alert_id
    return outcome


def actions(desk: Any, tx: Session, subject: str) -> list[str]:
    return [entry.action for entry in desk.audit.entries(tx, AuditFilter(subject=subject), 100)]


def test_closing_keeps_resolution_reason_and_who(desk: Any, tx: Session, alert_id: str) -> None:
    """A close says what it was, why, when and by whom; a second one is refused."""
    desk.clock.advance(MINUTE)
    alert = desk.alerts.close(tx, alert_id, "benign", "our own scanner", ADA)
    assert (alert.status, alert.resolution, alert.reason) == ("closed", "benign", "our own scanner")
    assert (alert.closed_at, alert.closed_by) == (NOON + MINUTE, "ada")
    with pytest.raises(ConflictError):
        desk.alerts.close(tx, alert_id, "benign", "", ADA)
    with pytest.raises(ConflictError):
        desk.alerts.change(tx, alert_id, {"status": "new"}, ADA)


def test_a_duplicate_is_ignored(desk: Any, tx: Session, alert_id: str) -> None:
    """Nobody judged it, so it is not closed but ignored; it can be taken up again."""
    assert desk.alerts.close(tx, alert_id, "duplicate", "", ADA).status == "ignored"
    assert desk.alerts.reopen(tx, alert_id, ADA).status == "new"


def test_reopening_takes_the_close_back(desk: Any, tx: Session, alert_id: str) -> None:
    """An assigned alert is in progress again, with no resolution; an open one cannot be reopened."""
    with pytest.raises(ConflictError):
        desk.alerts.reopen(tx, alert_id, ADA)
    desk.alerts.assign(tx, alert_id, "ada", ADA)
    desk.alerts.close(tx, alert_id, "benign", "x", ADA)
    alert = desk.alerts.reopen(tx, alert_id, ADA, "new facts")
    assert (alert.status, alert.resolution, alert.closed_at) == ("in_progress", None, None)
    assert actions(desk, tx, alert_id) == ["reopen", "close", "update", "create"]


def test_a_change_is_noted_as_before_and_after(desk: Any, tx: Session, alert_id: str) -> None:
    """The trail holds what changed and nothing when nothing did."""
    desk.alerts.change(tx, alert_id, {"severity": 4, "tags": ["ssh", "vip"]}, ADA)
    desk.alerts.change(tx, alert_id, {"severity": 4}, ADA)
    entries = desk.audit.entries(tx, AuditFilter(subject=alert_id, actor="ada"), 10)
    assert [entry.details for entry in entries] == [{"severity": [2, 4], "tags": [["ssh"], ["ssh", "vip"]]}]


@pytest.mark.parametrize(
    "change",
    [
        {"severity": 5},
        {"tlp": -1},
        {"status": "closed"},
        {"title": " "},
        {"custom_fields": {"a b": 1}},
        {"custom_fields": {"a": [1]}},
        {"rule_id": "x"},
        {"tags": ["x" * 129]},
    ],
)
def test_bad_values_are_refused(desk: Any, tx: Session, alert_id: str, change: dict[str, Any]) -> None:
    """Scales, statuses and names are checked; what a rule said cannot be changed."""
    with pytest.raises(InvalidError):
        desk.alerts.change(tx, alert_id, change, ADA)


def test_bulk_does_what_it_can_and_says_what_not(desk: Any, tx: Session, detect: Any, alert_id: str) -> None:
    """Each alert succeeds or fails by itself."""
    closed = desk.alerts.record(tx, detect(rule_id="2")).alert_id
    desk.alerts.close(tx, closed, "benign", "", ADA)
    arguments = {"resolution": "false_positive", "reason": "noise"}
    items = desk.alerts.bulk(tx, [alert_id, closed, "alert_x"], "close", arguments, ADA)
    assert [item.ok for item in items] == [True, False, False]
    assert desk.alerts.get(tx, alert_id).resolution == "false_positive"
    assert desk.alerts.get(tx, closed).resolution == "benign"


def test_a_dry_run_changes_nothing(desk: Any, tx: Session, alert_id: str) -> None:
    """It tells what would happen and leaves no trace."""
    before = actions(desk, tx, alert_id)
    items = desk.alerts.bulk(
        tx, [alert_id], "close", {"resolution": "benign", "reason": ""}, ADA, dry_run=True
    )
    assert [(item.ok, item.detail) for item in items] == [(True, "closed as benign")]
    assert desk.alerts.get(tx, alert_id).status == "new"
    assert actions(desk, tx, alert_id) == before


def test_bulk_promotes_many_alerts_to_one_case(desk: Any, tx: Session, detect: Any, alert_id: str) -> None:
    """Alerts selected together are one incident."""
    other = desk.alerts.record(tx, detect(rule_id="2")).alert_id
    items = desk.alerts.bulk(tx, [alert_id, other], "promote", {"title": "Intrusion"}, ADA)
    assert [item.detail for item in items] == ["case 1", "case 1"]
    assert {alert.id for alert in desk.cases.alerts(tx, desk.cases.get(tx, "1").id)} == {alert_id, other}


def test_bulk_tags_assigns_and_reopens(desk: Any, tx: Session, alert_id: str) -> None:
    """Tags are added, not replaced; an unknown action is refused."""
    desk.alerts.bulk(tx, [alert_id], "tag", {"tags": ["night"]}, ADA)
    desk.alerts.bulk(tx, [alert_id], "assign", {"assignee": "bob"}, ADA)
    desk.alerts.close(tx, alert_id, "benign", "", ADA)
    desk.alerts.bulk(tx, [alert_id], "reopen", {}, ADA)
    alert = desk.alerts.get(tx, alert_id)
    assert (alert.tags, alert.assignee, alert.status) == (["ssh", "night"], "bob", "in_progress")
    with pytest.raises(InvalidError):
        desk.alerts.bulk(tx, [alert_id], "explode", {}, ADA)


@pytest.fixture
def three(desk: Any, tx: Session, detect: Any) -> None:
    """Three alerts that differ."""
    desk.alerts.record(tx, detect(severity=2))
    desk.alerts.record(
        tx,
        detect(
            rule_id="31101",
            rule_name="nginx: web shell",
            severity=4,
            group_key="/up_load.php",
            group_field="url.path",
            title="Web shell at 100%",
            tags=("web", "shell-ocean"),
            clauses=(),
            at=NOON + MINUTE,
        ),
    )
    desk.alerts.record(
        tx, detect(rule_id="550", severity=3, title="File changed", tags=(), at=NOON + 2 * MINUTE)
    )
    desk.alerts.assign(tx, "3", "ada", ADA)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (Everything(), {1, 2, 3}),
        (Term("severity", "critical"), {2}),
        (Range("severity", gte=3), {2, 3}),
        (Term("tags", "SSH"), {1}),
        (Wildcard("tags", "shell*"), {2}),
        (Not(Exists("tags")), {3}),
        (Exists("assignee"), {3}),
        (Not(Term("assignee", "ada")), {1, 2}),
        (Term("title", "web shell at 100%"), {2}),
        (Wildcard("group_key", "/up_load*"), {2}),
        (Wildcard("group_key", "/up?load*"), {2}),
        (Term("group_key", "/up%"), set()),
        (Text("brute"), {1, 3}),
        (Text("100%"), {2}),
        (OneOf("rule.id", ("5712", "550")), {1, 3}),
        (Or((Term("rule.id", 31101), Text("changed"))), {2, 3}),
        (And((Term("host", "web-1"), Not(Term("rule.id", "550")))), {1}),
        (Range("last_at", gt="2026-11-24T12:00:30Z"), {2, 3}),
    ],
)
def test_queries_find_alerts(desk: Any, tx: Session, three: None, query: Any, numbers: set[int]) -> None:
    """Conditions ignore case, `%` and `_` stand for themselves, absent values match nothing."""
    page = desk.alerts.page(tx, AlertFilter(query=query), sort="-last_at", limit=50)
    assert {alert.number for alert in page.items} == numbers


@pytest.mark.parametrize(
    "query", [Term("passwords", "x"), Regex("title", "a"), Range("title", gt="a"), Term("severity", "huge")]
)
def test_queries_that_do_not_fit_are_refused(desk: Any, tx: Session, query: Any) -> None:
    """Unknown fields and tests the columns do not have are named."""
    with pytest.raises(InvalidError):
        desk.alerts.page(tx, AlertFilter(query=query), sort="-last_at", limit=50)


@pytest.mark.parametrize("sort", ["-last_at", "last_at", "-severity", "-created_at", "-event_count"])
def test_pages_follow_one_another(desk: Any, tx: Session, three: None, sort: str) -> None:
    """Page by page every alert comes once, in order, ties included."""
    numbers: list[int] = []
    cursor = None
    for _ in range(3):
        page = desk.alerts.page(tx, AlertFilter(), sort=sort, limit=1, cursor=cursor)
        numbers += [alert.number for alert in page.items]
        cursor = page.cursor
        assert page.total == 3
    assert cursor is None
    assert sorted(numbers) == [1, 2, 3]


@pytest.mark.parametrize("cursor", ["x", "W10", "WyItc2V2ZXJpdHkiLDEsIngiXQ", "e30"])
def test_a_cursor_of_another_list_is_refused(desk: Any, tx: Session, cursor: str) -> None:
    """Made up and foreign cursors are no way in."""
    with pytest.raises(InvalidError):
        desk.alerts.page(tx, AlertFilter(), sort="-last_at", limit=1, cursor=cursor)


def test_groups_count_alerts(desk: Any, tx: Session, three: None) -> None:
    """Per rule, status or severity: how many, how many open, how bad, how recent."""
    desk.alerts.close(tx, "1", "benign", "", ADA)
    groups = {group.key: group for group in desk.alerts.groups(tx, "rule", AlertFilter())}
    assert (groups["5712"].label, groups["5712"].count, groups["5712"].open) == ("sshd: brute force", 1, 0)
    assert groups["31101"].max_severity == 4
    assert {group.key for group in desk.alerts.groups(tx, "status", AlertFilter())} == {"closed", "new"}
    assert {group.key for group in desk.alerts.groups(tx, "assignee", AlertFilter())} == {"", "ada"}
    with pytest.raises(InvalidError):
        desk.alerts.groups(tx, "password", AlertFilter())


def test_an_alert_is_known_by_id_and_number(desk: Any, tx: Session, alert_id: str) -> None:
    """Both lead to it; anything else is not found."""
    assert desk.alerts.get(tx, "1").id == alert_id
    for wrong in ("2", "alert_x", "", "99999999999999999999"):
        with pytest.raises(NotFoundError):
            desk.alerts.get(tx, wrong)


def test_an_event_knows_its_alerts(desk: Any, tx: Session, detect: Any) -> None:
    """The alerts that stand on an event, newest first; others are not named."""
    shared = EventRef("log~1", NOON)
    first = desk.alerts.record(tx, detect(events=(shared,), group_key="a")).alert_id
    desk.alerts.record(tx, detect(group_key="b"))
    last = desk.alerts.record(tx, detect(events=(shared,), group_key="c")).alert_id
    assert [last, first] == [alert.id for alert in desk.alerts.of_event(tx, "log~1")]
    assert [last] == [alert.id for alert in desk.alerts.of_event(tx, "log~1", limit=1)]
    assert [] == desk.alerts.of_event(tx, "log~2")
