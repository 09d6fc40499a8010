"""Routes of cases."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tocsin.accounts import Principal
from tocsin.api import subjects
from tocsin.api.access import require
from tocsin.api.case_inputs import (
    CaseChangeIn,
    CaseCloseIn,
    CaseIn,
    CaseMergeIn,
    MomentIn,
    PinIn,
    ReasonIn,
    TechniqueIn,
)
from tocsin.api.case_views import (
    alert_views,
    case_view,
    case_views,
    moment_view,
    similar_view,
    technique_view,
)
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.services import Services
from tocsin.api.subjects import QueryText, ServicesDep, Severities, Statuses
from tocsin.cases import CaseDraft, CaseFilter
from tocsin.cases.timeline import Moment
from tocsin.core.clock import from_datetime

router = APIRouter(tags=["cases"])

_Reader = Annotated[Principal, Depends(require("cases:read"))]
_Writer = Annotated[Principal, Depends(require("cases:write"))]
_Page = Annotated[Paging, Depends(paging)]


@router.get("/assignees")
def list_assignees(_caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List who can be given work."""
    with services.db.read() as tx:
        return listing(subjects.assignees(tx, services))


@router.get("/cases")
def list_cases(
    *,
    _caller: _Reader,
    services: ServicesDep,
    page: _Page,
    q: QueryText = "",
    status: Statuses = (),
    severity: Severities = (),
    assignee: Annotated[str | None, Query(max_length=160)] = None,
    sort: Annotated[str, Query(max_length=32)] = "-created_at",
) -> dict[str, Any]:
    """List cases."""
    wanted = CaseFilter(
        query=subjects.query_node(q, services), statuses=status, severities=severity, assignee=assignee
    )
    with services.db.read() as tx:
        found = services.cases.page(tx, wanted, sort=sort, limit=page.limit, cursor=page.cursor)
        return listing(case_views(tx, services, found.items), following=found.cursor, total=found.total)


