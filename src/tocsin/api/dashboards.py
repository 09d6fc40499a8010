"""Routes of dashboards: those that come with Tocsin, those people made, and the answers to their panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, JsonValue

from tocsin.accounts import Permission, Principal
from tocsin.api.access import require
from tocsin.api.dashboard_answers import answered_view
from tocsin.api.paging import listing
from tocsin.api.services import Services, services
from tocsin.core.clock import to_iso
from tocsin.core.errors import ConflictError, DeniedError
from tocsin.dashboards import (
    Answering,
    Asked,
    Dashboard,
    DashboardBook,
    Draft,
    Shelf,
    document_of,
    read_dashboard,
    read_panel,
)
from tocsin.dashboards.answering import MOST_FILTERS
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.model import Source, Span
from tocsin.dashboards.reading import unknown_fields
from tocsin.dashboards.schedules import ReportDesk
from tocsin.dashboards.steps import MOST_STEPS
from tocsin.dashboards.tables import DashboardRow

router = APIRouter(prefix="/dashboards", tags=["dashboards"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("dashboards:read"))]
_Writer = Annotated[Principal, Depends(require("dashboards:write"))]

NEEDED: dict[Source, Permission] = {
    "events": "events:read",
    "alerts": "alerts:read",
    "cases": "cases:read",
}
"""What a caller needs, by what a panel is over."""


@dataclass(frozen=True, slots=True)
class Dashboards:
    """What the routes ask: the dashboards from files, those in the database, and who answers panels."""

    shelf: Shelf
    book: DashboardBook
    answering: Answering
    reports: ReportDesk | None = None
    """Reports by schedule."""


class DashboardIn(BaseModel, extra="forbid"):
    """A dashboard to keep."""

    document: JsonValue
    """The dashboard itself, in the form that the guide to dashboards describes."""
    shared: bool = False
    """Seen by everybody who may read dashboards, instead of by its owner alone."""


class DashboardChange(DashboardIn):
    """A changed dashboard."""

    version: int = Field(ge=1)
    """The version the change was made from."""


class PanelIn(BaseModel, extra="forbid"):
    """A panel to answer, as it stands in a dashboard's document."""

    panel: JsonValue
    from_: str = Field(default="now-24h", alias="from", max_length=64)
    to: str = Field(default="now", max_length=64)
    filters: list[Annotated[str, Field(max_length=16_384)]] = Field(
        default_factory=list, max_length=MOST_FILTERS
    )
    """Queries that narrow a panel over events."""
    zone: str = Field(default="UTC", max_length=64)
    """Time zone of hours, weekdays and days."""
    buckets: int = Field(default=60, ge=1, le=MOST_STEPS)
    """About how many steps of time are wanted."""


