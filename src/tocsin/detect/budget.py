"""The budget of alerts that switching a rule on must keep, or be overridden by name with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, Clock
from tocsin.core.errors import ConflictError
from tocsin.detect.cases import CaseResult
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.report import Bounds, Report
from tocsin.detect.subject import Subject


class OverBudgetError(ConflictError):
    """The rule would open more alerts a day than the budget allows."""

    code = "over-budget"


class CasesFailedError(ConflictError):
    """Cases of the rule do not give what they expect."""

    code = "cases-failed"


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
    """The reason somebody gave to go over the budget, or to switch on a rule whose cases fail."""
    failed_cases: tuple[str, ...] = ()

    def details(self) -> dict[str, Any]:
        """Return what the audit trail keeps of it."""
        found: dict[str, Any] = {"failed_cases": list(self.failed_cases)} if self.failed_cases else {}
        if self.report is not None:
            found |= {
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

    def admit(
        self, rule_id: str, actor: Actor, override: str = "", cases: Sequence[CaseResult] = ()
    ) -> Admission:
        """Return why a stored rule may be switched on; raises what `admit_subject` does."""
        subject = self._rehearsals.stored(rule_id) if self.budget.alerts_per_day else None
        return self.admit_subject(subject, actor, override, cases)

    def admit_subject(
        self, subject: Subject | None, actor: Actor, override: str = "", cases: Sequence[CaseResult] = ()
    ) -> Admission:
        """Return why a rule may be switched on.

        Raises `CasesFailedError` with the names of cases that fail, `OverBudgetError` with the figures. The
        busiest day counts. A backtest that reached a bound answers for the days it saw. `override` is the
        reason of whoever switches the rule on in spite of either.
        """
        reason = override.strip()[:1024]
        failed = tuple(case.name for case in cases if not case.passed)
        if failed and not reason:
            raise CasesFailedError(
                f"cases fail: {', '.join(failed[:10])}; mend the rule or the cases, or have {actor} override "
                "it with a reason"
            )
        most = self.budget.alerts_per_day
        if not most or subject is None:
            return Admission(None, 0, reason if failed else "", failed)
        report = self._report(subject)
        over = report.busiest > most
        if over and not reason:
            raise OverBudgetError(_refusal(report, self.budget, actor))
        return Admission(report, most, reason if over or failed else "", failed)

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
