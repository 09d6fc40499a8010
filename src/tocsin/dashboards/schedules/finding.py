"""Finds a dashboard by its id, wherever it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tocsin.dashboards.book import DashboardBook, Viewer
from tocsin.dashboards.loader import Shelf
from tocsin.dashboards.model import Dashboard
from tocsin.dashboards.reading import read_dashboard


@dataclass(frozen=True, slots=True)
class Finder:
    """The dashboards from files and those in the database."""

    shelf: Shelf
    book: DashboardBook

    def find(self, tx: Session, dashboard_id: str, viewer: Viewer) -> Dashboard:
        """Return a dashboard the viewer sees; raises `NotFoundError`."""
        shelved = self.shelf.dashboards.get(dashboard_id)
        if shelved is not None:
            return shelved
        return read_dashboard(self.book.get(tx, dashboard_id, viewer).document)
