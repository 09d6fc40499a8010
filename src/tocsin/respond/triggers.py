"""From an alert to a run, exactly once: a trigger is written with the alert, a run with the trigger's end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tocsin.core.announce import Announcer
from tocsin.core.clock import SECOND, Clock
from tocsin.core.database import Database
from tocsin.core.detection import Detection
from tocsin.core.errors import NotFoundError
from tocsin.respond.document import Facts, holds
from tocsin.respond.engine import Engine
from tocsin.respond.facts import alert_facts
from tocsin.respond.playbook import Playbook, snapshot
from tocsin.respond.ports import Alerts
from tocsin.respond.tables import RunRow, TriggerRow

log = structlog.get_logger("tocsin.respond")

POLL_S = 0.5
BATCH = 200
ASK_AGAIN = 30 * SECOND
"""So often the engine is asked about runs it was handed before and that have not ended."""
UNFINISHED = ("waiting", "running")


class AlertOutcome(Protocol):
    """What became of a detection, as detect tells it."""

    @property
    def alert_id(self) -> str:
        """The alert it opened or joined."""
        ...

    @property
    def opened(self) -> bool:
        """True when the alert is new."""
        ...


class TriggerHook:
    """Writes down, in the transaction of the alert, that playbooks may answer it.

    An alert is answered when it opens, and again when its count grows tenfold or its severity rises.
    """

    def __init__(self, alerts: Alerts, clock: Clock, settle: Callable[[], int]) -> None:
        self._alerts = alerts
        self._clock = clock
        self._settle = settle

    def on_outcome(self, tx: Session, outcome: AlertOutcome, _detection: Detection) -> None:
        """Note the alert unless it was noted at this severity and order of magnitude."""
        alert = self._alerts.get(tx, outcome.alert_id)
        revision = revision_of(alert.severity, alert.event_count)
        known = set(tx.scalars(select(TriggerRow.revision).where(TriggerRow.alert_id == alert.id)))
        if revision in known:
            return
        now = self._clock.now()
        kind = "alert.updated" if known else "alert.opened"
        due = now + self._settle()
        tx.add(TriggerRow(kind=kind, alert_id=alert.id, revision=revision, created_at=now, due_at=due))
        tx.flush()


def revision_of(severity: int, count: int) -> str:
    """Return severity and order of magnitude of the count: `3-1` for 10 to 99 events of high severity."""
    return f"{severity}-{len(str(max(1, count))) - 1}"


class Dispatcher:
    """Turns due triggers into runs and hands unfinished runs to the engine. One thread calls `run`."""

    def __init__(
        self,
        database: Database,
        alerts: Alerts,
        engine: Engine,
        playbooks: Callable[[], Iterable[Playbook]],
        *,
        clock: Clock,
        announcer: Announcer,
    ) -> None:
        self._database = database
        self._alerts = alerts
        self._engine = engine
        self._playbooks = playbooks
        self._clock = clock
        self._announcer = announcer
        self._wake = threading.Event()
        self._handed: set[str] = set()
        self._asked_at = 0
        self.failures = 0

    def notify(self) -> None:
        """Say that there may be a trigger or a run to start."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Dispatch until `stop` is set; what fails is tried again."""
        while not stop.is_set():
            try:
                busy = self.step() > 0
            except Exception:  # supervised edge: counted, tried again
                self.failures += 1
                log.exception("dispatch_failed")
                busy = False
            if not busy:
                self._wake.wait(POLL_S)
                self._wake.clear()

    def step(self) -> int:
        """Make runs of the triggers that are due, and start every run the engine does not know."""
        made = self._make_runs()
        return made + self._start_runs()

    def _make_runs(self) -> int:
        playbooks = list(self._playbooks())
        with self._database.read() as tx:
            if not tx.scalar(select(func.count()).select_from(TriggerRow).where(*self._due())):
                return 0
        with self._database.write() as tx:
            triggers = list(
                tx.scalars(select(TriggerRow).where(*self._due()).order_by(TriggerRow.id).limit(BATCH))
            )
            for trigger in triggers:
                trigger.dispatched_at = self._clock.now()
                if not _superseded(tx, trigger):
                    self._answer(tx, trigger, playbooks)
        return len(triggers)

    def _due(self) -> tuple[ColumnElement[bool], ...]:
        return (TriggerRow.dispatched_at.is_(None), TriggerRow.due_at <= self._clock.now())

    def _answer(self, tx: Session, trigger: TriggerRow, playbooks: Iterable[Playbook]) -> None:
        try:
            facts = alert_facts(self._alerts.get(tx, trigger.alert_id))
        except NotFoundError:
            return
        for playbook in playbooks:
            if answers(playbook, trigger.kind, facts):
                identifier = f"{playbook.name}:{trigger.alert_id}:{trigger.revision}"
                add_run(
                    tx,
                    identifier,
                    playbook,
                    "alert",
                    trigger.alert_id,
                    by="system:tocsin",
                    now=self._clock.now(),
                )

    def _start_runs(self) -> int:
        now = self._clock.now()
        if now - self._asked_at >= ASK_AGAIN:
            self._asked_at = now
            self._handed.clear()
        with self._database.read() as tx:
            unfinished = select(RunRow.id).where(RunRow.status.in_(UNFINISHED)).order_by(RunRow.created_at)
            asked = [run_id for run_id in tx.scalars(unfinished) if run_id not in self._handed][:BATCH]
        known = self._engine.known(asked)
        self._hand_over([run_id for run_id in asked if run_id not in known])
        self._handed.update(asked)
        return len(asked)

    def _hand_over(self, run_ids: Sequence[str]) -> None:
        with self._database.read() as tx:
            runs = [(run_id, tx.get_one(RunRow, run_id).definition) for run_id in run_ids]
        for run_id, definition in runs:
            self._engine.start(run_id, len(definition["steps"]))
            self._announcer.tell("run", run_id)


def _superseded(tx: Session, trigger: TriggerRow) -> bool:
    """Say whether the alert has changed again since: then that change is answered in place of this one."""
    query = select(TriggerRow).where(
        TriggerRow.alert_id == trigger.alert_id,
        TriggerRow.id > trigger.id,
        TriggerRow.dispatched_at.is_(None),
    )
    later = tx.scalar(query.order_by(TriggerRow.id).limit(1))
    if later is None:
        return False
    later.kind = trigger.kind
    tx.flush()
    return True


def answers(playbook: Playbook, kind: str, facts: Facts) -> bool:
    """Say whether a playbook starts on a change of an alert with these facts."""
    return any(trigger.event == kind and holds(trigger.when, facts) for trigger in playbook.triggers)


def add_run(
    tx: Session, identifier: str, playbook: Playbook, subject_type: str, subject_id: str, *, by: str, now: int
) -> None:
    """Write a run that waits for the engine; one that exists is left alone."""
    if tx.get(RunRow, identifier) is not None:
        return
    tx.add(
        RunRow(
            id=identifier,
            playbook=playbook.name,
            version=playbook.version,
            definition=snapshot(playbook),
            subject_type=subject_type,
            subject_id=subject_id,
            status="waiting",
            started_by=by,
            created_at=now,
        )
    )
    tx.flush()
