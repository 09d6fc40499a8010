"""Take back what an alert was told, when a late event shows that it was not so."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tocsin.cases.recording import of_group
from tocsin.cases.tables import Alert, AlertEvent, TimelineEntry
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock, to_iso
from tocsin.core.detection import Detection
from tocsin.core.ids import new_id

_AT_ONCE = 500
"""Events named in one statement: databases bound their parameters."""


class Withdrawer:
    """Lets go of events that an alert no longer stands on, and notes it.

    The alert itself stays, closed or open, for whoever works on it: an alert that nothing is left of says so
    in its activity, and in the timeline of its case.
    """

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def withdraw(self, tx: Session, detection: Detection) -> None:
        """Let the detection's alert go of the events that no other detection names.

        The latest alert of the rule and group that holds one of them is meant; for a detection that rests
        on no event, the alert of its time. Without such an alert nothing is done.
        """
        alert = self._alert(tx, detection)
        if alert is None:
            return
        gone = _release(tx, alert, [event.id for event in detection.events])
        alert.event_count = max(alert.event_count - gone, 0)
        first, last = tx.execute(
            select(func.min(AlertEvent.at), func.max(AlertEvent.at)).where(AlertEvent.alert_id == alert.id)
        ).one()
        if gone and first is not None:
            alert.first_at, alert.last_at = first, last
        alert.updated_at = self._clock.now()
        tx.flush()
        self._note(tx, alert, detection, gone)

    def _alert(self, tx: Session, detection: Detection) -> Alert | None:
        query = of_group(detection).order_by(Alert.created_at.desc(), Alert.id.desc()).limit(1)
        if not detection.events:
            return tx.scalar(query.where(Alert.first_at <= detection.at, Alert.last_at >= detection.at))
        named = select(AlertEvent.alert_id).where(
            AlertEvent.event_id.in_([event.id for event in detection.events[:_AT_ONCE]])
        )
        return tx.scalar(query.where(Alert.id.in_(named)))

    def _note(self, tx: Session, alert: Alert, detection: Detection, gone: int) -> None:
        actor = Actor("system", f"rule {detection.rule_id}"[:140])
        details = {"at": detection.at, "events": len(detection.events), "removed": gone}
        details["left"] = alert.event_count
        self._audit.record(tx, actor, "withdraw", kind="alert", subject=alert.id, details=details)
        if alert.case_id is not None:
            tx.add(_entry(alert, detection, gone, str(actor), self._clock.now()))
            tx.flush()


def _release(tx: Session, alert: Alert, ids: list[str]) -> int:
    """Count one holder less for each event, delete those nobody holds, and return how many that were."""
    gone = 0
    for start in range(0, len(ids), _AT_ONCE):
        named = AlertEvent.event_id.in_(ids[start : start + _AT_ONCE])
        mine = AlertEvent.alert_id == alert.id
        tx.execute(update(AlertEvent).where(mine, named).values(holders=AlertEvent.holders - 1))
        bare = (mine, named, AlertEvent.holders <= 0)
        gone += tx.scalar(select(func.count()).select_from(AlertEvent).where(*bare)) or 0
        tx.execute(delete(AlertEvent).where(*bare))
    return gone


def _entry(alert: Alert, detection: Detection, gone: int, author: str, now: int) -> TimelineEntry:
    left = f"{alert.event_count} events are left" if alert.event_count else "nothing is left of it"
    return TimelineEntry(
        id=new_id("moment"),
        case_id=alert.case_id,
        at=now,
        title=f"A late event took back part of alert {alert.number}",
        description=f"What the rule told of {to_iso(detection.at)} was not so: {gone} events were removed, "
        f"{left}.",
        created_by=author,
        created_at=now,
    )
