"""The parts of intel put together over a database in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.actor import Actor
from tocsin.core.clock import DAY, ManualClock
from tocsin.core.database import Database
from tocsin.intel.drafts import Defaults
from tocsin.intel.extract import Extractor
from tocsin.intel.index import IndicatorIndex
from tocsin.intel.lookup import IndicatorReader, Lookup
from tocsin.intel.match import IndicatorMatcher
from tocsin.intel.recognise import Recogniser
from tocsin.intel.service import Imported, ImportOrder, IntelService
from tocsin.intel.warninglists import Warninglists

CONTENT = Path(__file__).resolve().parents[3] / "content" / "warninglists"
NOW = 20_000 * DAY
ANALYST = Actor("user", "alice")


@dataclass
class Trail:
    """An audit trail that only remembers."""

    entries: list[tuple[str, str, str, str]] = field(default_factory=list)

    def record(
        self,
        tx: Any,
        actor: Actor,
        action: str,
        *,
        kind: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.entries.append((str(actor), action, kind, subject))


class Intel:
    """Everything of intel, wired as the platform wires it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = Database(f"sqlite:///{folder / 'intel.db'}")
        self.db.create_all()
        self.clock = ManualClock(NOW)
        self.trail = Trail()
        self.extractor = Extractor(Recogniser())
        self.index = IndicatorIndex(self.db, folder / "index")
        self.lists = Warninglists([CONTENT])
        assert self.lists.load() == []
        self.service = IntelService(self.extractor, self.lists, self.trail, self.clock)
        self.lookup = Lookup(self.index, self.lists, self.extractor.recogniser, self.clock)
        self.matcher = IndicatorMatcher(
            self.index, IndicatorReader(self.db), self.lists, self.extractor, self.clock
        )

    def load(self, content: str | bytes | Path, feed: str = "feed", **defaults: Any) -> Imported:
        order = ImportOrder(feed, defaults=Defaults(**defaults))
        if isinstance(content, Path):
            read = self.service.read_path(content, order)
        else:
            data = content if isinstance(content, bytes) else content.encode()
            read = self.service.read_file(data, "file", order)
        with self.db.write() as tx:
            done = self.service.import_reading(tx, order, read, ANALYST)
        self.index.refresh()
        return done

    def values(self, **filters: Any) -> list[str]:
        with self.db.read() as tx:
            return sorted(each.value for each in self.service.indicators(tx, **filters).items)


@pytest.fixture
def intel(tmp_path: Path) -> Iterator[Intel]:
    made = Intel(tmp_path)
    yield made
    made.db.close()
