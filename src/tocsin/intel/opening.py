"""Everything of intel, put together over a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.core.errors import ContentError, Problem
from tocsin.intel.drafts import Format, Reading
from tocsin.intel.extract import Extractor
from tocsin.intel.index import IndicatorIndex
from tocsin.intel.lookup import IndicatorReader, Lookup, LookupResult
from tocsin.intel.match import IndicatorMatcher
from tocsin.intel.recognise import Recogniser
from tocsin.intel.service import Imported, ImportOrder, IntelService
from tocsin.intel.warninglists import Warninglists


@dataclass(frozen=True, slots=True, kw_only=True)
class IntelSettings:
    """Where intel keeps its index, what it reads, and what is the operator's own."""

    folder: Path
    warninglists: Sequence[Path] = ()
    own_networks: Sequence[str] = ()
    own_domains: Sequence[str] = ()


class Intel:
    """The indicators of a platform. Thread safe; each thread that matches takes a `matcher` of its own."""

    def __init__(self, db: Database, clock: Clock, audit: AuditTrail, settings: IntelSettings) -> None:
        self._db, self._clock = db, clock
        self.extractor = Extractor(Recogniser(), settings.own_networks, settings.own_domains)
        self.warninglists = Warninglists(settings.warninglists)
        self.index = IndicatorIndex(db, settings.folder)
        self.service = IntelService(self.extractor, self.warninglists, audit, clock)
        self._lookup = Lookup(self.index, self.warninglists, self.extractor.recogniser, clock)

    def open(self) -> list[Problem]:
        """Load the warninglists and the index; returns what of the lists was refused."""
        problems = self.warninglists.load()
        self.refresh()
        return problems

    def refresh(self) -> None:
        """Take up what was committed: indicators, and which warninglists are in use."""
        with self._db.read() as tx:
            self.service.apply_warninglists(tx)
        self.index.refresh()

    def matcher(self) -> IndicatorMatcher:
        """Return a matcher for one thread of the pipeline."""
        reader = IndicatorReader(self._db)
        return IndicatorMatcher(self.index, reader, self.warninglists, self.extractor, self._clock)

    def lookup(self, tx: Session, value: str, kind: str | None = None) -> LookupResult:
        """Return what is known of a value; raises `InvalidError` when it is none."""
        return self._lookup.lookup(tx, value, kind)

    def known(self, kind: str, value: str) -> LookupResult:
        """Return what is known of a value of a kind, in a transaction of its own; raises `InvalidError`."""
        with self._db.read() as tx:
            return self._lookup.lookup(tx, value, kind)

    def import_content(self, content: bytes, name: str, order: ImportOrder, actor: Actor) -> Imported:
        """Import an uploaded file, and match with it from now on; a refused one is noted with the feed."""
        try:
            read = self.service.read_file(content, name, order)
        except ContentError as error:
            self._note(order, error)
            raise
        return self._store(order, read, actor)

    def import_path(self, path: Path, order: ImportOrder, actor: Actor) -> Imported:
        """Import a file or the folder of a MISP feed, and match with it from now on."""
        try:
            read = self.service.read_path(path, order)
        except ContentError as error:
            self._note(order, error)
            raise
        return self._store(order, read, actor)

    def _store(self, order: ImportOrder, read: tuple[Format, Reading], actor: Actor) -> Imported:
        with self._db.write() as tx:
            done = self.service.import_reading(tx, order, read, actor)
        self.index.refresh()
        return done

    def _note(self, order: ImportOrder, error: ContentError) -> None:
        with self._db.write() as tx:
            self.service.note_failure(tx, order, error)
