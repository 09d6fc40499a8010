"""Which fields of a day get columns of their own when it is sealed: those that are frequent in it.

Their values then need not be picked out of a map for every event that is asked about, and a text that
occurs often is tested once instead of each time.
"""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb

from tocsin.query.own_columns import NONE, OwnColumns, OwnField, Type
from tocsin.query.sql import Writer
from tocsin.store.day import DayFile


@dataclass(frozen=True, slots=True)
class Bounds:
    """A day of at least `events` events has columns for up to `most` fields, each in one of `share` events.

    A field of numbers only is held as numbers when more than about `different` of them occur: of fewer the
    texts are read as fast, as each is tested once.
    """

    events: int = 1_000
    most: int = 64
    share: int = 100
    different: int = 1_000

    def fewer(self) -> tuple[Bounds, ...]:
        """Return these bounds, then those to try when memory does not suffice: each column takes some."""
        return self, replace(self, most=self.most // 4), replace(self, most=0)


Selected = Callable[[Writer], str]
"""Returns the table of the events to seal with the condition on them, for a FROM clause."""

_IS_WHOLE = "TRY_CAST(value AS BIGINT)::VARCHAR = value"
# A real number must be one for a question too, and come back as it was written.
_IS_REAL = "TRY_CAST(value AS DOUBLE)::VARCHAR = value AND number_key(value) IS NOT NULL"
_KIND = (
    "CASE WHEN left(value, 1) NOT IN ('-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9') THEN 0"
    f" WHEN {_IS_WHOLE} THEN 1 WHEN {_IS_REAL} THEN 2 ELSE 0 END"
)
_TYPES: dict[int, Type] = {1: "BIGINT", 2: "DOUBLE"}


class Choice:
    """Chooses among the fields of a day's events."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, file: DayFile, selected: Selected) -> None:
        self._cursor = cursor
        self._had = file.own
        self._events = file.summary.events
        self._selected = selected

    def columns(self, bounds: Bounds) -> OwnColumns:
        """Return the columns; fields that had one when the day was last sealed keep it."""
        had = self._had
        if not had.fields and self._events < bounds.events:
            return NONE
        room = max(0, bounds.most - len(had.fields))
        fresh = self._fresh(max(1, self._events // bounds.share), room)
        names = [*had.singles, *(name for name, many in fresh if not many)]
        types = self._types(names, bounds.different)
        singles = [OwnField(name, types.get(name, "VARCHAR")) for name in names]
        lists = [*had.lists, *(name for name, many in fresh if many)]
        return OwnColumns((*singles, *(OwnField(name, "VARCHAR[]") for name in lists)))

    def _fresh(self, least: int, room: int) -> list[tuple[str, bool]]:
        """Return the fields that get one now, most frequent first, and whether it is for their lists."""
        found = [
            (-count, name, False) for name, count in self._names("texts", self._had.singles, least, room)
        ]
        found += [(-count, name, True) for name, count in self._names("lists", self._had.lists, least, room)]
        return [(name, many) for _, name, many in sorted(found)[:room]]

    def _names(self, held: str, known: Iterable[str], least: int, most: int) -> list[tuple[str, int]]:
        """Return the most frequent names in a map with how often they are there, but those that are known."""
        writer = Writer()
        keys = f"SELECT unnest(map_keys({held})) AS name FROM {self._selected(writer)}"
        unknown = f"NOT list_contains({writer.bind(list(known))}::VARCHAR[], name)"
        sql = (
            f"SELECT name, count(*) FROM ({keys}) WHERE {unknown} GROUP BY 1 HAVING count(*) >= {least}"
            f" ORDER BY 2 DESC, 1 LIMIT {most}"
        )
        return self._cursor.execute(sql, writer.params).fetchall()

    def _types(self, names: Sequence[str], different: int) -> dict[str, Type]:
        """Return the types of the fields whose every value is a number that such a column can hold."""
        writer = Writer(own=self._had)
        had = [
            f"{{'key': {writer.bind(name)}, 'value': {writer.single(name)}}}" for name in self._had.singles
        ]
        entries = f"list_concat(map_entries(texts), [{', '.join(had)}])" if had else "map_entries(texts)"
        values = (
            "SELECT entry.key AS name, entry.value AS value"
            f" FROM (SELECT unnest({entries}) AS entry FROM {self._selected(writer)})"
        )
        sql = (
            f"SELECT name, min({_KIND}) AS kind FROM ({values})"
            f" WHERE value IS NOT NULL AND list_contains({writer.bind(list(names))}::VARCHAR[], name)"
            f" GROUP BY name HAVING kind > 0 AND kind = max({_KIND})"
            f" AND approx_count_distinct(value) > {different}"
        )
        return {name: _TYPES[kind] for name, kind in self._cursor.execute(sql, writer.params).fetchall()}
