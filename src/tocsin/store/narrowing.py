"""The table a question is put to: of a sealed day with an index of words, only the rows that can be meant.

The condition is tested on every row that is left, so an index changes no answer, it only spares reading.
"""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from dataclasses import dataclass

from tocsin.query.fragments import Need, need_of
from tocsin.query.sql import Writer
from tocsin.query.tree import Node, with_single_names
from tocsin.store.day import DayFile, Part
from tocsin.store.words.reading import Ask, index_of

_MOST = 20_000
"""Rows up to which they are looked up: of more, as good as every message is read anyway."""
_SHARE = 16
"""Nor are more than one of so many rows of the day."""
_FEW = 1_000


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A day, and the rows of its sealed part that can be meant; None when it may be any."""

    file: DayFile
    rows: list[int] | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the day can be meant."""
        return self.rows == [] and not self.file.is_open

    @property
    def is_few(self) -> bool:
        """Whether so little can be meant that whole events are read as soon as what selects them."""
        return self.rows is not None and len(self.rows) <= _FEW and not self.file.is_open

    def events(self, writer: Writer) -> str:
        """Return the table of the events, for a FROM clause."""
        if self.rows is None:
            return self.file.events(writer)
        tables = [self.part(part, writer) for part in self.file.parts]
        return "(" + " UNION ALL ".join(f"SELECT {self.file.columns} FROM {table}" for table in tables) + ")"

    def part(self, part: Part, writer: Writer) -> str:
        """Return the table of the events of one part, with its `rowid`."""
        table = self.file.part(part, writer)
        if self.rows is None or not part.sealed:
            return table
        # The limit, which cuts nothing off, keeps conditions from being tested on every message before.
        chosen = f"rowid IN (SELECT unnest({writer.bind(self.rows)}::BIGINT[]))"
        return f"(SELECT rowid, {self.file.columns} FROM {table} WHERE {chosen} LIMIT {len(self.rows)})"


def narrowed(file: DayFile, query: Node, ask: Ask) -> Narrowed:
    """Return a day that is leased, narrowed to what a query can select. Raises what `ask` does."""
    sealed = next((part for part in file.parts if part.sealed), None)
    need = need_of(with_single_names(query)) if sealed is not None else None
    if sealed is None or need is None:
        return Narrowed(file, None)
    return Narrowed(file, _rows(file, sealed, need, ask))


def _rows(file: DayFile, sealed: Part, need: Need, ask: Ask) -> list[int] | None:
    if sealed.alias not in file.words:
        file.words[sealed.alias] = index_of(sealed.alias, ask)
    index = file.words[sealed.alias]
    rows = None if index is None else index.rows(need, ask)
    if rows is None or len(rows) > min(_MOST, file.summary.events // _SHARE):
        return None
    found: list[int] = rows.tolist()
    return found


def outermost(file: DayFile, count: int, *, newest: bool) -> Narrowed | None:
    """Return a leased day narrowed to its newest events, or its oldest; None when their place is not known.

    What is sealed stands in order of time, source and sequence, so they are its last rows, or its first.
    """
    held = file.summary.events
    if file.is_open or count > _FEW:
        return None
    return Narrowed(file, list(range(max(0, held - count), held) if newest else range(min(count, held))))
