"""The facts a run starts from: the alert or case it is about."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tocsin.respond.document import Facts, cleaned
from tocsin.respond.ports import AlertFacts, Alerts


def subject_facts(tx: Session, alerts: Alerts, subject_type: str, subject_id: str) -> Facts:
    """Return what is known of the subject now; raises `NotFoundError` when it is gone."""
    if subject_type == "case":
        return {"case.id": subject_id}
    return alert_facts(alerts.get(tx, subject_id))


def alert_facts(alert: AlertFacts) -> Facts:
    """Return an alert as facts."""
    return cleaned(
        {
            "alert.id": alert.id,
            "alert.title": alert.title,
            "alert.status": alert.status,
            "alert.severity": alert.severity,
            "alert.rule": alert.rule_id,
            "alert.rule_name": alert.rule_name,
            "alert.rule_kind": alert.rule_kind,
            "alert.group_field": alert.group_field or None,
            "alert.group_key": alert.group_key or None,
            "alert.count": alert.event_count,
            "alert.first_at": alert.first_at,
            "alert.last_at": alert.last_at,
            "alert.tags": list(alert.tags),
            "alert.techniques": list(alert.techniques),
            "alert.tlp": alert.tlp,
            "alert.pap": alert.pap,
            "case.id": alert.case_id,
        }
    )
