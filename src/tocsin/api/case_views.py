"""Alerts, cases and what hangs on them as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from tocsin.api.services import Services
from tocsin.cases.model import SEVERITY_LABELS
from tocsin.cases.observables import SeenIn
from tocsin.cases.similar import Similar
from tocsin.cases.tables import Alert, Attachment, Case, CaseTechnique, Comment, Observable, Task
from tocsin.cases.tasks import TaskCounts
from tocsin.cases.techniques import technique_name
from tocsin.cases.timeline import Moment
from tocsin.core.clock import to_iso


def alert_views(tx: Session, services: Services, alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Return the documents of alerts, with what is counted elsewhere looked up once for all of them."""
    ids = [alert.id for alert in alerts]
    observables = services.alerts.observables.counts(tx, ids)
    numbers = services.cases.numbers(tx, [alert.case_id for alert in alerts if alert.case_id])
    undecided = services.playbooks.undecided(tx, ids) if services.playbooks is not None else set()
    return [
        {
            **_alert(alert),
            "case_number": numbers.get(alert.case_id),
            "observable_count": observables.get(alert.id, 0),
            "undecided": alert.id in undecided and alert.status in ("new", "in_progress"),
        }
        for alert in alerts
    ]


def alert_view(tx: Session, services: Services, alert: Alert) -> dict[str, Any]:
    """Return the document of one alert."""
    return alert_views(tx, services, [alert])[0]


