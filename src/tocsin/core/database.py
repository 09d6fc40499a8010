"""The relational database under cases, intel and settings: one engine, explicit transactions.

Tables live in each area's `tables.py` and share `Base`; the schema is made by Alembic.
This module needs `tocsin[server]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, text
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

_AFTER_COMMIT = "tocsin_after_commit"


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """Hands out transactions. Services take the `Session` of one, so that areas can share it.

    On SQLite: WAL, foreign keys on, full synchronisation, and a writer takes its lock at the start,
    so that two writers wait for each other instead of failing half way.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end of the block and rolls back on an error."""
        with self._sessions() as session:
            session.connection(execution_options={"tocsin_write": True})
            with _committed(session):
                yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the database and changes nothing."""
        with self._sessions() as session:
            try:
                yield session
            finally:
                session.expunge_all()  # rows read stay readable after the block
                session.rollback()

    def create_all(self) -> None:
        """Make every table that is known and missing; for tests, where no migration runs."""
        Base.metadata.create_all(self.engine)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def after_commit(tx: Session, call: Callable[[], None]) -> None:
    """Have `call` made when the transaction of `Database.write` is committed, once; not when it fails."""
    tx.info.setdefault(_AFTER_COMMIT, {})[call] = None


@contextmanager
def _committed(session: Session) -> Iterator[None]:
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    for call in session.info.pop(_AFTER_COMMIT, ()):
        call()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin on its own; see _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("tocsin_write", False)
    connection.execute(text("BEGIN IMMEDIATE" if writing else "BEGIN"))
