"""What an action is: typed arguments, a slow part outside any transaction, and an effect within one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.respond.document import Facts
from tocsin.respond.playbook import Step
from tocsin.respond.ports import Alerts, Cases, CountEvents, Enricher, EventLog, Extractor, Notifier, Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The collaborators that actions work through."""

    database: Database
    alerts: Alerts
    cases: Cases
    log: EventLog
    count_events: CountEvents
    extractor: Extractor
    enricher: Enricher
    roster: Roster
    notifier: Notifier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where a step stands: its run, its subject, the facts known so far."""

    run_id: str
    playbook: str
    version: str
    subject_type: str
    subject_id: str
    step: Step
    facts: Facts
    actor: Actor
    now: int
    parts: Parts

    @property
    def alert_id(self) -> str:
        """The alert the run is about; raises `InvalidError` when it is about something else."""
        if self.subject_type != "alert":
            raise InvalidError(f"action {self.step.action!r} needs an alert, not a {self.subject_type}")
        return self.subject_id

    @property
    def case_id(self) -> str:
        """The case the run is about or has made; raises `InvalidError` when there is none."""
        found = self.facts.get("case.id")
        if not isinstance(found, str):
            raise InvalidError(f"action {self.step.action!r} needs a case: promote the alert first")
        return found


@dataclass(frozen=True, slots=True)
class Result:
    """What a step did (`output`, for people) and found (`facts`, for the steps after it)."""

    output: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


Gather = Callable[[Context, Any], Any]
Apply = Callable[[Session, Context, Any, Any], Result]


@dataclass(frozen=True, slots=True)
class Action:
    """A kind of step.

    `gather` may be slow and may be repeated after a crash: it only reads. `apply` is repeated only
    when its transaction did not commit, so whatever it does to the database happens exactly once.
    """

    name: str
    arguments: type[msgspec.Struct]
    apply: Apply
    gather: Gather | None = None

    def read(self, arguments: Mapping[str, Any]) -> Any:
        """Return the arguments typed; raises `InvalidError` naming the one that does not fit."""
        try:
            return msgspec.convert(dict(arguments), self.arguments)
        except msgspec.ValidationError as error:
            raise InvalidError(f"action {self.name!r}: {error}") from error
