"""The health of all rules, put together from figures, verdicts, coverage and the last re-test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.clock import Clock
from tocsin.detect.gaps import Census
from tocsin.detect.health import SPAN, Health, Verdicts, health_of
from tocsin.detect.service import RuleState
from tocsin.detect.tables import RetestRow

VerdictsSince = Callable[[Session, int, str | None], Mapping[str, Verdicts]]
"""The alerts opened since then, of one rule or of every rule that has any."""


class Ward:
    """Looks after the rules. Thread safe."""

    def __init__(self, census: Census, verdicts: VerdictsSince, clock: Clock, budget: int = 0) -> None:
        self._census = census
        self._verdicts = verdicts
        self._clock = clock
        self._budget = budget

    def all(self, tx: Session, states: Sequence[RuleState]) -> dict[str, Health]:
        """Return the health of each rule."""
        return self._healths(tx, states, None)

    def one(self, tx: Session, state: RuleState) -> Health:
        """Return the health of one rule."""
        return self._healths(tx, [state], state.rule.id)[state.rule.id]

    def _healths(self, tx: Session, states: Sequence[RuleState], only: str | None) -> dict[str, Health]:
        now = self._clock.now()
        verdicts, gaps, failed = self._verdicts(tx, now - SPAN, only), self._census.dead(), failed_cases(tx)
        return {
            state.rule.id: health_of(
                state,
                verdicts.get(state.rule.id, Verdicts()),
                now=now,
                gap=gaps.get(state.rule.id),
                failed_cases=failed.get(state.rule.id, ()),
                budget=self._budget,
            )
            for state in states
        }


def failed_cases(tx: Session) -> dict[str, list[str]]:
    """Return the names of the cases that failed in the last re-test, by rule."""
    row = tx.scalars(select(RetestRow).order_by(RetestRow.started_at.desc()).limit(1)).first()
    found: dict[str, list[str]] = {}
    for each in row.result.get("failed", ()) if row is not None else ():
        found.setdefault(each["rule_id"], []).append(each["case"])
    return found
