"""Exceptions as people handle them: add, list, change, remove, each with an entry in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import DAY, Clock
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.detect.exceptions import condition_of, watches_for_silence
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.tables import ExceptionRow

LONGEST = 366 * DAY
"""Whoever wants an exception for longer looks at it again after a year."""

MOST = 2_000
LONGEST_CONDITION = 10_000


@dataclass(frozen=True, slots=True)
class ExceptionDraft:
    """An exception to add; an empty `rule_id` is every rule."""

    condition: str
    reason: str
    expires_at: int
    rule_id: str = ""
    owner: str = ""
    """Who answers for it; empty: whoever adds it."""


class ExceptionBook:
    """The exceptions kept in the database. Every method takes the caller's transaction. Thread safe."""

    def __init__(self, clock: Clock, audit: AuditTrail, rules: Callable[[], RuleSet]) -> None:
        self._clock = clock
        self._audit = audit
        self._rules = rules

    def add(self, tx: Session, draft: ExceptionDraft, actor: Actor) -> ExceptionRow:
        """Put an exception in force from the next batch on; raises `InvalidError`, `NotFoundError`."""
        now = self._clock.now()
        self._check_room(tx)
        self.check_rule(draft.rule_id)
        row = ExceptionRow(
            id=new_id("exception"),
            rule_id=draft.rule_id,
            condition=_condition(draft.condition),
            owner=(draft.owner or str(actor))[:160],
            reason=_reason(draft.reason),
            expires_at=_expiry(draft.expires_at, now),
            created_by=str(actor)[:200],
            created_at=now,
            updated_at=now,
            hits=0,
        )
        tx.add(row)
        tx.flush()
        details = {name: getattr(row, name) for name in ("rule_id", *_CHANGEABLE)}
        self._audit.record(tx, actor, "create", kind="exception", subject=row.id, details=details)
        return row

    def change(
        self, tx: Session, exception_id: str, changes: Mapping[str, Any], actor: Actor
    ) -> ExceptionRow:
        """Set condition, owner, reason or expires_at; raises `InvalidError`, `NotFoundError`."""
        row = self.get(tx, exception_id)
        checked = self._checked(changes)
        details = {
            name: [getattr(row, name), value]
            for name, value in checked.items()
            if getattr(row, name) != value
        }
        for name, (_, value) in details.items():
            setattr(row, name, value)
        if details:
            row.updated_at = self._clock.now()
            tx.flush()
            self._audit.record(tx, actor, "update", kind="exception", subject=row.id, details=details)
        return row

    def remove(self, tx: Session, exception_id: str, actor: Actor) -> None:
        """Take an exception out of force; raises `NotFoundError`."""
        row = self.get(tx, exception_id)
        details = {"rule_id": row.rule_id, "condition": row.condition, "hits": row.hits}
        tx.delete(row)
        self._audit.record(tx, actor, "delete", kind="exception", subject=exception_id, details=details)

    def get(self, tx: Session, exception_id: str) -> ExceptionRow:
        """Return one, expired or not; raises `NotFoundError`."""
        row = tx.get(ExceptionRow, exception_id)
        if row is None:
            raise NotFoundError(f"there is no exception {exception_id!r}")
        return row

    def list(self, tx: Session, rule_id: str | None = None) -> list[ExceptionRow]:
        """Return all, the first to expire first; for a rule, its own and those of every rule."""
        query = select(ExceptionRow).order_by(ExceptionRow.expires_at, ExceptionRow.id)
        if rule_id is not None:
            query = query.where(ExceptionRow.rule_id.in_(["", rule_id]))
        return list(tx.scalars(query))

    def is_expired(self, row: ExceptionRow) -> bool:
        """Say whether the exception is out of force by the clock."""
        return row.expires_at <= self._clock.now()

    def _check_room(self, tx: Session) -> None:
        if len(tx.scalars(select(ExceptionRow.id)).all()) >= MOST:
            raise InvalidError(f"there are {MOST} exceptions: remove those that have expired")

    def check_rule(self, rule_id: str) -> None:
        """Raise `NotFoundError` for an unknown rule, `InvalidError` for one no exception can quieten."""
        if not rule_id:
            return  # every rule
        rules = self._rules()
        rules.check_name(rule_id)
        rule = rules.by_id.get(rule_id)
        if rule is None:
            return
        if watches_for_silence(rule):
            raise InvalidError(
                f"{rule_id} alerts on what does not come: leaving events out would make it louder; "
                "silence the rule or one key of it instead"
            )
        if rule.correlation is not None:
            fed = next((each.feeds for each in rules.correlations if each.id == rule_id), ())
            raise InvalidError(f"{rule_id} correlates matches of {', '.join(fed)}: make the exception there")

    def _checked(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        unknown = [name for name in changes if name not in _CHANGEABLE]
        if unknown:
            raise InvalidError(f"{', '.join(unknown)} cannot be changed; known: {', '.join(_CHANGEABLE)}")
        checks: dict[str, Callable[[Any], Any]] = {
            "condition": _condition,
            "reason": _reason,
            "owner": _owner,
            "expires_at": lambda at: _expiry(at, self._clock.now()),
        }
        return {name: checks[name](value) for name, value in changes.items()}


_CHANGEABLE = ("condition", "owner", "reason", "expires_at")


def _condition(text: str) -> str:
    if len(text) > LONGEST_CONDITION:
        raise InvalidError(f"a condition has at most {LONGEST_CONDITION} characters")
    condition_of(text)
    return text.strip()


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidError("an exception needs a reason")
    return text.strip()[:1024]


def _owner(text: str) -> str:
    if not text.strip():
        raise InvalidError("an exception needs an owner")
    return text.strip()[:160]


def _expiry(at: int, now: int) -> int:
    if not now < at <= now + LONGEST:
        raise InvalidError(f"an exception expires in the future, within {LONGEST // DAY} days")
    return at
