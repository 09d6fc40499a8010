"""The schema of the relational database and its changes, applied by Alembic at start."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from tocsin.core.database import Base, Database
from tocsin.core.errors import TocsinError

_TABLES = (
    "accounts.tables",
    "cases.tables",
    "dashboards.tables",
    "detect.tables",
    "enrich.tables",
    "ingest.tables",
    "intel.tables",
    "notify.tables",
    "respond.tables",
    "searches.tables",
    "store.document_tables",
)


class DatabaseError(TocsinError):
    """The relational database cannot be reached or written."""

    code = "database"


def upgrade(database: Database) -> None:
    """Bring the database's schema up to the newest; what is newer already is left alone.

    Raises `DatabaseError`.
    """
    try:
        with database.engine.begin() as connection:
            command.upgrade(configured(connection), "head")
    except OperationalError as error:
        raise DatabaseError(f"the database cannot be used: {error.orig}") from error


def configured(connection: object) -> Config:
    """Return Alembic's configuration for work on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata()
    return config


def metadata() -> object:
    """Return the metadata that holds every table of every area."""
    for tables in _TABLES:
        import_module(f"tocsin.{tables}")
    return Base.metadata
