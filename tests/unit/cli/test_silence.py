"""Rules are silenced from the command line, with a reason in the audit trail."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from tocsin.accounts.audit import Audit, AuditFilter
from tocsin.cli.silence import run
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError


@pytest.fixture
def call(tmp_path):
    app = typer.Typer()
    app.command()(run)

    def invoke(*arguments):
        result = CliRunner().invoke(app, [*arguments, "--data", str(tmp_path)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return invoke


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


def test_a_rule_is_silenced_listed_and_lifted(call, database):
    """One key of it, with the reason; every change is in the audit trail."""
    assert "no rule is silenced" in call()
    told = call("700210", "--hours", "2", "--key", "192.0.2.1", "--reason", "pentest")
    assert "700210 for '192.0.2.1' until" in told
    (listed,) = json.loads(call("--json"))
    assert ("700210", "192.0.2.1", "pentest") == (listed["rule_id"], listed["group_key"], listed["reason"])
    assert "700210 is not silenced" in call("700210", "--lift", "--key", "192.0.2.1")
    with database.read() as tx:
        entries = Audit(SystemClock()).entries(tx, AuditFilter(kind="rule", subject="700210"), 10)
    assert ["unsilence", "silence"] == [entry.action for entry in entries]
    assert all("command-line" in entry.actor for entry in entries)


def test_what_cannot_be_is_refused(call, database):
    """A silence for a year, lifting what is not there, a rule nobody has."""
    with pytest.raises(NotFoundError, match="there is no rule 'brute'"):
        call("brute", "--hours", "1")
    with pytest.raises(InvalidError, match="90 days"):
        call("700210", "--hours", "9000")
    with pytest.raises(NotFoundError, match="not silenced"):
        call("700210", "--lift")


def test_a_folder_without_a_platform_is_named(call):
    """Nothing is made there."""
    with pytest.raises(InvalidError, match="no platform yet"):
        call("brute", "--hours", "1")
