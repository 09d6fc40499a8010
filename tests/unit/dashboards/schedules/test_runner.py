"""Each due report is made once, sent once, and tried again with a limit."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from tests.unit.dashboards.conftest import NOON
from tests.unit.dashboards.schedules.conftest import ANN, BOB, PLAN, Office, office_of

from harness.postgres import postgres
from harness.waiting import PATIENCE_S
from tocsin.core.clock import DAY, HOUR, MINUTE
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, NotFoundError
from tocsin.dashboards.model import Span
from tocsin.dashboards.ports import Rights
from tocsin.dashboards.reporting.pdf import PrintError
from tocsin.dashboards.schedules import runner as runners
from tocsin.dashboards.schedules.runner import LEASE, MOST_TRIES
from tocsin.seams import DashboardLog


def test_a_report_is_made_when_it_is_due(office: Office) -> None:
    """Not before; kept with its file, sent with it, and the schedule knows how it went."""
    row = office.add(replace(PLAN, span=Span("now-1d/d", "now/d"), filters=("host.name:db",)))
    assert 0 == office.work()
    office.clock.advance(19 * HOUR)
    assert 1 == office.work()
    assert 0 == office.work()
    (report,) = office.reports()
    assert ("done", NOON + 19 * HOUR, True, ["mail"], "") == (
        *(report.status, report.due_at, report.has_file),
        *(report.sent_to, report.error),
    )
    assert "2026-11-24 00:00:00 to 2026-11-25 00:00:00" in office.printer.pages[0]
    assert "host.name:db" in office.printer.pages[0]
    ((channel, told),) = office.post.sent
    assert ("mail", f"report:{report.id}", "logins.pdf", "application/pdf") == (
        *(channel, told.key),
        *(told.file, told.media),
    )
    with office.db.read() as tx:
        _, content = office.desk.kept.file(tx, report.id, ANN)
        with pytest.raises(NotFoundError):
            office.desk.kept.file(tx, report.id, BOB)
    assert content.startswith(b"pdf:<!doctype")
    assert report.size == len(content)
    after = office.schedule(row.id)
    assert ("done", NOON + 43 * HOUR) == (after.last_status, after.next_at)


def test_times_that_were_missed_are_made_up_for_once(office: Office) -> None:
    """The platform was down for a week."""
    row = office.add()
    office.clock.advance(7 * DAY)
    assert 1 == office.work()
    assert NOON + 7 * DAY + 19 * HOUR == office.schedule(row.id).next_at


def test_a_report_is_made_with_what_its_owner_may_read_now(office: Office) -> None:
    """A role that lost alerts has none in its reports."""
    office.add()
    office.owners.rights_now = Rights(denied=frozenset({"alerts"}))
    office.clock.advance(DAY)
    office.work()
    assert "This role may not read alerts." in office.printer.pages[0]


def test_an_owner_who_may_no_longer_stops_the_schedule(office: Office) -> None:
    """It is switched off, says why, and its owner is told; it can be switched on again."""
    row = office.add()
    office.owners.refused = "the user 'ann' is locked"
    office.clock.advance(DAY)
    office.work()
    stopped = office.schedule(row.id)
    assert (False, None, "the user 'ann' is locked") == (stopped.enabled, stopped.next_at, stopped.stopped)
    assert ["Reports stopped: Logins"] == [told.title for _, told in office.post.owners]
    assert [] == office.post.sent
    office.owners.refused = ""
    with office.db.write() as tx:
        assert "" == office.desk.schedules.switch(tx, row.id, ANN, enabled=True).stopped


def test_a_dashboard_that_is_gone_stops_the_schedule(office: Office) -> None:
    """Nothing would come of further tries."""
    row = office.add()
    del office.shelf.dashboards["logins"]  # type: ignore[attr-defined]  # a dict here
    office.clock.advance(DAY)
    office.work()
    assert "there is no dashboard 'logins'" in office.schedule(row.id).stopped


def test_a_report_that_fails_is_tried_again_with_a_limit(office: Office) -> None:
    """Then its owner is told; the next time is tried as ever."""
    row = office.add()
    office.printer.error = PrintError("no ink")
    office.clock.advance(DAY)
    tries = []
    for _ in range(10):
        tries.append(office.work())
        office.clock.advance(10 * MINUTE)
    assert [1, 1, 1, 0, 0, 0, 0, 0, 0, 0] == tries
    (report,) = office.reports()
    assert ("failed", MOST_TRIES, "no ink") == (report.status, report.attempts, report.error)
    assert [("ann", "Report failed: Logins")] == [(who, told.title) for who, told in office.post.owners]
    assert (True, "failed", "no ink") == (
        *(office.schedule(row.id).enabled, office.schedule(row.id).last_status),
        office.schedule(row.id).last_error,
    )
    office.printer.error = None
    office.clock.advance(DAY)
    assert 1 == office.work()
    assert "done" == office.schedule(row.id).last_status


def test_an_error_nobody_thought_of_is_a_failed_try(office: Office) -> None:
    """It neither ends the thread nor is lost."""
    office.add()
    office.printer.error = ZeroDivisionError("x")
    office.clock.advance(DAY)
    office.work()
    assert "ZeroDivisionError: x" == office.reports()[0].error


def test_a_report_whose_maker_died_is_made_again_and_sent_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the dead one was only slow: what comes late is thrown away."""
    office.add()
    office.clock.advance(DAY)
    slow = office.desk.runner
    with office.db.read() as tx:
        assert [] == office.desk.kept.list(tx, ANN)
    slow._plan()
    taken = slow._take()
    assert taken is not None
    assert 0 == office.work()
    office.clock.advance(LEASE)
    assert 1 == office.work()
    slow._finish(taken, b"late")
    assert 1 == len(office.post.sent)
    (report,) = office.reports()
    assert ("done", 2) == (report.status, report.attempts)


