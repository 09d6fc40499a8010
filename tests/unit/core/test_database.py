"""Transactions commit whole, roll back whole, and writers wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tocsin.core.database import Database, after_commit


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/t.db")
    with database.write() as tx:
        tx.execute(text("CREATE TABLE counter (n INTEGER NOT NULL)"))
        tx.execute(text("INSERT INTO counter VALUES (0)"))
    yield database
    database.close()


def value(db: Database) -> int:
    with db.read() as tx:
        return int(tx.execute(text("SELECT n FROM counter")).scalar_one())


def test_an_error_undoes_the_whole_block(db: Database) -> None:
    """Nothing of a failed transaction stays."""
    with pytest.raises(ZeroDivisionError), db.write() as tx:
        tx.execute(text("UPDATE counter SET n = 7"))
        raise ZeroDivisionError

    assert 0 == value(db)


def test_writers_wait_for_each_other(db: Database) -> None:
    """Read-then-write in four threads loses no increment."""

    def increment() -> None:
        for _ in range(25):
            with db.write() as tx:
                n = tx.execute(text("SELECT n FROM counter")).scalar_one()
                tx.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 100 == value(db)


def test_what_waits_for_the_commit_is_called_once_after_it(db: Database) -> None:
    """However often it is asked for; a transaction that fails calls nothing."""
    seen: list[int] = []

    def look() -> None:
        seen.append(value(db))

    with db.write() as tx:
        after_commit(tx, look)
        after_commit(tx, look)
        tx.execute(text("UPDATE counter SET n = 7"))
    with pytest.raises(ZeroDivisionError), db.write() as tx:
        after_commit(tx, look)
        raise ZeroDivisionError

    assert [7] == seen
