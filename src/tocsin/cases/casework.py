"""Cases: opened, worked on, merged, closed and reopened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tocsin.cases import changes as changing
from tocsin.cases.attachments import Attachments, FileStore
from tocsin.cases.comments import Comments
from tocsin.cases.filtering import CASE_FIELDS, condition
from tocsin.cases.listing import Ordering, Page, page_of
from tocsin.cases.model import CASE_RESOLUTIONS, IMPACTS, OPEN_TASK, CaseSettings, one_of, short
from tocsin.cases.numbering import next_number
from tocsin.cases.observables import ObservableDraft, Observables
from tocsin.cases.similar import Similar, open_case_with, similar
from tocsin.cases.tables import Alert, Case, CaseTechnique, Comment, Observable, Task, TimelineEntry
from tocsin.cases.tagging import set_tags
from tocsin.cases.tasks import TaskDraft, Tasks
from tocsin.cases.techniques import technique_id
from tocsin.cases.timeline import Timeline
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.query.tree import Node

SORTS: Mapping[str, InstrumentedAttribute[Any]] = {
    "created_at": Case.created_at,
    "updated_at": Case.updated_at,
    "start_at": Case.start_at,
    "severity": Case.severity,
    "number": Case.number,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDraft:
    """A case to open."""

    title: str
    description: str = ""
    severity: int = 2
    tlp: int = 2
    pap: int = 2
    flag: bool = False
    assignee: str | None = None
    start_at: int | None = None
    """When what it is about began; None: now."""
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases to list; what is empty leaves that open."""

    query: Node | None = None
    statuses: Sequence[str] = ()
    severities: Sequence[int] = ()
    assignee: str | None = None