def test_what_a_killed_process_left_is_taken_up_at_once(office: Office) -> None:
    """On SQLite, where there is one process; one that kills the process each time is given up."""
    office.add()
    office.clock.advance(DAY)
    office.desk.runner._plan()
    for _ in range(MOST_TRIES):
        assert office.desk.runner._take() is not None
        office.desk.runner.recover()
    assert 0 == office.work()
    assert "making it ended the platform" in office.reports()[0].error
    assert 1 == len(office.post.owners)


def test_two_at_once_make_it_once(office: Office) -> None:
    """Whoever claims it first; the other finds nothing."""
    office.add()
    office.clock.advance(DAY)
    workers = [threading.Thread(target=office.desk.runner.step) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert ["done"] == [report.status for report in office.reports()]
    assert 1 == len(office.post.sent)


def test_two_processes_share_the_work(log: DashboardLog) -> None:
    """On PostgreSQL, each report is made by one of them, once."""
    with postgres() as url:
        offices = [office_of(Database(url), log) for _ in range(2)]
        offices[0].db.create_all()
        for number in range(6):
            offices[0].add(replace(PLAN, name=f"Logins {number}"))
        for office in offices:
            office.clock.advance(DAY)
        workers = [threading.Thread(target=office.work) for office in offices for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        offices[0].work()
        reports = offices[0].reports()
        sent = [told.key for office in offices for _, told in office.post.sent]
        for office in offices:
            office.db.close()
    assert [("done", 1)] * 6 == [(each.status, each.attempts) for each in reports]
    assert sorted(f"report:{each.id}" for each in reports) == sorted(sent)


def test_run_now_makes_one_besides(office: Office) -> None:
    """The schedule goes on as before; only one of it at a time."""
    row = office.add()
    with office.db.write() as tx:
        asked = office.desk.schedules.run_now(tx, row.id, ANN)
        with pytest.raises(ConflictError, match="is being made"):
            office.desk.schedules.run_now(tx, row.id, ANN)
    assert ("waiting", "ann") == (asked.status, asked.asked_by)
    assert 1 == office.work()
    assert "done" == office.reports()[0].status
    assert office.schedule(row.id).next_at == row.next_at


def test_a_channel_that_is_gone_is_named(office: Office) -> None:
    """The others get the report."""
    office.add(replace(PLAN, channels=("mail", "chat")))
    office.post.names.remove("mail")
    office.clock.advance(DAY)
    office.work()
    (report,) = office.reports()
    assert (["chat"], "not sent to mail: there is no such channel any more") == (report.sent_to, report.error)


def test_how_far_a_report_is_can_be_seen(office: Office) -> None:
    """While its panels are asked."""
    row, seen = office.add(), []
    with office.db.write() as tx:
        asked = office.desk.schedules.run_now(tx, row.id, ANN)
    inner = runners.ReportRunner.progress
    kept_print = office.printer.__call__

    def printing(html: str, form: str, chromium: object) -> bytes:
        seen.append(inner(office.desk.runner, asked.id))
        return kept_print(html, form, None)

    office.desk.runner._with = replace(office.desk.runner._with, print=printing)
    office.work()
    assert [runners.Progress(2, 2)] == seen
    assert inner(office.desk.runner, asked.id) is None


def test_the_thread_makes_what_is_asked_for(office: Office) -> None:
    """And ends when it is told to."""
    row, stop = office.add(), threading.Event()
    thread = threading.Thread(target=office.desk.runner.run, args=(stop,))
    with office.db.write() as tx:
        office.desk.schedules.run_now(tx, row.id, ANN)
    made = threading.Event()
    kept_print = office.printer.__call__

    def printing(html: str, form: str, chromium: object) -> bytes:
        made.set()
        return kept_print(html, form, None)

    office.desk.runner._with = replace(office.desk.runner._with, print=printing)
    thread.start()
    assert made.wait(PATIENCE_S)
    stop.set()
    office.desk.runner.notify()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert "done" == office.reports()[0].status
