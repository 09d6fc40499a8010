"""Routes of detection: the rules that watch the log, their problems, and how far they are behind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, JsonValue

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import listing
from tocsin.api.run_views import instant
from tocsin.api.services import Services, services
from tocsin.core.event import Event
from tocsin.core.fields import canonical
from tocsin.detect.service import RuleState

router = APIRouter(tags=["rules"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]
_Writer = Annotated[Principal, Depends(require("rules:write"))]


class RuleChange(BaseModel, extra="forbid"):
    """What can be changed about a rule."""

    enabled: bool


class TrialEvent(BaseModel, extra="forbid"):
    """An event to try a rule on: flat fields under any name we know."""

    fields: dict[str, JsonValue] = Field(default_factory=dict, max_length=1_000)
    message: str = Field(default="", max_length=65_536)


class Trial(BaseModel, extra="forbid"):
    """A rule's text and an event."""

    text: str = Field(max_length=512 * 1024)
    kind: Literal["elastalert", "sigma"] | None = None
    """Told by the text itself; given, the text must be of this kind."""
    event: TrialEvent


@router.get("/rules")
def list_rules(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the rules in the order they are evaluated, the built-in ones first."""
    lag_ms = services.detection.status().lag_ms
    with services.db.read() as tx:
        return listing(_rule(state, lag_ms) for state in services.detection.list(tx))


@router.get("/rules/problems")
def list_problems(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List what was refused or will not do what its author may think, with file and line."""
    return listing(
        {
            "path": problem.location.path,
            "line": problem.location.line,
            "column": problem.location.column,
            "reason": problem.reason,
            "subject": problem.subject,
        }
        for problem in services.detection.problems
    )


@router.post("/rules/test")
def try_rule(body: Trial, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Try a rule on an event: whether it matches (or counts it), and which conditions held."""
    fields: dict[str, Any] = {
        canonical(name): value for name, value in body.event.fields.items() if value is not None
    }
    now = services.clock.now()
    trial = services.detection.test(
        body.text, Event("trial", 1, now, now, body.event.message, fields), body.kind
    )
    clauses = [
        {"field": clause.field, "condition": clause.condition, "value": clause.value}
        for clause in trial.clauses
    ]
    return {"matched": trial.matched, "clauses": clauses}


@router.get("/rules/{rule_id}")
def get_rule(rule_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a rule with its text and its figures."""
    with services.db.read() as tx:
        state: RuleState = services.detection.get(tx, rule_id)
    view = _rule(state, services.detection.status().lag_ms)
    cost = state.cost
    return {
        **view,
        "text": state.rule.text,
        "description": state.rule.description,
        "source_line": state.rule.location.line,
        "evaluations": cost.evaluations,
        "errors": cost.errors,
        "mean_ns": cost.ns // cost.evaluations if cost.evaluations else 0,
    }


@router.patch("/rules/{rule_id}")
def change_rule(rule_id: str, body: RuleChange, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Switch a rule on or off; it takes effect with the next batch."""
    with services.db.write() as tx:
        services.detection.set_enabled(tx, rule_id, body.enabled, caller.actor)
    services.detection.reload()
    services.announcer.tell("rules", rule_id)
    with services.db.read() as tx:
        return _rule(services.detection.get(tx, rule_id), services.detection.status().lag_ms)


@router.get("/detect/status")
def status(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return how far detection is behind the log."""
    found = services.detection.status()
    return {
        "offset": found.offset,
        "last_commit": found.last_commit,
        "lag_commits": found.lag_commits,
        "lag_ms": found.lag_ms,
        "failures": found.failures,
        "last_error": found.last_error or None,
    }


def _rule(state: RuleState, lag_ms: int) -> dict[str, Any]:
    rule = state.rule
    return {
        "id": rule.id,
        "name": rule.name,
        "kind": rule.kind,
        "version": rule.version,
        "enabled": state.enabled,
        "severity": rule.severity,
        "source_path": rule.location.path,
        "techniques": list(rule.techniques),
        "tags": list(rule.tags),
        "last_match_at": instant(state.last_match_at),
        "matches": state.matches,
        "silenced": state.silenced,
        "lag": lag_ms,
    }
