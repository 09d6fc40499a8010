"""A process that carries a playbook's run out and kills itself at a given point; see `test_playbook_crash`.

Arguments: folder, run identifier, number of steps, point. A point is `before:N`, `inside:N` (effect made,
transaction open), `after:N` (step committed, engine not told), `finish` or `none`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from tocsin.core.announce import Announcer
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import NotFoundError
from tocsin.respond.action import Action, Context, Parts, Result
from tocsin.respond.dbos_engine import DBOSEngine
from tocsin.respond.interpreter import Interpreter
from tocsin.respond.triggers import Dispatcher


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


class NoArguments(msgspec.Struct):
    pass


class Alerts:
    """No alert is known: the run's subject does not matter here."""

    def get(self, tx: Session, alert_id: str) -> Any:
        raise NotFoundError(alert_id)


class CrashingSteps:
    """The interpreter, with death before and after its steps."""

    def __init__(self, interpreter: Interpreter, point: str) -> None:
        self._interpreter = interpreter
        self._point = point

    def execute(self, run_id: str, position: int) -> Any:
        if self._point == f"before:{position}":
            die()
        state = self._interpreter.execute(run_id, position)
        if self._point == f"after:{position}":
            die()
        return state

    def finish(self, run_id: str, error: str = "") -> None:
        if self._point == "finish":
            die()
        self._interpreter.finish(run_id, error)


def effect(point: str) -> Action:
    def apply(tx: Session, context: Context, _arguments: Any, _gathered: Any) -> Result:
        number = int(context.step.name.removeprefix("step"))
        seen = context.facts.get(f"n{number - 1}", 0)
        tx.execute(
            text("INSERT INTO effects (run_id, step) VALUES (:run, :step)"),
            {"run": context.run_id, "step": number},
        )
        tx.flush()
        if point == f"inside:{number}":
            die()
        return Result({"number": number}, {f"n{number}": seen + 1})

    return Action("effect", NoArguments, apply)


def main() -> None:
    folder, run_id, count, point = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    database = Database(f"sqlite:///{folder / 'tocsin.db'}")
    clock, announcer = SystemClock(), Announcer()
    nothing: Any = None
    parts = Parts(
        database=database,
        alerts=Alerts(),  # type: ignore[arg-type]  # only `get` is ever asked
        cases=nothing,
        log=nothing,
        count_events=nothing,
        extractor=nothing,
        enricher=nothing,
        roster=nothing,
    )
    interpreter = Interpreter(parts, {"effect": effect(point)}, clock=clock, announcer=announcer)
    engine = DBOSEngine(f"sqlite:///{folder / 'workflows.db'}", database, clock=clock)
    engine.launch(CrashingSteps(interpreter, point))
    dispatcher = Dispatcher(database, parts.alerts, engine, list, clock=clock, announcer=announcer)

    def has_ended() -> bool:
        dispatcher.step()
        with database.read() as tx:
            status = text("SELECT status FROM playbook_runs WHERE id = :id")
            return tx.execute(status, {"id": run_id}).scalar() in {"success", "failure"}

    while not has_ended():  # who started this process ends it when it takes too long
        time.sleep(0.02)
    engine.close(5)
    assert count


if __name__ == "__main__":
    main()
