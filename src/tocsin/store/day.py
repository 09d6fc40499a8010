"""One day of the log: a DuckDB file attached under a name of its own."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from tocsin.core.event import Event
from tocsin.store.base import StoreError
from tocsin.store.catalog import DaySummary
from tocsin.store.rows import DDL, INSERT, LAYOUT_VERSION, frame


class DayFile:
    """An attached day. Its summary is changed by the one writer only; `leases` by who holds the lock."""

    def __init__(self, day: str, path: Path, summary: DaySummary) -> None:
        self.day = day
        self.alias = alias_of(day)
        self.path = path
        self.summary = summary
        self.leases = 0
        self.used_at = 0

    def mark(self, source: str) -> int:
        """Return the sequence up to which this day's events of the source are settled."""
        return self.summary.marks.get(source, (0, 0))[1]

    def append(
        self,
        writer: duckdb.DuckDBPyConnection,
        number: int,
        events: Sequence[Event],
        *,
        mark: int,
        acked: int,
    ) -> None:
        """Write events of one source and its marks in one transaction, durable on return.

        On any error nothing of it is kept.
        """
        source = events[0].source
        arrays, listed = frame(number, events)
        fresh = sorted(listed - self.summary.listed)
        # Before the commit: a reader that sees the rows must know where to look for lists.
        self.summary.listed = self.summary.listed | listed
        first = self.summary.marks.get(source, (0, 0))[0] or events[0].seq
        writer.register("incoming", arrays)
        try:
            with transaction(writer):
                writer.execute(INSERT.format(day=self.alias))
                writer.execute(f"INSERT INTO {self.alias}.commits VALUES ($1, $2)", [number, len(events)])
                self._write_mark(writer, source, first, mark, acked)
                if fresh:
                    writer.execute(f"INSERT INTO {self.alias}.listed SELECT unnest($1::VARCHAR[])", [fresh])
        finally:
            writer.unregister("incoming")
        self._remember(number, len(events))
        self.summary.marks[source] = (first, mark)

    def settle(self, writer: duckdb.DuckDBPyConnection, source: str, acked: int) -> None:
        """Write only the source's mark over all days, durable on return."""
        first, mark = self.summary.marks.get(source, (0, 0))
        with transaction(writer):
            self._write_mark(writer, source, first, mark, acked)

    def carry(self, writer: duckdb.DuckDBPyConnection, acked: Mapping[str, int], last_commit: int) -> None:
        """Write the marks of every source and the newest commit number, so that they outlive their days."""
        with transaction(writer):
            writer.execute(
                f"INSERT INTO {self.alias}.marks SELECT unnest($1::VARCHAR[]), 0, 0, unnest($2::BIGINT[])",
                [list(acked), list(acked.values())],
            )
            writer.execute(f"INSERT INTO {self.alias}.commits VALUES ($1, 0)", [last_commit])

    def _write_mark(
        self, writer: duckdb.DuckDBPyConnection, source: str, first: int, mark: int, acked: int
    ) -> None:
        marks = f"{self.alias}.marks"
        writer.execute(f"DELETE FROM {marks} WHERE source = $1", [source])
        writer.execute(f"INSERT INTO {marks} VALUES ($1, $2, $3, $4)", [source, first, mark, acked])

    def _remember(self, number: int, events: int) -> None:
        self.summary.events += events
        self.summary.first_commit = self.summary.first_commit or number
        self.summary.last_commit = number


class transaction:  # noqa: N801  # used as a statement: `with transaction(writer):`
    """A transaction that commits at the end of the block and rolls back on an error."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN")

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is not None:
            self._roll_back()
            return
        try:
            self._connection.execute("COMMIT")
        except duckdb.Error:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # A failed statement may have ended the transaction already; then there is nothing to roll back.
        with suppress(duckdb.Error):
            self._connection.execute("ROLLBACK")


def alias_of(day: str) -> str:
    """Return the name a day's file is attached under."""
    return "day_" + day.replace("-", "_")


def attach(connection: duckdb.DuckDBPyConnection, day: str, path: Path) -> None:
    """Attach a day's file, making it with its tables when there is none. Raises `StoreError`."""
    alias = alias_of(day)
    quoted = str(path).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{quoted}' AS {alias}")
        if not has_layout(connection, alias):
            with transaction(connection):
                for statement in DDL:
                    connection.execute(statement.format(day=alias))
                connection.execute(f"INSERT INTO {alias}.layout VALUES ($1)", [LAYOUT_VERSION])
        version = _row(connection, f"SELECT max(version) FROM {alias}.layout")[0]
    except duckdb.Error as error:
        raise StoreError(f"the day {path} cannot be opened: {error}") from error
    if version != LAYOUT_VERSION:
        raise StoreError(f"the day {path} has layout {version}; this version reads {LAYOUT_VERSION}")


def has_layout(connection: duckdb.DuckDBPyConnection, alias: str) -> bool:
    """Say whether the attached file holds our tables; it does not when its making was cut off."""
    sql = "SELECT count(*) FROM duckdb_tables() WHERE database_name = $1 AND table_name = 'layout'"
    return bool(_row(connection, sql, [alias])[0])


def read_summary(connection: duckdb.DuckDBPyConnection, day: str) -> tuple[DaySummary, dict[str, int], int]:
    """Return what an attached day holds, its sources' marks over all days, and its newest number."""
    alias = alias_of(day)
    events, first, last, newest = _row(
        connection,
        "SELECT coalesce(sum(events), 0)::BIGINT, coalesce(min(number) FILTER (events > 0), 0),"
        f" coalesce(max(number) FILTER (events > 0), 0), coalesce(max(number), 0) FROM {alias}.commits",
    )
    marks = connection.execute(
        f"SELECT source, max(first_seq), max(seq), max(acked) FROM {alias}.marks GROUP BY source"
    ).fetchall()
    listed = {name for (name,) in connection.execute(f"SELECT name FROM {alias}.listed").fetchall()}
    summary = DaySummary(
        events=events,
        first_commit=first,
        last_commit=last,
        marks={source: (first_seq, seq) for source, first_seq, seq, _ in marks if seq},
        listed=listed,
    )
    return summary, {source: acked for source, _, _, acked in marks}, newest


def _row(connection: duckdb.DuckDBPyConnection, sql: str, params: list[Any] | None = None) -> Any:
    return connection.execute(sql, params or []).fetchall()[0]
