"""Makes the reports that are due: each once, whoever runs, and again when its maker died on the way.

Planning writes a report down and moves its schedule on, in one transaction. A try is counted before it
begins; killed in between, the report is due again after `LEASE`. What was made is kept and written to the
outbox in one transaction, so that it is sent once however often it was made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from tocsin.core.actor import SYSTEM, Actor, AuditTrail
from tocsin.core.clock import HOUR, MILLISECOND, MINUTE, Clock, to_iso
from tocsin.core.database import Database
from tocsin.core.errors import DeniedError, InvalidError, NotFoundError, TocsinError
from tocsin.core.schedule import next_time
from tocsin.dashboards.book import Viewer
from tocsin.dashboards.model import Span
from tocsin.dashboards.reporter import Order, Reporter
from tocsin.dashboards.reporting.printing import Form, printed
from tocsin.dashboards.schedules.asking import ask
from tocsin.dashboards.schedules.book import plan_of
from tocsin.dashboards.schedules.kept import KeptReports
from tocsin.dashboards.schedules.parties import Parties
from tocsin.dashboards.schedules.plan import resolved
from tocsin.dashboards.schedules.telling import failure_of, report_of, stopped_of
from tocsin.dashboards.tables import ReportFileRow, ReportRow, ReportScheduleRow
from tocsin.query.intervals import zone_of

log = structlog.get_logger("tocsin.reports")

LEASE = 10 * MINUTE
MOST_TRIES = 3
MOST_BYTES = 16 << 20
POLL_S = 2.0
_WAITS = (MINUTE, 5 * MINUTE)
"""After the first and the second try that failed."""
_TIDY_EVERY = HOUR
_MOST_PLANNED = 20
_LONGEST_ERROR = 500
_LONGEST_IDLE_S = 60.0

Print = Callable[[str, Form, Path | None], bytes]


class _StoppedError(TocsinError):
    """The owner may not, or the dashboard is gone: no further try helps."""

    code = "schedule-stopped"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a report is: panels that are answered, of how many."""

    answered: int
    panels: int


@dataclass(frozen=True, slots=True)
class Workshop:
    """What reports are made with."""

    reporter: Reporter
    chromium: Path | None = None
    print: Print = printed


