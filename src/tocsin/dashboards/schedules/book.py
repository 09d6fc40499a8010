"""The schedules of reports: add, change, switch, delete, bring back, run now; each is in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tocsin.core.actor import AuditTrail
from tocsin.core.clock import DAY, Clock
from tocsin.core.database import after_commit
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.core.schedule import next_time
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.model import Span
from tocsin.dashboards.schedules.asking import ask
from tocsin.dashboards.schedules.parties import Parties
from tocsin.dashboards.schedules.plan import Plan, checked_plan
from tocsin.dashboards.tables import ReportFileRow, ReportRow, ReportScheduleRow
from tocsin.query.intervals import zone_of

MOST_OF_ONE = 50
"""Schedules that one owner keeps."""
KEPT_DELETED = 30 * DAY
"""So long a deleted schedule can be brought back."""


class ScheduleBook:
    """The schedules in the database. Every method takes the caller's transaction. Thread safe.

    A schedule, and what it made, is seen and changed by its owner and by administrators only: a report says
    what its owner may read. What one may not see is not there: `NotFoundError`.
    """

    def __init__(
        self,
        clock: Clock,
        audit: AuditTrail,
        parties: Parties,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called when a transaction that wants a report at once is committed."""
        self._clock = clock
        self._audit = audit
        self._finder = parties.finder
        self._owners = parties.owners
        self._wake = wake
        self.post = parties.post

    def list(self, tx: Session, dashboard_id: str | None, viewer: Viewer) -> Sequence[ReportScheduleRow]:
        """Return the schedules of a dashboard, or of all, that the viewer sees, by name."""
        query = select(ReportScheduleRow).where(ReportScheduleRow.deleted_at.is_(None))
        if dashboard_id is not None:
            query = query.where(ReportScheduleRow.dashboard_id == dashboard_id)
        if not viewer.sees_all:
            query = query.where(ReportScheduleRow.owner == str(viewer.actor))
        return list(tx.scalars(query.order_by(func.lower(ReportScheduleRow.name), ReportScheduleRow.id)))

    def get(self, tx: Session, schedule_id: str, viewer: Viewer) -> ReportScheduleRow:
        """Return one the viewer sees; raises `NotFoundError`."""
        row = self._row(tx, schedule_id, viewer)
        if row.deleted_at is not None:
            raise NotFoundError(f"the schedule {schedule_id!r} was deleted")
        return row

    def add(
        self, tx: Session, dashboard_id: str, plan: Plan, viewer: Viewer, *, owner: str = ""
    ) -> ReportScheduleRow:
        """Keep a new one, the viewer's or another `owner`'s.

        Raises `InvalidError`, `NotFoundError` for the dashboard, `DeniedError` for an owner who may not.
        """
        self._purge(tx)
        now, whose = self._clock.now(), owner or str(viewer.actor)
        plan = self._checked(plan, now)
        self._owners.rights(tx, whose)
        self._finder.find(tx, dashboard_id, viewer)
        own = select(func.count()).where(
            ReportScheduleRow.owner == whose, ReportScheduleRow.deleted_at.is_(None)
        )
        if (tx.scalar(own) or 0) >= MOST_OF_ONE:
            raise InvalidError(f"{whose} has {MOST_OF_ONE} schedules: delete those nobody reads")
        row = ReportScheduleRow(
            id=new_id("schedule"),
            dashboard_id=dashboard_id,
            owner=whose,
            stopped="",
            last_status="",
            last_error="",
            version=1,
            created_at=now,
            updated_at=now,
            updated_by=str(viewer.actor),
            **_fields(plan, now),
        )
        tx.add(row)
        self._note(tx, viewer, "create", row, {"dashboard": dashboard_id, **_said(row)})
        return row

    def change(
        self, tx: Session, schedule_id: str, plan: Plan, viewer: Viewer, *, version: int
    ) -> ReportScheduleRow:
        """Keep a changed one; raises `ConflictError` when `version` is no longer the newest."""
        row = self.get(tx, schedule_id, viewer)
        if row.version != version:
            raise ConflictError(
                f"{row.updated_by} saved version {row.version} meanwhile; this change was made from {version}"
            )
        now, before = self._clock.now(), _said(row)
        plan = self._checked(plan, now)
        if plan.enabled and not row.enabled:
            self._owners.rights(tx, row.owner)
        for name, value in _fields(plan, now).items():
            setattr(row, name, value)
        if plan.enabled:
            row.stopped = ""
        after = _said(row)
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        self._save(row, viewer)
        self._note(tx, viewer, "update", row, changed)
        return row

    def switch(self, tx: Session, schedule_id: str, viewer: Viewer, *, enabled: bool) -> ReportScheduleRow:
        """Switch one on or off; raises `DeniedError` when its owner may have no reports made."""
        row = self.get(tx, schedule_id, viewer)
        if row.enabled == enabled:
            return row
        if enabled:
            self._owners.rights(tx, row.owner)
            row.stopped = ""
        row.enabled = enabled
        row.next_at = next_time(row.cron, self._clock.now(), zone_of(row.zone)) if enabled else None
        self._save(row, viewer)
        self._note(tx, viewer, "enable" if enabled else "disable", row, {"name": row.name})
        return row

    def delete(self, tx: Session, schedule_id: str, viewer: Viewer) -> None:
        """Take one away; for a while it can be brought back. What it made stays."""
        row = self.get(tx, schedule_id, viewer)
        row.deleted_at = self._clock.now()
        self._note(tx, viewer, "delete", row, {"name": row.name})

    def restore(self, tx: Session, schedule_id: str, viewer: Viewer) -> ReportScheduleRow:
        """Bring a deleted one back; raises `ConflictError` when it is not deleted."""
        row = self._row(tx, schedule_id, viewer)
        if row.deleted_at is None:
            raise ConflictError(f"the schedule {schedule_id!r} is not deleted")
        row.deleted_at = None
        if row.enabled:  # what it missed while it was deleted is not made up for
            row.next_at = next_time(row.cron, self._clock.now(), zone_of(row.zone))
        self._note(tx, viewer, "restore", row, {"name": row.name})
        return row

    def run_now(self, tx: Session, schedule_id: str, viewer: Viewer) -> ReportRow:
        """Have its report made at once, sent and kept as by the schedule, which goes on as before."""
        row = self.get(tx, schedule_id, viewer)
        self._owners.rights(tx, row.owner)
        now = self._clock.now()
        busy = select(func.count()).where(
            ReportRow.schedule_id == row.id, ReportRow.status.in_(("waiting", "making"))
        )
        if tx.scalar(busy):
            raise ConflictError("a report of this schedule is being made")
        report = ask(tx, row, due_at=now, now=now, asked_by=str(viewer.actor))
        self._note(tx, viewer, "run", row, {"report": report.id})
        after_commit(tx, self._wake)
        return report

    def _checked(self, plan: Plan, now: int) -> Plan:
        plan = checked_plan(plan, now=now)
        self.post.check(plan.channels)
        return plan

    def _row(self, tx: Session, schedule_id: str, viewer: Viewer) -> ReportScheduleRow:
        row = tx.get(ReportScheduleRow, schedule_id)
        if row is None or not (viewer.sees_all or row.owner == str(viewer.actor)):
            raise NotFoundError(f"there is no schedule {schedule_id!r}")
        return row

    def _save(self, row: ReportScheduleRow, viewer: Viewer) -> None:
        row.version += 1
        row.updated_at, row.updated_by = self._clock.now(), str(viewer.actor)

    def _purge(self, tx: Session) -> None:
        """Let go of schedules deleted long ago, with what they made."""
        old = select(ReportScheduleRow.id).where(
            ReportScheduleRow.deleted_at < self._clock.now() - KEPT_DELETED
        )
        ids = list(tx.scalars(old))
        if not ids:
            return
        reports = select(ReportRow.id).where(ReportRow.schedule_id.in_(ids))
        tx.execute(delete(ReportFileRow).where(ReportFileRow.report_id.in_(reports)))
        tx.execute(delete(ReportRow).where(ReportRow.schedule_id.in_(ids)))
        tx.execute(delete(ReportScheduleRow).where(ReportScheduleRow.id.in_(ids)))

    def _note(
        self, tx: Session, viewer: Viewer, action: str, row: ReportScheduleRow, details: dict[str, Any]
    ) -> None:
        tx.flush()
        self._audit.record(tx, viewer.actor, action, kind="report-schedule", subject=row.id, details=details)


def plan_of(row: ReportScheduleRow) -> Plan:
    """Return what a row says."""
    return Plan(
        name=row.name,
        cron=row.cron,
        zone=row.zone,
        span=Span(row.span_start, row.span_end),
        form=row.form,  # type: ignore[arg-type]  # checked when it was kept
        filters=tuple(row.filters),
        channels=tuple(row.channels),
        keep=row.keep,
        enabled=row.enabled,
    )


def _fields(plan: Plan, now: int) -> dict[str, Any]:
    return {
        "name": plan.name,
        "cron": plan.cron,
        "zone": plan.zone,
        "span_start": plan.span.start,
        "span_end": plan.span.end,
        "form": plan.form,
        "filters": list(plan.filters),
        "channels": list(plan.channels),
        "keep": plan.keep,
        "enabled": plan.enabled,
        "next_at": next_time(plan.cron, now, zone_of(plan.zone)) if plan.enabled else None,
    }


def _said(row: ReportScheduleRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "cron": row.cron,
        "zone": row.zone,
        "from": row.span_start,
        "to": row.span_end,
        "format": row.form,
        "filters": list(row.filters),
        "channels": list(row.channels),
        "keep": row.keep,
        "enabled": row.enabled,
    }
