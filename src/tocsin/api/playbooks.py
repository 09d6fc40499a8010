"""Routes of playbooks: what there is, runs by hand, runs under way, and taking decisions back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.run_views import decision_view, run_view
from tocsin.api.services import Services, services
from tocsin.respond.decisions import Decision
from tocsin.respond.playbook import Playbook

router = APIRouter(tags=["playbooks"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("playbooks:read"))]
_Runner = Annotated[Principal, Depends(require("playbooks:run"))]


class RunOrder(BaseModel, extra="forbid"):
    """What to run a playbook on."""

    subject_type: Literal["alert", "case"]
    subject_id: str = Field(max_length=64)


class UndoOrder(BaseModel, extra="forbid"):
    """Why a decision is taken back."""

    reason: str = Field(default="", max_length=2_000)


@router.get("/playbooks")
def list_playbooks(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the playbooks; those that were refused are listed by their problem alone."""
    items = [_playbook(playbook) for playbook in services.playbooks.list()]
    items += [
        {
            "name": problem.subject,
            "description": "",
            "version": None,
            "triggers": [],
            "steps": [],
            "problems": [str(problem)],
        }
        for problem in services.playbooks.problems
    ]
    return listing(items)


@router.get("/playbooks/{name}")
def get_playbook(name: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a playbook with its text."""
    playbook = services.playbooks.get(name)
    return {**_playbook(playbook), "text": playbook.text, "source_path": playbook.path}


@router.post("/playbooks/{name}/run", status_code=202)
def run_playbook(name: str, body: RunOrder, caller: _Runner, services: _Services) -> dict[str, Any]:
    """Run a playbook on an alert or a case; returns the run, which waits to be carried out."""
    run = services.playbooks.run(name, body.subject_type, body.subject_id, caller.actor)
    services.announcer.tell("run", run.id)
    return run_view(run)


@router.get("/runs")
def list_runs(
    _caller: _Reader,
    services: _Services,
    page: Annotated[Paging, Depends(paging)],
    subject_id: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """List the runs about a subject, or the newest of all; the newest first."""
    with services.db.read() as tx:
        if subject_id is None:
            runs = services.playbooks.recent_runs(tx, page.limit)
        else:
            runs = services.playbooks.runs_of(tx, None, subject_id)
    return listing(map(run_view, runs[: page.limit]))


@router.get("/runs/{run_id}")
def get_run(run_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a run with every step: what it was given, what it did, how long it took."""
    with services.db.read() as tx:
        return run_view(services.playbooks.run_of(tx, run_id))


@router.get("/decisions/{decision_id}")
def get_decision(decision_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return a decision with its facts, its arithmetic and what would have flipped it."""
    with services.db.read() as tx:
        return decision_view(services.playbooks.decision(tx, decision_id))


@router.get("/decisions/{decision_id}/replay")
def replay_decision(decision_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Judge the decision's stored facts again by its own policy; changes nothing."""
    with services.db.read() as tx:
        replay = services.playbooks.replay(tx, decision_id)
    return {
        "before": replay.before,
        "after": replay.after.outcome,
        "score": replay.after.score,
        "changed": replay.changed,
        "differences": list(replay.differences),
    }


@router.post("/decisions/{decision_id}/undo")
def undo_decision(decision_id: str, body: UndoOrder, caller: _Runner, services: _Services) -> dict[str, Any]:
    """Take back what a decision did."""
    with services.db.write() as tx:
        decision: Decision = services.playbooks.undo(tx, decision_id, caller.actor, body.reason)
    for effect in decision.effects:
        services.announcer.tell("alert", effect["alert_id"])
        if "case_id" in effect:
            services.announcer.tell("case", effect["case_id"])
    return decision_view(decision)


def _playbook(playbook: Playbook) -> dict[str, Any]:
    return {
        "name": playbook.name,
        "description": playbook.description,
        "version": playbook.version,
        "triggers": [{"event": trigger.event, "when": trigger.when} for trigger in playbook.triggers],
        "steps": [
            {"name": step.name, "action": step.action, "when": step.when, "with": step.arguments}
            for step in playbook.steps
        ],
        "problems": [],
    }
