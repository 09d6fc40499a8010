"""The budget of alerts that switching a rule on must keep, or be overridden by name with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, Clock
from tocsin.core.errors import ConflictError
from tocsin.detect.rehearsal import Rehearsals, Subject
from tocsin.detect.report import Bounds, Report


class OverBudgetError(ConflictError):
    """The rule would open more alerts a day than the budget allows."""

    code = "over-budget"


@dataclass(frozen=True, slots=True)
class Budget:
    """Alerts a day at most, over the last `days` of the log; 0 alerts: no budget."""

    alerts_per_day: int = 50
    days: int = 7
    max_events: int = 500_000
    max_seconds: float = 20.0

    def bounds(self, now: int) -> Bounds:
        """Return the span a rule is tried on before it is switched on."""
        return Bounds(now - self.days * DAY, now, self.max_events, self.max_seconds, samples=0)


@dataclass(frozen=True, slots=True)
class Admission:
    """Why a rule may be switched on: what its backtest found, and who overrode the budget, if anybody."""

    report: Report | None
    """None when there is no budget."""
    alerts_per_day: int
    override: str = ""
    """The reason somebody gave to go over the budget."""

    def details(self) -> dict[str, Any]:
        """Return what the audit trail keeps of it."""
        if self.report is None:
            return {}
        found: dict[str, Any] = {
            "budget": self.alerts_per_day,
            "busiest_day": self.report.busiest,
            "backtest_complete": self.report.complete,
        }
        return found | ({"override": self.override} if self.override else {})


class Gatekeeper:
    """Tries a rule before it is switched on."""

    def __init__(self, rehearsals: Rehearsals, budget: Budget, clock: Clock) -> None:
        self.budget = budget
        self._rehearsals = rehearsals
        self._clock = clock

    def admit(self, rule_id: str, actor: Actor, override: str = "") -> Admission:
        """Return why the rule may be switched on; raises `OverBudgetError` with the figures.

        The busiest day counts. A backtest that reached a bound answers for the days it saw. `override` is the
        reason of whoever switches the rule on in spite of the budget.
        """
        if not self.budget.alerts_per_day:
            return Admission(None, 0)
        report = self._report(self._rehearsals.stored(rule_id))
        if report.busiest <= self.budget.alerts_per_day:
            return Admission(report, self.budget.alerts_per_day)
        if not override.strip():
            raise OverBudgetError(_refusal(report, self.budget, actor))
        return Admission(report, self.budget.alerts_per_day, override.strip()[:1024])

    def _report(self, subject: Subject) -> Report:
        *_, last = self._rehearsals.steps(subject, self.budget.bounds(self._clock.now()))
        if not isinstance(last, Report):
            raise TypeError("a backtest ends with its report")
        return last


def _refusal(report: Report, budget: Budget, actor: Actor) -> str:
    worst = max(report.days, key=lambda each: each.alerts)
    return (
        f"{report.rule_id} would have opened {worst.alerts} alerts on {worst.day}; the budget is "
        f"{budget.alerts_per_day} a day: narrow the rule, add exceptions, or have {actor} override it "
        "with a reason"
    )
