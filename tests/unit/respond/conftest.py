"""Playbooks over the real alerts and cases, with a log and analyzers of our making."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.same_thread import SameThread
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.core.actor import Actor
from tocsin.core.announce import Announcer
from tocsin.core.clock import HOUR, SECOND, ManualClock
from tocsin.core.database import Database
from tocsin.core.detection import Detection, EventRef
from tocsin.core.event import Event
from tocsin.query.predicate import compile_predicate
from tocsin.respond.action import Parts
from tocsin.respond.runs import runs_of
from tocsin.respond.service import PlaybookService

START = 1_800_000_000 * SECOND
ALICE = Actor("user", "alice")
CONTENT = Path(__file__).resolve().parents[3] / "content" / "playbooks"


@dataclass
class Trail:
    entries: list[tuple[str, str, str, str]] = field(default_factory=list)

    def record(self, tx, actor, action, *, kind, subject, details=None):
        self.entries.append((str(actor), action, kind, subject))


@dataclass
class Log:
    events: dict[str, Event] = field(default_factory=dict)

    def get(self, ids: Sequence[str]) -> list[Event]:
        return [self.events[identifier] for identifier in ids if identifier in self.events]

    def count(self, query: Any, from_at: int, to_at: int) -> int:
        holds = compile_predicate(query)
        return sum(from_at <= event.at < to_at and holds(event) for event in self.events.values())


@dataclass
class Analyzers:
    """Answers by value: analyzer, verdict, summary."""

    answers: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def run(self, kind: str, value: str, *, tlp: int, pap: int) -> list[Any]:
        self.asked.append((kind, value))
        if value not in self.answers:
            return []
        analyzer, verdict, summary = self.answers[value]
        report = SimpleNamespace(verdict=verdict, summary=summary, taxonomies=[])
        return [SimpleNamespace(analyzer=analyzer, status="success", report=report)]


OWN_PREFIX = "198.18.7."
"""Addresses that the operator has named as own."""


class Extractor:
    def observables_of(self, event: Event) -> list[Any]:
        kinds = {"source.ip": "ip", "url.domain": "domain", "user.name": "user", "host.name": "host"}
        return [
            SimpleNamespace(
                kind=kind,
                value=str(event.fields[name]),
                is_private=str(event.fields[name]).startswith(OWN_PREFIX),
            )
            for name, kind in kinds.items()
            if name in event.fields
        ]


class World:
    """Everything around playbooks, and short ways to tell a story."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.clock = ManualClock(START + HOUR)
        self.trail = Trail()
        self.log = Log()
        self.analyzers = Analyzers()
        self.cases = CaseService(self.clock, self.trail, FileStore(folder / "files"))
        self.alerts = AlertService(self.clock, self.trail, self.cases)
        self.engine = SameThread()
        self.announcer = Announcer()
        self.parts = Parts(
            database=database,
            alerts=self.alerts,
            cases=self.cases,
            log=self.log,
            count_events=self.log.count,
            extractor=Extractor(),
            enricher=self.analyzers,
            roster=SimpleNamespace(choose=lambda _tx: "alice"),
        )
        self.respond = self.service([CONTENT])

    def service(self, folders: list[Path], **options: Any) -> PlaybookService:
        service = PlaybookService(
            self.parts,
            self.engine,
            folders,
            clock=self.clock,
            announcer=self.announcer,
            audit=self.trail,
            **options,
        )
        service.launch()
        return service

    def event(self, at: float, message: str = "", **fields: Any) -> Event:
        moment = START + int(at * SECOND)
        named = {name.replace("__", "."): value for name, value in fields.items()}
        event = Event("auth", len(self.log.events) + 1, moment, moment, message, named)
        self.log.events[event.id] = event
        return event

    def detect(self, rule: str, key: str, *events: Event, severity: int = 2, **options: Any) -> str:
        """An alert of the events, with the trigger that belongs to it."""
        detection = Detection(
            rule_id=rule,
            rule_name=rule,
            rule_kind="sigma",
            rule_version="v",
            severity=severity,
            group_key=key,
            title=f"{rule} {key}",
            description="",
            at=max(event.at for event in events),
            events=tuple(EventRef(event.id, event.at) for event in events),
            group_field="source.ip",
            **options,
        )
        with self.database.write() as tx:
            outcome = self.alerts.record(tx, detection)
            self.respond.hook.on_outcome(tx, outcome, detection)
        return outcome.alert_id

    def settle(self) -> None:
        self.clock.advance(10 * SECOND)
        while self.respond.dispatcher.step():
            pass

    def alert(self, alert_id: str) -> Any:
        with self.database.read() as tx:
            return detached(tx, self.alerts.get(tx, alert_id))

    def case(self, case_id: str) -> Any:
        with self.database.read() as tx:
            return detached(tx, self.cases.get(tx, case_id))

    def runs(self, alert_id: str) -> Any:
        with self.database.read() as tx:
            return runs_of(tx, alert_id)

    def decision(self, alert_id: str) -> Any:
        with self.database.read() as tx:
            return self.respond.decisions_of(tx, "alert", alert_id)[0]


def detached(tx: Any, row: Any) -> Any:
    """A row that can be read after its transaction."""
    tx.expunge(row)
    return row


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def world(tmp_path: Path, database: Database) -> World:
    return World(tmp_path, database)
