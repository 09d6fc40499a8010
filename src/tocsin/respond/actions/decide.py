"""Actions that reach a verdict and close by it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.errors import InvalidError
from tocsin.respond.action import Action, Context, Result
from tocsin.respond.document import fill
from tocsin.respond.policy import Policy, judge
from tocsin.respond.tables import DecisionRow

OPEN = frozenset({"new", "in_progress"})
"""Statuses of an alert nobody has finished with."""


def _judge(tx: Session, context: Context, policy: Policy, _: Any) -> Result:
    facts = {**context.facts, "alert.reopened": _is_reopened(tx, context)}
    judgement = judge(policy, facts)
    identifier = f"{context.run_id}:{context.step.name}"
    plain = msgspec.to_builtins(judgement)
    tx.add(
        DecisionRow(
            id=identifier,
            run_id=context.run_id,
            step=context.step.name,
            subject_type=context.subject_type,
            subject_id=context.subject_id,
            outcome=judgement.outcome,
            resolution=judgement.resolution,
            verdict=judgement.verdict,
            score=judgement.score,
            reasons=plain["reasons"],
            flips=plain["flips"],
            arithmetic=plain["arithmetic"],
            facts=facts,
            playbook=context.playbook,
            version=context.version,
            policy=msgspec.to_builtins(policy),
            effects=[],
            decided_at=context.now,
            decided_by=str(context.actor),
        )
    )
    tx.flush()
    context.parts.alerts.set_verdict(tx, context.alert_id, judgement.verdict, context.actor)
    output = {"outcome": judgement.outcome, "verdict": judgement.verdict, "score": judgement.score}
    found: dict[str, Any] = {f"verdict.{name}": value for name, value in output.items()}
    found["alert.reopened"] = facts["alert.reopened"]
    found["verdict.reasons"] = plain["reasons"]
    found["decision.id"] = identifier
    if judgement.resolution:
        found["verdict.resolution"] = judgement.resolution
    return Result({**output, "decision": identifier}, found)


def _is_reopened(tx: Session, context: Context) -> bool:
    """Tell whether the alert is open although an earlier decision closed it: then a person wants it."""
    query = select(DecisionRow.effects).where(
        DecisionRow.subject_type == context.subject_type, DecisionRow.subject_id == context.subject_id
    )
    closed = any(effect.get("kind") == "closed" for effects in tx.scalars(query) for effect in effects)
    return closed and context.parts.alerts.get(tx, context.alert_id).status in OPEN


class CloseArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Empty ones are taken from the verdict: its resolution, its reasons."""

    resolution: str = ""
    reason: str = ""


def _close(tx: Session, context: Context, arguments: CloseArguments, _: Any) -> Result:
    alerts = context.parts.alerts
    alert = alerts.get(tx, context.alert_id)
    if alert.status not in OPEN:
        return Result({"changed": False, "why": f"the alert is {alert.status}"})
    resolution = arguments.resolution or context.facts.get("verdict.resolution")
    if not isinstance(resolution, str):
        raise InvalidError("action 'close' needs a resolution, its own or a verdict's")
    reason = fill(arguments.reason, context.facts) or " ".join(context.facts.get("verdict.reasons", []))
    alerts.close(tx, context.alert_id, resolution, reason, context.actor)
    note_effect(tx, context, {"kind": "closed", "alert_id": context.alert_id})
    return Result({"changed": True, "resolution": resolution, "reason": reason})


def note_effect(tx: Session, context: Context, effect: dict[str, str]) -> None:
    """Keep an effect with the run's decision, so that undoing the decision undoes it."""
    row = tx.get(DecisionRow, str(context.facts.get("decision.id", "")))
    if row is not None:
        row.effects = [*row.effects, effect]
        tx.flush()


VERDICT = Action("verdict", Policy, _judge)
CLOSE = Action("close", CloseArguments, _close)
