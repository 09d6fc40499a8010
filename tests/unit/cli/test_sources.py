"""`tocsin sources`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tocsin.cli.sources import run as command
from tocsin.core.clock import ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.ingest.ledger import Ledger

NOW = 1_800_000_000_000_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """The ledger of a platform that was started once."""
    database = Database(f"sqlite:///{tmp_path}/tocsin.db")
    database.create_all()
    yield Ledger(database, ManualClock(NOW))
    database.close()


def run(folder: Path, *arguments: str) -> str:
    app = typer.Typer()
    app.command()(command)
    done = CliRunner().invoke(app, [*arguments, "--data", str(folder)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_lists_what_became_of_records(ledger: Ledger, tmp_path: Path) -> None:
    """A line for each source; with a name its refusals and the beginnings of what was refused."""
    ledger.received("beats:web1:filebeat", 1_234)
    ledger.settled("beats:web1:filebeat", stored=1_230, duplicates=2, collected_at=NOW - 250_000)
    ledger.refused("beats:web1:filebeat", "document too large", 2, [b"\x1b[31mred"])
    ledger.received("syslog:udp:a", 1)
    ledger.flush()
    all_ = run(tmp_path)
    line = "1,234 received, 1,230 stored, 2 duplicates, 2 refused, 250 ms behind, last 2027-01-15T08:00:00"
    assert f"beats:web1:filebeat: {line}" in all_
    assert "syslog:udp:a: 1 received, 0 stored, 1 under way" in all_
    one = run(tmp_path, "beats:")
    assert "2 faulty: document too large" in one
    assert "\x1b" not in one
    assert "syslog" not in one
    [first, _] = json.loads(run(tmp_path, "--json"))
    assert (first["id"], first["refused"], first["lost"]) == ("beats:web1:filebeat", 2, 0)
    assert first["refusals"][0]["kind"] == "faulty"


def test_says_what_to_do_when_there_is_nothing(ledger: Ledger, tmp_path: Path) -> None:
    """No source yet, a name that none has, a folder without a platform."""
    assert "nothing has sent yet: enrol an agent" in run(tmp_path)
    with pytest.raises(NotFoundError, match="no source begins with 'x'"):
        run(tmp_path, "x")
    with pytest.raises(InvalidError, match="no platform yet"):
        run(tmp_path / "other")
