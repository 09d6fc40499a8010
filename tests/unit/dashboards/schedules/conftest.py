"""A desk of reports with one dashboard, a printer that prints nothing, and owners who can be demoted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.unit.dashboards.conftest import NOON, NoDesk

from tocsin.accounts import Audit
from tocsin.core.actor import Actor
from tocsin.core.attack import known_techniques
from tocsin.core.clock import ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import DeniedError, InvalidError
from tocsin.dashboards import Answering, DashboardBook, Shelf, read_dashboard
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.ports import Rights, Told
from tocsin.dashboards.reporter import Reporter
from tocsin.dashboards.schedules import Finder, Keeping, Parties, Plan, ReportDesk, Workshop, report_desk
from tocsin.dashboards.tables import ReportRow, ReportScheduleRow
from tocsin.seams import DashboardLog

ANN = Viewer(Actor("user", "ann"))
BOB = Viewer(Actor("user", "bob"))
ROOT = Viewer(Actor("user", "root"), sees_all=True)
PLAN = Plan("Logins", "0 7 * * *", channels=("mail",))
BOARD = {
    "version": 1,
    "title": "Logins",
    "panels": [{"id": "n", "kind": "count"}, {"id": "a", "kind": "count", "source": "alerts"}],
}


class Owners:
    """Who may what, as a test says."""

    def __init__(self) -> None:
        self.refused = ""
        self.rights_now = Rights()

    def rights(self, tx: Any, owner: str) -> Rights:
        if self.refused:
            raise DeniedError(self.refused)
        return self.rights_now


class Post:
    """Notes what would be sent."""

    def __init__(self) -> None:
        self.names = ["chat", "mail"]
        self.sent: list[tuple[str, Told]] = []
        self.owners: list[tuple[str, Told]] = []

    def channels(self) -> Sequence[tuple[str, str]]:
        return [(name, name.title()) for name in self.names]

    def check(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.names:
                raise InvalidError(f"there is no channel {name!r}")

    def send(self, tx: Any, names: Sequence[str], told: Told) -> Sequence[str]:
        there = [name for name in names if name in self.names]
        self.sent += [(name, told) for name in there]
        return there

    def tell_owner(self, tx: Any, owner: str, told: Told) -> None:
        self.owners.append((owner, told))


class Printer:
    """Prints the page as it is, or fails as a test says."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.pages: list[str] = []

    def __call__(self, html: str, form: str, chromium: Path | None) -> bytes:
        self.pages.append(html)
        if self.error is not None:
            raise self.error
        return f"{form}:{html}".encode()


@dataclass
class Office:
    """Everything a test of schedules needs."""

    db: Database
    clock: ManualClock
    desk: ReportDesk
    post: Post
    owners: Owners
    printer: Printer
    book: DashboardBook
    shelf: Shelf

    def add(self, plan: Plan = PLAN, viewer: Viewer = ANN, dashboard: str = "logins") -> ReportScheduleRow:
        with self.db.write() as tx:
            return self.desk.schedules.add(tx, dashboard, plan, viewer)

    def schedule(self, schedule_id: str) -> ReportScheduleRow:
        with self.db.read() as tx:
            return self.desk.schedules.get(tx, schedule_id, ROOT)

    def reports(self, viewer: Viewer = ROOT) -> Sequence[ReportRow]:
        with self.db.read() as tx:
            return self.desk.kept.list(tx, viewer)

    def work(self) -> int:
        done = 0
        while self.desk.runner.step():
            done += 1
        return done


def office_of(db: Database, log: DashboardLog) -> Office:
    """Return an office over a database, at noon."""
    clock = ManualClock(NOON)
    audit, post, owners, printer = Audit(clock), Post(), Owners(), Printer()
    shelf, book = Shelf({"logins": read_dashboard(BOARD)}), DashboardBook(clock, audit)
    desk = report_desk(
        db,
        clock,
        audit,
        parties=Parties(Finder(shelf, book), owners, post),
        workshop=Workshop(Reporter(Answering(log, NoDesk(), known_techniques())), None, printer),
        keeping=Keeping(reports=3, days=10, mib=1),
    )
    return Office(db, clock, desk, post, owners, printer, book, shelf)


@pytest.fixture
def office(tmp_path: Path, log: DashboardLog) -> Iterator[Office]:
    """The office on SQLite."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    yield office_of(db, log)
    db.close()
