"""The story: what the platform made of the scenario, and whether it is what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.demo.scenario import Expected


@dataclass(frozen=True, slots=True)
class AlertOutcome:
    """An alert as the story tells it: plain facts from the API."""

    id: str
    number: int
    title: str
    status: str
    resolution: str | None
    events: int
    reasons: tuple[str, ...]
    case_number: int | None


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """An escalated case as the story tells it."""

    number: int
    title: str
    assignee: str | None
    tasks: int
    observables: tuple[tuple[str, str, str | None], ...]
    """Kind, value and verdict."""
    techniques: tuple[str, ...]
    timeline: int


@dataclass(frozen=True, slots=True)
class Verified:
    """One expectation and the alert that met it, or None."""

    expected: Expected
    alert: AlertOutcome | None

    @property
    def met(self) -> bool:
        """Tell whether it came about."""
        return self.alert is not None


def verify(expected: Sequence[Expected], alerts: Sequence[AlertOutcome]) -> list[Verified]:
    """Look for an alert that meets each expectation."""
    return [Verified(one, next((a for a in alerts if _meets(one, a)), None)) for one in expected]


def _meets(expected: Expected, alert: AlertOutcome) -> bool:
    if expected.title.lower() not in alert.title.lower():
        return False
    if expected.outcome == "closed":
        return alert.status == "closed" and bool(alert.reasons)
    if expected.outcome == "escalated":
        return alert.case_number is not None
    return alert.status != "closed"


def alert_outcome(alert: dict[str, Any], decisions: Sequence[dict[str, Any]]) -> AlertOutcome:
    """Read an alert and its decisions, the newest first, as the API returns them."""
    return AlertOutcome(
        id=alert["id"],
        number=alert["number"],
        title=alert["title"],
        status=alert["status"],
        resolution=alert["resolution"],
        events=alert["event_count"],
        reasons=tuple(decisions[0]["reasons"]) if decisions else (),
        case_number=alert["case_number"],
    )
