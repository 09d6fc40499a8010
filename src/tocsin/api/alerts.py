"""Routes of alerts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tocsin.accounts import Principal
from tocsin.api import subjects
from tocsin.api.access import require
from tocsin.api.case_inputs import (
    AlertChangeIn,
    AlertCloseIn,
    BulkIn,
    MergeIn,
    MessageIn,
    ObservableIn,
    PromoteIn,
    ReasonIn,
)
from tocsin.api.case_views import (
    alert_view,
    alert_views,
    case_view,
    comment_view,
    observable_views,
    similar_view,
)
from tocsin.api.event_view import event_view
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.services import Services
from tocsin.api.subjects import QueryText, ServicesDep, Severities, Statuses
from tocsin.cases import AlertFilter, ObservableDraft
from tocsin.core.clock import to_iso
from tocsin.core.errors import InvalidError

router = APIRouter(prefix="/alerts", tags=["alerts"])

_Reader = Annotated[Principal, Depends(require("alerts:read"))]
_Writer = Annotated[Principal, Depends(require("alerts:write"))]
_Opener = Annotated[Principal, Depends(require("alerts:write", "cases:write"))]
_Page = Annotated[Paging, Depends(paging)]
_Text = Annotated[str | None, Query(max_length=256)]


def wanted_alerts(
    *,
    services: ServicesDep,
    q: QueryText = "",
    status: Statuses = (),
    severity: Severities = (),
    assignee: _Text = None,
    rule: _Text = None,
) -> AlertFilter:
    """Read which alerts are asked for; a dependency."""
    return AlertFilter(
        query=subjects.query_node(q, services),
        statuses=status,
        severities=severity,
        assignee=assignee,
        rule_id=rule,
    )


_Wanted = Annotated[AlertFilter, Depends(wanted_alerts)]


@router.get("")
def list_alerts(
    _caller: _Reader,
    services: ServicesDep,
    wanted: _Wanted,
    page: _Page,
    sort: Annotated[str, Query(max_length=32)] = "-last_at",
) -> dict[str, Any]:
    """List alerts."""
    with services.db.read() as tx:
        found = services.alerts.page(tx, wanted, sort=sort, limit=page.limit, cursor=page.cursor)
        return listing(alert_views(tx, services, found.items), following=found.cursor, total=found.total)


@router.get("/groups")
def list_groups(
    _caller: _Reader,
    services: ServicesDep,
    wanted: _Wanted,
    by: Annotated[str, Query(max_length=32)] = "rule",
) -> dict[str, Any]:
    """Count alerts by rule, group_key, severity, assignee or status."""
    with services.db.read() as tx:
        groups = services.alerts.groups(tx, by, wanted)
    return listing(
        {
            "key": group.key,
            "label": group.label,
            "count": group.count,
            "open": group.open,
            "max_severity": group.max_severity,
            "last_at": to_iso(group.last_at),
        }
        for group in groups
    )


@router.post("/bulk")
def bulk(body: BulkIn, caller: _Opener, services: ServicesDep) -> dict[str, Any]:
    """Do one thing to many alerts, or with `dry_run` only say what would happen."""
    with services.db.write() as tx:
        arguments = dict(body.arguments)
        if body.action == "promote":
            arguments.setdefault("assignee", _person(caller))
        subjects.check_assignee(tx, services, arguments)
        items = services.alerts.bulk(tx, body.ids, body.action, arguments, caller.actor, dry_run=body.dry_run)
    if not body.dry_run:
        for item in items:
            if item.ok:
                services.announcer.tell("alert", item.id)
    return {
        "count": sum(item.ok for item in items),
        "items": [{"id": item.id, "ok": item.ok, "detail": item.detail} for item in items],
    }


@router.get("/{alert_id}")
def get_alert(alert_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """Return an alert, by id or number."""
    with services.db.read() as tx:
        return alert_view(tx, services, services.alerts.get(tx, alert_id))


@router.patch("/{alert_id}")
def change_alert(
    alert_id: str, body: AlertChangeIn, caller: _Writer, services: ServicesDep
) -> dict[str, Any]:
    """Change an alert."""
    with services.db.write() as tx:
        changes = body.given()
        subjects.check_assignee(tx, services, changes)
        row = services.alerts.change(tx, alert_id, changes, caller.actor)
        view = alert_view(tx, services, row)
    return _told(services, view)


@router.post("/{alert_id}/close")
def close_alert(alert_id: str, body: AlertCloseIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Close an alert."""
    with services.db.write() as tx:
        row = services.alerts.close(tx, alert_id, body.resolution, body.reason, caller.actor)
        view = alert_view(tx, services, row)
    return _told(services, view)


@router.post("/{alert_id}/reopen")
def reopen_alert(
    alert_id: str, caller: _Writer, services: ServicesDep, body: ReasonIn | None = None
) -> dict[str, Any]:
    """Take a closed alert up again."""
    with services.db.write() as tx:
        row = services.alerts.reopen(tx, alert_id, caller.actor, body.reason if body else "")
        view = alert_view(tx, services, row)
    return _told(services, view)


