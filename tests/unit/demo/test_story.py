"""The story knows whether what was expected came about."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.demo.scenario import Expected
from tocsin.demo.story import alert_outcome, verify

CLOSED: dict[str, Any] = {
    "id": "a",
    "number": 1,
    "title": "SSH brute force from 192.0.2.1",
    "status": "closed",
    "resolution": "benign",
    "event_count": 9,
    "case_number": None,
}


@pytest.mark.parametrize(
    ("alert", "outcome", "met"),
    [
        (CLOSED, "closed", True),
        (CLOSED, "escalated", False),
        (CLOSED, "observed", False),
        ({**CLOSED, "status": "imported", "case_number": 3}, "escalated", True),
        ({**CLOSED, "status": "new"}, "observed", True),
        ({**CLOSED, "status": "new"}, "closed", False),
    ],
)
def test_an_alert_meets_what_it_fits(alert: dict[str, Any], outcome: Any, met: bool) -> None:
    """Title, status and case decide."""
    expected = Expected(outcome, "brute force", "because")
    told = alert_outcome(alert, [{"reasons": ["a reason"]}])

    assert met == verify([expected], [told])[0].met


def test_a_close_without_reasons_is_none() -> None:
    """An automatic close must say why."""
    expected = Expected("closed", "brute force", "because")

    assert not verify([expected], [alert_outcome(CLOSED, [])])[0].met


def test_the_newest_decision_is_told() -> None:
    """Decisions come newest first."""
    told = alert_outcome(CLOSED, [{"reasons": ["new"]}, {"reasons": ["old"]}])

    assert ("new",) == told.reasons
