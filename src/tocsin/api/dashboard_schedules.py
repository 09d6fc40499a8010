"""Routes of reports by schedule: when a dashboard's report is made, for whom, and what was made."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.dashboards import Dashboards, found_dashboard, viewer_of
from tocsin.api.paging import listing
from tocsin.api.report_views import report_view, schedule_view
from tocsin.api.services import Services, services
from tocsin.core.clock import to_iso
from tocsin.core.errors import NotFoundError
from tocsin.dashboards.answering import MOST_FILTERS
from tocsin.dashboards.model import Span
from tocsin.dashboards.reporting.printing import MEDIA, Form
from tocsin.dashboards.schedules import Plan, ReportDesk, resolved, upcoming
from tocsin.dashboards.schedules.plan import MOST_CHANNELS
from tocsin.dashboards.schedules.telling import file_name
from tocsin.dashboards.tables import ReportRow, ReportScheduleRow

router = APIRouter(prefix="/dashboards/{dashboard_id}", tags=["dashboards"])

_Services = Annotated[Services, Depends(services)]
_Writer = Annotated[Principal, Depends(require("dashboards:write"))]
_SHOWN_RUNS = 3
_Row = TypeVar("_Row", ReportRow, ReportScheduleRow)


class ScheduleTime(BaseModel, extra="forbid"):
    """When, and over which time."""

    cron: str = Field(max_length=100)
    """Five fields of cron, such as `0 7 * * 1` for Mondays at seven; at most every ten minutes."""
    zone: str = Field(default="UTC", max_length=64)
    """By whose clock, such as `Europe/Berlin`."""
    from_: str = Field(default="", alias="from", max_length=64)
    """Begin of the span, such as `now-1w/w` for the week before; empty, with `to`: the dashboard's span."""
    to: str = Field(default="", max_length=64)


class ScheduleIn(ScheduleTime):
    """A schedule to keep."""

    name: str = Field(max_length=200)
    """What the report is called in lists, messages and file names."""
    format: Form = "pdf"
    filters: list[Annotated[str, Field(max_length=16_384)]] = Field(
        default_factory=list, max_length=MOST_FILTERS
    )
    """Queries that narrow the panels over events."""
    channels: list[Annotated[str, Field(max_length=64)]] = Field(
        default_factory=list, max_length=MOST_CHANNELS
    )
    """Channels of the notifications: mail takes the file along, others a link."""
    keep: bool = True
    """Whether the file is kept here, too."""
    enabled: bool = True

    def plan(self) -> Plan:
        """Return what is asked for."""
        return Plan(
            self.name,
            self.cron,
            self.zone,
            Span(self.from_, self.to),
            self.format,
            tuple(self.filters),
            tuple(self.channels),
            self.keep,
            self.enabled,
        )


class ScheduleChange(ScheduleIn):
    """A changed schedule."""

    version: int = Field(ge=1)
    """The version the change was made from."""


class Switch(BaseModel, extra="forbid"):
    """On or off."""

    enabled: bool


@router.get("/schedules")
def list_schedules(dashboard_id: str, caller: _Writer, services: _Services) -> dict[str, Any]:
    """List the caller's schedules of a dashboard, an administrator's all, with the channels there are."""
    found_dashboard(services, dashboard_id, caller)
    desk = _desk(services)
    with services.db.read() as tx:
        rows = desk.schedules.list(tx, dashboard_id, viewer_of(caller))
    channels = [{"name": name, "label": label} for name, label in desk.schedules.post.channels()]
    return {**listing(map(schedule_view, rows), total=len(rows)), "channels": channels}


