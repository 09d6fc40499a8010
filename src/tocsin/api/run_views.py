"""Runs and decisions of playbooks as the API shows them."""

from __future__ import annotations

from typing import Any

from tocsin.core.clock import to_iso
from tocsin.respond.decisions import Decision
from tocsin.respond.runs import Run, StepRun


def instant(at: int | None) -> str | None:
    """Return the instant as RFC 3339 text."""
    return None if at is None else to_iso(at)


def run_view(run: Run) -> dict[str, Any]:
    """Return the document of a run and its steps."""
    return {
        "id": run.id,
        "playbook": run.playbook,
        "version": run.version,
        "subject_type": run.subject_type,
        "subject_id": run.subject_id,
        "status": run.status,
        "started_by": run.started_by,
        "created_at": to_iso(run.created_at),
        "started_at": instant(run.started_at),
        "ended_at": instant(run.ended_at),
        "error": run.error or None,
        "steps": [_step_view(step) for step in run.steps],
    }


def decision_view(decision: Decision) -> dict[str, Any]:
    """Return the document of a decision."""
    return {
        "id": decision.id,
        "run_id": decision.run_id or None,
        "subject_type": decision.subject_type,
        "subject_id": decision.subject_id,
        "outcome": decision.outcome,
        "resolution": decision.resolution,
        "verdict": decision.verdict or None,
        "score": decision.score,
        "reasons": list(decision.reasons),
        "flips": list(decision.flips),
        "arithmetic": list(decision.arithmetic),
        "facts": decision.facts,
        "policy": {
            "playbook": decision.playbook,
            "version": decision.version,
            "step": decision.step,
        },
        "at": to_iso(decision.at),
        "by": decision.by,
        "undone_at": instant(decision.undone_at),
        "undone_by": decision.undone_by,
        "undo_reason": decision.undo_reason or None,
        "undoable": decision.undoable,
    }


def _step_view(step: StepRun) -> dict[str, Any]:
    return {
        "name": step.name,
        "action": step.action,
        "status": step.status,
        "started_at": instant(step.started_at),
        "ended_at": instant(step.ended_at),
        "input": step.input,
        "output": step.output,
        "error": step.error or None,
    }
