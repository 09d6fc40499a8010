"""Carries out the steps of a run, each exactly once.

A step's effects and its row are one transaction of our database, keyed by run and position. An engine
that repeats a step, after a crash or because two processes believe they own the run, finds the row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor
from tocsin.core.announce import Announcer
from tocsin.core.clock import Clock
from tocsin.core.errors import NotFoundError, TocsinError
from tocsin.respond.action import Action, Context, Parts, Result
from tocsin.respond.document import Facts, cleaned, holds
from tocsin.respond.engine import StepState
from tocsin.respond.facts import subject_facts
from tocsin.respond.playbook import Step, read_snapshot
from tocsin.respond.tables import RunRow, StepRow

log = structlog.get_logger("tocsin.respond")


class Interpreter:
    """Implements `engine.RunSteps` over the actions. Thread safe."""

    def __init__(
        self, parts: Parts, actions: Mapping[str, Action], *, clock: Clock, announcer: Announcer
    ) -> None:
        self._parts = parts
        self._database = parts.database
        self._actions = actions
        self._clock = clock
        self._announcer = announcer

    def execute(self, run_id: str, position: int) -> StepState:
        """Carry out a step unless it was, and say how it went.

        An action that fails is noted and not raised; what is raised (the database is busy or gone)
        may be tried again.
        """
        began = self._clock.now()
        with self._database.read() as tx:
            if row := tx.get(StepRow, (run_id, position)):
                return _state(row.status, _step(tx, run_id, position))
            context = self._context(tx, run_id, position)
        try:
            state = self._carry_out(context, position, began)
        except OperationalError:
            raise
        except TocsinError as error:
            state = self._fail(context, position, began, f"{error.code}: {error}")
        except Exception as error:  # supervised edge: the step is noted as failed
            log.exception("step_failed", run=run_id, step=context.step.name)
            state = self._fail(context, position, began, f"{type(error).__name__}: {error}")
        self._tell(context)
        return state

    def finish(self, run_id: str, error: str = "") -> None:
        """Close the run: it succeeded unless a step stopped it or the engine gave up."""
        with self._database.write() as tx:
            run = _run(tx, run_id)
            if run.status not in {"waiting", "running"}:
                return
            failed = self._stopping_step(tx, run)
            run.status = "failure" if failed or error else "success"
            run.error = error or (f"step {failed.name!r} failed: {failed.error}" if failed else "")
            run.ended_at = self._clock.now()
        self._announcer.tell("run", run_id)

    def _stopping_step(self, tx: Session, run: RunRow) -> StepRow | None:
        steps = read_snapshot(run.definition).steps
        rows = tx.scalars(select(StepRow).where(StepRow.run_id == run.id).order_by(StepRow.position))
        return next((row for row in rows if _state(row.status, steps[row.position]) == "stop"), None)

    def _context(self, tx: Session, run_id: str, position: int) -> Context:
        run = _run(tx, run_id)
        return Context(
            run_id=run_id,
            playbook=run.playbook,
            version=run.version,
            subject_type=run.subject_type,
            subject_id=run.subject_id,
            step=read_snapshot(run.definition).steps[position],
            facts=self._facts(tx, run),
            actor=Actor("playbook", run.playbook),
            now=self._clock.now(),
            parts=self._parts,
        )

    def _facts(self, tx: Session, run: RunRow) -> Facts:
        """The subject as it is now, and what the steps before found."""
        try:
            facts = subject_facts(tx, self._parts.alerts, run.subject_type, run.subject_id)
        except NotFoundError:
            facts = {}
        rows = tx.scalars(select(StepRow).where(StepRow.run_id == run.id).order_by(StepRow.position))
        for row in rows:
            facts.update(row.facts)
        return facts

    def _carry_out(self, context: Context, position: int, began: int) -> StepState:
        step = context.step
        if not holds(step.when, context.facts):
            skipped = Result({"why": f"not: {step.when}"})
            return self._keep(context, position, began, status="skipped", result=skipped)
        action = self._actions.get(step.action)
        if action is None:
            raise NotFoundError(f"there is no action {step.action!r}")
        arguments = action.read(step.arguments)
        gathered = action.gather(context, arguments) if action.gather else None
        with self._database.write() as tx:
            if row := tx.get(StepRow, (context.run_id, position)):
                return _state(row.status, step)
            result = action.apply(tx, context, arguments, gathered)
            self._write(tx, context, position, began, status="success", result=result)
        return "success"

    def _fail(self, context: Context, position: int, began: int, error: str) -> StepState:
        return self._keep(context, position, began, status="failure", result=Result(), error=error)

    def _keep(
        self, context: Context, position: int, began: int, *, status: str, result: Result, error: str = ""
    ) -> StepState:
        with self._database.write() as tx:
            if row := tx.get(StepRow, (context.run_id, position)):
                return _state(row.status, context.step)
            self._write(tx, context, position, began, status=status, result=result, error=error)
        return _state(status, context.step)

    def _write(
        self,
        tx: Session,
        context: Context,
        position: int,
        began: int,
        *,
        status: str,
        result: Result,
        error: str = "",
    ) -> None:
        run = _run(tx, context.run_id)
        run.status = "running" if run.status == "waiting" else run.status
        run.started_at = run.started_at or began
        tx.add(
            StepRow(
                run_id=context.run_id,
                position=position,
                name=context.step.name,
                action=context.step.action,
                status=status,
                input=_input(context.step),
                output=dict(result.output),
                facts=cleaned(result.facts),
                error=error[:2000],
                started_at=began,
                ended_at=self._clock.now(),
            )
        )

    def _tell(self, context: Context) -> None:
        self._announcer.tell("run", context.run_id)
        if context.subject_type == "alert":
            self._announcer.tell("alert", context.subject_id)
        case_id = context.facts.get("case.id")
        if isinstance(case_id, str):
            self._announcer.tell("case", case_id)


def _input(step: Step) -> dict[str, Any]:
    found: dict[str, Any] = {"with": step.arguments}
    if step.when:
        found["when"] = step.when
    return found


def _state(status: str, step: Step) -> StepState:
    if status == "failure":
        return "stop" if step.on_failure == "stop" else "failure"
    return "skipped" if status == "skipped" else "success"


def _run(tx: Session, run_id: str) -> RunRow:
    run = tx.get(RunRow, run_id)
    if run is None:
        raise NotFoundError(f"there is no run {run_id!r}")
    return run


def _step(tx: Session, run_id: str, position: int) -> Step:
    return read_snapshot(_run(tx, run_id).definition).steps[position]
