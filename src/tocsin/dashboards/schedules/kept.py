"""The reports that were made: listed, handed out, deleted, and let go when they are too many or too old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tocsin.core.actor import AuditTrail
from tocsin.core.clock import DAY, Clock
from tocsin.core.errors import ConflictError, NotFoundError
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.tables import ReportFileRow, ReportRow

MOST_LISTED = 500
_UNKEPT = DAY
"""So long the file of a report that is sent only is there for the messages that take it along."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much is kept: of each schedule, for how long, and of all together."""

    reports: int = 50
    days: int = 90
    mib: int = 1_024


class KeptReports:
    """Reports and their files. Every method takes the caller's transaction. Thread safe."""

    def __init__(self, clock: Clock, audit: AuditTrail, keeping: Keeping | None = None) -> None:
        self._clock = clock
        self._audit = audit
        self._keeping = keeping or Keeping()

    def list(
        self,
        tx: Session,
        viewer: Viewer,
        *,
        dashboard_id: str | None = None,
        schedule_id: str | None = None,
        limit: int = 100,
    ) -> Sequence[ReportRow]:
        """Return the reports the viewer sees, the newest first."""
        query = select(ReportRow).order_by(ReportRow.asked_at.desc(), ReportRow.id.desc())
        if dashboard_id is not None:
            query = query.where(ReportRow.dashboard_id == dashboard_id)
        if schedule_id is not None:
            query = query.where(ReportRow.schedule_id == schedule_id)
        if not viewer.sees_all:
            query = query.where(ReportRow.owner == str(viewer.actor))
        return list(tx.scalars(query.limit(min(limit, MOST_LISTED))))

    def get(self, tx: Session, report_id: str, viewer: Viewer) -> ReportRow:
        """Return one the viewer sees; raises `NotFoundError`."""
        row = tx.get(ReportRow, report_id)
        if row is None or not (viewer.sees_all or row.owner == str(viewer.actor)):
            raise NotFoundError(f"there is no report {report_id!r}")
        return row

    def file(self, tx: Session, report_id: str, viewer: Viewer) -> tuple[ReportRow, bytes]:
        """Return a report with its file; raises `NotFoundError` when there is none, or no more."""
        row = self.get(tx, report_id, viewer)
        content = content_of(tx, report_id)
        if content is None:
            raise NotFoundError(f"the report {report_id!r} has no file")
        return row, content

    def delete(self, tx: Session, report_id: str, viewer: Viewer) -> None:
        """Take a report away for good; raises `ConflictError` while it is being made."""
        row = self.get(tx, report_id, viewer)
        if row.status == "making":
            raise ConflictError("the report is being made")
        details = {"title": row.title, "dashboard": row.dashboard_id, "status": row.status}
        _remove(tx, [row.id])
        self._audit.record(tx, viewer.actor, "delete", kind="report", subject=report_id, details=details)

    def prune(self, tx: Session, schedule_id: str | None = None) -> int:
        """Let go of what is too old, too many of a schedule, or too much of all; returns how many reports."""
        now = self._clock.now()
        self._drop_files(tx, now)
        old = select(ReportRow.id).where(ReportRow.ended_at < now - self._keeping.days * DAY)
        ids = set(tx.scalars(old))
        if schedule_id is not None:
            ended = select(ReportRow.id).where(
                ReportRow.schedule_id == schedule_id, ReportRow.ended_at.is_not(None)
            )
            newest = ended.order_by(ReportRow.ended_at.desc(), ReportRow.id.desc())
            ids |= set(tx.scalars(newest.offset(self._keeping.reports)))
        ids |= set(self._beyond_size(tx))
        _remove(tx, sorted(ids))
        return len(ids)

    def _drop_files(self, tx: Session, now: int) -> None:
        done = select(ReportRow.id).where(
            ReportRow.has_file, ReportRow.keep.is_(False), ReportRow.ended_at < now - _UNKEPT
        )
        ids = list(tx.scalars(done))
        if ids:
            tx.execute(delete(ReportFileRow).where(ReportFileRow.report_id.in_(ids)))
            tx.execute(update(ReportRow).where(ReportRow.id.in_(ids)).values(has_file=False))

    def _beyond_size(self, tx: Session) -> Sequence[str]:
        most = self._keeping.mib << 20
        if (tx.scalar(select(func.sum(ReportRow.size)).where(ReportRow.has_file)) or 0) <= most:
            return ()
        order = (ReportRow.ended_at.desc(), ReportRow.id.desc())
        held, gone = 0, []
        for report_id, size in tx.execute(
            select(ReportRow.id, ReportRow.size).where(ReportRow.has_file).order_by(*order)
        ):
            held += size
            if held > most:
                gone.append(report_id)
        return gone


def content_of(tx: Session, report_id: str) -> bytes | None:
    """Return the file of a report, if there is one."""
    return tx.scalar(select(ReportFileRow.content).where(ReportFileRow.report_id == report_id))


def _remove(tx: Session, ids: Sequence[str]) -> None:
    if ids:
        tx.execute(delete(ReportFileRow).where(ReportFileRow.report_id.in_(ids)))
        tx.execute(delete(ReportRow).where(ReportRow.id.in_(ids)))
