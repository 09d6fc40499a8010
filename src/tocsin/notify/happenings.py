"""What an entry of the audit trail means to people, and what is to be said of an alert or a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.notify.model import Happening
from tocsin.notify.ports import AlertFacts, CaseFacts

_PLAIN = {
    ("alert", "create"): "alert.opened",
    ("alert", "promote"): "alert.escalated",
    ("alert", "close"): "alert.closed",
    ("alert", "reopen"): "alert.reopened",
    ("case", "create"): "case.opened",
    ("case", "close"): "case.closed",
    ("case", "reopen"): "case.reopened",
}


def events_of(kind: str, action: str, details: Mapping[str, Any] | None, assignee: str | None) -> list[str]:
    """Return the events an entry of the trail stands for; `assignee` is who has the alert or case now."""
    found = [event] if (event := _PLAIN.get((kind, action))) else []
    changed = action == "update" and "assignee" in (details or {})
    if assignee and kind in {"alert", "case"} and (changed or action == "create"):
        found.append(f"{kind}.assigned")
    return found


def alert_happening(event: str, alert: AlertFacts, actor: str = "") -> Happening:
    """Return what happened to an alert."""
    return Happening(
        event=event,
        subject_type="alert",
        subject_id=alert.id,
        number=alert.number,
        title=alert.title,
        description=alert.description,
        at=alert.updated_at,
        severity=alert.severity,
        rule_id=alert.rule_id,
        rule_name=alert.rule_name,
        tags=tuple(alert.tags),
        assignee=alert.assignee or "",
        actor=actor,
        facts=(
            (alert.group_field, alert.group_key if alert.group_field else ""),
            ("Host", alert.host if alert.group_key != alert.host else ""),
            ("ATT&CK", ", ".join(alert.techniques)),
            *_ending(event, alert.resolution, alert.reason),
        ),
    )


def case_happening(event: str, case: CaseFacts, actor: str = "") -> Happening:
    """Return what happened to a case."""
    return Happening(
        event=event,
        subject_type="case",
        subject_id=case.id,
        number=case.number,
        title=case.title,
        description=case.description,
        at=case.updated_at,
        severity=case.severity,
        tags=tuple(case.tags),
        assignee=case.assignee or "",
        actor=actor,
        facts=_ending(event, case.resolution, case.summary),
    )


def _ending(event: str, resolution: str | None, why: str) -> tuple[tuple[str, str], ...]:
    if not event.endswith(".closed"):
        return ()
    return (("Closed as", (resolution or "").replace("_", " ")), ("Why", why))