@router.post("/cases", status_code=201)
def open_case(body: CaseIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Open a case, assigned to whoever opens it unless another is named."""
    values = {**body.given(), "tags": tuple(body.tags)}
    values.pop("tasks", None)
    if "assignee" not in values and caller.is_person:
        values["assignee"] = caller.login
    with services.db.write() as tx:
        subjects.check_assignee(tx, services, values)
        case = services.cases.open(tx, CaseDraft(**values), caller.actor)
        services.cases.add_tasks(tx, case.id, [task.draft() for task in body.tasks], caller.actor)
        view = case_view(tx, services, case)
    return _told(services, view)


@router.get("/cases/{case_id}")
def get_case(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """Return a case, by id or number."""
    with services.db.read() as tx:
        return case_view(tx, services, services.cases.get(tx, case_id))


@router.patch("/cases/{case_id}")
def change_case(case_id: str, body: CaseChangeIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Change a case."""
    with services.db.write() as tx:
        changes = body.given()
        subjects.check_assignee(tx, services, changes)
        view = case_view(tx, services, services.cases.change(tx, case_id, changes, caller.actor))
    return _told(services, view)


@router.post("/cases/{case_id}/close")
def close_case(case_id: str, body: CaseCloseIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Close a case; 409 while mandatory tasks are open."""
    with services.db.write() as tx:
        case = services.cases.close(
            tx, case_id, body.resolution, body.summary, caller.actor, impact=body.impact
        )
        view = case_view(tx, services, case)
    return _told(services, view)


@router.post("/cases/{case_id}/reopen")
def reopen_case(
    case_id: str, caller: _Writer, services: ServicesDep, body: ReasonIn | None = None
) -> dict[str, Any]:
    """Take a closed case up again; a reason becomes a comment."""
    with services.db.write() as tx:
        case = services.cases.reopen(tx, case_id, caller.actor)
        if body is not None and body.reason.strip():
            services.cases.comment(tx, case.id, body.reason, caller.actor)
        view = case_view(tx, services, case)
    return _told(services, view)


@router.post("/cases/{case_id}/merge")
def merge_cases(case_id: str, body: CaseMergeIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Bring other cases into this one."""
    with services.db.write() as tx:
        case = services.alerts.links.merge_cases(tx, case_id, body.ids, caller.actor)
        view = case_view(tx, services, case)
    for source in body.ids:
        services.announcer.tell("case", source)
    return _told(services, view)


@router.get("/cases/{case_id}/alerts", dependencies=[Depends(require("alerts:read"))])
def list_alerts(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the alerts of the case."""
    with services.db.read() as tx:
        rows = services.cases.alerts(tx, services.cases.get(tx, case_id).id)
        return listing(alert_views(tx, services, rows), total=len(rows))


@router.delete(
    "/cases/{case_id}/alerts/{alert_id}", status_code=204, dependencies=[Depends(require("alerts:write"))]
)
def take_alert_out(case_id: str, alert_id: str, caller: _Writer, services: ServicesDep) -> None:
    """Take an alert out of the case, with what only it brought."""
    with services.db.write() as tx:
        case = services.cases.get(tx, case_id)
        alert = services.alerts.unmerge(tx, alert_id, case.id, caller.actor)
    services.announcer.tell("alert", alert.id)
    services.announcer.tell("case", case.id)


@router.get("/cases/{case_id}/techniques")
def list_techniques(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the ATT&CK techniques of the case."""
    with services.db.read() as tx:
        rows = services.cases.techniques(tx, services.cases.get(tx, case_id).id)
        return listing(map(technique_view, rows), total=len(rows))


@router.post("/cases/{case_id}/techniques", status_code=201)
def add_technique(case_id: str, body: TechniqueIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Add a technique; one that is there is given back as it is."""
    occurred_at = from_datetime(body.occurred_at) if body.occurred_at else None
    with services.db.write() as tx:
        case = services.cases.get(tx, case_id)
        added = services.cases.add_techniques(
            tx,
            case.id,
            [body.technique_id],
            caller.actor,
            occurred_at=occurred_at,
            description=body.description,
        )
        known = added or [
            each
            for each in services.cases.techniques(tx, case.id)
            if each.technique_id == body.technique_id.strip().upper()
        ]
    services.announcer.tell("case", case.id)
    return technique_view(known[0])


@router.delete("/techniques/{technique_id}", status_code=204)
def delete_technique(technique_id: str, caller: _Writer, services: ServicesDep) -> None:
    """Take a technique off its case."""
    with services.db.write() as tx:
        row = services.cases.delete_technique(tx, technique_id, caller.actor)
    services.announcer.tell("case", row.case_id)


@router.get("/cases/{case_id}/timeline")
def read_timeline(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """Return the timeline, oldest first, with what playbooks ran and decided."""
    with services.db.read() as tx:
        case = services.cases.get(tx, case_id)
        subject_ids = [case.id, *(alert.id for alert in services.cases.alerts(tx, case.id))]
        moments = [*services.cases.timeline.of(tx, case), *_automation(tx, services, subject_ids)]
    moments.sort(key=lambda moment: (moment.at, moment.kind, moment.ref_id))
    return listing(map(moment_view, moments), total=len(moments))


@router.post("/cases/{case_id}/timeline", status_code=201)
def add_moment(case_id: str, body: MomentIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Put a note on the timeline."""
    at = from_datetime(body.at)
    with services.db.write() as tx:
        row = services.cases.add_timeline(
            tx, case_id, at, body.title, caller.actor, description=body.description
        )
    services.announcer.tell("case", row.case_id)
    return moment_view(Moment(at, "custom", row.title, row.description, "moment", row.id))


@router.post("/cases/{case_id}/timeline/pin", status_code=201, dependencies=[Depends(require("events:read"))])
def pin_event(case_id: str, body: PinIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Put an event on the timeline, at its time."""
    event = subjects.found_event(services, body.event_id)
    title = event.message.strip()[:512] or event.id
    with services.db.write() as tx:
        row = services.cases.add_timeline(
            tx, case_id, event.at, title, caller.actor, description=body.note, event_id=event.id
        )
    services.announcer.tell("case", row.case_id)
    return moment_view(Moment(event.at, "event", row.title, row.description, "event", event.id))


@router.get("/cases/{case_id}/similar")
def list_similar(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List alerts and cases that share observables."""
    with services.db.read() as tx:
        return listing(map(similar_view, services.cases.similar(tx, case_id)))


@router.get("/cases/{case_id}/activity")
def list_activity(case_id: str, _caller: _Reader, services: ServicesDep, page: _Page) -> dict[str, Any]:
    """List what was done to the case, newest first."""
    with services.db.read() as tx:
        return subjects.activity(tx, services, services.cases.get(tx, case_id).id, page)


@router.get("/cases/{case_id}/runs")
def list_runs(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the playbook runs about the case."""
    with services.db.read() as tx:
        return subjects.runs(tx, services, "case", services.cases.get(tx, case_id).id)


@router.get("/cases/{case_id}/decisions")
def list_decisions(case_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List what playbooks decided about the case."""
    with services.db.read() as tx:
        return subjects.decisions(tx, services, "case", services.cases.get(tx, case_id).id)


def _automation(tx: Any, services: Services, subject_ids: list[str]) -> list[Moment]:
    if services.playbooks is None:
        return []
    moments: list[Moment] = []
    for place, subject in enumerate(subject_ids):
        subject_type = "alert" if place else "case"
        for run in services.playbooks.runs_of(tx, subject_type, subject):
            title = f"Playbook {run.playbook}: {run.status}"
            moments.append(Moment(run.started_at or run.created_at, "run", title, run.error, "run", run.id))
        for decision in services.playbooks.decisions_of(tx, subject_type, subject):
            title, reasons = f"Decision: {decision.outcome}", "\n".join(decision.reasons)
            moments.append(Moment(decision.at, "decision", title, reasons, "decision", decision.id))
    return moments


def _told(services: Services, view: dict[str, Any]) -> dict[str, Any]:
    services.announcer.tell("case", view["id"])
    return view
