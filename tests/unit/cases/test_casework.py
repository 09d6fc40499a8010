"""What can be done with cases."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tocsin.cases import CaseDraft, CaseFilter, ObservableDraft, TaskDraft
from tocsin.cases.attachments import safe_name
from tocsin.core.actor import Actor
from tocsin.core.clock import HOUR, MINUTE, from_iso
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tocsin.query.tree import Term

NOON = from_iso("2026-11-24T12:00:00Z")
ADA = Actor("user", "ada")
BOB = Actor("user", "bob")


@pytest.fixture
def case(desk: Any, tx: Session) -> Any:
    """A case just opened."""
    return desk.cases.open(tx, CaseDraft(title="Intrusion", severity=3, tags=("vip",)), ADA)


def test_a_case_waits_for_its_mandatory_tasks(desk: Any, tx: Session, case: Any) -> None:
    """It closes when they are done; other open tasks are cancelled by it."""
    must, may = desk.cases.add_tasks(tx, case.id, [TaskDraft("Contain", mandatory=True), "Report"], ADA)
    with pytest.raises(ConflictError, match="Contain"):
        desk.cases.close(tx, case.id, "true_positive", "done", ADA)
    desk.clock.advance(HOUR)
    desk.cases.tasks.change(tx, must.id, {"status": "completed"}, ADA)
    closed = desk.cases.close(tx, case.id, "true_positive", "done", ADA, impact="no_impact")
    assert (closed.status, closed.resolution, closed.impact) == ("closed", "true_positive", "no_impact")
    assert (must.started_at, must.ended_at, may.status) == (NOON + HOUR, NOON + HOUR, "cancelled")


def test_a_closed_case_is_closed_once_and_reopened(desk: Any, tx: Session, case: Any) -> None:
    """Reopening takes resolution and impact back."""
    desk.cases.close(tx, case.id, "other", "", ADA)
    with pytest.raises(ConflictError):
        desk.cases.close(tx, case.id, "other", "", ADA)
    with pytest.raises(ConflictError):
        desk.cases.change(tx, case.id, {"status": "new"}, ADA)
    again = desk.cases.reopen(tx, case.id, ADA)
    assert (again.status, again.resolution, again.closed_at) == ("in_progress", None, None)
    with pytest.raises(ConflictError):
        desk.cases.reopen(tx, case.id, ADA)


def test_the_instants_behind_the_figures_are_kept(desk: Any, tx: Session, case: Any) -> None:
    """The first entry into a status counts; going back and forth changes nothing."""
    desk.clock.advance(MINUTE)
    desk.cases.change(tx, case.id, {"status": "in_progress"}, ADA)
    desk.clock.advance(MINUTE)
    desk.cases.change(tx, case.id, {"status": "new"}, ADA)
    desk.cases.change(tx, case.id, {"status": "in_progress"}, ADA)
    assert (case.created_at, case.in_progress_at) == (NOON, NOON + MINUTE)


def test_an_observable_is_there_once_with_all_its_tags(desk: Any, tx: Session, case: Any) -> None:
    """The same kind and value merges tags and raises flags; values that ignore case are lowered."""
    desk.cases.add_observables(tx, case.id, [("domain", "Evil.Example ", "c2", ["a"])], ADA)
    again = ObservableDraft("domain", "evil.example", "other", ("b",), is_ioc=True, tlp=4)
    (row,) = desk.cases.add_observables(tx, case.id, [again], ADA)
    assert (row.value, row.message, row.tags) == ("evil.example", "c2", ["a", "b"])
    assert (row.is_ioc, row.tlp) == (True, 2)
    assert len(desk.cases.observables.of(tx, case.id)) == 1


@pytest.mark.parametrize(("kind", "value"), [("ip", " "), ("", "x"), ("a b", "x"), ("ip", "x" * 5000)])
def test_malformed_observables_are_refused(desk: Any, tx: Session, case: Any, kind: str, value: str) -> None:
    """Kinds are names and values are neither empty nor endless."""
    with pytest.raises(InvalidError):
        desk.cases.add_observables(tx, case.id, [(kind, value, "", [])], ADA)


def test_observables_are_bounded(desk: Any, tx: Session, case: Any) -> None:
    """A flood of values ends in an error, not in a page nobody can load."""
    many: list[Any] = [("ip", f"192.0.2.{number}", "", []) for number in range(21)]
    with pytest.raises(InvalidError):
        desk.cases.add_observables(tx, case.id, many, ADA)


def test_the_verdict_is_the_worst_of_the_newest_reports(desk: Any, tx: Session, case: Any) -> None:
    """Each analyzer has one report; a milder new one can lower the verdict."""
    (row,) = desk.cases.add_observables(tx, case.id, [("ip", "203.0.113.9", "", [])], ADA)
    report = desk.cases.observables.add_report
    report(tx, row.id, analyzer="geo", verdict="info")
    report(tx, row.id, analyzer="lookup", verdict="malicious", job_id="job_1")
    assert row.verdict == "malicious"
    report(tx, row.id, analyzer="lookup", verdict="safe")
    assert row.verdict == "info"
    assert [each["analyzer"] for each in row.reports] == ["geo", "lookup"]


def test_similar_cases_share_values_that_tell_something(
    desk: Any, tx: Session, detect: Any, case: Any
) -> None:
    """Most shared first; values flagged on either side do not count."""
    shared: list[Any] = [("ip", "203.0.113.9", "", []), ("hash", "ABC1", "", []), ("user", "root", "", [])]
    desk.cases.add_observables(tx, case.id, shared, ADA)
    other = desk.cases.open(tx, CaseDraft(title="Other"), ADA)
    quiet = ObservableDraft("user", "root", ignore_similarity=True)
    desk.cases.add_observables(tx, other.id, [*shared[:1], quiet], ADA)
    alert_id = desk.alerts.record(tx, detect()).alert_id
    desk.alerts.add_observables(tx, alert_id, shared[:2], ADA)
    found = desk.cases.similar(tx, case.id)
    assert [(each.subject.id, each.shared) for each in found] == [
        (alert_id, ("203.0.113.9", "abc1")),
        (other.id, ("203.0.113.9",)),
    ]
    assert desk.cases.find_open_case_with_observables(tx, ["abc1"]).id == case.id
    assert desk.cases.find_open_case_with_observables(tx, ["203.0.113.9"]).id == other.id
    desk.cases.close(tx, other.id, "other", "", ADA)
    assert desk.cases.find_open_case_with_observables(tx, ["203.0.113.9"]).id == case.id
    assert desk.cases.find_open_case_with_observables(tx, ["nothing"]) is None


def test_a_comment_belongs_to_its_author(desk: Any, tx: Session, case: Any) -> None:
    """Another's comment can be read, not changed."""
    comment = desk.cases.comment(tx, case.id, "first look", ADA)
    with pytest.raises(DeniedError):
        desk.cases.comments.change(tx, comment.id, "mine now", BOB)
    with pytest.raises(DeniedError):
        desk.cases.comments.delete(tx, comment.id, BOB)
    assert desk.cases.comments.change(tx, comment.id, "second look", ADA).updated_at == NOON


