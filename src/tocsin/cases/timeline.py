"""A case's timeline: what happened, derived from what the case holds, and what people put there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.cases.model import short
from tocsin.cases.tables import Alert, Case, CaseTechnique, Comment, Observable, Task, TimelineEntry
from tocsin.cases.techniques import technique_name
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError
from tocsin.core.ids import new_id

Kind = Literal[
    "event", "alert", "case", "task", "observable", "comment", "technique", "run", "decision", "custom"
]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something on the timeline; `ref_type` and `ref_id` say what it is about."""

    at: int
    kind: Kind
    title: str
    detail: str
    ref_type: str
    ref_id: str


class Timeline:
    """Puts entries on timelines and reads them."""

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def add(
        self,
        tx: Session,
        case_id: str,
        *,
        at: int,
        title: str,
        actor: Actor,
        description: str = "",
        event_id: str | None = None,
    ) -> TimelineEntry:
        """Put a note, or an event with a note, on the timeline; an event only once."""
        if event_id is not None and self._is_pinned(tx, case_id, event_id):
            raise ConflictError("the event is on this timeline already")
        row = TimelineEntry(
            id=new_id("moment"),
            case_id=case_id,
            at=at,
            title=short("a title", title, 512, required=True),
            description=short("a description", description, 65_536),
            event_id=event_id,
            created_by=str(actor),
            created_at=self._clock.now(),
        )
        tx.add(row)
        tx.flush()
        action = "pin-event" if event_id else "add-timeline"
        self._audit.record(tx, actor, action, kind="case", subject=case_id, details={"title": row.title})
        return row

    def of(self, tx: Session, case: Case) -> list[Moment]:
        """Return the moments of a case, oldest first; runs and decisions are added by who knows them."""
        moments = [*_of_case(case), *_of_alerts(tx, case.id), *_of_work(tx, case.id), *_own(tx, case.id)]
        return sorted(moments, key=lambda moment: (moment.at, moment.kind, moment.ref_id))

    def _is_pinned(self, tx: Session, case_id: str, event_id: str) -> bool:
        query = select(TimelineEntry.id).where(
            TimelineEntry.case_id == case_id, TimelineEntry.event_id == event_id
        )
        return tx.scalar(query) is not None


def _of_case(case: Case) -> list[Moment]:
    moments = [Moment(case.created_at, "case", "Case opened", f"by {case.created_by}", "case", case.id)]
    if case.in_progress_at is not None:
        moments.append(Moment(case.in_progress_at, "case", "Work began", "", "case", case.id))
    if case.closed_at is not None:
        title = f"Case closed: {(case.resolution or '').replace('_', ' ')}"
        moments.append(Moment(case.closed_at, "case", title, case.summary, "case", case.id))
    return moments


def _of_alerts(tx: Session, case_id: str) -> list[Moment]:
    moments: list[Moment] = []
    for alert in tx.scalars(select(Alert).where(Alert.case_id == case_id)):
        events = f"{alert.event_count} events, rule {alert.rule_name}"
        moments.append(Moment(alert.first_at, "alert", alert.title, events, "alert", alert.id))
        if alert.last_at > alert.first_at:
            title = f"Last event of: {alert.title}"
            moments.append(Moment(alert.last_at, "alert", title, "", "alert", alert.id))
    return moments


def _of_work(tx: Session, case_id: str) -> list[Moment]:
    moments: list[Moment] = []
    for task in tx.scalars(select(Task).where(Task.case_id == case_id)):
        if task.started_at is not None:
            moments.append(Moment(task.started_at, "task", f"Began: {task.title}", "", "task", task.id))
        if task.ended_at is not None:
            title = f"{task.status.capitalize()}: {task.title}"
            moments.append(Moment(task.ended_at, "task", title, task.assignee or "", "task", task.id))
    for each in tx.scalars(select(Observable).where(Observable.subject_id == case_id)):
        title = f"{each.kind} {each.value}"
        moments.append(Moment(each.created_at, "observable", title, each.message, "observable", each.id))
    for comment in tx.scalars(select(Comment).where(Comment.subject_id == case_id)):
        title = f"{comment.author} commented"
        moments.append(Moment(comment.created_at, "comment", title, comment.message, "comment", comment.id))
    for used in tx.scalars(select(CaseTechnique).where(CaseTechnique.case_id == case_id)):
        title = f"{used.technique_id} {technique_name(used.technique_id)}"
        at = used.occurred_at or used.created_at
        moments.append(Moment(at, "technique", title, used.description, "technique", used.id))
    return moments


def _own(tx: Session, case_id: str) -> Sequence[Moment]:
    rows = tx.scalars(select(TimelineEntry).where(TimelineEntry.case_id == case_id))
    return [
        Moment(row.at, "event", row.title, row.description, "event", row.event_id)
        if row.event_id
        else Moment(row.at, "custom", row.title, row.description, "moment", row.id)
        for row in rows
    ]
