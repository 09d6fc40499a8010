"""What a platform keeps, opened by commands that work beside it or without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tocsin.content import content_folders
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import RuleBook
from tocsin.folder import DataFolder, running_on
from tocsin.settings import Settings
from tocsin.store.base import EventStore
from tocsin.stores import open_store


def database_of(settings: Settings) -> Database:
    """Open the database of a platform that has been started once; raises `InvalidError` when none was."""
    file = settings.data.expanduser().resolve() / "tocsin.db"
    if not settings.database and not file.is_file():
        raise InvalidError(f"{settings.data} holds no platform yet; start it once with `tocsin up`")
    return Database(settings.database or f"sqlite:///{file}")


def rules_of(settings: Settings, database: Database) -> RuleSet:
    """Read the detection rules as they are on disk, with the operator's switches."""
    cache = settings.data.expanduser().resolve() / "cache"
    book = RuleBook(content_folders(settings, "detections"), level=settings.detect.alert_level, cache=cache)
    with database.read() as tx:
        return book.read(tx)


@contextmanager
def store_of(settings: Settings) -> Iterator[EventStore]:
    """Hold the data folder, so that no platform runs on it, and open the event log."""
    if running_on(settings.data) is not None:
        raise InvalidError(
            f"a platform runs on {settings.data} and holds the event log: ask it with "
            "POST /api/v1/rules/backtest, or stop it first"
        )
    with ExitStack() as opened:
        folder = DataFolder(settings.data)
        opened.callback(folder.release)
        store = open_store(settings.store, folder.part("events"), SystemClock())
        opened.callback(store.close)
        yield store
