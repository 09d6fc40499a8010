"""What can be done with saved searches, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tocsin.accounts import Audit, AuditFilter
from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, ManualClock, from_iso
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tocsin.query.patterns import QueryError
from tocsin.searches import SavedSearches, SearchDocument, SearchDraft
from tocsin.searches import service as services
from tocsin.searches.service import Keeper

ADA = Keeper(Actor("user", "ada"), may_share=True)
BOB = Keeper(Actor("user", "bob"), may_share=True)
EVE = Keeper(Actor("user", "eve"), may_share=False)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The service under test and what it stands on."""

    searches: SavedSearches
    audit: Audit
    clock: ManualClock


@pytest.fixture
def shelf() -> Shelf:
    """An empty shelf whose clock stands at noon."""
    clock = ManualClock(from_iso("2026-11-24T12:00:00Z"))
    audit = Audit(clock)
    return Shelf(SavedSearches(clock, audit), audit, clock)


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Session]:
    """One writing transaction for the whole test."""
    db = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    db.create_all()
    with db.write() as tx:
        yield tx
    db.close()


def draft(
    name: str = "Failed logins", *, shared: bool = False, q: str = "event.outcome:failure"
) -> SearchDraft:
    return SearchDraft(name=name, shared=shared, document=SearchDocument(q=q, columns=("host.name",)))


def names(shelf: Shelf, tx: Session, keeper: Keeper) -> list[str]:
    return [row.name for row in shelf.searches.list(tx, keeper)]


def test_a_private_search_is_its_owners_alone(shelf: Shelf, tx: Session) -> None:
    """Others neither see it in the list nor by its id; a shared one is everybody's."""
    mine = shelf.searches.add(tx, draft(), ADA)
    shelf.searches.add(tx, draft("beta", shared=True), ADA)
    shelf.searches.add(tx, draft("Alpha", shared=True), BOB)
    assert ["Alpha", "beta", "Failed logins"] == names(shelf, tx, ADA)
    assert ["Alpha", "beta"] == names(shelf, tx, EVE)
    for attempt in (
        lambda: shelf.searches.get(tx, mine.id, BOB),
        lambda: shelf.searches.change(tx, mine.id, {"name": "x"}, BOB, version=1),
        lambda: shelf.searches.remove(tx, mine.id, BOB),
    ):
        with pytest.raises(NotFoundError):
            attempt()


def test_sharing_needs_the_permission(shelf: Shelf, tx: Session) -> None:
    """Without it one keeps one's own, and leaves shared ones as they are."""
    shared = shelf.searches.add(tx, draft(shared=True), ADA)
    own = shelf.searches.add(tx, draft(), EVE)
    for attempt in (
        lambda: shelf.searches.add(tx, draft("b", shared=True), EVE),
        lambda: shelf.searches.change(tx, own.id, {"shared": True}, EVE, version=1),
        lambda: shelf.searches.change(tx, shared.id, {"name": "x"}, EVE, version=1),
        lambda: shelf.searches.remove(tx, shared.id, EVE),
        lambda: shelf.searches.change(tx, shared.id, {"shared": False}, BOB, version=1),
    ):
        with pytest.raises(DeniedError):
            attempt()
    assert "eve" == shelf.searches.change(tx, own.id, {"tags": ("a", "a")}, EVE, version=1).updated_by
    assert ["a"] == own.tags


def test_nobody_overwrites_what_they_have_not_seen(shelf: Shelf, tx: Session) -> None:
    """A change names the version it was made on; each change is a version of its own."""
    row = shelf.searches.add(tx, draft(shared=True), ADA)
    shelf.searches.change(tx, row.id, {"document": SearchDocument(q="user.name:root")}, BOB, version=1)
    with pytest.raises(ConflictError, match="bob has changed"):
        shelf.searches.change(tx, row.id, {"description": "mine"}, ADA, version=1)
    assert (2, "user.name:root", "bob") == (row.version, row.document["q"], row.updated_by)


