"""The parts that reports by schedule are made of, put together."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.core.actor import AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.dashboards.schedules.book import ScheduleBook
from tocsin.dashboards.schedules.kept import Keeping, KeptReports
from tocsin.dashboards.schedules.parties import Parties
from tocsin.dashboards.schedules.runner import ReportRunner, Workshop


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """Schedules, what they made, and what makes it."""

    schedules: ScheduleBook
    kept: KeptReports
    runner: ReportRunner


def report_desk(
    database: Database,
    clock: Clock,
    audit: AuditTrail,
    *,
    parties: Parties,
    workshop: Workshop,
    keeping: Keeping | None = None,
) -> ReportDesk:
    """Return the parts; nothing runs yet."""
    kept = KeptReports(clock, audit, keeping)
    runner = ReportRunner(database, clock, audit, kept=kept, parties=parties, workshop=workshop)
    schedules = ScheduleBook(clock, audit, parties, runner.notify)
    return ReportDesk(schedules, kept, runner)
