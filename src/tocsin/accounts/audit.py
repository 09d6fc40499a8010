"""The audit trail: append-only, each entry chained to the one before by a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tocsin.accounts.tables import AuditRow
from tocsin.core.actor import Actor
from tocsin.core.clock import Clock

_GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`actor` did `action` to `subject` of `kind` at `at`."""

    id: int
    at: int
    actor: str
    action: str
    kind: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to list; None leaves a column open."""

    kind: str | None = None
    subject: str | None = None
    actor: str | None = None
    before_id: int | None = None


class Audit:
    """Keeps `core.actor.AuditTrail` in the database, in the transaction of the change itself."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def record(
        self,
        tx: Session,
        actor: Actor,
        action: str,
        *,
        kind: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Append one entry; `details` must be plain JSON values and hold no secret."""
        if tx.get_bind().dialect.name == "postgresql":  # SQLite writers are serial already
            tx.execute(text("LOCK TABLE account_audit IN EXCLUSIVE MODE"))
        row = AuditRow(
            at=self._clock.now(),
            actor=str(actor),
            action=action,
            kind=kind,
            subject=subject,
            details=dict(details or {}),
            previous_hash=_last_hash(tx),
        )
        row.hash = _chain(row)
        tx.add(row)
        tx.flush()

    def entries(self, tx: Session, wanted: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        """Return up to `limit` entries, newest first."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if wanted.kind is not None:
            query = query.where(AuditRow.kind == wanted.kind)
        if wanted.subject is not None:
            query = query.where(AuditRow.subject == wanted.subject)
        if wanted.actor is not None:
            query = query.where(AuditRow.actor == wanted.actor)
        if wanted.before_id is not None:
            query = query.where(AuditRow.id < wanted.before_id)
        return [_entry(row) for row in tx.scalars(query)]

    def first_broken(self, tx: Session) -> int | None:
        """Return the id of the first entry that was altered, or follows one removed; None when all holds."""
        previous = _GENESIS
        for row in tx.scalars(select(AuditRow).order_by(AuditRow.id).execution_options(yield_per=500)):
            if row.previous_hash != previous or row.hash != _chain(row):
                return row.id
            previous = row.hash
        return None


def _last_hash(tx: Session) -> str:
    newest = select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)
    return tx.scalar(newest) or _GENESIS


def _chain(row: AuditRow) -> str:
    facts = [row.previous_hash, row.at, row.actor, row.action, row.kind, row.subject, row.details]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(row.id, row.at, row.actor, row.action, row.kind, row.subject, row.details)