def test_techniques_are_ids_and_there_once(desk: Any, tx: Session, case: Any) -> None:
    """Any well-formed id is taken; anything else is refused."""
    desk.cases.add_techniques(tx, case.id, ["t1110.001", "T9999"], ADA)
    assert not desk.cases.add_techniques(tx, case.id, ["T9999"], ADA)
    with pytest.raises(InvalidError):
        desk.cases.add_techniques(tx, case.id, ["brute force"], ADA)
    assert [each.technique_id for each in desk.cases.techniques(tx, case.id)] == ["T1110.001", "T9999"]


def test_the_timeline_tells_the_story_in_order(desk: Any, tx: Session, detect: Any, case: Any) -> None:
    """First event, opening, notes and work, each with what it refers to; an event is pinned once."""
    desk.clock.advance(HOUR)
    alert_id = desk.alerts.record(tx, detect(at=NOON - HOUR)).alert_id
    desk.alerts.merge(tx, alert_id, case.id, ADA)
    desk.cases.add_timeline(tx, case.id, NOON - MINUTE, "Phone call", ADA, description="from the owner")
    desk.cases.add_timeline(tx, case.id, NOON - HOUR + 1, "First login", ADA, event_id="src~1")
    with pytest.raises(ConflictError):
        desk.cases.add_timeline(tx, case.id, NOON, "Again", ADA, event_id="src~1")
    moments = desk.cases.timeline.of(tx, case)
    assert [(each.kind, each.ref_id) for each in moments[:2]] == [
        ("alert", alert_id),
        ("technique", moments[1].ref_id),
    ]
    assert [each.kind for each in moments] == ["alert", "technique", "event", "custom", "case"]
    assert moments == sorted(moments, key=lambda moment: moment.at)


