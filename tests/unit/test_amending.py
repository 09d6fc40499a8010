"""What detection takes back reaches the alert it was told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from tocsin.accounts import Audit
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.cases.tables import Alert, AlertEvent
from tocsin.core.announce import Announcer
from tocsin.core.clock import MINUTE, ManualClock, from_iso
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.detect.engine import Detector
from tocsin.detect.loader import read_text
from tocsin.detect.ruleset import RuleSet
from tocsin.store.base import Logged

NOON = from_iso("2026-11-24T12:00:00Z")
RULE = """name: Burst
index: x
alert: debug
filter: [{exists: {field: user.name}}]
type: frequency
num_events: 3
timeframe: {minutes: 10}
query_key: user.name
realert: {minutes: 0}
"""


class Log:
    """Commits in memory."""

    def __init__(self) -> None:
        self.events: list[Logged] = []

    def commit(self, *events: Event) -> None:
        number = self.last_commit() + 1
        self.events += [Logged(number, event) for event in events]

    def follow(self, after: int, limit: int = 5_000) -> list[Logged]:
        return [logged for logged in self.events if logged.commit > after][:limit]

    def last_commit(self) -> int:
        return self.events[-1].commit if self.events else 0


def event(seq: int, minutes: int, late: int = 0) -> Event:
    at = NOON + minutes * MINUTE
    return Event("t", seq, at, at + late * MINUTE, "", {"user.name": "ann"})


def test_a_late_event_that_shifts_a_window_amends_the_alert(tmp_path: Path) -> None:
    """The alert stood on 1, 3 and 4; with 2 known, it stands on 1, 2 and 3, and is still one alert."""
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    clock, log = ManualClock(NOON), Log()
    audit = Audit(clock)
    alerts: Any = AlertService(clock, audit, CaseService(clock, audit, FileStore(tmp_path / "files")))
    rules = RuleSet([read_text("burst.yml", RULE).rule])
    detector = Detector(log, database, alerts, rules, clock=clock, announcer=Announcer(), amender=alerts)
    log.commit(event(1, 0), event(3, 2), event(4, 4))
    detector.step()
    log.commit(event(2, 1, late=20))
    detector.step()
    with database.read() as tx:
        (alert,) = tx.scalars(select(Alert)).all()
        named = tx.scalars(select(AlertEvent.event_id).order_by(AlertEvent.event_id)).all()
    assert (["t~1", "t~2", "t~3"], 3) == (named, alert.event_count)
    database.close()
