"""Exceptions are listed, added and removed from the command line, with entries in the audit trail."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tocsin.accounts.audit import Audit, AuditFilter
from tocsin.cli.exceptions import app
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError


@pytest.fixture
def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def call(tmp_path):
    def invoke(*arguments):
        result = CliRunner().invoke(app, [*arguments, "--data", str(tmp_path)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return invoke


def test_one_is_added_listed_and_removed(call, database):
    """Scope, owner, reason and expiry are shown."""
    assert "there are no exceptions" in call("list")
    words = ("add", "source.ip: 192.0.2.7", "--rule", "5712", "--reason", "our scanner", "--owner", "carol")
    assert "rule 5712: source.ip: 192.0.2.7" in call(*words)
    (listed,) = json.loads(call("list", "--rule", "5712", "--json"))
    assert ("5712", "carol", "our scanner", 0) == (
        listed["rule_id"],
        listed["owner"],
        listed["reason"],
        listed["hits"],
    )
    assert "removed" in call("remove", listed["id"])
    with database.read() as tx:
        entries = Audit(SystemClock()).entries(tx, AuditFilter(kind="exception", subject=listed["id"]), 10)
    assert ["delete", "create"] == [entry.action for entry in entries]


def test_what_makes_no_sense_is_refused(call, database):
    """A condition that holds for everything, an unknown rule or exception; nothing is kept of it."""
    with pytest.raises(InvalidError, match="needs a condition"):
        call("add", "*", "--reason", "x")
    with pytest.raises(NotFoundError, match="no rule"):
        call("add", "user.name: ann", "--rule", "nope", "--reason", "x")
    with pytest.raises(NotFoundError):
        call("remove", "exception_1")
    assert "[]" in call("list", "--json")


def test_a_folder_without_a_platform_is_named(call):
    """Nothing is made there."""
    with pytest.raises(InvalidError, match="no platform yet"):
        call("list")
