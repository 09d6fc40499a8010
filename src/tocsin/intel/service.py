"""Indicators, feeds and warninglists: import, change, list. Every change is audited in its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ContentError, InvalidError, NotFoundError
from tocsin.intel.drafts import Defaults, Draft, Format, Reading, Refusal
from tocsin.intel.extract import Extractor
from tocsin.intel.imports import read_content, read_path
from tocsin.intel.kinds import KINDS, normalise
from tocsin.intel.lookup import Indicator, indicator_of
from tocsin.intel.tables import FeedRow, IndicatorRow, WarninglistRow
from tocsin.intel.warninglists import Warninglists
from tocsin.intel.writing import Changed, feed_row, next_revision, replace_all, unite_all

MANUAL_FEED = "manual"
_MAX_PAGE = 500
_MAX_ADDED = 10_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `updated` counts what the feed now states otherwise, `removed` what left it.

    `refused` holds the first thousand refusals, `refused_count` all; `skipped` are items that the file
    itself marks as not for detection.
    """

    feed: str
    format: Format
    added: int
    updated: int
    unchanged: int
    removed: int
    skipped: int
    refused_count: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and how its last import went."""

    name: str
    format: str
    indicators: int
    refused: int
    last_import_at: int | None
    last_error: str


@dataclass(frozen=True, slots=True)
class IndicatorPage:
    """A page of indicators, newest first; `cursor` fetches the next one and is None at the end."""

    items: Sequence[Indicator]
    cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class WarninglistInfo:
    """A warninglist as people see it."""

    name: str
    type: str
    category: str
    description: str
    version: int
    entries: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to import and under which name."""

    feed: str
    format: Format = "auto"
    defaults: Defaults = field(default_factory=Defaults)

    def __post_init__(self) -> None:
        if not self.feed.strip() or len(self.feed) > 200:
            raise InvalidError("a feed's name has 1 to 200 characters")
        if not 0 <= self.defaults.confidence <= 100:
            raise InvalidError(f"confidence {self.defaults.confidence} is not from 0 to 100")
        if not 0 <= self.defaults.tlp <= 4:
            raise InvalidError(f"TLP {self.defaults.tlp} is not from 0 to 4")


