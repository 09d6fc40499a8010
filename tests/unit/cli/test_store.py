"""The commands of the log, as a person types them."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from tocsin.cli.store import app
from tocsin.core.clock import DAY, ManualClock, SystemClock
from tocsin.core.event import Event
from tocsin.folder import DataFolder
from tocsin.housekeeping import Clerk
from tocsin.store.base import Batch
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.retention import Policy

NOW = SystemClock().now()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a log of three days, two of them sealed."""
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    store = DuckDBStore(tmp_path / "data" / "events", ManualClock(NOW))
    events = [Event("s", n + 1, NOW - (n % 3) * DAY, 0, f"=m{n}", {"n": n}) for n in range(30)]
    store.commit(Batch("s", events, 30))
    store.keeping(Policy(), 0).apply()
    store.close()
    return tmp_path / "data"


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    assert status == result.exit_code, (result.output, result.exception)
    return result.output


def test_status_and_verify(data: Path) -> None:
    """Days with their figures; damage is told and gives status 1."""
    assert ["sealed", "sealed", "open"] == [
        one["state"] for one in json.loads(run("status", "--json"))["days"]
    ]
    assert "B/event" in run("status")
    assert "2 of 2 sealed days" in run("verify")
    path = next((data / "events" / "days").glob("*.sealed1.duckdb"))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    assert 1 == json.loads(run("verify", "--json", status=1))["damaged"]
    assert path.name in run("verify", status=1)


def test_holds(data: Path) -> None:
    """Placed, listed, removed, listed among all."""
    assert "hold 1 is in force" in run(
        "hold", "add", "--reason", "case", "--query", "n:3", "--from", "2026-11-01"
    )
    assert "case" in run("hold", "list")
    assert [[1]] * 3 == [one["holds"] for one in json.loads(run("status", "--json"))["days"]]
    run("hold", "remove", "1", "--reason", "closed")
    assert "no hold is in force" in run("hold", "list")
    assert "closed" in run("hold", "list", "--all")


def test_backup_and_restore(data: Path, tmp_path: Path) -> None:
    """Of a platform that is stopped, and back in the place of a log that is gone."""
    assert 30 == json.loads(run("backup", str(tmp_path / "copy"), "--json"))["events"]
    assert "3 there already" in run("backup", str(tmp_path / "copy"))
    assert CliRunner().invoke(app, ["restore", str(tmp_path / "copy")]).exit_code
    assert "30 events" in run("restore", str(tmp_path / "copy"), "--force")
    assert "2 of 2" in run("verify")
    assert CliRunner().invoke(app, ["backup", str(data / "events" / "copy")]).exit_code


def test_a_running_platform_makes_the_backup(data: Path, tmp_path: Path) -> None:
    """The command leaves an order and waits for the answer; what goes wrong is the answer too."""
    folder = DataFolder(data)
    store = DuckDBStore(data / "events", ManualClock(NOW))
    stop = threading.Event()
    clerk = threading.Thread(target=Clerk(store).run, args=(stop,))
    clerk.start()
    try:
        said = run("backup", str(tmp_path / "copy"), "--json")
        assert 30 == json.loads(said[said.index("{") :])["events"]  # behind what the platform logs
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "x").touch()
        failed = CliRunner().invoke(app, ["backup", str(tmp_path / "other")])
        assert "neither empty nor a backup" in str(failed.exception)
        refused = CliRunner().invoke(app, ["export", "all.jsonl"])
        assert "GET /api/v1/events/export" in str(refused.exception)
    finally:
        stop.set()
        clerk.join()
        store.close()
        folder.release()


@pytest.mark.usefixtures("data")
def test_export(tmp_path: Path) -> None:
    """Each format, with a query; a file that is there is not overwritten."""
    assert 10 == json.loads(run("export", "all.jsonl", "-q", "n:<10", "--json"))["events"]
    assert 10 == len((tmp_path / "all.jsonl").read_text().splitlines())
    run("export", "all.csv", "--columns", "n,message")
    assert "0,'=m0" in (tmp_path / "all.csv").read_text()
    run("export", "some.parquet", "-q", "n:[5 TO 7]")
    assert [(3, 18)] == duckdb.sql("SELECT count(*), sum(n) FROM 'some.parquet'").fetchall()
    assert CliRunner().invoke(app, ["export", "all.csv"]).exit_code
    assert CliRunner().invoke(app, ["export", "all.xml", "--format", "xml"]).exit_code
    assert [] == list(tmp_path.glob("*.part"))
