"""Alerts and cases as they are counted and measured: by when they were opened, with how long they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tocsin.cases.filtering import ALERT_FIELDS, CASE_FIELDS, condition
from tocsin.cases.model import SEVERITY_LABELS, SubjectType
from tocsin.cases.tables import Alert, Case
from tocsin.core.clock import SECOND
from tocsin.query.tree import Node


@dataclass(frozen=True, slots=True)
class Measured:
    """One alert or case: its values by field, and its figures by name (times in seconds since then)."""

    id: str
    number: int
    title: str
    at: int
    values: Mapping[str, tuple[str, ...]]
    figures: Mapping[str, float]


_COMMON = ("id", "number", "title", "created_at", "severity", "status", "resolution", "assignee", "tags")
_ALERT = (*_COMMON, "rule_id", "rule_name", "rule_kind", "host", "group_key", "verdict", "techniques")
_TIMES = ("in_progress_at", "closed_at")


def measured_alerts(tx: Session, query: Node, start: int, end: int, most: int) -> Sequence[Measured]:
    """Return up to `most` alerts opened with `start <= at < end`, the newest first; raises `InvalidError`."""
    columns = [getattr(Alert, name) for name in (*_ALERT, "closed_by", "event_count", *_TIMES)]
    where = (Alert.created_at >= start, Alert.created_at < end, condition(query, ALERT_FIELDS))
    found = select(*columns).where(*where).order_by(Alert.created_at.desc(), Alert.id).limit(most)
    return [_alert(row) for row in tx.execute(found)]


def measured_cases(tx: Session, query: Node, start: int, end: int, most: int) -> Sequence[Measured]:
    """Return up to `most` cases opened with `start <= at < end`, the newest first; raises `InvalidError`."""
    columns = [getattr(Case, name) for name in (*_COMMON, "impact", *_TIMES)]
    where = (Case.created_at >= start, Case.created_at < end, condition(query, CASE_FIELDS))
    found: Select[Any] = select(*columns).where(*where).order_by(Case.created_at.desc(), Case.id).limit(most)
    return [_case(row) for row in tx.execute(found)]


def measured(
    tx: Session, kind: SubjectType, query: Node, start: int, end: int, *, most: int
) -> Sequence[Measured]:
    """Return alerts or cases."""
    return (measured_alerts if kind == "alert" else measured_cases)(tx, query, start, end, most)


def _alert(row: Any) -> Measured:
    values = {
        **_values(row),
        "rule.id": _one(row.rule_id),
        "rule.name": _one(row.rule_name),
        "rule.kind": _one(row.rule_kind),
        "host": _one(row.host),
        "group_key": _one(row.group_key),
        "verdict": _one(row.verdict),
        "technique": tuple(row.techniques),
        "closed_by": _one(row.closed_by),
    }
    figures = {"event_count": float(row.event_count), **_times(row)}
    return Measured(row.id, row.number, row.title, row.created_at, values, figures)


def _case(row: Any) -> Measured:
    values = {**_values(row), "impact": _one(row.impact)}
    return Measured(row.id, row.number, row.title, row.created_at, values, _times(row))


def _values(row: Any) -> dict[str, tuple[str, ...]]:
    return {
        "severity": (SEVERITY_LABELS.get(row.severity, str(row.severity)),),
        "status": _one(row.status),
        "resolution": _one(row.resolution),
        "assignee": _one(row.assignee),
        "tags": tuple(row.tags),
    }


def _times(row: Any) -> dict[str, float]:
    """Return how long it took until somebody or something took it up, and until it was closed."""
    reached = {"time_to_start_s": row.in_progress_at or row.closed_at, "time_to_close_s": row.closed_at}
    return {name: max(0, at - row.created_at) / SECOND for name, at in reached.items() if at is not None}


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()
