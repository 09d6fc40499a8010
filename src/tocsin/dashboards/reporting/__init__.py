"""Reports: a dashboard's answers of one moment as a page that needs nothing else."""

from tocsin.dashboards.reporting.page import Report, Reported, report_html

__all__ = ["Report", "Reported", "report_html"]
