"""Tasks of cases: what is to be done, by whom, and whether the case may close without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.cases.model import OPEN_TASK, TASK_STATUSES, one_of, short, within
from tocsin.cases.tables import Task
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.ids import new_id


@dataclass(frozen=True, slots=True)
class TaskDraft:
    """A task to add."""

    title: str
    description: str = ""
    group: str = "default"
    assignee: str | None = None
    mandatory: bool = False
    due_at: int | None = None
    order: int | None = None
    """Place in the list; None puts it at the end."""


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """How many tasks a case has, and how many of them are open."""

    all: int = 0
    open: int = 0


class Tasks:
    """Keeps the tasks of every case."""

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def add(self, tx: Session, case_id: str, drafts: Iterable[TaskDraft], actor: Actor) -> list[Task]:
        """Add tasks to a case."""
        last = tx.scalar(select(func.max(Task.order)).where(Task.case_id == case_id))
        place = 0 if last is None else last + 1
        rows: list[Task] = []
        for draft in drafts:
            order = place if draft.order is None else within("a task's order", draft.order, 0, 100_000)
            place = max(place, order) + 1
            rows.append(self._row(case_id, draft, order))
        tx.add_all(rows)
        tx.flush()
        if rows:
            details = {"tasks": [row.title for row in rows]}
            self._audit.record(tx, actor, "add-tasks", kind="case", subject=case_id, details=details)
        return rows

    def get(self, tx: Session, task_id: str) -> Task:
        """Return the task; raises `NotFoundError`."""
        row = tx.get(Task, task_id)
        if row is None:
            raise NotFoundError(f"there is no task {task_id!r}")
        return row

    def of(self, tx: Session, case_id: str) -> Sequence[Task]:
        """Return the tasks of a case in their order."""
        query = select(Task).where(Task.case_id == case_id)
        return tx.scalars(query.order_by(Task.order, Task.created_at, Task.id)).all()

    def change(self, tx: Session, task_id: str, changes: Mapping[str, Any], actor: Actor) -> Task:
        """Set what is given; starting and ending leave their instants."""
        row = self.get(tx, task_id)
        details: dict[str, list[Any]] = {}
        for name, value in changes.items():
            wanted = _checked(name, value)
            if wanted != getattr(row, name):
                details[name] = [getattr(row, name), wanted]
                setattr(row, name, wanted)
        if "status" in details:
            self._note_status(row)
        if details:
            self._audit.record(
                tx,
                actor,
                "update-task",
                kind="case",
                subject=row.case_id,
                details={"task": row.title, **details},
            )
        tx.flush()
        return row

    def delete(self, tx: Session, task_id: str, actor: Actor) -> Task:
        """Take a task away; returns what it was."""
        row = self.get(tx, task_id)
        tx.delete(row)
        details = {"task": row.title}
        self._audit.record(tx, actor, "delete-task", kind="case", subject=row.case_id, details=details)
        tx.flush()
        return row

    def cancel_open(self, tx: Session, case_id: str, actor: Actor) -> None:
        """Cancel every task still open."""
        for row in self.of(tx, case_id):
            if row.status in OPEN_TASK:
                self.change(tx, row.id, {"status": "cancelled"}, actor)

    def counts(self, tx: Session, case_ids: Sequence[str]) -> dict[str, TaskCounts]:
        """Return how many tasks each case has."""
        is_open = func.sum(Task.status.in_(OPEN_TASK).cast(Task.order.type))
        query = (
            select(Task.case_id, func.count(), is_open)
            .where(Task.case_id.in_(case_ids))
            .group_by(Task.case_id)
        )
        return {case_id: TaskCounts(count, opened or 0) for case_id, count, opened in tx.execute(query)}

    def _row(self, case_id: str, draft: TaskDraft, order: int) -> Task:
        return Task(
            id=new_id("task"),
            case_id=case_id,
            title=short("a task's title", draft.title, 128, required=True),
            description=short("a description", draft.description, 65_536),
            group=short("a task's group", draft.group, 128) or "default",
            status="waiting",
            assignee=draft.assignee,
            order=order,
            mandatory=draft.mandatory,
            due_at=draft.due_at,
            created_at=self._clock.now(),
        )

    def _note_status(self, row: Task) -> None:
        now = self._clock.now()
        if row.status in OPEN_TASK:
            row.ended_at = None
        else:
            row.ended_at = now
        if row.status in ("in_progress", "completed") and row.started_at is None:
            row.started_at = now


def _checked(name: str, value: Any) -> Any:
    match name:
        case "title":
            return short("a task's title", value, 128, required=True)
        case "description":
            return short("a description", value, 65_536)
        case "group":
            return short("a task's group", value, 128) or "default"
        case "status":
            return one_of("status of a task", value, TASK_STATUSES)
        case "assignee":
            return short("an assignee", value, 160) or None if value else None
        case "order":
            return within("a task's order", value, 0, 100_000)
        case "mandatory":
            return bool(value)
        case "due_at":
            return value
    raise InvalidError(f"{name!r} of a task cannot be changed")