@router.post("/{alert_id}/promote")
def promote_alert(
    alert_id: str, caller: _Opener, services: ServicesDep, body: PromoteIn | None = None
) -> dict[str, Any]:
    """Open a case from an alert; one that is in a case gives that case back."""
    wanted = body or PromoteIn.model_validate({})
    if wanted.template:
        raise InvalidError(f"there is no case template {wanted.template!r}")
    with services.db.write() as tx:
        subjects.check_assignee(tx, services, wanted.given())
        alert = services.alerts.get(tx, alert_id)
        case = services.alerts.promote(
            tx,
            alert.id,
            caller.actor,
            title=wanted.title,
            tasks=wanted.tasks,
            assignee=wanted.assignee or alert.assignee or _person(caller),
            tags=wanted.tags,
        )
        view = case_view(tx, services, case)
    return _told_both(services, alert.id, view)


@router.post("/{alert_id}/merge")
def merge_alert(alert_id: str, body: MergeIn, caller: _Opener, services: ServicesDep) -> dict[str, Any]:
    """Put an alert into an open case."""
    with services.db.write() as tx:
        alert = services.alerts.get(tx, alert_id)
        case = services.alerts.merge(tx, alert.id, body.case_id, caller.actor)
        view = case_view(tx, services, case)
    return _told_both(services, alert.id, view)


@router.get("/{alert_id}/events", dependencies=[Depends(require("events:read"))])
def list_events(alert_id: str, _caller: _Reader, services: ServicesDep, page: _Page) -> dict[str, Any]:
    """List the events the alert stands on, newest first; those whose day was deleted are left out."""
    with services.db.read() as tx:
        alert = services.alerts.get(tx, alert_id)
        refs = services.alerts.events(tx, alert.id, limit=page.limit, cursor=page.cursor)
        ids, total = [ref.event_id for ref in refs.items], alert.event_count
    return listing(map(event_view, services.store.get(ids)), following=refs.cursor, total=total)


@router.get("/{alert_id}/observables")
def list_observables(alert_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the alert's observables."""
    with services.db.read() as tx:
        rows = services.alerts.observables.of(tx, services.alerts.get(tx, alert_id).id)
        return listing(observable_views(tx, services, rows), total=len(rows))


@router.post("/{alert_id}/observables", status_code=201)
def add_observable(
    alert_id: str, body: ObservableIn, caller: _Writer, services: ServicesDep
) -> dict[str, Any]:
    """Add an observable; one that is there gets the tags too."""
    draft = ObservableDraft(**{**body.model_dump(), "tags": tuple(body.tags)})
    with services.db.write() as tx:
        alert = services.alerts.get(tx, alert_id)
        rows = services.alerts.add_observables(tx, alert.id, [draft], caller.actor)
        (view,) = observable_views(tx, services, rows)
    services.announcer.tell("alert", alert.id)
    return view


@router.get("/{alert_id}/similar")
def list_similar(alert_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List alerts and cases that share observables."""
    with services.db.read() as tx:
        return listing(map(similar_view, services.alerts.similar(tx, alert_id)))


@router.get("/{alert_id}/activity")
def list_activity(alert_id: str, _caller: _Reader, services: ServicesDep, page: _Page) -> dict[str, Any]:
    """List what was done to the alert, newest first."""
    with services.db.read() as tx:
        return subjects.activity(tx, services, services.alerts.get(tx, alert_id).id, page)


@router.get("/{alert_id}/decisions")
def list_decisions(alert_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List what playbooks decided about the alert."""
    with services.db.read() as tx:
        return subjects.decisions(tx, services, "alert", services.alerts.get(tx, alert_id).id)


@router.get("/{alert_id}/runs")
def list_runs(alert_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the playbook runs about the alert."""
    with services.db.read() as tx:
        return subjects.runs(tx, services, "alert", services.alerts.get(tx, alert_id).id)


@router.get("/{alert_id}/comments")
def list_comments(alert_id: str, _caller: _Reader, services: ServicesDep) -> dict[str, Any]:
    """List the alert's comments, oldest first."""
    with services.db.read() as tx:
        rows = services.alerts.comments.of(tx, services.alerts.get(tx, alert_id).id)
        return listing(map(comment_view, rows), total=len(rows))


@router.post("/{alert_id}/comments", status_code=201)
def add_comment(alert_id: str, body: MessageIn, caller: _Writer, services: ServicesDep) -> dict[str, Any]:
    """Comment on the alert."""
    with services.db.write() as tx:
        comment = services.alerts.comment(tx, alert_id, body.message, caller.actor)
    services.announcer.tell("alert", comment.subject_id)
    return comment_view(comment)


def _person(caller: Principal) -> str | None:
    return caller.login if caller.is_person else None


def _told(services: Services, view: dict[str, Any]) -> dict[str, Any]:
    services.announcer.tell("alert", view["id"])
    return view


def _told_both(services: Services, alert_id: str, case: dict[str, Any]) -> dict[str, Any]:
    services.announcer.tell("alert", alert_id)
    services.announcer.tell("case", case["id"])
    return case
