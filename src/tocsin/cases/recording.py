"""What becomes of a detection: a new alert, or more of one that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from tocsin.cases.model import CLOSED_ALERT, OPEN_ALERT, CaseSettings
from tocsin.cases.numbering import next_number
from tocsin.cases.tables import Alert, AlertEvent, Case
from tocsin.cases.tagging import add_tags
from tocsin.cases.techniques import valid_techniques
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.detection import Clause, Detection, EventRef
from tocsin.core.ids import new_id

_HOST_FIELDS = ("host.name", "host.hostname", "agent.name")
_MOST_CLAUSES = 50
_LONGEST_VALUE = 1_000


@dataclass(frozen=True, slots=True)
class AlertOutcome:
    """The alert a detection opened or joined."""

    alert_id: str
    opened: bool


class Recorder:
    """Turns detections into alerts, by rule and group.

    A detection joins the open alert of its rule and group. It joins one that is in an open case too,
    when it comes within the window after that alert's newest event: an attack that goes on belongs to
    the case. Otherwise it opens an alert, which says which closed one it follows.
    """

    def __init__(self, clock: Clock, audit: AuditTrail, settings: CaseSettings) -> None:
        self._clock = clock
        self._audit = audit
        self._settings = settings

    def record(self, tx: Session, detection: Detection) -> AlertOutcome:
        """Open or join; counts each event of the detection once."""
        alert = self._open_one(tx, detection) or self._imported_one(tx, detection)
        if alert is None:
            opened = self._open(tx, detection)
            self._add_events(tx, opened, detection)
            return AlertOutcome(opened.id, opened=True)
        if self._add_events(tx, alert, detection):
            self._join(tx, alert, detection)
        return AlertOutcome(alert.id, opened=False)

    def _open_one(self, tx: Session, detection: Detection) -> Alert | None:
        query = of_group(detection).where(Alert.status.in_(OPEN_ALERT))
        return tx.scalar(query.order_by(Alert.created_at.desc()).limit(1))

    def _imported_one(self, tx: Session, detection: Detection) -> Alert | None:
        query = (
            of_group(detection)
            .join(Case, Case.id == Alert.case_id)
            .where(
                Alert.status == "imported",
                Case.status != "closed",
                Alert.last_at >= detection.at - self._settings.join_window_us,
            )
        )
        return tx.scalar(query.order_by(Alert.last_at.desc()).limit(1))

    def _open(self, tx: Session, detection: Detection) -> Alert:
        now = self._clock.now()
        previous = of_group(detection).where(Alert.status.in_(CLOSED_ALERT))
        row = Alert(
            id=new_id("alert"),
            number=next_number(tx, "alert"),
            title=_text(detection.title)[:512],
            description=_text(detection.description)[: 1 << 20],
            severity=min(max(detection.severity, 1), 4),
            status="new",
            reason="",
            tags=[],
            tlp=2,
            pap=2,
            rule_id=detection.rule_id,
            rule_name=_text(detection.rule_name)[:512],
            rule_kind=detection.rule_kind,
            rule_version=detection.rule_version,
            group_field=detection.group_field,
            group_key=_group_key(detection),
            host=_host(detection),
            event_count=0,
            first_at=min((event.at for event in detection.events), default=detection.at),
            last_at=detection.at,
            created_at=now,
            updated_at=now,
            previous_id=tx.scalar(
                previous.order_by(Alert.closed_at.desc()).limit(1).with_only_columns(Alert.id)
            ),
            techniques=valid_techniques(detection.techniques),
            clauses=_clauses(detection.clauses),
            custom_fields={},
        )
        tx.add(row)
        tx.flush()
        add_tags(tx, row, [_text(tag)[:128] for tag in detection.tags])
        actor = Actor("system", f"rule {detection.rule_id}"[:140])
        details = {"rule_version": detection.rule_version, "previous": row.previous_id}
        self._audit.record(tx, actor, "create", kind="alert", subject=row.id, details=details)
        return row

    def _join(self, tx: Session, alert: Alert, detection: Detection) -> None:
        alert.first_at = min(alert.first_at, *(event.at for event in detection.events), detection.at)
        alert.last_at = max(alert.last_at, detection.at)
        alert.severity = max(alert.severity, min(max(detection.severity, 1), 4))
        alert.rule_version = detection.rule_version
        alert.host = alert.host or _host(detection)
        alert.techniques = _union(alert.techniques, valid_techniques(detection.techniques))
        known = [*alert.clauses]
        known.extend(each for each in _clauses(detection.clauses) if each not in known)
        alert.clauses = known[:_MOST_CLAUSES]
        alert.updated_at = self._clock.now()
        add_tags(tx, alert, [_text(tag)[:128] for tag in detection.tags])
        tx.flush()

    def _add_events(self, tx: Session, alert: Alert, detection: Detection) -> bool:
        """Count the events not yet counted and keep references to them while there is room."""
        events = {event.id: event for event in detection.events}
        known = set(
            tx.scalars(
                select(AlertEvent.event_id).where(
                    AlertEvent.alert_id == alert.id, AlertEvent.event_id.in_(events)
                )
            )
        )
        if known:
            tx.execute(
                update(AlertEvent)
                .where(AlertEvent.alert_id == alert.id, AlertEvent.event_id.in_(known))
                .values(holders=AlertEvent.holders + 1)
            )
        fresh = [event for event in events.values() if event.id not in known]
        room = max(self._settings.max_event_refs - alert.event_count, 0)
        tx.add_all(_reference(alert, event, detection) for event in fresh[:room])
        alert.event_count += len(fresh)
        tx.flush()
        return bool(fresh) or not events


def of_group(detection: Detection) -> Select[Alert]:
    """Return the query of every alert of a detection's rule and group."""
    return select(Alert).where(Alert.rule_id == detection.rule_id, Alert.group_key == _group_key(detection))


def _group_key(detection: Detection) -> str:
    return _text(detection.group_key)[:1024]


def _reference(alert: Alert, event: EventRef, detection: Detection) -> AlertEvent:
    return AlertEvent(alert_id=alert.id, event_id=event.id, at=event.at, rule_version=detection.rule_version)


def _host(detection: Detection) -> str:
    if detection.group_field in _HOST_FIELDS:
        return _text(detection.group_key)[:256]
    for clause in detection.clauses:
        if clause.field in _HOST_FIELDS:
            return _text(clause.value)[:256]
    return ""


def _clauses(clauses: Sequence[Clause]) -> list[dict[str, str]]:
    written = [
        {
            "field": each.field,
            "condition": _text(each.condition)[:_LONGEST_VALUE],
            "value": _text(each.value)[:_LONGEST_VALUE],
        }
        for each in clauses[:_MOST_CLAUSES]
    ]
    return [each for place, each in enumerate(written) if each not in written[:place]]


def _text(text: str) -> str:
    """Return the text as every database takes it: events may hold NUL and halves of characters."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _union(known: list[str], more: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*known, *more]))
