"""The arithmetic of verdicts."""

from __future__ import annotations

import pytest

from tocsin.respond.policy import Closing, Line, Policy, judge

POLICY = Policy(
    lines=(
        Line("bad", "enrichment.malicious:*", 60, "Known as bad: {enrichment.malicious}."),
        Line("ours", "source:internal", -50, "{source} is ours."),
        Line("many", "count:>=100", 10, "{count} events."),
    ),
    escalate_at=60,
    close_at=-40,
    close_as=(Closing("benign", "alert.tags:scanner"), Closing("no_impact")),
    never_close="alert.severity:>=3",
)
OURS = {"source": "internal", "alert.severity": 2}


def test_points_of_what_holds_are_summed():
    """And the reasons quote the facts, with their points."""
    found = judge(POLICY, {"enrichment.malicious": ["a", "b"], "count": 100})
    assert ("escalate", "malicious", 70) == (found.outcome, found.verdict, found.score)
    assert found.reasons[:2] == ("Known as bad: a, b. (+60)", "100 events. (+10)")
    assert "from 60 an alert is escalated" in found.reasons[2]


def test_the_first_fitting_resolution_is_taken():
    """In the order written."""
    assert judge(POLICY, OURS).resolution == "no_impact"
    assert judge(POLICY, {**OURS, "alert.tags": ["scanner"]}).resolution == "benign"


def test_what_must_not_be_closed_is_not():
    """Whatever the score; the reason says so."""
    found = judge(POLICY, {**OURS, "alert.severity": 3})
    assert ("none", None) == (found.outcome, found.resolution)
    assert "must not be closed without an analyst" in found.reasons[-1]


@pytest.mark.parametrize(("count", "outcome"), [(99, "close"), (100, "close")])
def test_thresholds_are_inclusive(count, outcome):
    """Minus forty closes."""
    assert judge(POLICY, {**OURS, "count": count}).outcome == outcome


def test_what_would_have_flipped_it_is_told():
    """Each single fact that would have led elsewhere, present or absent."""
    assert judge(POLICY, OURS).flips == (
        "With bad the score would be 10: left to an analyst.",
        "Without ours the score would be 0: left to an analyst.",
    )


def test_nothing_found_is_said():
    """Undecided, with a reason for that too."""
    found = judge(POLICY, {})
    assert ("none", "info") == (found.outcome, found.verdict)
    assert found.reasons[0] == "None of the facts the policy looks for was found."
