"""A log in memory, a sink that groups as alerts do, and events to feed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tocsin.core.announce import Announcer
from tocsin.core.clock import SECOND, ManualClock
from tocsin.core.database import Database
from tocsin.core.detection import Detection
from tocsin.core.errors import Location
from tocsin.core.event import Event
from tocsin.detect.engine import Detector
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.tables import OffsetRow
from tocsin.query.lucene import parse_lucene
from tocsin.query.predicate import compile_predicate

START = 1_800_000_000 * SECOND


@dataclass(frozen=True)
class Logged:
    commit: int
    event: Event


@dataclass
class Log:
    """Commits in memory."""

    events: list[Logged] = field(default_factory=list)

    def commit(self, *events: Event) -> None:
        number = self.last_commit() + 1
        self.events += [Logged(number, event) for event in events]

    def follow(self, after: int, limit: int = 5_000) -> Sequence[Logged]:
        rest = [logged for logged in self.events if logged.commit > after]
        if len(rest) <= limit:
            return rest
        last = max(rest[0].commit, rest[limit].commit - 1)
        return [logged for logged in rest if logged.commit <= last]

    def last_commit(self) -> int:
        return self.events[-1].commit if self.events else 0


@dataclass(frozen=True)
class Recorded:
    alert_id: str
    opened: bool


class Sink:
    """Keeps alerts in the offset's own database, so that a rollback takes them back too."""

    def __init__(self) -> None:
        self.detections: list[Detection] = []
        self.pending: list[Detection] = []
        self.fail = 0

    def record(self, tx: Session, detection: Detection) -> Recorded:
        if self.fail:
            self.fail -= 1
            raise RuntimeError("the database went away")
        known = {(each.rule_id, each.group_key) for each in self.detections}
        self.detections.append(detection)
        key = f"{detection.rule_id}/{detection.group_key}"
        return Recorded(key, (detection.rule_id, detection.group_key) not in known)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def sink() -> Sink:
    return Sink()


class Rig:
    """A detector over the log and the sink; `restart` makes a new one as a new process would."""

    def __init__(self, database: Database, log: Log, sink: Sink) -> None:
        self.database = database
        self.log = log
        self.sink = sink
        self.clock = ManualClock(START)
        self.announcer = Announcer()
        self.hooks: list[Any] = []
        self.batch = 5_000

    def detector(self, *rules: WatchRule, switches: dict[str, bool] | None = None, **more: Any) -> Detector:
        return Detector(
            self.log,
            self.database,
            self.sink,
            RuleSet(rules, switches),
            clock=self.clock,
            announcer=self.announcer,
            hooks=self.hooks,
            batch=self.batch,
            **more,
        )

    def offset(self) -> int:
        with self.database.read() as tx:
            row = tx.get(OffsetRow, "main")
            return row.commit_number if row else 0


@pytest.fixture
def rig(database: Database, log: Log, sink: Sink) -> Rig:
    return Rig(database, log, sink)


def event(seq: int, *, at: float = 0.0, message: str = "", **fields: Any) -> Event:
    """An event `at` seconds after the start; `source__ip` stands for `source.ip`."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    moment = START + int(at * SECOND)
    return Event("test", seq, moment, moment, message, named)


@pytest.fixture(name="event")
def _event() -> Any:
    return event


@pytest.fixture
def rule() -> Any:
    """Make a rule of the query language, with whatever else a test needs."""

    def make(query: str = "*", **options: Any) -> WatchRule:
        node = parse_lucene(query)
        given: dict[str, Any] = {
            "id": "r1",
            "name": "Rule one",
            "kind": "elastalert",
            "version": "v1",
            "severity": 2,
            "node": node,
            "matches": compile_predicate(node),
            "location": Location("rules/r1.yml", 1),
            "text": query,
            **options,
        }
        return WatchRule(**given)

    return make
