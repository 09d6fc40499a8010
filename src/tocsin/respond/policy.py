"""The arithmetic of a verdict: points for facts, thresholds for outcomes, all stated as data.

Pure: the same facts and the same policy give the same result, which is what replay rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tocsin.respond.document import fill, holds

Outcome = Literal["close", "escalate", "none"]
Verdict = Literal["safe", "info", "suspicious", "malicious"]
Resolution = Literal["false_positive", "true_positive", "benign", "duplicate", "no_impact", "other"]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points that count when the condition holds; `reason` is a sentence quoting facts as `{fact}`."""

    name: str
    when: str
    points: int
    reason: str


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an alert is closed when the score says so: the first whose condition holds."""

    resolution: Resolution
    when: str = ""


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts and their points, and what the sum leads to.

    `escalate_at` and above escalates, `close_at` and below closes, between them an analyst decides.
    `never_close`: a condition under which nothing closes by itself whatever the score.
    """

    lines: tuple[Line, ...]
    escalate_at: int
    close_at: int
    close_as: tuple[Closing, ...] = ()
    never_close: str = ""
    suspicious_at: int = 30


class Counted(msgspec.Struct, frozen=True):
    """A line and whether it counted."""

    name: str
    points: int
    held: bool
    reason: str


class Judgement(msgspec.Struct, frozen=True):
    """What a policy says about facts, and why."""

    outcome: Outcome
    verdict: Verdict
    score: int
    resolution: Resolution | None
    reasons: tuple[str, ...]
    flips: tuple[str, ...]
    arithmetic: tuple[Counted, ...]


def judge(policy: Policy, facts: Mapping[str, Any]) -> Judgement:
    """Return the judgement of the facts under the policy."""
    counted = tuple(_count(line, facts) for line in policy.lines)
    score = _score(counted)
    barred = bool(policy.never_close) and holds(policy.never_close, facts)
    outcome = _outcome(policy, score, barred)
    return Judgement(
        outcome=outcome,
        verdict=_verdict(policy, score),
        score=score,
        resolution=_resolution(policy, facts) if outcome == "close" else None,
        reasons=_reasons(policy, counted, score, outcome, barred),
        flips=tuple(_flips(policy, counted, score, outcome, barred)),
        arithmetic=counted,
    )


def _count(line: Line, facts: Mapping[str, Any]) -> Counted:
    held = holds(line.when, facts)
    return Counted(line.name, line.points, held, fill(line.reason, facts) if held else line.reason)


def _score(counted: tuple[Counted, ...]) -> int:
    return sum(line.points for line in counted if line.held)


def _outcome(policy: Policy, score: int, barred: bool) -> Outcome:
    if score >= policy.escalate_at:
        return "escalate"
    if score <= policy.close_at and not barred:
        return "close"
    return "none"


def _verdict(policy: Policy, score: int) -> Verdict:
    if score >= policy.escalate_at:
        return "malicious"
    if score >= policy.suspicious_at:
        return "suspicious"
    return "safe" if score <= policy.close_at else "info"


def _resolution(policy: Policy, facts: Mapping[str, Any]) -> Resolution:
    for closing in policy.close_as:
        if holds(closing.when, facts):
            return closing.resolution
    return "other"


def _reasons(
    policy: Policy, counted: tuple[Counted, ...], score: int, outcome: Outcome, barred: bool
) -> tuple[str, ...]:
    found = [f"{line.reason} ({line.points:+d})" for line in counted if line.held]
    if not found:
        found.append("None of the facts the policy looks for was found.")
    found.append(_conclusion(policy, score, outcome, barred))
    return tuple(found)


def _conclusion(policy: Policy, score: int, outcome: Outcome, barred: bool) -> str:
    if outcome == "escalate":
        return f"The score is {score}; from {policy.escalate_at} an alert is escalated."
    if outcome == "close":
        return f"The score is {score}; down to {policy.close_at} an alert is closed."
    if barred and score <= policy.close_at:
        return f"The score is {score}, but what was found must not be closed without an analyst."
    return (
        f"The score is {score}, between {policy.close_at} (closed) and {policy.escalate_at} (escalated): "
        "an analyst decides."
    )


def _flips(
    policy: Policy, counted: tuple[Counted, ...], score: int, outcome: Outcome, barred: bool
) -> list[str]:
    """Return which single fact, had it been otherwise, would have led to another outcome."""
    found = []
    for line in counted:
        other = score - line.points if line.held else score + line.points
        outcome_then = _outcome(policy, other, barred)
        if outcome_then != outcome:
            condition = f"Without {line.name}" if line.held else f"With {line.name}"
            found.append(f"{condition} the score would be {other}: {_WORDS[outcome_then]}.")
    return found


_WORDS: dict[Outcome, str] = {
    "close": "closed",
    "escalate": "escalated",
    "none": "left to an analyst",
}
