"""The words that go with a report, and those about one that came to nothing."""

from __future__ import annotations

import re

from tocsin.dashboards.ports import Told
from tocsin.dashboards.reporting.printing import MEDIA
from tocsin.dashboards.tables import ReportRow


def file_name(title: str, form: str) -> str:
    """Return a name for the file of a report: letters, digits and dashes."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "dashboard"
    return f"{stem}.{form}"


def report_of(row: ReportRow) -> Told:
    """Return the message that a report goes out with."""
    kept = "It is kept in Tocsin" if row.keep else "It is in Tocsin for a day"
    return Told(
        key=f"report:{row.id}",
        title=f"Report: {row.title}",
        body=f"The report {row.title!r} was made. {kept}, for {row.owner} and administrators.\n",
        at=row.ended_at or row.asked_at,
        dashboard_id=row.dashboard_id,
        report_id=row.id,
        file=file_name(row.title, row.form),
        media=MEDIA[row.form].partition(";")[0],
    )


def failure_of(row: ReportRow) -> Told:
    """Return what the owner of a report is told that could not be made."""
    return Told(
        key=f"report-failed:{row.id}",
        title=f"Report failed: {row.title}",
        body=f"The report {row.title!r} could not be made, tried {row.attempts} times: {row.error}\n",
        at=row.ended_at or row.asked_at,
        dashboard_id=row.dashboard_id,
    )


def stopped_of(row: ReportRow) -> Told:
    """Return what the owner of a schedule is told that was switched off."""
    return Told(
        key=f"report-stopped:{row.id}",
        title=f"Reports stopped: {row.title}",
        body=f"The schedule {row.title!r} was switched off: {row.error}\n",
        at=row.ended_at or row.asked_at,
        dashboard_id=row.dashboard_id,
    )
