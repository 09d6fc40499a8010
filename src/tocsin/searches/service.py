"""What can be done with saved searches. Every change has an entry in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import DAY, Clock
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.searches.model import (
    SearchDraft,
    checked_description,
    checked_document,
    checked_name,
    checked_tags,
)
from tocsin.searches.tables import SavedSearch

MOST_OF_ONE = 500
"""Searches that one owner keeps."""

UNDO = 30 * DAY
"""How long a deleted search can be brought back."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who acts, and whether they may put searches before others' eyes."""

    actor: Actor
    may_share: bool

    @property
    def name(self) -> str:
        """The name searches are owned by."""
        return str(self.actor)


class SavedSearches:
    """Searches under a name. One sees one's own and the shared ones. Thread safe.

    A private search is its owner's alone. A shared one is changed by whoever may share. Every method takes
    the caller's transaction.
    """

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def list(self, tx: Session, keeper: Keeper) -> list[SavedSearch]:
        """Return the searches the keeper sees, by name."""
        query = (
            select(SavedSearch)
            .where(_visible(keeper), SavedSearch.deleted_at.is_(None))
            .order_by(func.lower(SavedSearch.name), SavedSearch.id)
        )
        return list(tx.scalars(query))

    def get(self, tx: Session, search_id: str, keeper: Keeper, *, deleted: bool = False) -> SavedSearch:
        """Return one; raises `NotFoundError`, also for another's private one."""
        row = tx.get(SavedSearch, search_id)
        hidden = row is None or (row.owner != keeper.name and not row.shared)
        if row is None or hidden or (row.deleted_at is not None) != deleted:
            raise NotFoundError(f"there is no saved search {search_id}")
        return row

    def add(self, tx: Session, draft: SearchDraft, keeper: Keeper) -> SavedSearch:
        """Keep a search; raises `InvalidError`, `ConflictError` for a name in use, `DeniedError`."""
        now = self._clock.now()
        if draft.shared:
            _require_share(keeper)
        self._check_room(tx, keeper)
        row = SavedSearch(
            id=new_id("search"),
            name=self._free_name(tx, draft.name, keeper.name),
            description=checked_description(draft.description),
            tags=checked_tags(draft.tags),
            owner=keeper.name,
            shared=draft.shared,
            document=checked_document(draft.document, now=now),
            version=1,
            created_at=now,
            updated_at=now,
            updated_by=keeper.name,
        )
        tx.add(row)
        tx.flush()
        self._note(tx, keeper, "create", row, {"name": row.name, "shared": row.shared, **_query(row)})
        return row

    def change(
        self, tx: Session, search_id: str, changes: Mapping[str, Any], keeper: Keeper, *, version: int
    ) -> SavedSearch:
        """Set name, description, tags, shared or document of the version seen.

        Raises `ConflictError` when someone was quicker or the name is in use, `DeniedError`, `InvalidError`.
        """
        row = self.get(tx, search_id, keeper)
        checked = self._checked(tx, row, changes)
        if row.shared or checked.get("shared"):
            _require_share(keeper)
        if "shared" in checked and row.owner != keeper.name:
            raise DeniedError("only its owner makes a shared search private again")
        if row.version != version:
            raise ConflictError(f"{row.updated_by} has changed the search meanwhile: open it again")
        before = {name: getattr(row, name) for name in checked}
        for name, value in checked.items():
            setattr(row, name, value)
        row.version += 1
        row.updated_at, row.updated_by = self._clock.now(), keeper.name
        tx.flush()
        self._note(
            tx, keeper, "update", row, {name: [before[name], value] for name, value in checked.items()}
        )
        return row

    def remove(self, tx: Session, search_id: str, keeper: Keeper) -> None:
        """Delete one; for 30 days `restore` brings it back. Raises `NotFoundError`, `DeniedError`."""
        row = self.get(tx, search_id, keeper)
        if row.shared:
            _require_share(keeper)
        now = self._clock.now()
        row.deleted_at = now
        tx.execute(delete(SavedSearch).where(SavedSearch.deleted_at < now - UNDO))
        tx.flush()
        self._note(tx, keeper, "delete", row, {"name": row.name, **_query(row)})

    def restore(self, tx: Session, search_id: str, keeper: Keeper) -> SavedSearch:
        """Bring a deleted one back; raises `NotFoundError`, `DeniedError`, `ConflictError` for its name."""
        row = self.get(tx, search_id, keeper, deleted=True)
        if row.shared:
            _require_share(keeper)
        self._free_name(tx, row.name, row.owner)
        row.deleted_at = None
        tx.flush()
        self._note(tx, keeper, "restore", row, {"name": row.name})
        return row

    def _checked(self, tx: Session, row: SavedSearch, changes: Mapping[str, Any]) -> dict[str, Any]:
        checks: dict[str, Callable[[Any], Any]] = {
            "name": lambda name: self._free_name(tx, name, row.owner, but=row.id),
            "description": checked_description,
            "tags": checked_tags,
            "shared": bool,
            "document": lambda document: checked_document(document, now=self._clock.now()),
        }
        found = {name: checks[name](value) for name, value in changes.items()}
        return {name: value for name, value in found.items() if getattr(row, name) != value}

    def _free_name(self, tx: Session, name: str, owner: str, *, but: str = "") -> str:
        name = checked_name(name)
        taken = select(SavedSearch.id).where(
            SavedSearch.owner == owner,
            SavedSearch.id != but,
            SavedSearch.deleted_at.is_(None),
            func.lower(SavedSearch.name) == name.lower(),
        )
        if tx.scalars(taken.limit(1)).first() is not None:
            raise ConflictError(f"{owner} has a saved search named {name!r} already")
        return name

    def _check_room(self, tx: Session, keeper: Keeper) -> None:
        own = select(func.count()).where(SavedSearch.owner == keeper.name)
        if (tx.scalar(own.where(SavedSearch.deleted_at.is_(None))) or 0) >= MOST_OF_ONE:
            raise InvalidError(f"{keeper.name} has {MOST_OF_ONE} saved searches: delete some first")
        if (tx.scalar(own) or 0) >= 2 * MOST_OF_ONE:  # whoever deletes that many cannot undo it all
            gone = SavedSearch.deleted_at.is_not(None)
            tx.execute(delete(SavedSearch).where(SavedSearch.owner == keeper.name, gone))

    def _note(
        self, tx: Session, keeper: Keeper, action: str, row: SavedSearch, details: Mapping[str, Any]
    ) -> None:
        self._audit.record(tx, keeper.actor, action, kind="search", subject=row.id, details=details)


def _visible(keeper: Keeper) -> ColumnElement[bool]:
    return or_(SavedSearch.owner == keeper.name, SavedSearch.shared)


def _require_share(keeper: Keeper) -> None:
    if not keeper.may_share:
        raise DeniedError("needs searches:write to share a search, or to change or delete a shared one")


def _query(row: SavedSearch) -> dict[str, str]:
    return {"q": str(row.document.get("q", ""))}
