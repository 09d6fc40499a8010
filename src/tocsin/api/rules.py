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
from tocsin.core.clock import MINUTE, SECOND
from tocsin.core.event import Event
from tocsin.core.fields import canonical
from tocsin.detect.anatomy import Condition
from tocsin.detect.budget import Admission
from tocsin.detect.mutes import Mute
from tocsin.detect.rule import Watch, level_of
from tocsin.detect.runs.exact import MAX_HELD
from tocsin.detect.runs.fold import LATENESS
from tocsin.detect.service import RuleState

router = APIRouter(tags=["rules"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]
_Writer = Annotated[Principal, Depends(require("rules:write"))]


class RuleChange(BaseModel, extra="forbid"):
    """What can be changed about a rule."""

    enabled: bool
    override: str = Field(default="", max_length=1024)
    """Why the rule is switched on although it goes over the budget of alerts."""


class Silence(BaseModel, extra="forbid"):
    """For how long a rule is quiet, and which of its keys; none: all of it."""

    minutes: float = Field(gt=0, le=90 * 24 * 60)
    group_key: str = Field(default="", max_length=512)
    reason: str = Field(default="", max_length=1024)


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
        return listing(rule_view(state, lag_ms) for state in services.detection.list(tx))


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
    """Try a rule on an event: whether it matches (or counts it), which conditions held, and which did not."""
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
    return {"matched": trial.matched, "clauses": clauses, "conditions": _condition(trial.anatomy)}


@router.get("/rules/silences")
def list_silences(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the silences in force, the first to end first."""
    with services.db.read() as tx:
        return listing(_silence(mute) for mute in services.detection.silences(tx))


@router.post("/rules/{rule_id}/silence", status_code=201)
def silence_rule(rule_id: str, body: Silence, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Keep a rule, or one key of it, quiet for a while: its matches are counted and open no alert."""
    with services.db.write() as tx:
        mute = services.detection.silence(
            tx,
            rule_id,
            caller.actor,
            span=int(body.minutes * MINUTE),
            group_key=body.group_key,
            reason=body.reason,
        )
    services.announcer.tell("rules", rule_id)
    return _silence(mute)


@router.delete("/rules/{rule_id}/silence", status_code=204)
def unsilence_rule(rule_id: str, caller: _Writer, services: _Services, group_key: str = "") -> None:
    """Lift a silence."""
    with services.db.write() as tx:
        services.detection.unsilence(tx, rule_id, caller.actor, group_key=group_key)
    services.announcer.tell("rules", rule_id)


@router.get("/rules/{rule_id}")
def get_rule(rule_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a rule with its text and its figures."""
    with services.db.read() as tx:
        state: RuleState = services.detection.get(tx, rule_id)
        silences = [_silence(mute) for mute in services.detection.silences(tx, rule_id)]
    view = rule_view(state, services.detection.status().lag_ms)
    cost = state.cost
    return {
        **view,
        "text": state.rule.text,
        "description": state.rule.description,
        "source_line": state.rule.location.line,
        "evaluations": cost.evaluations,
        "errors": cost.errors,
        "mean_ns": cost.ns // cost.evaluations if cost.evaluations else 0,
        "cpu_ms": cost.cpu_ns // 1_000_000,
        "held_events": cost.held,
        "held_events_max": MAX_HELD if state.rule.watch else 0,
        "late_events": cost.too_late,
        "fault": cost.fault or None,
        "silences": silences,
        "watch": _watch(state.rule.watch),
    }


@router.patch("/rules/{rule_id}")
def change_rule(rule_id: str, body: RuleChange, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Switch a rule on or off; it takes effect with the next batch.

    A rule that is switched on has its cases run and is tried on the last days first: when cases fail (409,
    `cases-failed`) or it goes over the budget of alerts (409, `over-budget`) it stays off, unless `override`
    gives a reason, which the audit trail keeps with the figures.
    """
    admission = _admission(rule_id, body, caller, services) if body.enabled else None
    with services.db.write() as tx:
        services.detection.set_enabled(tx, rule_id, body.enabled, caller.actor, admission)
    services.detection.reload()
    services.announcer.tell("rules", rule_id)
    with services.db.read() as tx:
        return rule_view(services.detection.get(tx, rule_id), services.detection.status().lag_ms)


def _admission(rule_id: str, body: RuleChange, caller: Principal, services: Services) -> Admission | None:
    """Try a rule that is off; one that is on is left in peace."""
    with services.db.read() as tx:
        enabled = services.detection.get(tx, rule_id).enabled
        if enabled or services.gatekeeper is None:
            return None
        cases = services.editor.run_stored(tx, rule_id) if services.editor is not None else ()
    admitted: Admission = services.gatekeeper.admit(rule_id, caller.actor, body.override, cases)
    return admitted


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


def rule_view(state: RuleState, lag_ms: int) -> dict[str, Any]:
    """Return a rule in a list as plain values."""
    rule = state.rule
    return {
        "id": rule.id,
        "name": rule.name,
        "kind": rule.kind,
        "version": rule.version,
        "enabled": state.enabled,
        "edited": state.edited,
        "level": level_of(rule),
        "logsource": rule.logsource or None,
        "status": rule.status or None,
        "severity": rule.severity,
        "source_path": rule.location.path,
        "techniques": list(rule.techniques),
        "tags": list(rule.tags),
        "last_match_at": instant(state.last_match_at),
        "matches": state.matches,
        "silenced": state.silenced,
        "withdrawn": state.withdrawn,
        "mode": rule.watch.mode if rule.watch else "exact",
        "type": rule.watch.kind.kind if rule.watch else None,
        "lag": lag_ms,
    }


def _condition(condition: Condition) -> dict[str, Any]:
    """Show a condition with its parts."""
    return {
        "how": condition.how,
        "text": condition.text[:2_000],
        "held": condition.held,
        "field": condition.field or None,
        "value": condition.value or None,
        "present": condition.present,
        "parts": [_condition(each) for each in condition.parts],
    }


def _watch(watch: Watch | None) -> dict[str, Any] | None:
    """Show how a rule of ElastAlert's kinds watches, and whom its author wanted told."""
    if watch is None:
        return None
    return {
        "mode": watch.mode,
        "type": watch.kind.kind,
        "lateness_s": LATENESS // SECOND if watch.mode == "exact" else watch.poll.buffer_time // SECOND,
        "run_every_s": watch.poll.run_every // SECOND,
        "realert_s": watch.poll.realert // SECOND,
        "modes_differ": list(watch.notes),
        "notify": [
            {"service": each.service, "means": each.means, "options": dict(each.options)}
            for each in watch.notify
        ],
    }


def _silence(mute: Mute) -> dict[str, Any]:
    return {
        "rule_id": mute.rule_id,
        "group_key": mute.group_key,
        "until_at": instant(mute.until_at),
        "reason": mute.reason,
        "created_by": mute.created_by,
        "created_at": instant(mute.created_at),
    }
