"""Documents that other tools keep here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tocsin.accounts import Audit
from tocsin.core.actor import SYSTEM
from tocsin.core.clock import SECOND, ManualClock
from tocsin.core.database import Database
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.store import documents as module
from tocsin.store.documents import Documents


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SECOND)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database(f"sqlite:///{tmp_path}/x.db")
    db.create_all()
    yield db
    db.close()


@pytest.fixture
def kept(clock: ManualClock, db: Database) -> Documents:
    documents = Documents(clock, Audit(clock))
    with db.write() as tx:
        documents.make(tx, "elastalert_status", {"mappings": {}}, actor=SYSTEM)
    return documents


def test_writes_changes_and_deletes(kept: Documents, db: Database) -> None:
    """Versions rise; `create` refuses what is there; an identifier is made where none is given."""
    with db.write() as tx:
        assert 1 == kept.put(tx, "elastalert_status", {"a": 1}, document_id="x").version
        assert 2 == kept.put(tx, "elastalert_status", {"a": 2}, document_id="x").version
        made = kept.put(tx, "elastalert_status", {"a": 3})
        with pytest.raises(ConflictError, match="already exists"):
            kept.put(tx, "elastalert_status", {}, document_id="x", create=True)
        assert 2 == len(kept.all(tx, ["elastalert_status"]))
        assert {"a": 3} == made.body
        assert kept.remove(tx, "elastalert_status", "x")
        assert not kept.remove(tx, "elastalert_status", "x")
        assert kept.get(tx, "elastalert_status", "x") is None
        assert 1 == kept.count(tx, "elastalert_status")


def test_indices_are_made_and_dropped_with_a_trace(kept: Documents, db: Database) -> None:
    """Twice is a conflict; what is unknown is not found; dropping takes the documents along."""
    with db.write() as tx:
        with pytest.raises(ConflictError):
            kept.make(tx, "elastalert_status", {}, actor=SYSTEM)
        with pytest.raises(NotFoundError):
            kept.put(tx, "elastalert_other", {})
        kept.define(tx, "elastalert_status", {"mappings": {"properties": {}}})
        assert {"elastalert_status": {"mappings": {"properties": {}}}} == kept.indices(tx)
        kept.put(tx, "elastalert_status", {"a": 1})
        kept.drop(tx, "elastalert_status", actor=SYSTEM)
        with pytest.raises(NotFoundError):
            kept.drop(tx, "elastalert_status", actor=SYSTEM)
        assert [] == kept.all(tx, ["elastalert_status"])


def test_is_bounded(
    kept: Documents, db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest make room; documents and the number of indices have a limit."""
    monkeypatch.setattr(module, "MOST_DOCUMENTS", 5)
    monkeypatch.setattr(module, "_SPARE", 1)
    monkeypatch.setattr(module, "MOST_INDICES", 1)
    with db.write() as tx:
        for n in range(6):
            clock.advance(SECOND)
            kept.put(tx, "elastalert_status", {"n": n}, document_id=str(n))
        assert [2, 3, 4, 5] == [one.body["n"] for one in kept.all(tx, ["elastalert_status"])]
        with pytest.raises(InvalidError, match="bytes"):
            kept.put(tx, "elastalert_status", {"x": "y" * module.MOST_BYTES})
        with pytest.raises(InvalidError, match="most there may be"):
            kept.make(tx, "elastalert_more", {}, actor=SYSTEM)
