"""Runs as people look at them: what each step was given, did and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.errors import NotFoundError
from tocsin.respond.playbook import read_snapshot
from tocsin.respond.tables import RunRow, StepRow

STEPS_SHOWN = 500
"""Runs returned at most for one subject."""


@dataclass(frozen=True, slots=True)
class StepRun:
    """A step of a run; `waiting` until it was carried out, and for good when the run ended before."""

    name: str
    action: str
    status: str
    started_at: int | None
    ended_at: int | None
    input: Mapping[str, Any]
    output: Mapping[str, Any]
    error: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a playbook on a subject."""

    id: str
    playbook: str
    version: str
    subject_type: str
    subject_id: str
    status: str
    started_by: str
    created_at: int
    started_at: int | None
    ended_at: int | None
    error: str
    steps: tuple[StepRun, ...]


def get_run(tx: Session, run_id: str) -> Run:
    """Return a run with its steps; raises `NotFoundError`."""
    row = tx.get(RunRow, run_id)
    if row is None:
        raise NotFoundError(f"there is no run {run_id!r}")
    return _run(tx, row)


def runs_of(tx: Session, subject_id: str, subject_type: str | None = None) -> Sequence[Run]:
    """Return the runs about a subject, the newest first."""
    query = select(RunRow).where(RunRow.subject_id == subject_id)
    if subject_type is not None:
        query = query.where(RunRow.subject_type == subject_type)
    rows = tx.scalars(query.order_by(RunRow.created_at.desc(), RunRow.id.desc()).limit(STEPS_SHOWN))
    return [_run(tx, row) for row in rows]


def recent_runs(tx: Session, limit: int = 50) -> Sequence[Run]:
    """Return the newest runs."""
    rows = tx.scalars(select(RunRow).order_by(RunRow.created_at.desc(), RunRow.id.desc()).limit(limit))
    return [_run(tx, row) for row in rows]


def _run(tx: Session, row: RunRow) -> Run:
    done = {step.position: step for step in tx.scalars(select(StepRow).where(StepRow.run_id == row.id))}
    steps = read_snapshot(row.definition).steps
    return Run(
        id=row.id,
        playbook=row.playbook,
        version=row.version,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        status=row.status,
        started_by=row.started_by,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        error=row.error,
        steps=tuple(
            _done(done[position]) if position in done else _waiting(step.name, step.action)
            for position, step in enumerate(steps)
        ),
    )


def _done(row: StepRow) -> StepRun:
    return StepRun(
        row.name, row.action, row.status, row.started_at, row.ended_at, row.input, row.output, row.error
    )


def _waiting(name: str, action: str) -> StepRun:
    return StepRun(name, action, "waiting", None, None, {}, {}, "")
