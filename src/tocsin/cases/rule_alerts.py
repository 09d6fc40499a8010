"""What became of the alerts of each rule: how many a day, and what they were closed as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.cases.tables import Alert
from tocsin.core.clock import DAY, day_of


@dataclass(slots=True)
class RuleAlerts:
    """The alerts of one rule that were opened in a span."""

    alerts: int = 0
    by_day: Counter[str] = field(default_factory=Counter)
    closed_as: Counter[str] = field(default_factory=Counter)
    """By resolution; alerts that are open are not in it."""


def alerts_by_rule(tx: Session, since: int, rule_id: str | None = None) -> Mapping[str, RuleAlerts]:
    """Return the alerts opened since then, of one rule or of each that has any."""
    day = Alert.created_at - Alert.created_at % DAY
    query = (
        select(Alert.rule_id, day, Alert.resolution, func.count())
        .where(Alert.created_at >= since)
        .group_by(Alert.rule_id, day, Alert.resolution)
    )
    if rule_id is not None:
        query = query.where(Alert.rule_id == rule_id)
    found: dict[str, RuleAlerts] = {}
    for name, at, resolution, count in tx.execute(query):
        of = found.setdefault(name, RuleAlerts())
        of.alerts += count
        of.by_day[day_of(at)] += count
        if resolution is not None:
            of.closed_as[resolution] += count
    return found
