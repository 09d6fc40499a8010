"""The schema that the migrations make is the one the tables state, on every database we name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from harness.postgres import postgres
from tocsin.core.database import Database
from tocsin.migrations import DatabaseError, metadata, upgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        db = Database(f"sqlite:///{tmp_path}/tocsin.db")
        yield db
        db.close()
        return
    with postgres() as url:
        db = Database(url)
        yield db
        db.close()


def differences(engine: Engine) -> list[Any]:
    """Return what Alembic would change to get from the database to the tables."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata()))


def test_the_migrations_make_the_tables(database: Database) -> None:
    """From nothing to the newest version: every table, column, index and constraint, and nothing else."""
    upgrade(database)
    assert [] == differences(database.engine)

    made = inspect(database.engine)
    for table in metadata().tables.values():  # type: ignore[attr-defined]
        uniques = {one["name"] for one in made.get_unique_constraints(table.name)}
        foreign = {one["name"] for one in made.get_foreign_keys(table.name)}
        named = {one.name for one in table.constraints}
        assert uniques | foreign <= named, table.name
        assert {one.name for one in table.foreign_key_constraints} == foreign, table.name


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    """Every start upgrades: what is there stays, and the version is the one before."""
    upgrade(database)
    versions = []
    with database.write() as tx:
        tx.execute(text("INSERT INTO account_setup_tokens (id, token_hash, created_at) VALUES (1, 'x', 0)"))
    for _ in range(2):
        upgrade(database)
        with database.read() as tx:
            versions.append(tx.scalar(text("SELECT version_num FROM alembic_version")))
            assert 1 == tx.scalar(text("SELECT count(*) FROM account_setup_tokens"))
    assert [versions[0]] * 2 == versions


def test_a_change_of_the_tables_without_a_migration_is_seen(tmp_path: Path) -> None:
    """The first test can fail: a column that the database lacks is a difference."""
    db = Database(f"sqlite:///{tmp_path}/tocsin.db")
    upgrade(db)
    with db.write() as tx:
        tx.execute(text("ALTER TABLE account_audit DROP COLUMN details"))
    assert [("add_column", "account_audit", "details")] == [
        (kind, table, column.name) for kind, _, table, column in differences(db.engine)
    ]
    db.close()


@pytest.mark.parametrize(
    "address", ["sqlite:////nowhere/tocsin.db", "postgresql+psycopg://me:hunter2@/none?host=/nowhere"]
)
def test_a_database_that_cannot_be_reached_is_said(address: str) -> None:
    """One error of ours with the reason, and without the password."""
    db = Database(address)
    with pytest.raises(DatabaseError, match="the database cannot be used: ") as caught:
        upgrade(db)
    assert "hunter2" not in str(caught.value)
    db.close()
