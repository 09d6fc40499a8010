"""Schedules of reports and reports as JSON shows them."""

from __future__ import annotations

from typing import Any

from tocsin.core.clock import to_iso
from tocsin.dashboards.schedules.runner import Progress
from tocsin.dashboards.tables import ReportRow, ReportScheduleRow


def schedule_view(row: ReportScheduleRow) -> dict[str, Any]:
    """Return a schedule with what became of its last report."""
    return {
        "id": row.id,
        "dashboard": row.dashboard_id,
        "name": row.name,
        "owner": row.owner,
        "cron": row.cron,
        "zone": row.zone,
        "from": row.span_start,
        "to": row.span_end,
        "format": row.form,
        "filters": row.filters,
        "channels": row.channels,
        "keep": row.keep,
        "enabled": row.enabled,
        "stopped": row.stopped or None,
        "next_at": _moment(row.next_at),
        "last": None
        if row.last_at is None
        else {"at": to_iso(row.last_at), "status": row.last_status, "error": row.last_error or None},
        "version": row.version,
        "updated_at": to_iso(row.updated_at),
        "updated_by": row.updated_by,
    }


def report_view(row: ReportRow, progress: Progress | None = None) -> dict[str, Any]:
    """Return a report; `progress` says how far one is that is being made."""
    return {
        "id": row.id,
        "schedule": row.schedule_id,
        "dashboard": row.dashboard_id,
        "title": row.title,
        "owner": row.owner,
        "asked_by": row.asked_by,
        "format": row.form,
        "status": row.status,
        "attempts": row.attempts,
        "progress": None if progress is None else {"answered": progress.answered, "panels": progress.panels},
        "due_at": to_iso(row.due_at),
        "asked_at": to_iso(row.asked_at),
        "ended_at": _moment(row.ended_at),
        "took_ms": row.took_ms,
        "size": row.size,
        "file": row.has_file,
        "kept": row.keep,
        "sent_to": row.sent_to,
        "error": row.error or None,
    }


def _moment(at: int | None) -> str | None:
    return None if at is None else to_iso(at)
