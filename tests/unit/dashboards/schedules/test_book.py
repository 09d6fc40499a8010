"""Schedules are kept, changed, switched, deleted and brought back, each with an entry in the audit trail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.unit.dashboards.conftest import NOON
from tests.unit.dashboards.schedules.conftest import ANN, BOB, PLAN, ROOT, Office

from tocsin.accounts.tables import AuditRow
from tocsin.core.clock import DAY, HOUR
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tocsin.dashboards.schedules import book as books


def trail(office: Office) -> list[str]:
    with office.db.read() as tx:
        query = select(AuditRow.action).where(AuditRow.kind == "report-schedule").order_by(AuditRow.id)
        return list(tx.scalars(query))


def test_a_schedule_is_its_owners(office: Office) -> None:
    """Others do not see it; administrators do."""
    row = office.add()
    assert (NOON + 19 * HOUR, "ann", 1) == (row.next_at, row.owner, row.version)
    book = office.desk.schedules
    with office.db.read() as tx:
        assert [row.id] == [each.id for each in book.list(tx, "logins", ANN)]
        assert [] == book.list(tx, None, BOB)
        assert [] == book.list(tx, "other", ROOT)
        with pytest.raises(NotFoundError):
            book.get(tx, row.id, BOB)
        assert row.id == book.get(tx, row.id, ROOT).id


def test_one_is_changed_switched_deleted_and_restored(office: Office) -> None:
    """Its next time follows, and every change is in the trail."""
    row, book = office.add(), office.desk.schedules
    with office.db.write() as tx:
        changed = book.change(tx, row.id, replace(PLAN, cron="0 13 * * *"), ANN, version=1)
        assert (NOON + HOUR, 2) == (changed.next_at, changed.version)
        with pytest.raises(ConflictError, match="saved version 2 meanwhile"):
            book.change(tx, row.id, PLAN, ANN, version=1)
        assert book.switch(tx, row.id, ANN, enabled=False).next_at is None
        assert 4 == book.switch(tx, row.id, ANN, enabled=True).version
        book.delete(tx, row.id, ANN)
        with pytest.raises(NotFoundError, match="was deleted"):
            book.get(tx, row.id, ANN)
        office.clock.advance(2 * HOUR)
        assert NOON + 25 * HOUR == book.restore(tx, row.id, ANN).next_at
        with pytest.raises(ConflictError, match="not deleted"):
            book.restore(tx, row.id, ANN)
    assert ["create", "update", "disable", "enable", "delete", "restore"] == trail(office)


def test_what_cannot_be_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel or a dashboard that is not there, an owner who may not, too many."""
    with pytest.raises(InvalidError, match="no channel 'fax'"):
        office.add(replace(PLAN, channels=("fax",)))
    with pytest.raises(NotFoundError, match="no dashboard"):
        office.add(dashboard="none")
    monkeypatch.setattr(books, "MOST_OF_ONE", 1)
    row = office.add()
    with pytest.raises(InvalidError, match="ann has 1 schedules"):
        office.add()
    office.owners.refused = "ann may not"
    with pytest.raises(DeniedError, match="ann may not"):
        office.add(viewer=BOB)
    with office.db.write() as tx:
        office.desk.schedules.switch(tx, row.id, ANN, enabled=False)
        with pytest.raises(DeniedError):
            office.desk.schedules.switch(tx, row.id, ANN, enabled=True)


def test_what_was_deleted_long_ago_is_let_go(office: Office) -> None:
    """With what it made."""
    row = office.add()
    with office.db.write() as tx:
        office.desk.schedules.run_now(tx, row.id, ANN)
    office.work()
    with office.db.write() as tx:
        office.desk.schedules.delete(tx, row.id, ANN)
    office.clock.advance(31 * DAY)
    office.add()
    assert [] == office.reports()
    with office.db.write() as tx, pytest.raises(NotFoundError):
        office.desk.schedules.restore(tx, row.id, ANN)