def test_a_name_is_taken_once(shelf: Shelf, tx: Session) -> None:
    """By one owner, whatever the case; others may have it too, and a search may keep its own."""
    row = shelf.searches.add(tx, draft(" Failed   logins "), ADA)
    assert "Failed logins" == row.name
    shelf.searches.add(tx, draft(), BOB)
    with pytest.raises(ConflictError):
        shelf.searches.add(tx, draft("FAILED logins"), ADA)
    assert (
        "failed logins" == shelf.searches.change(tx, row.id, {"name": "failed logins"}, ADA, version=1).name
    )


def test_deleting_can_be_undone_for_a_month(shelf: Shelf, tx: Session) -> None:
    """A deleted search comes back whole, unless its name is taken or the time is over."""
    row = shelf.searches.add(tx, draft(), ADA)
    shelf.searches.remove(tx, row.id, ADA)
    assert [] == names(shelf, tx, ADA)
    with pytest.raises(NotFoundError):
        shelf.searches.remove(tx, row.id, ADA)
    again = shelf.searches.add(tx, draft(), ADA)
    with pytest.raises(ConflictError):
        shelf.searches.restore(tx, row.id, ADA)
    shelf.searches.change(tx, again.id, {"name": "other"}, ADA, version=1)
    assert "event.outcome:failure" == shelf.searches.restore(tx, row.id, ADA).document["q"]
    shelf.searches.remove(tx, row.id, ADA)
    shelf.clock.advance(31 * DAY)
    shelf.searches.remove(tx, again.id, ADA)
    tx.expire_all()
    with pytest.raises(NotFoundError):
        shelf.searches.restore(tx, row.id, ADA)


def test_every_change_is_in_the_audit_trail(shelf: Shelf, tx: Session) -> None:
    """Who did what, with the values before and after."""
    row = shelf.searches.add(tx, draft(), ADA)
    shelf.searches.change(tx, row.id, {"name": "b", "description": ""}, ADA, version=1)
    shelf.searches.remove(tx, row.id, ADA)
    shelf.searches.restore(tx, row.id, ADA)
    entries = shelf.audit.entries(tx, AuditFilter(kind="search", subject=row.id), 10)
    assert ["restore", "delete", "update", "create"] == [entry.action for entry in entries]
    assert {"name": ["Failed logins", "b"]} == entries[2].details


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (SearchDocument(q="a AND"), QueryError),
        (SearchDocument(from_="yesterday"), InvalidError),
        (SearchDocument(interval="a while"), InvalidError),
        (SearchDocument(columns=("f",) * 101), InvalidError),
        (SearchDocument(sort="f" * 300), InvalidError),
        (SearchDocument(widths={"f": 1}), InvalidError),
    ],
)
def test_what_could_not_be_opened_is_not_saved(
    shelf: Shelf, tx: Session, document: SearchDocument, error: type[Exception]
) -> None:
    """A search that makes no sense, or has no bounds, is refused."""
    with pytest.raises(error):
        shelf.searches.add(tx, SearchDraft(name="a", document=document), ADA)


def test_room_is_bounded(shelf: Shelf, tx: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """One owner keeps so many; deleted ones make room, in the end by going for good."""
    monkeypatch.setattr(services, "MOST_OF_ONE", 2)
    kept = [shelf.searches.add(tx, draft(f"s{n}"), ADA).id for n in range(2)]
    with pytest.raises(InvalidError, match="delete some"):
        shelf.searches.add(tx, draft("s3"), ADA)
    shelf.searches.add(tx, draft("s3"), BOB)
    for search_id in kept:
        shelf.searches.remove(tx, search_id, ADA)
    for n in range(3):
        row = shelf.searches.add(tx, draft(f"n{n}"), ADA)
        shelf.searches.remove(tx, row.id, ADA)
    tx.expire_all()
    with pytest.raises(NotFoundError):
        shelf.searches.restore(tx, kept[0], ADA)
