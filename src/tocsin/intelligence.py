"""Puts the parts of intel together: what is known, matched and extracted on one platform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.core.actor import SYSTEM, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.core.errors import Problem
from tocsin.intel.extract import Extractor
from tocsin.intel.index import IndicatorIndex
from tocsin.intel.lookup import IndicatorReader, Lookup
from tocsin.intel.match import IndicatorMatcher
from tocsin.intel.recognise import Recogniser
from tocsin.intel.service import Imported, ImportOrder, IntelService
from tocsin.intel.warninglists import Warninglists


@dataclass(frozen=True, slots=True)
class Intelligence:
    """The parts of intel, and what was wrong with the warninglists."""

    service: IntelService
    index: IndicatorIndex
    lookup: Lookup
    matcher: IndicatorMatcher
    extractor: Extractor
    warninglists: Warninglists
    problems: tuple[Problem, ...]


def build_intelligence(
    db: Database, folder: Path, lists: Sequence[Path], audit: AuditTrail, clock: Clock
) -> Intelligence:
    """Load the warninglists and the index, and return the parts."""
    recogniser = Recogniser()
    extractor = Extractor(recogniser)
    warninglists = Warninglists(lists)
    problems = warninglists.load()
    index = IndicatorIndex(db, folder)
    service = IntelService(extractor, warninglists, audit, clock)
    with db.read() as tx:
        service.apply_warninglists(tx)
    index.refresh()
    return Intelligence(
        service=service,
        index=index,
        lookup=Lookup(index, warninglists, recogniser, clock),
        matcher=IndicatorMatcher(index, IndicatorReader(db), warninglists, extractor, clock),
        extractor=extractor,
        warninglists=warninglists,
        problems=tuple(problems),
    )


def import_feed(db: Database, intelligence: Intelligence, path: Path, feed: str) -> Imported:
    """Make the feed hold what the file says and put the index up to date; raises `ContentError`."""
    order = ImportOrder(feed)
    read = intelligence.service.read_path(path, order)
    with db.write() as tx:
        imported = intelligence.service.import_reading(tx, order, read, SYSTEM)
    intelligence.index.refresh()
    return imported
