"""Counts of alerts and cases for the overview and for metrics."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.cases.model import OPEN_ALERT
from tocsin.cases.tables import Alert, Case


@dataclass(frozen=True, slots=True)
class Top:
    """A value and how many alerts and events stand behind it."""

    key: str
    label: str
    alerts: int
    events: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the desk looks like over a span of time; open ones count whenever they came."""

    alerts_by_status: dict[str, int] = field(default_factory=dict)
    open_alerts_by_severity: dict[int, int] = field(default_factory=dict)
    auto_closed: int = 0
    open_cases: int = 0
    new_cases: int = 0
    open_cases_by_severity: dict[int, int] = field(default_factory=dict)
    top_rules: tuple[Top, ...] = ()
    top_attackers: tuple[Top, ...] = ()


def figures(tx: Session, from_at: int, to_at: int, *, top: int = 10) -> Figures:
    """Return the figures of alerts whose newest event lies in `from_at <= at < to_at`, and of open cases."""
    within = (Alert.last_at >= from_at, Alert.last_at < to_at)
    by_status = select(Alert.status, func.count()).where(*within).group_by(Alert.status)
    by_severity = (
        select(Alert.severity, func.count())
        .where(*within, Alert.status.in_(OPEN_ALERT))
        .group_by(Alert.severity)
    )
    auto = select(func.count()).where(
        *within, Alert.status.in_(("closed", "ignored")), Alert.closed_by.like("playbook:%")
    )
    cases = select(Case.severity, func.count()).where(Case.status != "closed").group_by(Case.severity)
    new_cases = select(func.count()).where(Case.created_at >= from_at, Case.created_at < to_at)
    open_by_severity = {severity: count for severity, count in tx.execute(cases)}  # noqa: C416  typed rows
    return Figures(
        alerts_by_status={status: count for status, count in tx.execute(by_status)},  # noqa: C416  typed rows
        open_alerts_by_severity={s: count for s, count in tx.execute(by_severity)},  # noqa: C416  typed rows
        auto_closed=tx.scalar(auto) or 0,
        open_cases=sum(open_by_severity.values()),
        new_cases=tx.scalar(new_cases) or 0,
        open_cases_by_severity=open_by_severity,
        top_rules=_top_rules(tx, from_at, to_at, top),
        top_attackers=_top_attackers(tx, from_at, to_at, top),
    )


def _top_rules(tx: Session, from_at: int, to_at: int, top: int) -> tuple[Top, ...]:
    count, events = func.count(), func.sum(Alert.event_count)
    query = (
        select(Alert.rule_id, func.max(Alert.rule_name), count, events)
        .where(Alert.last_at >= from_at, Alert.last_at < to_at)
        .group_by(Alert.rule_id)
        .order_by(count.desc(), events.desc(), Alert.rule_id)
        .limit(top)
    )
    return tuple(Top(key, label, alerts, total) for key, label, alerts, total in tx.execute(query))


def _top_attackers(tx: Session, from_at: int, to_at: int, top: int) -> tuple[Top, ...]:
    """Return the addresses alerts were grouped by."""
    count, events = func.count(), func.sum(Alert.event_count)
    query = (
        select(Alert.group_key, count, events)
        .where(
            Alert.last_at >= from_at,
            Alert.last_at < to_at,
            Alert.group_field.in_(("source.ip", "client.ip", "data.srcip", "source.address")),
            Alert.group_key != "",
        )
        .group_by(Alert.group_key)
        .order_by(events.desc(), Alert.group_key)
        .limit(top)
    )
    return tuple(Top(key, key, alerts, total) for key, alerts, total in tx.execute(query))
