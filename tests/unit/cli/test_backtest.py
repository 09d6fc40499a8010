"""Rules are tried on the kept log from the command line, and switched on within the budget."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from tocsin.accounts.audit import Audit, AuditFilter
from tocsin.cli.backtest import run
from tocsin.core.clock import DAY, MINUTE, SystemClock, to_iso
from tocsin.core.database import Database
from tocsin.core.errors import ContentError, InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.detect.budget import OverBudgetError
from tocsin.detect.tables import RuleRow
from tocsin.folder import DataFolder
from tocsin.settings_sections import StoreSettings
from tocsin.store.base import Batch
from tocsin.stores import open_store

RULE = "name: Eve\nindex: x\nalert: debug\ntype: any\nis_enabled: false\nquery_key: host.name\n"
RULE += "filter:\n- term: {user.name: eve}\n"


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with sixty hosts on which eve was seen yesterday, and a rule that is off."""
    clock = SystemClock()
    at = clock.now() // DAY * DAY - DAY
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    database.close()
    store = open_store(StoreSettings(), tmp_path / "events", clock)
    events = [
        Event(
            "t", seq, at + seq * MINUTE, at + seq * MINUTE, "", {"user.name": "eve", "host.name": f"w{seq}"}
        )
        for seq in range(1, 61)
    ]
    store.commit(Batch("t", events, 60))
    store.close()
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "eve.yml").write_text(RULE)
    monkeypatch.setenv("TOCSIN_CONTENT__DETECTIONS", json.dumps([str(rules)]))
    monkeypatch.setenv("TOCSIN_CONTENT__OWN", "false")
    return tmp_path


@pytest.fixture
def call(data):
    app = typer.Typer()
    app.command()(run)

    def invoke(*arguments):
        result = CliRunner().invoke(app, [*arguments, "--data", str(data)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_a_stored_rule_and_a_file_are_tried(call, data):
    """For people and as JSON, the same figures."""
    told = call("Eve").output
    assert "60 matches; 60 alerts, 60 on the busiest day" in told
    assert "s for a million events" in told
    found = json.loads(call(str(data / "rules" / "eve.yml"), "--json", "--samples", "1").stdout)
    assert (60, 60, True, 1) == (found["events"], found["alerts"], found["complete"], len(found["samples"]))
    early = to_iso(SystemClock().now() - 6 * DAY)
    assert "0 events" in call("Eve", "--to", early).output


def test_a_bound_that_was_reached_is_said(call, data):
    """With status 1."""
    settings = data / "tocsin.toml"
    settings.write_text("[detect]\nbacktest_events = 1000\n")
    assert 0 == call("Eve", "--config", str(settings)).exit_code
    store = open_store(StoreSettings(), data / "events", SystemClock())
    at = SystemClock().now() - 2 * DAY
    store.commit(Batch("u", [Event("u", seq, at + seq, at, "", {}) for seq in range(1, 1_001)], 1_000))
    store.close()
    ended = call("Eve", "--config", str(settings))
    assert 1 == ended.exit_code
    assert "ended early: the bound of events was reached" in ended.output


def test_switching_on_keeps_the_budget_or_a_reason(call, data):
    """Sixty alerts a day are too many; with a reason the rule is on and the trail says why."""
    with pytest.raises(OverBudgetError, match="60 alerts"):
        call("Eve", "--enable")
    call("Eve", "--enable", "--override", "red team week")
    database = Database(f"sqlite:///{data / 'tocsin.db'}")
    with database.read() as tx:
        (entry,) = Audit(SystemClock()).entries(tx, AuditFilter(kind="rule", subject="Eve"), 10)
        assert tx.get(RuleRow, "Eve").enabled is True
    database.close()
    assert ("enable", "red team week", 60) == (
        entry.action,
        entry.details["override"],
        entry.details["busiest_day"],
    )


def test_what_cannot_be_is_refused(call, data):
    """An unknown rule, a bad file, no time, a text that is not stored, a folder in use."""
    with pytest.raises(NotFoundError):
        call("nope")
    with pytest.raises(InvalidError, match="--from"):
        call("Eve", "--from", "soon")
    bad = data / "bad.yml"
    bad.write_text("type: any\nfilter: [{trem: 1}]\n")
    with pytest.raises(ContentError):
        call(str(bad))
    bad.write_text(RULE.replace("eve", "bob"))
    with pytest.raises(InvalidError, match="another text"):
        call(str(bad), "--enable")
    folder = DataFolder(data)
    try:
        with pytest.raises(InvalidError, match="a platform runs on"):
            call("Eve")
    finally:
        folder.release()
