"""What a platform keeps, opened by commands that work beside it or without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tocsin.accounts import Audit
from tocsin.content import content_folders
from tocsin.core.clock import Clock, SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.detect.cost import RuleCost
from tocsin.detect.engine import DetectStatus
from tocsin.detect.ports import History
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.service import RuleBook, RuleService
from tocsin.folder import DataFolder, running_on
from tocsin.query.tree import Node
from tocsin.settings import Settings
from tocsin.store.base import EventStore, Selection
from tocsin.stores import open_store


def database_of(settings: Settings) -> Database:
    """Open the database of a platform that has been started once; raises `InvalidError` when none was."""
    file = settings.data.expanduser().resolve() / "tocsin.db"
    if not settings.database and not file.is_file():
        raise InvalidError(f"{settings.data} holds no platform yet; start it once with `tocsin up`")
    return Database(settings.database or f"sqlite:///{file}")


def rules_of(settings: Settings, database: Database) -> RuleSet:
    """Read the detection rules as they are on disk, with the operator's switches."""
    with database.read() as tx:
        return book_of(settings).read(tx)


def book_of(settings: Settings) -> RuleBook:
    """Return where detection rules are read from."""
    cache = settings.data.expanduser().resolve() / "cache"
    return RuleBook(content_folders(settings, "detections"), level=settings.detect.alert_level, cache=cache)


def detection_of(settings: Settings, database: Database) -> RuleService:
    """Read the detection rules, to be looked at and switched where no detector runs."""
    runner = _Still(SystemClock())
    service = RuleService(book_of(settings), runner, database, Audit(runner.clock))
    service.reload()
    return service


def history_of(store: EventStore) -> History:
    """Return the past of a log."""

    def history(condition: Node, start: int, end: int) -> Iterator[Event]:
        for batch in store.scan(Selection(condition, start, end)):
            yield from batch

    return history


class _Still:
    """Stands for the detector where none runs: it holds the rules and evaluates nothing."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.rules = RuleSet([])

    def use(self, rules: RuleSet) -> None:
        """Hold other rules."""
        self.rules = rules

    def cost(self, rule_id: str) -> RuleCost:
        """Return that nothing was spent here."""
        del rule_id
        return RuleCost()

    def status(self) -> DetectStatus:
        """Return that nothing was read here."""
        return DetectStatus(0, 0, 0, 0, 0, "")


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
