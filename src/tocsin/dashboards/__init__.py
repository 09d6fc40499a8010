"""Dashboards: panels over the event log and over alerts and cases, kept as JSON documents."""

from tocsin.dashboards.answering import Answering, Asked
from tocsin.dashboards.book import DashboardBook, Draft
from tocsin.dashboards.loader import Shelf, load_shelf, read_file
from tocsin.dashboards.model import Dashboard, Panel
from tocsin.dashboards.reading import read_dashboard, read_panel
from tocsin.dashboards.writing import document_of

__all__ = [
    "Answering",
    "Asked",
    "Dashboard",
    "DashboardBook",
    "Draft",
    "Panel",
    "Shelf",
    "document_of",
    "load_shelf",
    "read_dashboard",
    "read_file",
    "read_panel",
]
