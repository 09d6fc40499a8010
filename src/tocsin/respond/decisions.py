"""Decisions: read, undo, replay under another policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError, NotFoundError
from tocsin.respond.actions.decide import OPEN
from tocsin.respond.policy import Judgement, Policy, judge
from tocsin.respond.ports import Alerts, Cases
from tocsin.respond.tables import DecisionRow


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of a subject, by which policy, on which facts, and what came of it."""

    id: str
    run_id: str
    subject_type: str
    subject_id: str
    outcome: str
    resolution: str | None
    verdict: str
    score: int
    reasons: tuple[str, ...]
    flips: tuple[str, ...]
    arithmetic: tuple[Mapping[str, Any], ...]
    facts: Mapping[str, Any]
    playbook: str
    version: str
    step: str
    at: int
    by: str
    effects: tuple[Mapping[str, str], ...]
    undone_at: int | None
    undone_by: str | None
    undo_reason: str

    @property
    def undoable(self) -> bool:
        """There is something to undo, and it was not undone yet."""
        return self.undone_at is None and bool(self.effects)


@dataclass(frozen=True, slots=True)
class Replay:
    """The same facts judged again: what was decided, what would be, and which lines differ."""

    before: str
    after: Judgement
    changed: bool
    differences: tuple[str, ...]


class Decisions:
    """Reads decisions and takes them back."""

    def __init__(self, alerts: Alerts, cases: Cases, audit: AuditTrail, clock: Clock) -> None:
        self._alerts = alerts
        self._cases = cases
        self._audit = audit
        self._clock = clock

    def of(self, tx: Session, subject_type: str, subject_id: str) -> list[Decision]:
        """Return the decisions about a subject, the newest first."""
        query = select(DecisionRow).where(
            DecisionRow.subject_type == subject_type, DecisionRow.subject_id == subject_id
        )
        newest = (DecisionRow.decided_at.desc(), DecisionRow.id.desc())
        return [_decision(row) for row in tx.scalars(query.order_by(*newest))]

    def undecided(self, tx: Session, alert_ids: Sequence[str]) -> set[str]:
        """Return those of the alerts whose latest decision left them to an analyst."""
        query = select(DecisionRow.subject_id, DecisionRow.outcome).where(
            DecisionRow.subject_type == "alert", DecisionRow.subject_id.in_(alert_ids)
        )
        latest = dict(tx.execute(query.order_by(DecisionRow.decided_at)).all())
        return {alert_id for alert_id, outcome in latest.items() if outcome == "none"}

    def get(self, tx: Session, decision_id: str) -> Decision:
        """Return a decision; raises `NotFoundError`."""
        return _decision(_row(tx, decision_id))

    def undo(self, tx: Session, decision_id: str, actor: Actor, reason: str = "") -> Decision:
        """Take back what the decision did: open what it closed, take out of the case what it put there.

        What somebody changed since is left as it is. Raises `ConflictError` when there is nothing to undo.
        """
        row = _row(tx, decision_id)
        if row.undone_at is not None:
            raise ConflictError("the decision was undone before")
        if not row.effects:
            raise ConflictError("the decision changed nothing that could be undone")
        undone = [effect for effect in reversed(row.effects) if self._reverse(tx, effect, actor, reason)]
        row.undone_at, row.undone_by, row.undo_reason = self._clock.now(), str(actor), reason[:2000]
        details = {"effects": undone, "reason": reason, "outcome": row.outcome}
        self._audit.record(tx, actor, "undo", kind=row.subject_type, subject=row.subject_id, details=details)
        tx.flush()
        return _decision(row)

    def _reverse(self, tx: Session, effect: Mapping[str, str], actor: Actor, reason: str) -> bool:
        alert = self._alerts.get(tx, effect["alert_id"])
        why = reason or "the automatic decision was undone"
        if effect["kind"] == "closed":
            if alert.status in OPEN:
                return False
            self._alerts.reopen(tx, alert.id, actor, why)
            return True
        case_id = effect["case_id"]
        if alert.case_id != case_id:
            return False
        self._alerts.unmerge(tx, alert.id, case_id, actor)
        if effect["kind"] == "promoted" and not self._cases.alert_counts(tx, [case_id]).get(case_id):
            self._close_empty(tx, case_id, why, actor)
        return True

    def _close_empty(self, tx: Session, case_id: str, why: str, actor: Actor) -> None:
        """Close the case that holds no alert any more; mandatory tasks on it keep it open."""
        with suppress(ConflictError):
            self._cases.close(tx, case_id, "other", why, actor)

    def replay(self, tx: Session, decision_id: str, policy: Policy | None = None) -> Replay:
        """Judge the stored facts again, under another policy or the one they were judged by."""
        row = _row(tx, decision_id)
        policy = policy or msgspec.convert(row.policy, Policy)
        after = judge(policy, row.facts)
        differences = tuple(_differences(row.arithmetic, after))
        return Replay(row.outcome, after, after.outcome != row.outcome, differences)


def _differences(before: Sequence[Mapping[str, Any]], after: Judgement) -> list[str]:
    then = {line["name"]: line["points"] if line["held"] else 0 for line in before}
    now = {line.name: line.points if line.held else 0 for line in after.arithmetic}
    names = [*then, *(name for name in now if name not in then)]
    return [
        f"{name}: {then.get(name, 0):+d} became {now.get(name, 0):+d}"
        for name in names
        if then.get(name, 0) != now.get(name, 0)
    ]


def _row(tx: Session, decision_id: str) -> DecisionRow:
    row = tx.get(DecisionRow, decision_id)
    if row is None:
        raise NotFoundError(f"there is no decision {decision_id!r}")
    return row


def _decision(row: DecisionRow) -> Decision:
    return Decision(
        id=row.id,
        run_id=row.run_id,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        outcome=row.outcome,
        resolution=row.resolution,
        verdict=row.verdict,
        score=row.score,
        reasons=tuple(row.reasons),
        flips=tuple(row.flips),
        arithmetic=tuple(row.arithmetic),
        facts=row.facts,
        playbook=row.playbook,
        version=row.version,
        step=row.step,
        at=row.decided_at,
        by=row.decided_by,
        effects=tuple(row.effects),
        undone_at=row.undone_at,
        undone_by=row.undone_by,
        undo_reason=row.undo_reason,
    )