def case_views(tx: Session, services: Services, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return the documents of cases, with what is counted elsewhere looked up once for all of them."""
    ids = [case.id for case in cases]
    observables = services.cases.observables.counts(tx, ids)
    tasks = services.cases.tasks.counts(tx, ids)
    alerts = services.cases.alert_counts(tx, ids)
    techniques = services.cases.technique_ids(tx, ids)
    views = []
    for case in cases:
        counts = tasks.get(case.id, TaskCounts())
        views.append(
            {
                **_case(case),
                "task_count": counts.all,
                "open_task_count": counts.open,
                "observable_count": observables.get(case.id, 0),
                "alert_count": alerts.get(case.id, 0),
                "techniques": _techniques(techniques.get(case.id, ())),
            }
        )
    return views


def case_view(tx: Session, services: Services, case: Case) -> dict[str, Any]:
    """Return the document of one case."""
    return case_views(tx, services, [case])[0]


def observable_views(tx: Session, services: Services, rows: Sequence[Observable]) -> list[dict[str, Any]]:
    """Return the documents of observables, each with how often its value was seen."""
    seen = services.cases.observables.seen_in(tx, [row.value for row in rows])
    return [_observable(row, seen.get(row.value, SeenIn())) for row in rows]


def similar_view(found: Similar) -> dict[str, Any]:
    """Return the document of something that shares observables."""
    subject = found.subject
    return {
        "type": "alert" if isinstance(subject, Alert) else "case",
        "id": subject.id,
        "number": subject.number,
        "title": subject.title,
        "status": subject.status,
        "resolution": subject.resolution,
        "severity": subject.severity,
        "shared": list(found.shared),
    }


def task_view(task: Task) -> dict[str, Any]:
    """Return the document of a task."""
    return {
        "id": task.id,
        "case_id": task.case_id,
        "title": task.title,
        "description": task.description,
        "group": task.group,
        "status": task.status,
        "assignee": task.assignee,
        "order": task.order,
        "mandatory": task.mandatory,
        "due_at": _instant(task.due_at),
        "started_at": _instant(task.started_at),
        "ended_at": _instant(task.ended_at),
    }


def comment_view(comment: Comment) -> dict[str, Any]:
    """Return the document of a comment."""
    return {
        "id": comment.id,
        "message": comment.message,
        "author": comment.author,
        "created_at": to_iso(comment.created_at),
        "updated_at": _instant(comment.updated_at),
    }


def attachment_view(attachment: Attachment) -> dict[str, Any]:
    """Return the document of an attachment."""
    return {
        "id": attachment.id,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "sha1": attachment.sha1,
        "md5": attachment.md5,
        "created_by": attachment.created_by,
        "created_at": to_iso(attachment.created_at),
    }


def technique_view(used: CaseTechnique) -> dict[str, Any]:
    """Return the document of a technique used in a case."""
    return {
        "id": used.id,
        "technique_id": used.technique_id,
        "name": technique_name(used.technique_id),
        "occurred_at": _instant(used.occurred_at),
        "description": used.description,
        "created_by": used.created_by,
        "created_at": to_iso(used.created_at),
    }


def moment_view(moment: Moment) -> dict[str, Any]:
    """Return the document of a moment on the timeline."""
    return {
        "at": to_iso(moment.at),
        "kind": moment.kind,
        "title": moment.title,
        "detail": moment.detail,
        "ref": {"type": moment.ref_type, "id": moment.ref_id},
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "number": alert.number,
        "title": alert.title,
        "description": alert.description,
        "severity": alert.severity,
        "severity_label": SEVERITY_LABELS[alert.severity],
        "status": alert.status,
        "resolution": alert.resolution,
        "reason": alert.reason,
        "assignee": alert.assignee,
        "tags": alert.tags,
        "tlp": alert.tlp,
        "pap": alert.pap,
        "rule": {
            "id": alert.rule_id,
            "name": alert.rule_name,
            "kind": alert.rule_kind,
            "version": alert.rule_version,
        },
        "group_field": alert.group_field,
        "group_key": alert.group_key,
        "host": alert.host,
        "event_count": alert.event_count,
        "first_at": to_iso(alert.first_at),
        "last_at": to_iso(alert.last_at),
        "created_at": to_iso(alert.created_at),
        "updated_at": to_iso(alert.updated_at),
        "in_progress_at": _instant(alert.in_progress_at),
        "imported_at": _instant(alert.imported_at),
        "closed_at": _instant(alert.closed_at),
        "closed_by": alert.closed_by,
        "case_id": alert.case_id,
        "previous_id": alert.previous_id,
        "techniques": _techniques(alert.techniques),
        "clauses": alert.clauses,
        "custom_fields": alert.custom_fields,
        "verdict": alert.verdict,
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "number": case.number,
        "title": case.title,
        "description": case.description,
        "severity": case.severity,
        "severity_label": SEVERITY_LABELS[case.severity],
        "status": case.status,
        "resolution": case.resolution,
        "impact": case.impact,
        "summary": case.summary,
        "assignee": case.assignee,
        "tags": case.tags,
        "tlp": case.tlp,
        "pap": case.pap,
        "flag": case.flag,
        "start_at": to_iso(case.start_at),
        "created_at": to_iso(case.created_at),
        "created_by": case.created_by,
        "updated_at": to_iso(case.updated_at),
        "in_progress_at": _instant(case.in_progress_at),
        "closed_at": _instant(case.closed_at),
        "closed_by": case.closed_by,
        "alert_new_at": _instant(case.alert_new_at),
        "alert_in_progress_at": _instant(case.alert_in_progress_at),
        "alert_imported_at": _instant(case.alert_imported_at),
        "merged_into_id": case.merged_into_id,
        "custom_fields": case.custom_fields,
    }


def _observable(row: Observable, seen: SeenIn) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "value": row.value,
        "message": row.message,
        "tlp": row.tlp,
        "pap": row.pap,
        "tags": row.tags,
        "is_ioc": row.is_ioc,
        "sighted": row.sighted,
        "ignore_similarity": row.ignore_similarity,
        "created_at": to_iso(row.created_at),
        "verdict": row.verdict,
        "reports": row.reports,
        "seen_in": {"alerts": seen.alerts, "cases": seen.cases},
    }


def _techniques(ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": identifier, "name": technique_name(identifier)} for identifier in ids]


def _instant(at: int | None) -> str | None:
    return None if at is None else to_iso(at)
