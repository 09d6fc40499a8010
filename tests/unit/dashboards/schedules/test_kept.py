"""Reports are kept within bounds, and deleted for good."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.dashboards.schedules.conftest import ANN, BOB, PLAN, Office

from tocsin.core.clock import DAY
from tocsin.core.errors import ConflictError, NotFoundError


def run(office: Office, days: int) -> None:
    for _ in range(days):
        office.clock.advance(DAY)
        office.work()


def test_only_the_newest_of_a_schedule_are_kept(office: Office) -> None:
    """Three here; another's are not touched."""
    office.add()
    office.add(replace(PLAN, name="Other", cron="0 7 1 1 *"))
    run(office, 5)
    assert 3 == len(office.reports())


def test_none_is_kept_for_too_long(office: Office) -> None:
    """Ten days here, also of a schedule that is off."""
    row = office.add()
    run(office, 1)
    with office.db.write() as tx:
        office.desk.schedules.switch(tx, row.id, ANN, enabled=False)
    run(office, 11)
    assert [] == office.reports()


def test_all_together_are_bounded_in_bytes(office: Office) -> None:
    """The oldest go first: a MiB here."""
    office.desk.runner._with = replace(office.desk.runner._with, print=lambda *_: b"x" * (700 << 10))
    office.add()
    run(office, 2)
    assert 1 == len(office.reports())


def test_the_file_of_what_is_only_sent_goes_after_a_day(office: Office) -> None:
    """Messages that are tried again still take it along; that it was made stays known."""
    office.add(replace(PLAN, keep=False, cron="0 7 1 * *"))
    run(office, 7)
    (report,) = office.reports()
    assert ("done", True) == (report.status, report.has_file)
    run(office, 2)
    (report,) = office.reports()
    assert ("done", False) == (report.status, report.has_file)
    with office.db.read() as tx, pytest.raises(NotFoundError, match="has no file"):
        office.desk.kept.file(tx, report.id, ANN)


def test_a_report_is_deleted_by_who_sees_it(office: Office) -> None:
    """Not while it is being made."""
    office.add()
    office.clock.advance(DAY)
    office.desk.runner._plan()
    taken = office.desk.runner._take()
    assert taken is not None
    kept = office.desk.kept
    with office.db.write() as tx:
        with pytest.raises(ConflictError, match="being made"):
            kept.delete(tx, taken.id, ANN)
        with pytest.raises(NotFoundError):
            kept.delete(tx, taken.id, BOB)
    office.desk.runner._finish(taken, b"x")
    with office.db.write() as tx:
        kept.delete(tx, taken.id, ANN)
    assert [] == office.reports()