@router.post("/schedules", status_code=201)
def add_schedule(dashboard_id: str, body: ScheduleIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Have reports of a dashboard made from now on, each with the rights the caller has at that time."""
    with services.db.write() as tx:
        row = _desk(services).schedules.add(tx, dashboard_id, body.plan(), viewer_of(caller))
        return schedule_view(row)


@router.post("/schedules/check")
def check_schedule(
    dashboard_id: str, body: ScheduleTime, caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Say when the next reports would be made, and over which time the first."""
    document = found_dashboard(services, dashboard_id, caller)["document"]
    runs = upcoming(body.cron, body.zone, services.clock.now(), _SHOWN_RUNS)
    own = Span(document["time"]["from"], document["time"]["to"])
    start, end = resolved(Span(body.from_, body.to), body.zone, now=runs[0], own=own)
    return {"next": [to_iso(at) for at in runs], "from": to_iso(start), "to": to_iso(end)}


@router.patch("/schedules/{schedule_id}")
def change_schedule(
    dashboard_id: str, schedule_id: str, body: ScheduleChange, caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Keep a changed schedule; 409 when somebody saved another version meanwhile."""
    viewer, book = viewer_of(caller), _desk(services).schedules
    with services.db.write() as tx:
        _of(book.get(tx, schedule_id, viewer), dashboard_id)
        return schedule_view(book.change(tx, schedule_id, body.plan(), viewer, version=body.version))


@router.put("/schedules/{schedule_id}/enabled")
def switch_schedule(
    dashboard_id: str, schedule_id: str, body: Switch, caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Switch a schedule on or off."""
    viewer, book = viewer_of(caller), _desk(services).schedules
    with services.db.write() as tx:
        _of(book.get(tx, schedule_id, viewer), dashboard_id)
        return schedule_view(book.switch(tx, schedule_id, viewer, enabled=body.enabled))


@router.delete("/schedules/{schedule_id}", status_code=204)
def delete_schedule(dashboard_id: str, schedule_id: str, caller: _Writer, services: _Services) -> None:
    """Take a schedule away; for 30 days it can be restored. What it made stays."""
    viewer, book = viewer_of(caller), _desk(services).schedules
    with services.db.write() as tx:
        _of(book.get(tx, schedule_id, viewer), dashboard_id)
        book.delete(tx, schedule_id, viewer)


@router.post("/schedules/{schedule_id}/restore")
def restore_schedule(
    dashboard_id: str, schedule_id: str, caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Bring a deleted schedule back."""
    with services.db.write() as tx:
        row = _desk(services).schedules.restore(tx, schedule_id, viewer_of(caller))
        return schedule_view(_of(row, dashboard_id))


@router.post("/schedules/{schedule_id}/run", status_code=202)
def run_schedule(dashboard_id: str, schedule_id: str, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Have the report made at once, kept and sent as by the schedule; ask for the report to follow it."""
    viewer, book = viewer_of(caller), _desk(services).schedules
    with services.db.write() as tx:
        _of(book.get(tx, schedule_id, viewer), dashboard_id)
        return report_view(book.run_now(tx, schedule_id, viewer))


@router.get("/reports")
def list_reports(dashboard_id: str, caller: _Writer, services: _Services) -> dict[str, Any]:
    """List the newest 100 reports of the caller's schedules of a dashboard; administrators see all."""
    found_dashboard(services, dashboard_id, caller)
    desk = _desk(services)
    with services.db.read() as tx:
        rows = desk.kept.list(tx, viewer_of(caller), dashboard_id=dashboard_id)
    return listing((report_view(row, desk.runner.progress(row.id)) for row in rows), total=len(rows))


@router.get("/reports/{report_id}")
def get_report(dashboard_id: str, report_id: str, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Return a report as far as it is made."""
    desk = _desk(services)
    with services.db.read() as tx:
        row = _of(desk.kept.get(tx, report_id, viewer_of(caller)), dashboard_id)
    return report_view(row, desk.runner.progress(row.id))


@router.get("/reports/{report_id}/file")
def get_file(dashboard_id: str, report_id: str, caller: _Writer, services: _Services) -> Response:
    """Return the file of a report."""
    with services.db.read() as tx:
        row, content = _desk(services).kept.file(tx, report_id, viewer_of(caller))
    _of(row, dashboard_id)
    disposition = f'attachment; filename="{file_name(row.title, row.form)}"'
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=MEDIA[row.form], headers=headers)


@router.delete("/reports/{report_id}", status_code=204)
def delete_report(dashboard_id: str, report_id: str, caller: _Writer, services: _Services) -> None:
    """Take a report with its file away for good."""
    viewer, kept = viewer_of(caller), _desk(services).kept
    with services.db.write() as tx:
        _of(kept.get(tx, report_id, viewer), dashboard_id)
        kept.delete(tx, report_id, viewer)


def _desk(services: Services) -> ReportDesk:
    ours: Dashboards = services.dashboards
    if ours.reports is None:
        raise NotFoundError("no reports are made by schedule here")
    return ours.reports


def _of(row: _Row, dashboard_id: str) -> _Row:
    if row.dashboard_id != dashboard_id:
        raise NotFoundError(f"the dashboard {dashboard_id!r} has no {row.id!r}")
    return row