class IntelService:
    """Changes and lists indicators. The caller refreshes the index after its transaction has committed."""

    def __init__(
        self, extractor: Extractor, warninglists: Warninglists, audit: AuditTrail, clock: Clock
    ) -> None:
        self._extractor, self._warninglists = extractor, warninglists
        self._audit, self._clock = audit, clock

    def read_file(self, content: bytes, name: str, order: ImportOrder) -> tuple[Format, Reading]:
        """Read an import file outside any transaction; raises `ContentError` when it is refused whole."""
        return read_content(content, name, order.format, self._extractor, order.defaults)

    def read_path(self, path: Path, order: ImportOrder) -> tuple[Format, Reading]:
        """Read a file or the folder of a MISP feed outside any transaction; raises `ContentError`."""
        return read_path(path, order.format, self._extractor, order.defaults)

    def import_reading(
        self, tx: Session, order: ImportOrder, read: tuple[Format, Reading], actor: Actor
    ) -> Imported:
        """Make the feed hold exactly what was read: adds, updates and removes. Twice is as good as once."""
        found, reading = read
        now = self._clock.now()
        feed = feed_row(tx, order.feed, found, now)
        changed = replace_all(tx, feed, list(reading.drafts.values()), now)
        feed.format, feed.last_import_at, feed.refused, feed.last_error = found, now, reading.refused, ""
        result = Imported(
            feed.name,
            found,
            changed.added,
            changed.updated,
            changed.unchanged,
            changed.removed,
            reading.skipped,
            reading.refused,
            tuple(reading.refusals),
        )
        details = {"added": changed.added, "updated": changed.updated, "removed": changed.removed}
        self._audit.record(
            tx,
            actor,
            "import",
            kind="feed",
            subject=feed.name,
            details={**details, "refused": reading.refused},
        )
        return result

    def note_failure(self, tx: Session, order: ImportOrder, error: ContentError) -> None:
        """Keep with the feed why its last import was refused; its indicators stay."""
        feed = feed_row(tx, order.feed, order.format, self._clock.now())
        feed.last_error = str(error)[:2_000]

    def add(self, tx: Session, drafts: Sequence[Draft], actor: Actor, feed: str = MANUAL_FEED) -> Changed:
        """Add single indicators to a feed beside what it holds; raises `InvalidError` on a bad value."""
        if len(drafts) > _MAX_ADDED:
            raise InvalidError(f"{len(drafts)} indicators at once, {_MAX_ADDED} are allowed; import a file")
        for draft in drafts:
            if draft.value != normalise(draft.kind, draft.value):
                raise InvalidError(f"{draft.value!r} is not normalised")
        now = self._clock.now()
        row = feed_row(tx, feed, "manual", now)
        changed = unite_all(tx, row, drafts, now)
        values = [draft.value for draft in drafts[:100]]
        self._audit.record(tx, actor, "add", kind="indicator", subject=feed, details={"values": values})
        return changed

    def draft(self, value: str, kind: str | None = None, defaults: Defaults | None = None) -> Draft:
        """Return a draft of a value, its kind recognised when not given; raises `InvalidError`."""
        stated = defaults or Defaults()
        recogniser = self._extractor.recogniser
        if kind is not None:
            normalise(kind, value)  # says what is wrong with it
        found = recogniser.recognise(value) if kind is None else recogniser.read(kind, value)
        if found is None:
            raise InvalidError(f"{value[:200]!r} is not a value of {kind or 'any kind we know'}")
        return Draft(
            found.kind,
            found.value,
            stated.confidence,
            stated.tlp,
            stated.tags,
            valid_until_at=stated.valid_until_at,
        )

    def delete(self, tx: Session, indicator_id: str, actor: Actor) -> None:
        """Remove one indicator; raises `NotFoundError`."""
        number = indicator_id.removeprefix("ind_")
        row = tx.get(IndicatorRow, int(number)) if number.isascii() and number.isdigit() else None
        if row is None:
            raise NotFoundError(f"there is no indicator {indicator_id[:100]}")
        feed = tx.get_one(FeedRow, row.feed_id)
        feed.indicators -= 1
        next_revision(tx, self._clock.now())
        tx.delete(row)
        self._audit.record(
            tx,
            actor,
            "delete",
            kind="indicator",
            subject=indicator_id,
            details={"value": row.value, "feed": feed.name},
        )

    def indicators(
        self,
        tx: Session,
        *,
        q: str = "",
        kind: str | None = None,
        feed: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> IndicatorPage:
        """Return the indicators whose value contains `q`, newest first."""
        query = select(IndicatorRow, FeedRow.name).join(FeedRow, FeedRow.id == IndicatorRow.feed_id)
        if q:
            query = query.where(IndicatorRow.value.contains(q.lower(), autoescape=True))
        if kind:
            if kind not in KINDS:
                raise InvalidError(f"{kind!r} is not a kind of indicator")
            query = query.where(IndicatorRow.kind == kind)
        if feed:
            query = query.where(FeedRow.name == feed)
        total = tx.scalar(select(func.count()).select_from(query.subquery())) or 0
        if cursor is not None:
            query = query.where(IndicatorRow.id < _cursor(cursor))
        size = max(1, min(limit, _MAX_PAGE))
        rows = tx.execute(query.order_by(IndicatorRow.id.desc()).limit(size + 1)).all()
        following = str(rows[size - 1][0].id) if len(rows) > size else None
        return IndicatorPage([indicator_of(row, name) for row, name in rows[:size]], following, total)

    def feeds(self, tx: Session) -> list[Feed]:
        """Return every feed by name."""
        return [
            Feed(row.name, row.format, row.indicators, row.refused, row.last_import_at, row.last_error)
            for row in tx.scalars(select(FeedRow).order_by(FeedRow.name))
        ]

    def warninglists(self) -> list[WarninglistInfo]:
        """Return every warninglist by name."""
        infos = [
            WarninglistInfo(
                each.name, each.type, each.category, each.description, each.version, each.entries, enabled
            )
            for each, enabled in self._warninglists.all()
        ]
        return sorted(infos, key=lambda info: info.name.lower())

    def enable_warninglist(self, tx: Session, name: str, enabled: bool, actor: Actor) -> None:
        """Put a warninglist in or out of use; call `apply_warninglists` after the commit."""
        if all(each.name != name for each, _ in self._warninglists.all()):
            raise NotFoundError(f"there is no warninglist {name[:200]!r}")
        row = tx.get(WarninglistRow, name)
        before = row.enabled if row else True
        tx.merge(WarninglistRow(name=name, enabled=enabled, changed_at=self._clock.now()))
        self._audit.record(
            tx, actor, "change", kind="warninglist", subject=name, details={"enabled": [before, enabled]}
        )

    def apply_warninglists(self, tx: Session) -> None:
        """Take which lists are in use from the database; call it at the start and after a change."""
        self._warninglists.disable(
            tx.scalars(select(WarninglistRow.name).where(WarninglistRow.enabled.is_(False)))
        )


def _cursor(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidError(f"{text[:50]!r} is not a cursor")
    return int(text)
