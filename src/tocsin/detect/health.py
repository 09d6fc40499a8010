"""How rules do: whether they run, match, fail, can match at all, and what people made of their alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tocsin.core.clock import DAY
from tocsin.detect.gaps import RuleGap
from tocsin.detect.service import RuleState

State = Literal["off", "failing", "dead", "noisy", "silent", "fine"]

STATES: Final = ("failing", "dead", "noisy", "silent", "fine", "off")

SPAN: Final = 30 * DAY
"""Alerts and matches are looked at so far back."""

LEAST_VERDICTS: Final = 5
"""With fewer alerts that somebody judged, precision says nothing."""

LOW_PRECISION: Final = 0.2

TRUE: Final = frozenset({"true_positive"})
FALSE: Final = frozenset({"false_positive"})


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Alerts of the span, and what those closed were closed as."""

    alerts: int = 0
    by_day: Mapping[str, int] | None = None
    closed_as: Mapping[str, int] | None = None

    @property
    def judged(self) -> int:
        """Alerts that somebody called true or false."""
        return self._count(TRUE | FALSE)

    @property
    def precision(self) -> float | None:
        """The share of true ones among them; None when none was judged."""
        return self._count(TRUE) / self.judged if self.judged else None

    def _count(self, names: frozenset[str]) -> int:
        return sum(count for name, count in (self.closed_as or {}).items() if name in names)


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a rule, its reasons, and its figures."""

    state: State
    reasons: tuple[str, ...]
    alerts: int
    alerts_per_day: float
    busiest_day: int
    judged: int
    precision: float | None
    verdicts: Verdicts


def health_of(
    state: RuleState,
    verdicts: Verdicts,
    *,
    now: int,
    gap: RuleGap | None = None,
    failed_cases: Sequence[str] = (),
    budget: int = 0,
) -> Health:
    """Return how a rule does; the gravest of its troubles is its state."""
    busiest = max((verdicts.by_day or {}).values(), default=0)
    troubles = (
        ("failing", _failing(state, failed_cases)),
        ("dead", _dead(state, gap)),
        ("noisy", _noisy(verdicts, busiest, budget)),
        ("silent", _silent(state, now)),
    )
    reasons = [reason for _, found in troubles for reason in found]
    first: State = "fine"
    if not state.enabled:
        first = "off"
    else:
        for name, found in troubles:
            if found:
                first = name  # type: ignore[assignment]  # the names above are states
                break
    return Health(
        first,
        tuple(reasons),
        verdicts.alerts,
        round(verdicts.alerts * DAY / SPAN, 2),
        busiest,
        verdicts.judged,
        verdicts.precision,
        verdicts,
    )


def _failing(state: RuleState, failed_cases: Sequence[str]) -> list[str]:
    found = []
    if state.cost.fault:
        found.append(f"stands still since it failed: {state.cost.fault}")
    elif state.cost.errors:
        found.append(f"failed on {state.cost.errors} events since the start")
    if failed_cases:
        found.append(f"cases fail: {', '.join(failed_cases[:5])}")
    return found


def _dead(state: RuleState, gap: RuleGap | None) -> list[str]:
    if gap is None or state.matches:
        return []
    if not gap.missing:
        return ["no event can fulfil its condition"]
    source = f" of {state.rule.logsource}" if state.rule.logsource else ""
    more = f" and {len(gap.missing) - 5} more" if len(gap.missing) > 5 else ""
    return [f"your data never had {', '.join(gap.missing[:5])}{more}{source}"]


def _noisy(verdicts: Verdicts, busiest: int, budget: int) -> list[str]:
    found = []
    if budget and busiest > budget:
        found.append(f"{busiest} alerts on a day; the budget is {budget}")
    precision = verdicts.precision
    if precision is not None and verdicts.judged >= LEAST_VERDICTS and precision < LOW_PRECISION:
        found.append(f"{precision:.0%} of {verdicts.judged} judged alerts were true")
    return found


def _silent(state: RuleState, now: int) -> list[str]:
    if state.last_match_at is None:
        return ["never matched"]
    days = (now - state.last_match_at) // DAY
    return [f"last matched {days} days ago"] if days * DAY >= SPAN else []