def test_cases_are_listed_and_found(desk: Any, tx: Session, case: Any) -> None:
    """By query and by column, page by page."""
    desk.cases.open(tx, CaseDraft(title="Phishing", severity=1, assignee="bob"), ADA)
    page = desk.cases.page(tx, CaseFilter(query=Term("tags", "vip")), sort="-created_at", limit=10)
    assert [row.id for row in page.items] == [case.id]
    for wanted in (
        CaseFilter(assignee="bob"),
        CaseFilter(severities=(1,)),
        CaseFilter(query=Term("number", 2)),
    ):
        assert [row.number for row in desk.cases.page(tx, wanted, sort="severity", limit=10).items] == [2]
    assert desk.cases.page(tx, CaseFilter(statuses=("closed",)), sort="number", limit=10).total == 0


def test_a_file_is_kept_once_by_its_hash(desk: Any, tx: Session, case: Any, tmp_path: Path) -> None:
    """Hashes are right, the same bytes are stored once, and a failed upload leaves nothing behind."""
    files = desk.cases.attachments.files
    content = b"evidence" * 1000
    stored = files.put(io.BytesIO(content), max_bytes=100_000)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert (stored.md5, stored.size_bytes) == (hashlib.md5(content).hexdigest(), 8000)
    files.put(io.BytesIO(content), max_bytes=100_000)
    with pytest.raises(InvalidError):
        files.put(io.BytesIO(content), max_bytes=100)
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [content]
    row = desk.cases.attachments.add(
        tx, case.id, stored, name="..\\..\\evil\u202egpj.exe", content_type="text/html; x", actor=ADA
    )
    assert (row.name, row.content_type) == ("evil_gpj.exe", "application/octet-stream")
    desk.cases.attachments.delete(tx, row.id, ADA)
    assert desk.cases.attachments.is_unused(tx, stored.sha256)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("", "file"),
        ("..", "file"),
        ("a\r\nb", "a__b"),
        ("x" * 300, "x" * 255),
    ],
)
def test_file_names_are_made_harmless(given: str, kept: str) -> None:
    """No folders, no control characters, never empty, never endless."""
    assert safe_name(given) == kept


@pytest.mark.parametrize("sha256", ["", "../x", "A" * 64, "0" * 63])
def test_only_a_hash_names_stored_bytes(desk: Any, sha256: str) -> None:
    """Nothing else becomes a path."""
    with pytest.raises(InvalidError):
        desk.cases.attachments.files.path(sha256)


def test_what_does_not_exist_is_not_found(desk: Any, tx: Session) -> None:
    """Each thing says so by the same error."""
    for ask in (
        desk.cases.get,
        desk.cases.tasks.get,
        desk.cases.observables.get,
        desk.cases.attachments.get,
    ):
        with pytest.raises(NotFoundError):
            ask(tx, "nothing")
