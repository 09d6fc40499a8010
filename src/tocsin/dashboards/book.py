"""The dashboards people made: add, change, share, delete, bring back; each change is in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import DAY, Clock
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.dashboards.model import Dashboard
from tocsin.dashboards.source import MAX_BYTES
from tocsin.dashboards.tables import DashboardRow, DashboardVersionRow
from tocsin.dashboards.writing import document_of

MOST_OF_ONE = 200
"""Dashboards that one owner keeps."""

MOST_VERSIONS = 50
KEPT_DELETED = 30 * DAY
"""So long a deleted dashboard can be brought back."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks or changes. Whoever `sees_all` administers: everybody's dashboards are theirs to tidy."""

    actor: Actor
    sees_all: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A dashboard to keep, for oneself or for everybody."""

    dashboard: Dashboard
    shared: bool = False


class DashboardBook:
    """The dashboards in the database. Every method takes the caller's transaction. Thread safe.

    A dashboard is seen by its owner and, when shared, by everybody; it is changed by its owner. To change
    somebody else's, one makes a copy. What one may not see is not there: `NotFoundError`.
    """

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def list(self, tx: Session, viewer: Viewer) -> Sequence[DashboardRow]:
        """Return those the viewer sees, by title."""
        query = select(DashboardRow).where(DashboardRow.deleted_at.is_(None))
        if not viewer.sees_all:
            query = query.where(or_(DashboardRow.shared, DashboardRow.owner == str(viewer.actor)))
        return list(tx.scalars(query.order_by(func.lower(DashboardRow.title), DashboardRow.id)))

    def get(self, tx: Session, dashboard_id: str, viewer: Viewer) -> DashboardRow:
        """Return one that the viewer sees; raises `NotFoundError`."""
        row = self._row(tx, dashboard_id, viewer)
        if row.deleted_at is not None:
            raise NotFoundError(f"the dashboard {dashboard_id!r} was deleted")
        return row

    def add(self, tx: Session, draft: Draft, viewer: Viewer) -> DashboardRow:
        """Keep a new one; raises `InvalidError` for one too large, and when its owner has too many."""
        self._purge(tx, DashboardRow.deleted_at < self._clock.now() - KEPT_DELETED)
        now, owner = self._clock.now(), str(viewer.actor)
        self._check_room(tx, owner)
        row = DashboardRow(
            id=new_id("dashboard"),
            title=draft.dashboard.title,
            document=_fitting(draft.dashboard),
            version=1,
            shared=draft.shared,
            owner=owner,
            created_at=now,
            updated_at=now,
            updated_by=owner,
        )
        tx.add(row)
        tx.flush()
        self._keep_version(tx, row)
        self._note(tx, viewer, "create", row, {"title": row.title, "shared": row.shared})
        return row

    def change(
        self, tx: Session, dashboard_id: str, draft: Draft, viewer: Viewer, *, version: int
    ) -> DashboardRow:
        """Keep a changed one; raises `ConflictError` when `version` is no longer the newest."""
        row = self._own(tx, dashboard_id, viewer)
        if row.version != version:
            raise ConflictError(
                f"{row.updated_by} saved version {row.version} meanwhile; this change was made from {version}"
            )
        changed = {
            name: [before, after]
            for name, before, after in (
                ("title", row.title, draft.dashboard.title),
                ("shared", row.shared, draft.shared),
            )
            if before != after
        }
        document = _fitting(draft.dashboard)
        if document == row.document and not changed:
            return row
        row.title, row.document, row.shared = draft.dashboard.title, document, draft.shared
        self._save(tx, row, viewer)
        self._note(tx, viewer, "update", row, {**changed, "version": [version, row.version]})
        return row

    def delete(self, tx: Session, dashboard_id: str, viewer: Viewer) -> None:
        """Take one away; for a while it can be brought back."""
        row = self._own(tx, dashboard_id, viewer)
        row.deleted_at = self._clock.now()
        self._note(tx, viewer, "delete", row, {"title": row.title, "version": row.version})
        self._purge(tx, DashboardRow.deleted_at < self._clock.now() - KEPT_DELETED)

    def restore(self, tx: Session, dashboard_id: str, viewer: Viewer) -> DashboardRow:
        """Bring a deleted one back; raises `ConflictError` when it is not deleted."""
        row = self._changeable(self._row(tx, dashboard_id, viewer), viewer)
        if row.deleted_at is None:
            raise ConflictError(f"the dashboard {dashboard_id!r} is not deleted")
        row.deleted_at = None
        self._note(tx, viewer, "restore", row, {"title": row.title})
        return row

    def versions(self, tx: Session, dashboard_id: str, viewer: Viewer) -> Sequence[DashboardVersionRow]:
        """Return the versions kept, the newest first."""
        row = self.get(tx, dashboard_id, viewer)
        query = select(DashboardVersionRow).where(DashboardVersionRow.dashboard_id == row.id)
        return list(tx.scalars(query.order_by(DashboardVersionRow.version.desc())))

    def may_change(self, row: DashboardRow, viewer: Viewer) -> bool:
        """Say whether the viewer may change or delete it."""
        return viewer.sees_all or row.owner == str(viewer.actor)

    def _row(self, tx: Session, dashboard_id: str, viewer: Viewer) -> DashboardRow:
        row = tx.get(DashboardRow, dashboard_id)
        if row is None or not (row.shared or self.may_change(row, viewer)):
            raise NotFoundError(f"there is no dashboard {dashboard_id!r}")
        return row

    def _own(self, tx: Session, dashboard_id: str, viewer: Viewer) -> DashboardRow:
        return self._changeable(self.get(tx, dashboard_id, viewer), viewer)

    def _changeable(self, row: DashboardRow, viewer: Viewer) -> DashboardRow:
        if not self.may_change(row, viewer):
            raise DeniedError(f"{row.title!r} is {row.owner}'s: make a copy and change that")
        return row

    def _save(self, tx: Session, row: DashboardRow, viewer: Viewer) -> None:
        row.version += 1
        row.updated_at, row.updated_by = self._clock.now(), str(viewer.actor)
        tx.flush()
        self._keep_version(tx, row)

    def _keep_version(self, tx: Session, row: DashboardRow) -> None:
        tx.add(
            DashboardVersionRow(
                dashboard_id=row.id,
                version=row.version,
                document=row.document,
                saved_at=row.updated_at,
                saved_by=row.updated_by,
            )
        )
        tx.execute(
            delete(DashboardVersionRow).where(
                DashboardVersionRow.dashboard_id == row.id,
                DashboardVersionRow.version <= row.version - MOST_VERSIONS,
            )
        )

    def _check_room(self, tx: Session, owner: str) -> None:
        own = select(func.count()).where(DashboardRow.owner == owner)
        if (tx.scalar(own.where(DashboardRow.deleted_at.is_(None))) or 0) >= MOST_OF_ONE:
            raise InvalidError(f"{owner} has {MOST_OF_ONE} dashboards: delete those nobody looks at")
        if (tx.scalar(own) or 0) >= 2 * MOST_OF_ONE:  # whoever deletes that many cannot undo it all
            self._purge(tx, DashboardRow.owner == owner, DashboardRow.deleted_at.is_not(None))

    def _purge(self, tx: Session, *which: ColumnElement[bool]) -> None:
        """Let go of deleted ones with their versions."""
        ids = list(tx.scalars(select(DashboardRow.id).where(*which)))
        tx.execute(delete(DashboardVersionRow).where(DashboardVersionRow.dashboard_id.in_(ids)))
        tx.execute(delete(DashboardRow).where(DashboardRow.id.in_(ids)))

    def _note(
        self, tx: Session, viewer: Viewer, action: str, row: DashboardRow, details: dict[str, object]
    ) -> None:
        tx.flush()
        self._audit.record(tx, viewer.actor, action, kind="dashboard", subject=row.id, details=details)


def _fitting(dashboard: Dashboard) -> dict[str, Any]:
    """Return the document; raises `InvalidError` for one that no file could bring back."""
    document = document_of(dashboard)
    if len(json.dumps(document, indent=2, ensure_ascii=False).encode()) > MAX_BYTES:
        raise InvalidError(f"a dashboard has at most {MAX_BYTES // 1024} KiB")
    return document
