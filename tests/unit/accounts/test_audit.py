"""The audit trail cannot be altered unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from tocsin.accounts import Audit, AuditFilter
from tocsin.accounts.tables import AuditRow
from tocsin.core.actor import SYSTEM, Actor
from tocsin.core.clock import ManualClock
from tocsin.core.database import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A database with every table."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    yield db
    db.close()


@pytest.fixture
def audit(db: Database) -> Audit:
    """A trail of three entries."""
    audit = Audit(ManualClock(1_000))
    with db.write() as tx:
        audit.record(tx, SYSTEM, "create", kind="alert", subject="alert_1")
        audit.record(
            tx, Actor("user", "ada"), "update", kind="alert", subject="alert_1", details={"severity": [2, 3]}
        )
        audit.record(tx, Actor("playbook", "triage"), "close", kind="alert", subject="alert_2")
    return audit


def test_an_untouched_trail_holds(db: Database, audit: Audit) -> None:
    """Every entry follows from the one before."""
    with db.read() as tx:
        assert audit.first_broken(tx) is None


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        (update(AuditRow).where(AuditRow.id == 2).values(actor="eve"), 2),
        (update(AuditRow).where(AuditRow.id == 1).values(details={"x": 1}), 1),
        (delete(AuditRow).where(AuditRow.id == 2), 3),
    ],
)
def test_an_altered_or_removed_entry_shows(
    db: Database, audit: Audit, tampering: object, broken: int
) -> None:
    """Changing or removing an entry breaks the chain there."""
    with db.write() as tx:
        tx.execute(tampering)  # type: ignore[call-overload]  # both kinds of statement run
    with db.read() as tx:
        assert audit.first_broken(tx) == broken


def test_entries_are_found_by_what_they_are_about(db: Database, audit: Audit) -> None:
    """By subject, by kind and by who did it, newest first."""
    with db.read() as tx:
        about = audit.entries(tx, AuditFilter(subject="alert_1"), 10)
        by_ada = audit.entries(tx, AuditFilter(actor="ada"), 10)
        by_playbook = audit.entries(tx, AuditFilter(actor="playbook:triage"), 10)
    assert [entry.action for entry in about] == ["update", "create"]
    assert [entry.details for entry in by_ada] == [{"severity": [2, 3]}]
    assert [entry.subject for entry in by_playbook] == ["alert_2"]


def test_an_entry_shares_the_fate_of_its_change(db: Database, audit: Audit) -> None:
    """A change taken back leaves no entry."""
    with pytest.raises(RuntimeError, match="fails"), db.write() as tx:
        audit.record(tx, SYSTEM, "close", kind="alert", subject="alert_3")
        raise RuntimeError("fails after")
    with db.read() as tx:
        assert audit.entries(tx, AuditFilter(subject="alert_3"), 10) == []
