"""Switch many rules at once: a preview first, those over the budget left off, all of it undone at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError, TocsinError
from tocsin.core.ids import new_id
from tocsin.detect.budget import Budget
from tocsin.detect.choosing import RuleQuery
from tocsin.detect.editing import Editor
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.rule import WatchRule
from tocsin.detect.service import RuleService
from tocsin.detect.subject import Subject, subject_of
from tocsin.detect.survey import RuleSurvey, Survey
from tocsin.detect.tables import RuleRow, SwitchChangeRow

MOST_KEPT = 50
"""Changes that are listed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule that stays off, and why."""

    rule: WatchRule
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a switch of many rules would do."""

    enabled: bool
    wanted: RuleQuery
    change: tuple[WatchRule, ...]
    """Rules that will be switched."""
    refused: tuple[Refused, ...] = ()
    unchanged: int = 0
    """Rules that are chosen and stand as wanted already."""
    surveyed: Mapping[str, RuleSurvey] = field(default_factory=dict)
    survey: Survey | None = None
    budget: int = 0


class BulkSwitch:
    """Plans, carries out and takes back. Thread safe."""

    def __init__(
        self,
        detection: RuleService,
        rehearsals: Rehearsals,
        editor: Editor,
        budget: Budget,
        audit: AuditTrail,
    ) -> None:
        self._detection = detection
        self._rehearsals = rehearsals
        self._editor = editor
        self._budget = budget
        self._audit = audit

    def plan(self, tx: Session, wanted: RuleQuery, enabled: bool, override: str = "") -> Plan:
        """Return what would be switched; changes nothing.

        Rules that are to be on have their cases run and are tried together on the last days: those whose
        cases fail or that go over the budget are refused, unless `override` gives a reason.
        """
        rules = self._detection.rules
        chosen = [rule for rule in rules.all if wanted.selects(rule)]
        change = [rule for rule in chosen if rules.is_enabled(rule) != enabled]
        unchanged = len(chosen) - len(change)
        if not enabled or not change:
            return Plan(enabled, wanted, tuple(change), unchanged=unchanged)
        refused: dict[str, str] = {}
        subjects = self._subjects(change, refused)
        refused |= self._failing(tx, subjects)
        found = self._survey(subjects)
        refused |= self._over(found)
        if override.strip():
            refused = {}
        return Plan(
            enabled,
            wanted,
            tuple(rule for rule in change if rule.id not in refused),
            tuple(Refused(rule, refused[rule.id]) for rule in change if rule.id in refused),
            unchanged,
            found.rules if found is not None else {},
            found,
            self._budget.alerts_per_day,
        )

    def apply(self, tx: Session, plan: Plan, actor: Actor, reason: str = "") -> SwitchChangeRow:
        """Switch what the plan says; call `reload` of the rules once it is committed.

        `reason` is why, and what overrode the budget. Raises `InvalidError` when there is nothing to switch.
        """
        if not plan.change:
            raise InvalidError("there is no rule to switch: none is chosen, or all stand as wanted already")
        row = SwitchChangeRow(
            id=new_id("switch"),
            enabled=plan.enabled,
            wanted=_plain(plan.wanted),
            before=_turn(tx, [rule.id for rule in plan.change], plan.enabled),
            changed_by=str(actor)[:200],
            changed_at=self._detection.clock.now(),
        )
        tx.add(row)
        tx.flush()
        details: dict[str, Any] = {
            "rules": len(plan.change),
            "where": row.wanted,
            "reason": reason[:1024],
            "ids": [rule.id for rule in plan.change[:200]],
        }
        if plan.survey is not None:
            details |= {"budget": plan.budget, "backtest_complete": plan.survey.complete}
        action = "enable" if plan.enabled else "disable"
        self._audit.record(tx, actor, action, kind="rules", subject=row.id, details=details)
        return row

    def undo(self, tx: Session, change_id: str, actor: Actor) -> SwitchChangeRow:
        """Put every switch back to what it was; raises `NotFoundError`, `ConflictError`.

        A rule that was switched once more since is left alone.
        """
        row = tx.get(SwitchChangeRow, change_id)
        if row is None:
            raise NotFoundError(f"there is no switch of rules {change_id!r}")
        if row.undone_at is not None:
            raise ConflictError(f"{change_id} was undone already, by {row.undone_by}")
        restored = _restore(tx, row)
        row.undone_by, row.undone_at = str(actor)[:200], self._detection.clock.now()
        details = {"rules": restored, "left_alone": len(row.before) - restored}
        self._audit.record(tx, actor, "undo", kind="rules", subject=row.id, details=details)
        return row

    def changes(self, tx: Session) -> Sequence[SwitchChangeRow]:
        """Return the newest changes, the last first."""
        query = select(SwitchChangeRow).order_by(SwitchChangeRow.changed_at.desc(), SwitchChangeRow.id.desc())
        return tx.scalars(query.limit(MOST_KEPT)).all()

    def _subjects(self, rules: Sequence[WatchRule], refused: dict[str, str]) -> list[Subject]:
        found = []
        for rule in rules:
            try:
                found.append(subject_of(self._detection.rules, rule.id))
            except TocsinError as error:
                refused[rule.id] = error.message
        return found

    def _failing(self, tx: Session, subjects: Sequence[Subject]) -> dict[str, str]:
        refused = {}
        for subject in subjects:
            try:
                results = self._editor.run_stored(tx, subject.rule.id)
            except TocsinError as error:
                refused[subject.rule.id] = error.message
                continue
            if failed := [case.name for case in results if not case.passed]:
                refused[subject.rule.id] = f"cases fail: {', '.join(failed[:5])}"
        return refused

    def _survey(self, subjects: Sequence[Subject]) -> Survey | None:
        if not self._budget.alerts_per_day or not subjects:
            return None
        return self._rehearsals.survey(subjects, self._budget.bounds(self._detection.clock.now()))

    def _over(self, found: Survey | None) -> dict[str, str]:
        most = self._budget.alerts_per_day
        rules = found.rules if found is not None else {}
        return {
            rule_id: f"{each.busiest} alerts on {each.busiest_day}; the budget is {most} a day"
            for rule_id, each in rules.items()
            if each.busiest > most
        }


def _turn(tx: Session, rule_ids: Sequence[str], enabled: bool) -> dict[str, bool | None]:
    """Set the switches; returns what they were."""
    before: dict[str, bool | None] = {}
    for rule_id in rule_ids:
        row = tx.get(RuleRow, rule_id)
        if row is None:
            row = RuleRow(rule_id=rule_id, matches=0, silenced=0, withdrawn=0, errors=0)
            tx.add(row)
        before[rule_id] = row.enabled
        row.enabled = enabled
    return before


def _restore(tx: Session, change: SwitchChangeRow) -> int:
    restored = 0
    for rule_id, before in change.before.items():
        row = tx.get(RuleRow, rule_id)
        if row is not None and row.enabled == change.enabled:
            row.enabled = before
            restored += 1
    return restored


def _plain(wanted: RuleQuery) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(wanted).items() if v}
