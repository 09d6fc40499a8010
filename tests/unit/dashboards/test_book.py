"""Dashboards in the database: whose they are, versions, conflicts, and the way back from a deletion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tocsin.accounts import Audit, AuditFilter
from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tocsin.dashboards import Dashboard, DashboardBook, Draft, Panel, book
from tocsin.dashboards.book import Viewer

from .conftest import NOON

ADA, BOB = Viewer(Actor("user", "ada")), Viewer(Actor("user", "bob"))
ROOT = Viewer(Actor("user", "root"), sees_all=True)
PLAIN = Draft(Dashboard("Servers"))
SHARED = Draft(Dashboard("Servers"), shared=True)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Session]:
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    with db.write() as tx:
        yield tx
    db.close()


@pytest.fixture
def kept(clock: ManualClock) -> DashboardBook:
    return DashboardBook(clock, Audit(clock))


def test_a_private_one_is_its_owners(kept: DashboardBook, tx: Session) -> None:
    """To others it does not exist; whoever administers sees everybody's."""
    row = kept.add(tx, PLAIN, ADA)
    assert [[row.id], [], [row.id]] == [[one.id for one in kept.list(tx, who)] for who in (ADA, BOB, ROOT)]
    with pytest.raises(NotFoundError):
        kept.get(tx, row.id, BOB)
    assert row is kept.get(tx, row.id, ROOT)


def test_a_shared_one_is_seen_by_all_and_changed_by_its_owner(kept: DashboardBook, tx: Session) -> None:
    """Others make a copy."""
    row = kept.add(tx, SHARED, ADA)
    assert row is kept.get(tx, row.id, BOB)
    with pytest.raises(DeniedError, match="make a copy"):
        kept.change(tx, row.id, PLAIN, BOB, version=1)
    with pytest.raises(DeniedError):
        kept.delete(tx, row.id, BOB)


def test_of_two_changes_from_one_version_the_second_is_refused(kept: DashboardBook, tx: Session) -> None:
    """It says who was there before; saving what is there already changes nothing."""
    row = kept.add(tx, SHARED, ADA)
    assert 1 == kept.change(tx, row.id, SHARED, ADA, version=1).version
    changed = kept.change(tx, row.id, Draft(Dashboard("Hosts"), shared=True), ADA, version=1)
    assert ("Hosts", 2) == (changed.title, changed.version)
    with pytest.raises(ConflictError, match="ada saved version 2 meanwhile; this change was made from 1"):
        kept.change(tx, row.id, SHARED, ROOT, version=1)
    assert [2, 1] == [one.version for one in kept.versions(tx, row.id, BOB)]


def test_only_the_newest_versions_are_kept(
    kept: DashboardBook, tx: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest go."""
    monkeypatch.setattr(book, "MOST_VERSIONS", 2)
    row = kept.add(tx, PLAIN, ADA)
    for number in (1, 2, 3):
        kept.change(tx, row.id, Draft(Dashboard(f"T{number}")), ADA, version=number)
    assert [4, 3] == [one.version for one in kept.versions(tx, row.id, ADA)]


def test_a_deleted_one_can_be_brought_back_for_a_while(
    kept: DashboardBook, tx: Session, clock: ManualClock
) -> None:
    """After that it is gone for good."""
    row = kept.add(tx, PLAIN, ADA)
    kept.delete(tx, row.id, ADA)
    with pytest.raises(NotFoundError):
        kept.get(tx, row.id, ADA)
    assert [] == kept.list(tx, ADA)
    assert row is kept.restore(tx, row.id, ADA)
    with pytest.raises(ConflictError):
        kept.restore(tx, row.id, ADA)
    kept.delete(tx, row.id, ADA)
    clock.advance(31 * DAY)
    kept.add(tx, PLAIN, ADA)
    tx.expire_all()
    with pytest.raises(NotFoundError):
        kept.restore(tx, row.id, ADA)


def test_there_is_an_end_to_them(kept: DashboardBook, tx: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """One owner's are no matter of another's, a deleted one makes room, and the deleted are not endless."""
    monkeypatch.setattr(book, "MOST_OF_ONE", 1)
    first = kept.add(tx, PLAIN, ADA)
    with pytest.raises(InvalidError, match="ada has 1 dashboards: delete those nobody looks at"):
        kept.add(tx, PLAIN, ADA)
    kept.add(tx, PLAIN, BOB)
    kept.delete(tx, first.id, ADA)
    second = kept.add(tx, PLAIN, ADA)
    kept.delete(tx, second.id, ADA)
    kept.add(tx, PLAIN, ADA)
    tx.expire_all()
    with pytest.raises(NotFoundError):
        kept.restore(tx, first.id, ADA)


def test_one_that_no_file_could_bring_back_is_refused(kept: DashboardBook, tx: Session) -> None:
    """Whatever is kept can be exported and imported again, so both have the same bound."""
    panels = tuple(Panel(f"p{n}", "markdown", text="x" * 19_000) for n in range(14))
    with pytest.raises(InvalidError, match="at most 256 KiB"):
        kept.add(tx, Draft(Dashboard("Large", panels=panels)), ADA)
    row = kept.add(tx, Draft(Dashboard("Small", panels=panels[:13])), ADA)
    with pytest.raises(InvalidError, match="at most 256 KiB"):
        kept.change(tx, row.id, Draft(Dashboard("Large", panels=panels)), ADA, version=1)


def test_every_change_is_in_the_audit_trail(kept: DashboardBook, tx: Session, clock: ManualClock) -> None:
    """Who, what, and from which version to which."""
    row = kept.add(tx, PLAIN, ADA)
    kept.change(tx, row.id, SHARED, ADA, version=1)
    kept.delete(tx, row.id, ROOT)
    kept.restore(tx, row.id, ADA)
    entries = Audit(clock).entries(tx, AuditFilter(kind="dashboard", subject=row.id), 10)
    assert [("ada", "restore"), ("root", "delete"), ("ada", "update"), ("ada", "create")] == [
        (entry.actor, entry.action) for entry in entries
    ]
    assert {"shared": [False, True], "version": [1, 2]} == entries[2].details
