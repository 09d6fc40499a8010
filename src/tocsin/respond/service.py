"""Playbooks as people handle them: list, run by hand, look at runs and decisions, undo."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.announce import Announcer
from tocsin.core.clock import Clock
from tocsin.core.errors import InvalidError, NotFoundError, Problem
from tocsin.core.ids import new_id
from tocsin.respond.action import Action, Parts
from tocsin.respond.actions import ACTIONS
from tocsin.respond.decisions import Decision, Decisions, Replay
from tocsin.respond.engine import Engine
from tocsin.respond.facts import subject_facts
from tocsin.respond.interpreter import Interpreter
from tocsin.respond.loader import Loaded, load_folders
from tocsin.respond.playbook import Playbook
from tocsin.respond.policy import Policy
from tocsin.respond.runs import Run, get_run, recent_runs, runs_of
from tocsin.respond.tables import RunRow
from tocsin.respond.triggers import Dispatcher, TriggerHook, add_run


class PlaybookService:
    """The public face of respond. Thread safe.

    `launch` starts the engine; a thread then calls `dispatcher.run(stop)`; detect is given `hook`.
    """

    def __init__(
        self,
        parts: Parts,
        engine: Engine,
        folders: Sequence[Path],
        *,
        clock: Clock,
        announcer: Announcer,
        audit: AuditTrail,
        actions: Mapping[str, Action] = ACTIONS,
    ) -> None:
        self._parts = parts
        self._engine = engine
        self._folders = tuple(folders)
        self._clock = clock
        self._audit = audit
        self._actions = actions
        self._lock = threading.Lock()
        self._loaded = Loaded((), ())
        self._decisions = Decisions(parts.alerts, parts.cases, audit, clock)
        self._interpreter = Interpreter(parts, actions, clock=clock, announcer=announcer)
        self.hook = TriggerHook(parts.alerts, clock, self._settle)
        self.dispatcher = Dispatcher(
            parts.database, parts.alerts, engine, self.list, clock=clock, announcer=announcer
        )

    def launch(self) -> None:
        """Read the playbooks and begin to carry runs out, the interrupted ones first."""
        self.reload()
        self._engine.launch(self._interpreter)

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop the engine; runs under way that do not end in time are resumed at the next start."""
        self._engine.close(timeout_s)

    def reload(self) -> Sequence[Problem]:
        """Read the folders again; runs under way keep the playbook they started with."""
        loaded = load_folders(self._folders, self._actions)
        with self._lock:
            self._loaded = loaded
        return loaded.problems

    @property
    def problems(self) -> Sequence[Problem]:
        """What was wrong when the folders were last read."""
        return self._loaded.problems

    def list(self) -> Sequence[Playbook]:
        """Return the playbooks."""
        return self._loaded.playbooks

    def get(self, name: str) -> Playbook:
        """Return a playbook; raises `NotFoundError`."""
        for playbook in self._loaded.playbooks:
            if playbook.name == name:
                return playbook
        raise NotFoundError(f"there is no playbook {name!r}")

    def run(self, name: str, subject_type: str, subject_id: str, actor: Actor) -> Run:
        """Run a playbook by hand on an alert or a case; returns the run, which waits to be carried out."""
        playbook = self.get(name)
        if subject_type not in {"alert", "case"}:
            raise InvalidError(f"a playbook runs on an alert or a case, not on {subject_type!r}")
        identifier = f"{name}:{subject_id}:{new_id('run')}"
        with self._parts.database.write() as tx:
            self._require_subject(tx, subject_type, subject_id)
            now = self._clock.now()
            add_run(tx, identifier, playbook, subject_type, subject_id, by=str(actor), now=now)
            details = {"playbook": name, "version": playbook.version, "run": identifier}
            self._audit.record(
                tx, actor, "run-playbook", kind=subject_type, subject=subject_id, details=details
            )
        self.dispatcher.notify()
        with self._parts.database.read() as tx:
            return get_run(tx, identifier)

    def _require_subject(self, tx: Session, subject_type: str, subject_id: str) -> None:
        subject_facts(tx, self._parts.alerts, subject_type, subject_id)
        if subject_type == "case":
            self._parts.cases.get(tx, subject_id)

    def run_of(self, tx: Session, run_id: str) -> Run:
        """Return a run; raises `NotFoundError`."""
        return get_run(tx, run_id)

    def runs_of(self, tx: Session, subject_type: str | None, subject_id: str) -> Sequence[Run]:
        """Return the runs about a subject, the newest first."""
        return runs_of(tx, subject_id, subject_type)

    def recent_runs(self, tx: Session, limit: int = 50) -> Sequence[Run]:
        """Return the newest runs."""
        return recent_runs(tx, limit)

    def decisions_of(self, tx: Session, subject_type: str, subject_id: str) -> Sequence[Decision]:
        """Return the decisions about a subject, the newest first."""
        return self._decisions.of(tx, subject_type, subject_id)

    def decision(self, tx: Session, decision_id: str) -> Decision:
        """Return a decision; raises `NotFoundError`."""
        return self._decisions.get(tx, decision_id)

    def undecided(self, tx: Session, alert_ids: Sequence[str]) -> set[str]:
        """Return those of the alerts whose latest decision left them to an analyst."""
        return self._decisions.undecided(tx, alert_ids)

    def undo(self, tx: Session, decision_id: str, actor: Actor, reason: str = "") -> Decision:
        """Take back what a decision did; see `Decisions.undo`."""
        return self._decisions.undo(tx, decision_id, actor, reason)

    def replay(self, tx: Session, decision_id: str, policy: Policy | None = None) -> Replay:
        """Judge a decision's facts again; changes nothing."""
        return self._decisions.replay(tx, decision_id, policy)

    def retain(self, keep_us: int, limit: int = 1_000) -> int:
        """Delete runs that ended more than `keep_us` ago; their decisions stay. Returns how many."""
        before = self._clock.now() - keep_us
        with self._parts.database.write() as tx:
            query = select(RunRow.id).where(RunRow.ended_at < before).order_by(RunRow.ended_at).limit(limit)
            old = list(tx.scalars(query))
            tx.execute(delete(RunRow).where(RunRow.id.in_(old)))
        self._engine.forget(old)
        return len(old)

    def _settle(self) -> int:
        return max((playbook.settle_us for playbook in self._loaded.playbooks), default=0)
