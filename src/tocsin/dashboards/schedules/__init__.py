"""Reports by schedule: when, of what, for whom; each made once, kept for a while and sent."""

from tocsin.dashboards.schedules.book import ScheduleBook, plan_of
from tocsin.dashboards.schedules.desk import ReportDesk, report_desk
from tocsin.dashboards.schedules.finding import Finder
from tocsin.dashboards.schedules.kept import Keeping, KeptReports
from tocsin.dashboards.schedules.parties import Parties
from tocsin.dashboards.schedules.plan import Plan, resolved, upcoming
from tocsin.dashboards.schedules.runner import ReportRunner, Workshop

__all__ = [
    "Finder",
    "Keeping",
    "KeptReports",
    "Parties",
    "Plan",
    "ReportDesk",
    "ReportRunner",
    "ScheduleBook",
    "Workshop",
    "plan_of",
    "report_desk",
    "resolved",
    "upcoming",
]
