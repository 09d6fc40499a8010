"""Schedules of reports on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tocsin.accounts import Accounts, Audit
from tocsin.cli.dashboards import app
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tocsin.dashboards.tables import ReportFileRow, ReportRow


class Desk:
    """The command line over a platform's folder."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database

    def __call__(self, *arguments: str) -> Result:
        result = CliRunner().invoke(app, [*arguments, "--data", str(self.folder)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").output)


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Desk]:
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield Desk(tmp_path, database)
    database.close()


def test_a_schedule_is_added_changed_switched_and_removed(call: Desk) -> None:
    """With what was not said left as it was."""
    assert "there are no schedules" in call("schedules", "list").output
    one = call.json(
        *("schedules", "add", "authentication", "--cron", "0 7 * * 1", "--zone", "Europe/Berlin"),
        *("--from", "now-1w/w", "--to", "now/w", "--filter", "host.name:web"),
    )
    assert ("authentication", "pdf", True, ["host.name:web"]) == (
        *(one["name"], one["format"]),
        *(one["keep"], one["filters"]),
    )
    changed = call.json("schedules", "change", one["id"], "--format", "png", "--name", "Logins")
    assert ("Logins", "png", "0 7 * * 1", "now-1w/w", 2) == (
        *(changed["name"], changed["format"]),
        *(changed["cron"], changed["from"], changed["version"]),
    )
    assert "off" in call("schedules", "off", one["id"]).output
    assert call.json("schedules", "list")[0]["next_at"] is None
    call("schedules", "on", one["id"])
    assert "kept here  next 20" in call("schedules", "list", "authentication").output
    call("schedules", "remove", one["id"])
    assert [] == call.json("schedules", "list")
    call("schedules", "restore", one["id"])
    assert 1 == len(call.json("schedules", "list"))


def test_what_does_not_fit_is_refused(call: Desk) -> None:
    """Also an owner who may not, and a dashboard that is not there."""
    with pytest.raises(InvalidError, match="five fields"):
        call("schedules", "add", "web", "--cron", "soon")
    with pytest.raises(InvalidError, match="no form of a report"):
        call("schedules", "add", "web", "--cron", "0 7 * * 1", "--format", "doc")
    with pytest.raises(InvalidError, match="no channel 'mail'"):
        call("schedules", "add", "web", "--cron", "0 7 * * 1", "--channel", "mail")
    with pytest.raises(NotFoundError, match="no dashboard"):
        call("schedules", "add", "none", "--cron", "0 7 * * 1")
    with pytest.raises(DeniedError, match="no user 'eve'"):
        call("schedules", "add", "web", "--cron", "0 7 * * 1", "--owner", "eve")


def test_a_schedule_may_be_somebodys(call: Desk) -> None:
    """With their rights."""
    clock = SystemClock()
    with call.database.write() as tx:
        users = Accounts(clock, Audit(clock)).users
        users.add(tx, "ann", name="Ann", role="analyst", password="correct horse battery", actor=SYSTEM)
    assert "ann" == call.json("schedules", "add", "web", "--cron", "0 7 * * 1", "--owner", "ann")["owner"]


def test_reports_are_asked_for_listed_saved_and_removed(call: Desk, tmp_path: Path) -> None:
    """The running platform makes them."""
    one = call.json("schedules", "add", "web", "--cron", "0 7 * * 1")
    assert "there are no reports yet" in call("reports", "list").output
    (asked,) = call.json("schedules", "run", one["id"])
    assert "waiting" == asked["status"]
    with pytest.raises(ConflictError):
        call("schedules", "run", one["id"])
    with pytest.raises(NotFoundError, match="has no file"):
        call("reports", "save", asked["id"], str(tmp_path / "web.pdf"))
    with call.database.write() as tx:
        row = tx.get(ReportRow, asked["id"])
        assert row is not None
        row.status, row.size, row.has_file = "done", 4, True
        tx.add(ReportFileRow(report_id=row.id, content=b"%PDF"))
    assert "done  pdf  4 bytes  web" in call("reports", "list", "web").output
    call("reports", "save", asked["id"], str(tmp_path / "web.pdf"))
    assert b"%PDF" == (tmp_path / "web.pdf").read_bytes()
    call("reports", "remove", asked["id"])
    assert [] == call.json("reports", "list")
