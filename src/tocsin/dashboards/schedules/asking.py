"""Writes down that a report is to be made."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tocsin.core.ids import new_id
from tocsin.dashboards.tables import ReportRow, ReportScheduleRow


def ask(tx: Session, schedule: ReportScheduleRow, *, due_at: int, now: int, asked_by: str) -> ReportRow:
    """Return the report that is to be made for a time of the schedule."""
    row = ReportRow(
        id=new_id("report"),
        schedule_id=schedule.id,
        dashboard_id=schedule.dashboard_id,
        title=schedule.name,
        owner=schedule.owner,
        asked_by=asked_by,
        form=schedule.form,
        status="waiting",
        due_at=due_at,
        asked_at=now,
        try_at=now,
        attempts=0,
        size=0,
        has_file=False,
        keep=schedule.keep,
        sent_to=[],
        error="",
    )
    tx.add(row)
    tx.flush()
    return row