class CaseService:
    """What can be done with cases. Every method takes the caller's transaction and audits what it does."""

    def __init__(
        self, clock: Clock, audit: AuditTrail, files: FileStore, settings: CaseSettings | None = None
    ) -> None:
        self._clock = clock
        self._audit = audit
        self.settings = settings or CaseSettings()
        self.observables = Observables(clock, audit, self.settings)
        self.comments = Comments(clock, audit)
        self.tasks = Tasks(clock, audit)
        self.attachments = Attachments(clock, audit, files)
        self.timeline = Timeline(clock, audit)

    def open(self, tx: Session, draft: CaseDraft, actor: Actor) -> Case:
        """Open a case; whoever opens one by hand has it assigned unless another is named."""
        now = self._clock.now()
        row = Case(
            id=new_id("case"),
            number=next_number(tx, "case"),
            title=short("a title", draft.title, 512, required=True),
            description="",
            severity=2,
            status="new",
            summary="",
            tags=[],
            tlp=2,
            pap=2,
            flag=False,
            custom_fields={},
            created_by=str(actor),
            start_at=now if draft.start_at is None else draft.start_at,
            created_at=now,
            updated_at=now,
        )
        tx.add(row)
        tx.flush()
        values = {
            name: getattr(draft, name)
            for name in ("description", "severity", "tlp", "pap", "flag", "assignee")
        }
        changing.apply(tx, row, {**values, "custom_fields": draft.custom_fields or {}})
        set_tags(tx, row, draft.tags)
        self._note(tx, row, "create", actor, {"number": row.number, "title": row.title})
        return row

    def get(self, tx: Session, id_or_number: str) -> Case:
        """Return the case by id, or by number as text; raises `NotFoundError`."""
        if id_or_number.isascii() and id_or_number.isdigit() and len(id_or_number) < 10:
            row = tx.scalar(select(Case).where(Case.number == int(id_or_number)))
        else:
            row = tx.get(Case, id_or_number)
        if row is None:
            raise NotFoundError(f"there is no case {id_or_number!r}")
        return row

    def page(
        self, tx: Session, wanted: CaseFilter, *, sort: str, limit: int, cursor: str | None = None
    ) -> Page[Case]:
        """Return a page of cases; `sort` is a name of `SORTS`, with `-` before it for the highest first."""
        name = one_of("order of cases", sort.removeprefix("-"), tuple(SORTS))
        ordering = Ordering(sort, SORTS[name], Case.id, sort.startswith("-"))
        query = select(Case).where(*_conditions(wanted))
        return page_of(tx, query, ordering, limit=limit, cursor=cursor)

    def change(self, tx: Session, case_id: str, changes: Mapping[str, Any], actor: Actor) -> Case:
        """Set fields; `status` may be `new` or `in_progress` while the case is open."""
        row = self.get(tx, case_id)
        fields = dict(changes)
        status = fields.pop("status", None)
        details = changing.apply(tx, row, fields)
        if status is not None and status != row.status:
            self._require_open(row)
            details["status"] = [row.status, one_of("status to set", status, ("new", "in_progress"))]
            self._set_status(row, status)
        if details:
            self._note(tx, row, "update", actor, details)
        return row

    def assign(self, tx: Session, case_id: str, assignee: str | None, actor: Actor) -> Case:
        """Give the case to somebody, or with None to nobody."""
        return self.change(tx, case_id, {"assignee": assignee}, actor)

    def comment(self, tx: Session, case_id: str, message: str, actor: Actor) -> Comment:
        """Add a comment."""
        return self.comments.add(tx, "case", self.get(tx, case_id).id, message, actor)

    def close(
        self,
        tx: Session,
        case_id: str,
        resolution: str,
        summary: str,
        actor: Actor,
        *,
        impact: str | None = None,
    ) -> Case:
        """Close the case and cancel its open tasks.

        Raises `ConflictError` when it is closed, or naming the mandatory tasks that are still open.
        """
        row = self.get(tx, case_id)
        self._require_open(row)
        blocking = [
            task.title for task in self.tasks.of(tx, row.id) if task.mandatory and task.status in OPEN_TASK
        ]
        if blocking:
            raise ConflictError(f"mandatory tasks are open: {', '.join(blocking)}")
        row.resolution = one_of("resolution of a case", resolution, CASE_RESOLUTIONS)
        row.impact = one_of("impact", impact, IMPACTS) if impact else None
        row.summary = short("a summary", summary, 1 << 20) or row.summary
        self.tasks.cancel_open(tx, row.id, actor)
        self._set_status(row, "closed")
        row.closed_at, row.closed_by = self._clock.now(), str(actor)
        self._note(tx, row, "close", actor, {"resolution": resolution, "impact": impact})
        return row

    def reopen(self, tx: Session, case_id: str, actor: Actor) -> Case:
        """Take a closed case up again; raises `ConflictError` when it is open."""
        row = self.get(tx, case_id)
        if row.status != "closed":
            raise ConflictError(f"case {row.number} is open")
        before = row.resolution
        row.resolution = row.impact = row.closed_at = row.closed_by = row.merged_into_id = None
        self._set_status(row, "in_progress")
        self._note(tx, row, "reopen", actor, {"resolution": [before, None]})
        return row

    def add_tasks(
        self, tx: Session, case_id: str, tasks: Iterable[TaskDraft | str], actor: Actor
    ) -> list[Task]:
        """Add tasks, given whole or by title."""
        drafts = [TaskDraft(task) if isinstance(task, str) else task for task in tasks]
        return self.tasks.add(tx, self.get(tx, case_id).id, drafts, actor)

    def add_observables(
        self,
        tx: Session,
        case_id: str,
        observables: Iterable[ObservableDraft | tuple[str, str, str, Iterable[str]]],
        actor: Actor,
    ) -> list[Observable]:
        """Add observables, given whole or as (kind, value, message, tags)."""
        return self.observables.add(tx, "case", self.get(tx, case_id).id, drafts_of(observables), actor)

    def add_techniques(
        self,
        tx: Session,
        case_id: str,
        techniques: Iterable[str],
        actor: Actor,
        *,
        occurred_at: int | None = None,
        description: str = "",
        origin: str = "",
    ) -> list[CaseTechnique]:
        """Add ATT&CK techniques by id; those the case has are left as they are."""
        row = self.get(tx, case_id)
        known = {each.technique_id for each in self.techniques(tx, row.id)}
        fresh = [
            CaseTechnique(
                id=new_id("technique"),
                case_id=row.id,
                technique_id=identifier,
                occurred_at=occurred_at,
                description=short("a description", description, 65_536),
                origin=origin,
                created_by=str(actor),
                created_at=self._clock.now(),
            )
            for identifier in dict.fromkeys(technique_id(each) for each in techniques)
            if identifier not in known
        ]
        tx.add_all(fresh)
        tx.flush()
        if fresh:
            self._note(
                tx, row, "add-techniques", actor, {"techniques": [each.technique_id for each in fresh]}
            )
        return fresh

    def techniques(self, tx: Session, case_id: str) -> Sequence[CaseTechnique]:
        """Return the techniques of a case by id."""
        query = select(CaseTechnique).where(CaseTechnique.case_id == case_id)
        return tx.scalars(query.order_by(CaseTechnique.technique_id)).all()

    def delete_technique(self, tx: Session, identifier: str, actor: Actor) -> CaseTechnique:
        """Take a technique off its case; returns what it was."""
        row = tx.get(CaseTechnique, identifier)
        if row is None:
            raise NotFoundError(f"there is no technique {identifier!r} on any case")
        tx.delete(row)
        case = self.get(tx, row.case_id)
        self._note(tx, case, "delete-technique", actor, {"technique": row.technique_id})
        tx.flush()
        return row

    def add_timeline(
        self,
        tx: Session,
        case_id: str,
        at: int,
        title: str,
        actor: Actor,
        *,
        description: str = "",
        event_id: str | None = None,
    ) -> TimelineEntry:
        """Put a note, or an event with a note, on the timeline."""
        return self.timeline.add(
            tx,
            self.get(tx, case_id).id,
            at=at,
            title=title,
            actor=actor,
            description=description,
            event_id=event_id,
        )

    def alerts(self, tx: Session, case_id: str) -> Sequence[Alert]:
        """Return the alerts of a case, oldest first."""
        query = select(Alert).where(Alert.case_id == case_id)
        return tx.scalars(query.order_by(Alert.first_at, Alert.id)).all()

    def alert_counts(self, tx: Session, case_ids: Sequence[str]) -> dict[str, int]:
        """Return how many alerts each case has."""
        query = select(Alert.case_id, func.count()).where(Alert.case_id.in_(case_ids)).group_by(Alert.case_id)
        return {case_id: count for case_id, count in tx.execute(query) if case_id is not None}

    def numbers(self, tx: Session, case_ids: Sequence[str]) -> dict[str, int]:
        """Return the numbers of cases."""
        query = select(Case.id, Case.number).where(Case.id.in_(case_ids))
        return dict(tx.execute(query).all())

    def technique_ids(self, tx: Session, case_ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the ATT&CK ids of each case."""
        query = select(CaseTechnique.case_id, CaseTechnique.technique_id).where(
            CaseTechnique.case_id.in_(case_ids)
        )
        found: dict[str, list[str]] = {}
        for case_id, identifier in tx.execute(query.order_by(CaseTechnique.technique_id)):
            found.setdefault(case_id, []).append(identifier)
        return found

    def similar(self, tx: Session, case_id: str) -> list[Similar]:
        """Return alerts and cases that share observables."""
        return similar(tx, self.get(tx, case_id).id, limit=self.settings.similar_limit)

    def find_open_case_with_observables(self, tx: Session, values: Iterable[str]) -> Case | None:
        """Return the newest open case that holds one of the values."""
        return open_case_with(tx, list(values))

    def touch(self, row: Case) -> None:
        """Note that something of the case changed."""
        row.updated_at = self._clock.now()

    def _require_open(self, row: Case) -> None:
        if row.status == "closed":
            raise ConflictError(f"case {row.number} is closed: reopen it first")

    def _set_status(self, row: Case, status: str) -> None:
        row.status = status
        if status == "in_progress" and row.in_progress_at is None:
            row.in_progress_at = self._clock.now()

    def _note(
        self, tx: Session, row: Case, action: str, actor: Actor, details: Mapping[str, Any] | None = None
    ) -> None:
        self.touch(row)
        tx.flush()
        self._audit.record(tx, actor, action, kind="case", subject=row.id, details=details)


def drafts_of(
    observables: Iterable[ObservableDraft | tuple[str, str, str, Iterable[str]]],
) -> list[ObservableDraft]:
    """Return drafts for observables given whole or as (kind, value, message, tags)."""
    return [
        each if isinstance(each, ObservableDraft) else ObservableDraft(*each[:3], tags=tuple(each[3]))
        for each in observables
    ]


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.query is not None:
        conditions.append(condition(wanted.query, CASE_FIELDS))
    if wanted.statuses:
        conditions.append(Case.status.in_(wanted.statuses))
    if wanted.severities:
        conditions.append(Case.severity.in_(wanted.severities))
    if wanted.assignee is not None:
        conditions.append(Case.assignee == wanted.assignee)
    return conditions
