"""Alerts into cases and out again, and cases into one another; every step can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.cases.casework import CaseDraft, CaseService
from tocsin.cases.model import CLOSED_ALERT
from tocsin.cases.observables import copies
from tocsin.cases.tables import Alert, Attachment, Case, Comment, Observable, TimelineEntry
from tocsin.cases.tagging import add_tags
from tocsin.cases.tasks import TaskDraft
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError, InvalidError
from tocsin.core.ids import new_id


class Linker:
    """Ties alerts and cases together. A source of a merge keeps all it had."""

    def __init__(self, clock: Clock, audit: AuditTrail, cases: CaseService) -> None:
        self._clock = clock
        self._audit = audit
        self._cases = cases

    def promote(
        self,
        tx: Session,
        alert: Alert,
        actor: Actor,
        *,
        title: str | None = None,
        tasks: Iterable[TaskDraft | str] = (),
        assignee: str | None = None,
        tags: Iterable[str] = (),
    ) -> Case:
        """Open a case from the alert; an alert that is in a case gives that case back, unchanged."""
        if alert.case_id is not None:
            return self._cases.get(tx, alert.case_id)
        draft = CaseDraft(
            title=title or alert.title,
            description=alert.description,
            severity=alert.severity,
            tlp=alert.tlp,
            pap=alert.pap,
            assignee=assignee or alert.assignee,
            start_at=alert.first_at,
            tags=(*alert.tags, *tags),
            custom_fields=alert.custom_fields,
        )
        case = self._cases.open(tx, draft, actor)
        self._cases.add_tasks(tx, case.id, tasks, actor)
        self._import(tx, alert, case, actor, "promote")
        return case

    def merge(self, tx: Session, alert: Alert, case_id: str, actor: Actor) -> Case:
        """Put the alert into an open case; raises `ConflictError` when it is in another."""
        case = self._cases.get(tx, case_id)
        if alert.case_id == case.id:
            return case
        if alert.case_id is not None:
            raise ConflictError(f"alert {alert.number} is in another case: take it out first")
        if case.status == "closed":
            raise ConflictError(f"case {case.number} is closed: reopen it first")
        case.severity = max(case.severity, alert.severity)
        case.start_at = min(case.start_at, alert.first_at)
        add_tags(tx, case, alert.tags)
        self._import(tx, alert, case, actor, "merge")
        return case

    def unmerge(self, tx: Session, alert: Alert, case_id: str, actor: Actor) -> Alert:
        """Take the alert out, with every observable and technique that only it brought."""
        case = self._cases.get(tx, case_id)
        if alert.case_id != case.id:
            raise ConflictError(f"alert {alert.number} is not in case {case.number}")
        for row in self._cases.observables.of(tx, case.id):
            if alert.id in row.origins:
                row.origins = [origin for origin in row.origins if origin != alert.id]
                if not row.origins:
                    tx.delete(row)
        for used in self._cases.techniques(tx, case.id):
            if used.origin == alert.id:
                tx.delete(used)
        alert.case_id = alert.imported_at = None
        alert.status = alert.status_before_import or "new"
        alert.status_before_import = None
        alert.updated_at = self._clock.now()
        tx.flush()
        self._note(tx, alert, case, actor, "unmerge")
        return alert

    def merge_cases(self, tx: Session, target_id: str, source_ids: Sequence[str], actor: Actor) -> Case:
        """Bring other cases into one: it gets copies of what they hold, and their alerts.

        The others are closed as duplicated and keep what they had, so reopening one takes it back.
        """
        target = self._cases.get(tx, target_id)
        sources = [self._cases.get(tx, identifier) for identifier in dict.fromkeys(source_ids)]
        if not sources or target in sources:
            raise InvalidError("name at least one other case to merge into this one")
        for case in (target, *sources):
            if case.status == "closed":
                raise ConflictError(f"case {case.number} is closed: reopen it first")
        for source in sources:
            self._copy(tx, source, target, actor)
            self._retire(tx, source, target, actor)
        return target

    def _import(self, tx: Session, alert: Alert, case: Case, actor: Actor, action: str) -> None:
        now = self._clock.now()
        alert.status_before_import = alert.status if alert.status not in CLOSED_ALERT else "new"
        alert.resolution = alert.closed_at = alert.closed_by = None
        alert.status, alert.case_id = "imported", case.id
        alert.imported_at = alert.updated_at = now
        case.alert_new_at = _earliest(case.alert_new_at, alert.created_at)
        case.alert_in_progress_at = _earliest(case.alert_in_progress_at, alert.in_progress_at)
        case.alert_imported_at = _earliest(case.alert_imported_at, now)
        case.updated_at = now
        tx.flush()
        drafts = copies(self._cases.observables.of(tx, alert.id))
        for row in self._cases.observables.add(tx, "case", case.id, drafts, actor, origin=alert.id):
            _take_reports(row, self._cases.observables.of(tx, alert.id))
        self._cases.add_techniques(
            tx, case.id, alert.techniques, actor, occurred_at=alert.first_at, origin=alert.id
        )
        tx.flush()
        self._note(tx, alert, case, actor, action)

    def _copy(self, tx: Session, source: Case, target: Case, actor: Actor) -> None:
        target.severity = max(target.severity, source.severity)
        target.tlp, target.pap = max(target.tlp, source.tlp), max(target.pap, source.pap)
        target.start_at = min(target.start_at, source.start_at)
        target.flag = target.flag or source.flag
        add_tags(tx, target, source.tags)
        own = self._cases.observables.of(tx, source.id)
        for row in self._cases.observables.add(tx, "case", target.id, copies(own), actor):
            _take_reports(row, own)
        for used in self._cases.techniques(tx, source.id):
            self._cases.add_techniques(
                tx,
                target.id,
                [used.technique_id],
                actor,
                occurred_at=used.occurred_at,
                description=used.description,
            )
        open_tasks = [
            TaskDraft(task.title, task.description, task.group, task.assignee, task.mandatory, task.due_at)
            for task in self._cases.tasks.of(tx, source.id)
            if task.status in ("waiting", "in_progress")
        ]
        self._cases.add_tasks(tx, target.id, open_tasks, actor)
        for kind in (Comment, Attachment, TimelineEntry):
            _copy_rows(tx, kind, source.id, target.id)
        if source.description:
            # A note of its own: gluing descriptions together makes both unreadable.
            note = f"Merged from case {source.number}, {source.title}:\n\n{source.description}"[:65_536]
            self._cases.comments.add(tx, "case", target.id, note, actor)

    def _retire(self, tx: Session, source: Case, target: Case, actor: Actor) -> None:
        for alert in self._cases.alerts(tx, source.id):
            alert.case_id, alert.updated_at = target.id, self._clock.now()
            self._note(tx, alert, target, actor, "merge")
        for task in self._cases.tasks.of(tx, source.id):
            task.mandatory = False  # it goes on in the other case
        source.merged_into_id = target.id
        summary = f"Merged into case {target.number}."
        self._cases.close(tx, source.id, "duplicated", summary, actor, impact="not_applicable")
        details = {"case": source.id, "number": source.number}
        self._audit.record(tx, actor, "merge", kind="case", subject=target.id, details=details)

    def _note(self, tx: Session, alert: Alert, case: Case, actor: Actor, action: str) -> None:
        about_case = {"case": case.id, "number": case.number}
        self._audit.record(tx, actor, action, kind="alert", subject=alert.id, details=about_case)
        about_alert = {"alert": alert.id, "number": alert.number}
        self._audit.record(tx, actor, f"{action}-alert", kind="case", subject=case.id, details=about_alert)


def _take_reports(row: Observable, sources: Iterable[Observable]) -> None:
    for source in sources:
        if (source.kind, source.value) == (row.kind, row.value) and source.reports and not row.reports:
            row.reports, row.verdict = source.reports, source.verdict


def _copy_rows(
    tx: Session, kind: type[Comment] | type[Attachment] | type[TimelineEntry], source: str, target: str
) -> None:
    owner = Comment.subject_id if kind is Comment else kind.__table__.c.case_id
    owner_name = "subject_id" if kind is Comment else "case_id"
    for row in tx.scalars(select(kind).where(owner == source)).all():
        values = {column.key: getattr(row, column.key) for column in kind.__table__.columns}
        prefix = str(values["id"]).partition("_")[0]
        tx.add(kind(**{**values, "id": new_id(prefix), owner_name: target}))
    tx.flush()


def _earliest(one: int | None, other: int | None) -> int | None:
    instants = [at for at in (one, other) if at is not None]
    return min(instants, default=None)