@router.get("")
def list_dashboards(caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the dashboards the caller sees: those from files first, then by title."""
    ours: Dashboards = services.dashboards
    items = [_brief(_of_shelf(name, found)) for name, found in ours.shelf.dashboards.items()]
    with services.db.read() as tx:
        items += [_brief(_of_row(ours.book, row, caller)) for row in ours.book.list(tx, viewer_of(caller))]
    return listing(items, total=len(items))


@router.post("", status_code=201)
def add_dashboard(body: DashboardIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Keep a new dashboard, made or imported; a document that does not fit is refused with every fault."""
    ours: Dashboards = services.dashboards
    draft = Draft(read_dashboard(body.document), body.shared)
    with services.db.write() as tx:
        row = ours.book.add(tx, draft, viewer_of(caller))
        return _of_row(ours.book, row, caller)


@router.post("/panel")
def answer_panel(body: PanelIn, caller: _Reader, services: _Services) -> dict[str, Any]:
    """Answer one panel, kept or not. What it is over decides about the permission that is needed besides."""
    ours: Dashboards = services.dashboards
    panel = read_panel(body.panel)
    check_source(panel.source, caller)
    asked = Asked(Span(body.from_, body.to), tuple(body.filters), body.zone, body.buckets)
    with services.db.read() as tx:
        found = ours.answering.answer(tx, panel, asked, now=services.clock.now())
    return answered_view(panel, found)


@router.post("/check")
def check_dashboard(body: DashboardIn, _caller: _Reader) -> dict[str, Any]:
    """Read a document without keeping it; what may be a slip is remarked upon, what is wrong is refused."""
    dashboard = read_dashboard(body.document)
    remarks = [{"panel": panel, "remark": remark} for panel, remark in unknown_fields(dashboard)]
    return {"document": document_of(dashboard), "remarks": remarks}


@router.get("/{dashboard_id}")
def get_dashboard(dashboard_id: str, caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a dashboard with its document."""
    return found_dashboard(services, dashboard_id, caller)


@router.patch("/{dashboard_id}")
def change_dashboard(
    dashboard_id: str, body: DashboardChange, caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Keep a changed dashboard; 409 when somebody saved another version meanwhile."""
    ours: Dashboards = services.dashboards
    _refuse_shelved(ours, dashboard_id)
    draft = Draft(read_dashboard(body.document), body.shared)
    with services.db.write() as tx:
        row = ours.book.change(tx, dashboard_id, draft, viewer_of(caller), version=body.version)
        return _of_row(ours.book, row, caller)


@router.delete("/{dashboard_id}", status_code=204)
def delete_dashboard(dashboard_id: str, caller: _Writer, services: _Services) -> None:
    """Take a dashboard away; for 30 days it can be restored."""
    ours: Dashboards = services.dashboards
    _refuse_shelved(ours, dashboard_id)
    with services.db.write() as tx:
        ours.book.delete(tx, dashboard_id, viewer_of(caller))


@router.post("/{dashboard_id}/restore")
def restore_dashboard(dashboard_id: str, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Bring a deleted dashboard back."""
    ours: Dashboards = services.dashboards
    with services.db.write() as tx:
        row = ours.book.restore(tx, dashboard_id, viewer_of(caller))
        return _of_row(ours.book, row, caller)


@router.get("/{dashboard_id}/versions")
def list_versions(dashboard_id: str, caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the versions that are kept of a dashboard with their documents, the newest first."""
    ours: Dashboards = services.dashboards
    with services.db.read() as tx:
        return listing(
            {
                "version": row.version,
                "saved_at": to_iso(row.saved_at),
                "saved_by": row.saved_by,
                "document": row.document,
            }
            for row in ours.book.versions(tx, dashboard_id, viewer_of(caller))
        )


def found_dashboard(services: Services, dashboard_id: str, caller: Principal) -> dict[str, Any]:
    """Return the view of a dashboard from a file or the database; raises `NotFoundError`."""
    ours: Dashboards = services.dashboards
    shelved = ours.shelf.dashboards.get(dashboard_id)
    if shelved is not None:
        return _of_shelf(dashboard_id, shelved)
    with services.db.read() as tx:
        return _of_row(ours.book, ours.book.get(tx, dashboard_id, viewer_of(caller)), caller)


def check_source(source: Source, caller: Principal) -> None:
    """Raise `DeniedError` when the caller may not read what a panel is over."""
    if NEEDED[source] not in caller.permissions:
        raise DeniedError(f"a panel over {source} needs {NEEDED[source]}, which the role {caller.role} lacks")


def viewer_of(caller: Principal) -> Viewer:
    """Return the caller as dashboards know one."""
    return Viewer(caller.actor, sees_all="admin" in caller.permissions)


def _refuse_shelved(ours: Dashboards, dashboard_id: str) -> None:
    if dashboard_id in ours.shelf.dashboards:
        raise ConflictError(f"{dashboard_id!r} comes from a file and is not changed here: make a copy")


def _of_shelf(name: str, dashboard: Dashboard) -> dict[str, Any]:
    return {
        "id": name,
        "title": dashboard.title,
        "description": dashboard.description,
        "panels": len(dashboard.panels),
        "document": document_of(dashboard),
        "version": None,
        "shared": True,
        "owner": None,
        "from_file": True,
        "may_change": False,
        "updated_at": None,
        "updated_by": None,
    }


def _of_row(book: DashboardBook, row: DashboardRow, caller: Principal) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "description": row.document.get("description", ""),
        "panels": len(row.document.get("panels", [])),
        "document": row.document,
        "version": row.version,
        "shared": row.shared,
        "owner": row.owner,
        "from_file": False,
        "may_change": "dashboards:write" in caller.permissions and book.may_change(row, viewer_of(caller)),
        "updated_at": to_iso(row.updated_at),
        "updated_by": row.updated_by,
    }


def _brief(view: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name != "document"}
