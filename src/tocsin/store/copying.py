"""Writing the events of a day into another file, in order of time, with columns for its frequent fields."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Collection, Iterator

import duckdb

from tocsin.core.clock import SECOND
from tocsin.query.own_columns import OwnColumns
from tocsin.query.sql import Writer
from tocsin.query.tree import Node
from tocsin.store.choosing import Bounds, Choice
from tocsin.store.day import DayFile, create_tables, own_values
from tocsin.store.rows import base_columns
from tocsin.store.words.writing import Alive

_ORDER = "at_us, source, seq"
_SLICE = 50_000
"""Events sorted at a time: a whole day at once would take more memory than the log may have."""
_GRAIN = SECOND


class Copier:
    """Writes events of a day into an attached file."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, file: DayFile, alias: str) -> None:
        self._cursor = cursor
        self._file = file
        self._alias = alias

    def copy(self, keep: Node, bounds: Bounds, alive: Alive) -> None:
        """Make the tables and fill them with the events that `keep` selects, in the caller's transaction."""

        def selected(writer: Writer) -> str:
            writer.listed, writer.own = self._file.summary.listed, self._file.own
            return f"{self._file.events(writer)} AS e WHERE {writer.condition(keep)}"

        own = Choice(self._cursor, self._file, selected).columns(bounds)
        create_tables(self._cursor, self._alias, own)
        for first, end in self._slices():
            alive()
            writer = Writer()
            table = selected(writer)
            values = ", ".join([_base(writer, own), *own_values(writer, own)])
            bounded = f"at_us >= {writer.bind(first)} AND at_us < {writer.bind(end)}"
            self._cursor.execute(
                f"INSERT INTO {self._alias}.events SELECT {values} FROM {table} AND {bounded}"
                f" ORDER BY {_ORDER}",
                writer.params,
            )
        self._copy_rest()

    def _slices(self) -> Iterator[tuple[int, int]]:
        """Yield spans of time that hold about as many events each as are sorted in little memory."""
        start = f"at_us - ((at_us % {_GRAIN}) + {_GRAIN}) % {_GRAIN}"
        writer = Writer()
        sql = f"SELECT {start} AS start, count(*) FROM {self._file.events(writer)} GROUP BY 1 ORDER BY 1"
        counted = self._cursor.execute(sql, writer.params).fetchall()
        begun: int | None = None
        held = 0
        for second, events in counted:
            if begun is not None and held + events > _SLICE:
                yield begun, second
                begun, held = None, 0
            begun = second if begun is None else begun
            held += events
        if begun is not None:
            yield begun, counted[-1][0] + _GRAIN

    def _copy_rest(self) -> None:
        alias, file = self._alias, self._file
        # A commit's number stays, with as many events as are left of it.
        self._cursor.execute(
            f"INSERT INTO {alias}.commits SELECT number, coalesce(kept, 0)"
            f" FROM (SELECT DISTINCT number FROM {file.commits}) LEFT JOIN"
            f" (SELECT commit_no, count(*) AS kept FROM {alias}.events GROUP BY 1) ON commit_no = number"
            " ORDER BY number"
        )
        self._cursor.execute(
            f"INSERT INTO {alias}.marks SELECT source,"
            " coalesce(min(first_seq) FILTER (first_seq > 0), 0), max(seq), max(acked)"
            f" FROM {file.table('marks')} GROUP BY source ORDER BY source"
        )
        listed = f"SELECT DISTINCT name FROM {file.table('listed')} ORDER BY 1"
        self._cursor.execute(f"INSERT INTO {alias}.listed {listed}")


def _base(writer: Writer, own: OwnColumns) -> str:
    """Return the columns that every table has, without what is in own ones."""
    return base_columns(
        _without(writer, "texts", "VARCHAR", own.singles), _without(writer, "lists", "VARCHAR[]", own.lists)
    )


def _without(writer: Writer, held: str, of_type: str, names: Collection[str]) -> str:
    """Return a map without some names. Most often it has no other, which is told sooner than found out."""
    if not names:
        return held
    there = " + ".join(f"({held}[{writer.bind(name)}] IS NOT NULL)::INTEGER" for name in names)
    known = f"list_contains({writer.bind(list(names))}::VARCHAR[], entry.key)"
    left = f"map_from_entries(list_filter(map_entries({held}), lambda entry: NOT {known}))"
    return f"CASE WHEN cardinality({held}) = {there} THEN MAP {{}}::MAP(VARCHAR, {of_type}) ELSE {left} END"