class ReportRunner:
    """Makes reports one after another. One thread calls `run`; `step` does one round in the caller's."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: AuditTrail,
        *,
        kept: KeptReports,
        parties: Parties,
        workshop: Workshop,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._kept = kept
        self._parties = parties
        self._with = workshop
        self._wake = threading.Event()
        self._progress: dict[str, Progress] = {}
        self._tidied_at = 0

    def notify(self) -> None:
        """Say that there may be something to make."""
        self._wake.set()

    def progress(self, report_id: str) -> Progress | None:
        """Return how far a report is that this process makes."""
        return self._progress.get(report_id)

    def run(self, stop: threading.Event) -> None:
        """Make what is due until `stop` is set."""
        wait, recovered = POLL_S, False
        while not stop.is_set():
            try:
                if not recovered:
                    self.recover()
                    recovered = True
                while not stop.is_set() and self.step():
                    pass
                wait = POLL_S
            except Exception as error:  # noqa: BLE001 - supervised edge: logged, tried again
                log.error(  # noqa: TRY400 - a database away says enough in one line
                    "reports_failed", error=f"{type(error).__name__}: {error}"[:300]
                )
                wait = min(wait * 2, _LONGEST_IDLE_S)
            self._wake.wait(wait)
            self._wake.clear()

    def recover(self) -> None:
        """Take up what a process that was killed left, at once where no other can be at it: on SQLite."""
        if self._database.engine.dialect.name != "sqlite":
            return
        with self._database.write() as tx:
            lost = update(ReportRow).where(ReportRow.status == "making")
            tx.execute(lost.values(try_at=self._clock.now()))

    def step(self) -> bool:
        """Write down what is due by now and make the report that is due longest; False: there was none."""
        self._tidy()
        if not self._is_due():
            return False
        self._plan()
        row = self._take()
        if row is None:
            return False
        try:
            content = self._made(row)
        except TocsinError as error:
            self._fail(row, error)
        except Exception as error:  # supervised edge: the report is tried again, with a limit
            log.exception("report_broken", report=row.id)
            self._fail(row, InvalidError(f"{type(error).__name__}: {error}"))
        else:
            self._finish(row, content)
        finally:
            self._progress.pop(row.id, None)
        return True

    def _is_due(self) -> bool:
        """Say whether there may be something to do, without taking the writer's lock."""
        now = self._clock.now()
        with self._database.read() as tx:
            schedule, report = _due_schedules(now).limit(1), _due_reports(now).limit(1)
            return tx.scalar(schedule) is not None or tx.scalar(report) is not None

    def _plan(self) -> None:
        """Write down a report for each schedule that is due: one, however many of its times have passed."""
        now = self._clock.now()
        with self._database.write() as tx:
            query = _due_schedules(now).order_by(ReportScheduleRow.next_at).limit(_MOST_PLANNED)
            for row in list(tx.scalars(query.with_for_update(skip_locked=True))):
                due = row.next_at or now
                row.next_at = next_time(row.cron, now, zone_of(row.zone))
                ask(tx, row, due_at=due, now=now, asked_by=row.owner)

    def _take(self) -> ReportRow | None:
        """Claim the report that is due longest; one that was tried too often is given up on the way."""
        now = self._clock.now()
        with self._database.write() as tx:
            order = _due_reports(now).order_by(ReportRow.try_at, ReportRow.id).limit(1)
            row = tx.scalar(order.with_for_update(skip_locked=True))
            if row is None:
                return None
            if row.attempts >= MOST_TRIES:
                self._give_up(tx, row, "making it ended the platform each time it was tried")
                return None
            row.status, row.attempts, row.try_at = "making", row.attempts + 1, now + LEASE
            return row

    def _made(self, row: ReportRow) -> bytes:
        with self._database.read() as tx:
            html = self._html(tx, row)
        content = self._with.print(html, row.form, self._with.chromium)  # type: ignore[arg-type]  # checked
        if len(content) > MOST_BYTES:
            raise InvalidError(f"the report has {len(content) >> 20} MiB and may have {MOST_BYTES >> 20}")
        return content

    def _html(self, tx: Session, row: ReportRow) -> str:
        schedule = tx.get(ReportScheduleRow, row.schedule_id)
        if schedule is None or schedule.deleted_at is not None:
            raise _StoppedError("the schedule was deleted")
        plan = plan_of(schedule)
        try:
            rights = self._parties.owners.rights(tx, row.owner)
            viewer = Viewer(Actor("user", row.owner), sees_all=rights.sees_all)
            dashboard = self._parties.finder.find(tx, row.dashboard_id, viewer)
        except (DeniedError, NotFoundError) as error:
            raise _StoppedError(error.message) from error
        start, end = resolved(plan.span, plan.zone, now=row.asked_at, own=dashboard.time)
        span = Span(to_iso(start), to_iso(end))

        def answered(number: int) -> None:
            self._progress[row.id] = Progress(number, len(dashboard.panels))

        answered(0)
        order = Order(dashboard, span, plan.filters, plan.zone, rights.denied)
        return self._with.reporter.html(tx, order, now=row.asked_at, answered=answered)

    def _finish(self, taken: ReportRow, content: bytes) -> None:
        """Keep the report and write it to the outbox, unless somebody else made it meanwhile."""
        with self._database.write() as tx:
            row = self._still(tx, taken)
            schedule = tx.get(ReportScheduleRow, taken.schedule_id)
            if row is None or schedule is None:
                return
            self._end(row, "done", "")
            row.size, row.has_file = len(content), True
            tx.add(ReportFileRow(report_id=row.id, content=content))
            tx.flush()
            row.sent_to = list(self._parties.post.send(tx, schedule.channels, report_of(row)))
            missing = sorted(set(schedule.channels) - set(row.sent_to))
            if missing:
                row.error = f"not sent to {', '.join(missing)}: there is no such channel any more"
            self._note_last(schedule, row)
            details = {"schedule": row.schedule_id, "sent_to": row.sent_to, "bytes": row.size}
            self._audit.record(tx, SYSTEM, "make", kind="report", subject=row.id, details=details)
            self._kept.prune(tx, schedule.id)

    def _fail(self, taken: ReportRow, error: TocsinError) -> None:
        """Have it tried again, or give it up and tell its owner."""
        with self._database.write() as tx:
            row = self._still(tx, taken)
            if row is None:
                return
            if isinstance(error, _StoppedError):
                self._stop(tx, row, error.message)
            elif row.attempts >= MOST_TRIES:
                self._give_up(tx, row, error.message)
            else:
                row.status, row.error = "waiting", error.message[:_LONGEST_ERROR]
                row.try_at = self._clock.now() + _WAITS[min(row.attempts, len(_WAITS)) - 1]
        log.warning("report_failed", report=taken.id, attempts=taken.attempts, error=error.message[:300])

    def _give_up(self, tx: Session, row: ReportRow, reason: str) -> None:
        self._end(row, "failed", reason)
        schedule = tx.get(ReportScheduleRow, row.schedule_id)
        if schedule is not None:
            self._note_last(schedule, row)
        self._parties.post.tell_owner(tx, row.owner, failure_of(row))
        self._audit.record(tx, SYSTEM, "fail", kind="report", subject=row.id, details={"error": row.error})

    def _stop(self, tx: Session, row: ReportRow, reason: str) -> None:
        """Switch the schedule off: what it stands on is gone."""
        self._end(row, "failed", reason)
        schedule = tx.get(ReportScheduleRow, row.schedule_id)
        if schedule is None:
            return
        schedule.enabled, schedule.next_at, schedule.stopped = False, None, reason[:_LONGEST_ERROR]
        schedule.version += 1
        self._note_last(schedule, row)
        self._parties.post.tell_owner(tx, row.owner, stopped_of(row))
        details = {"name": schedule.name, "reason": schedule.stopped}
        self._audit.record(tx, SYSTEM, "stop", kind="report-schedule", subject=schedule.id, details=details)

    def _still(self, tx: Session, taken: ReportRow) -> ReportRow | None:
        """Return the report when it is still ours: neither deleted nor taken for lost by another."""
        row = tx.scalar(select(ReportRow).where(ReportRow.id == taken.id).with_for_update())
        if row is None or row.status != "making" or row.attempts != taken.attempts:
            return None
        return row

    def _end(self, row: ReportRow, status: str, error: str) -> None:
        now = self._clock.now()
        row.status, row.ended_at, row.error = status, now, error[:_LONGEST_ERROR]
        row.took_ms = max(0, now - row.asked_at) // MILLISECOND

    def _note_last(self, schedule: ReportScheduleRow, row: ReportRow) -> None:
        schedule.last_at, schedule.last_status, schedule.last_error = row.ended_at, row.status, row.error

    def _tidy(self) -> None:
        now = self._clock.now()
        if now - self._tidied_at >= _TIDY_EVERY:
            self._tidied_at = now
            with self._database.write() as tx:
                self._kept.prune(tx)


def _due_schedules(now: int) -> Select[ReportScheduleRow]:
    wanted = (ReportScheduleRow.enabled, ReportScheduleRow.deleted_at.is_(None))
    return select(ReportScheduleRow).where(*wanted, ReportScheduleRow.next_at <= now)


def _due_reports(now: int) -> Select[ReportRow]:
    return select(ReportRow).where(ReportRow.status.in_(("waiting", "making")), ReportRow.try_at <= now)
