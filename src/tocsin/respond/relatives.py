"""Which alerts share a host, a user or an address with another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from tocsin.core.errors import NotFoundError
from tocsin.core.event import Event
from tocsin.respond.ports import AlertFacts, Alerts
from tocsin.respond.tables import TraitRow

TRAITS: Mapping[str, str] = {
    "source.ip": "source.ip",
    "user.name": "user.name",
    "host.name": "host.name",
    "host.hostname": "host.name",
}
"""Fields of an event that make alerts relatives, and the trait each is kept under."""

MAX_TRAITS = 40
"""Kept per alert and field: an alert about a thousand addresses is a relative of everything."""


def traits_of(events: Sequence[Event]) -> dict[tuple[str, str], int]:
    """Return the traits in the events with the newest time each was seen."""
    found: dict[tuple[str, str], int] = {}
    for event in events:
        for name, trait in TRAITS.items():
            value = event.fields.get(name)
            for each in value if isinstance(value, list) else [value]:
                if each not in {None, ""}:
                    key = (trait, str(each)[:256])
                    found[key] = max(found.get(key, 0), event.at)
    return found


def keep_traits(tx: Session, alert_id: str, traits: Mapping[tuple[str, str], int]) -> None:
    """Note what the alert is about."""
    kept: dict[str, int] = {}
    for (name, value), at in traits.items():
        kept[name] = kept.get(name, 0) + 1
        if kept[name] <= MAX_TRAITS:
            tx.merge(TraitRow(alert_id=alert_id, field=name, value=value, seen_at=at))
    tx.flush()


def relatives(
    tx: Session,
    alerts: Alerts,
    alert_id: str,
    *,
    fields: Sequence[str],
    since: int,
    ignore: Sequence[str] = (),
    limit: int = 50,
) -> list[AlertFacts]:
    """Return other alerts that share a trait among `fields`, seen after `since`; the newest first."""
    own = tx.execute(
        select(TraitRow.field, TraitRow.value).where(
            TraitRow.alert_id == alert_id, TraitRow.field.in_(fields)
        )
    ).all()
    shared = [
        and_(TraitRow.field == name, TraitRow.value == value) for name, value in own if value not in ignore
    ]
    if not shared:
        return []
    rows = tx.execute(
        select(TraitRow.alert_id)
        .where(or_(*shared), TraitRow.alert_id != alert_id, TraitRow.seen_at >= since)
        .group_by(TraitRow.alert_id)
        .order_by(TraitRow.alert_id.desc())
        .limit(limit)
    ).scalars()
    return [alert for other in rows if (alert := _found(tx, alerts, other)) is not None]


def _found(tx: Session, alerts: Alerts, alert_id: str) -> AlertFacts | None:
    try:
        return alerts.get(tx, alert_id)
    except NotFoundError:
        return None
