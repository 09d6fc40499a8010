"""Silences that an operator puts on a rule, or on one key of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import DAY, Clock
from tocsin.core.errors import InvalidError
from tocsin.detect.tables import MuteRow

LONGEST = 90 * DAY
"""A rule that shall be quiet for longer is switched off, or gets an exception."""


@dataclass(frozen=True, slots=True)
class Mute:
    """A silence in force."""

    rule_id: str
    group_key: str
    until_at: int
    reason: str
    created_by: str
    created_at: int


class Mutes:
    """The silences the engine minds; read anew with every batch, so that one takes effect at once."""

    def __init__(self) -> None:
        self._until: set[tuple[str, str]] = set()

    def load(self, tx: Session, now: int) -> None:
        """Read the silences in force at `now`."""
        rows = tx.execute(select(MuteRow.rule_id, MuteRow.group_key).where(MuteRow.until_at > now))
        self._until = {(rule_id, group_key) for rule_id, group_key in rows}

    def covers(self, rule_id: str, group_key: str) -> bool:
        """Say whether the rule, or this key of it, is silenced."""
        return (rule_id, "") in self._until or (rule_id, group_key) in self._until


class MuteService:
    """Put silences on rules and lift them, with an entry in the audit trail."""

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def mute(
        self, tx: Session, rule_id: str, actor: Actor, *, span: int, group_key: str = "", reason: str = ""
    ) -> Mute:
        """Keep a rule or one key of it quiet for `span` microseconds; an earlier silence is replaced."""
        if not 0 < span <= LONGEST:
            raise InvalidError(f"a silence lasts up to {LONGEST // DAY} days")
        now = self._clock.now()
        tx.execute(delete(MuteRow).where(MuteRow.until_at <= now))
        row = MuteRow(
            rule_id=rule_id,
            group_key=group_key,
            until_at=now + span,
            reason=reason[:1024],
            created_by=str(actor)[:200],
            created_at=now,
        )
        tx.merge(row)
        details = {"group_key": group_key, "until": now + span, "reason": reason}
        self._audit.record(tx, actor, "silence", kind="rule", subject=rule_id, details=details)
        return _mute(row)

    def lift(self, tx: Session, rule_id: str, group_key: str, actor: Actor) -> bool:
        """Lift a silence; False when there was none."""
        row = tx.get(MuteRow, (rule_id, group_key))
        if row is None:
            return False
        tx.delete(row)
        details = {"group_key": group_key}
        self._audit.record(tx, actor, "unsilence", kind="rule", subject=rule_id, details=details)
        return True

    def list(self, tx: Session, rule_id: str | None = None) -> list[Mute]:
        """Return the silences in force, of one rule or of all."""
        query = select(MuteRow).where(MuteRow.until_at > self._clock.now()).order_by(MuteRow.until_at)
        if rule_id is not None:
            query = query.where(MuteRow.rule_id == rule_id)
        return [_mute(row) for row in tx.scalars(query)]


def _mute(row: MuteRow) -> Mute:
    return Mute(row.rule_id, row.group_key, row.until_at, row.reason, row.created_by, row.created_at)
