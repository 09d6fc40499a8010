"""One day of the log: a DuckDB file or two, each attached under a name of its own."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from tocsin.core.event import Event
from tocsin.query.own_columns import NONE, OwnColumns, OwnField
from tocsin.query.sql import Writer
from tocsin.store.base import StoreError
from tocsin.store.catalog import DaySummary
from tocsin.store.frames import frame
from tocsin.store.rows import DDL, LAYOUT_VERSION, OLDEST_LAYOUT, base_columns, insert
from tocsin.store.words.reading import WordIndex


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a day, attached under a name of its own; what is sealed is attached read-only.

    `own` are the columns of its own that its event table has, known once it is attached.
    """

    alias: str
    path: Path
    sealed: bool
    own: OwnColumns = NONE


class DayFile:
    """An attached day: a sealed part, an open one, or both.

    Its summary is changed by the one writer only; `leases` by who holds the lock.
    """

    def __init__(self, day: str, parts: Sequence[Part], summary: DaySummary) -> None:
        self.day = day
        self.parts = tuple(parts)
        self.summary = summary
        self.leases = 0
        self.used_at = 0
        self.writes = 0
        """How often it was written to since it was attached."""
        self.words: dict[str, WordIndex | None] = {}
        """The index of words of a sealed part by its alias, once it was looked for."""

    @property
    def own(self) -> OwnColumns:
        """The own columns of the day's events, whichever part they are in."""
        own = next((part.own for part in self.parts if part.own.fields), NONE)
        return own if len(self.parts) == 1 else own.untyped()

    @property
    def columns(self) -> str:
        """The columns of the day's events."""
        return ", ".join([base_columns(), *self.own.names])

    def events(self, writer: Writer) -> str:
        """Return the table of the day's events, for a FROM clause."""
        tables = [self.part(part, writer) for part in self.parts]
        if len(tables) == 1:
            return tables[0]
        return "(" + " UNION ALL ".join(f"SELECT {self.columns} FROM {table}" for table in tables) + ")"

    def part(self, part: Part, writer: Writer) -> str:
        """Return the table of the events of one part, with the columns of the day and its `rowid`."""
        own = self.own
        if part.own == own:
            return f"{part.alias}.events"
        here = Writer(writer.params, self.summary.listed, part.own)
        return (
            f"(SELECT rowid, {base_columns()}, {', '.join(own_values(here, own))} FROM {part.alias}.events)"
        )

    @property
    def commits(self) -> str:
        """The table of the day's commits."""
        return self.table("commits")

    @property
    def alias(self) -> str:
        """The name of the open part, which the writer has made sure is there."""
        return next(part.alias for part in self.parts if not part.sealed)

    @property
    def is_open(self) -> bool:
        """Whether there is an open part."""
        return any(not part.sealed for part in self.parts)

    def table(self, name: str) -> str:
        """Return one table of the parts, for a FROM clause."""
        if len(self.parts) == 1:
            return f"{self.parts[0].alias}.{name}"
        return "(" + " UNION ALL ".join(f"SELECT * FROM {part.alias}.{name}" for part in self.parts) + ")"

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
                writer.execute(insert(self.alias, raw="raw" in arrays))
                writer.execute(f"INSERT INTO {self.alias}.commits VALUES ($1, $2)", [number, len(events)])
                self._write_mark(writer, source, first, mark, acked)
                if fresh:
                    writer.execute(f"INSERT INTO {self.alias}.listed SELECT unnest($1::VARCHAR[])", [fresh])
        finally:
            writer.unregister("incoming")
        self._remember(number, len(events))
        self.summary.marks[source] = (first, mark)
        self.writes += 1

    def settle(self, writer: duckdb.DuckDBPyConnection, source: str, acked: int) -> None:
        """Write only the source's mark over all days, durable on return."""
        first, mark = self.summary.marks.get(source, (0, 0))
        with transaction(writer):
            self._write_mark(writer, source, first, mark, acked)
        self.writes += 1

    def carry(self, writer: duckdb.DuckDBPyConnection, acked: Mapping[str, int], last_commit: int) -> None:
        """Write the marks of every source and the newest commit number, so that they outlive their days."""
        with transaction(writer):
            writer.execute(
                f"INSERT INTO {self.alias}.marks SELECT unnest($1::VARCHAR[]), 0, 0, unnest($2::BIGINT[])",
                [list(acked), list(acked.values())],
            )
            writer.execute(f"INSERT INTO {self.alias}.commits VALUES ($1, 0)", [last_commit])
        self.writes += 1

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


def open_part(day: str, generation: int, path: Path) -> Part:
    """Return the open part of a day."""
    return Part(_alias(day) + (f"_l{generation}" if generation else ""), path, sealed=False)


def sealed_part(day: str, generation: int, path: Path) -> Part:
    """Return the sealed part of a day."""
    return Part(f"{_alias(day)}_s{generation}", path, sealed=True)


def attach(connection: duckdb.DuckDBPyConnection, part: Part) -> Part:
    """Attach a file, making an open one with its tables when there is none. Raises `StoreError`.

    Returns the part with what its layout says.
    """
    quoted = str(part.path).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{quoted}' AS {part.alias}{' (READ_ONLY)' if part.sealed else ''}")
        if not part.sealed and not has_layout(connection, part.alias):
            with transaction(connection):
                create_tables(connection, part.alias)
        version, *more = _row(connection, f"SELECT * FROM {part.alias}.layout ORDER BY version DESC LIMIT 1")
        own = OwnColumns(_OWN.decode(more[0])) if more else NONE
    except (duckdb.Error, msgspec.DecodeError) as error:
        detach(connection, part)
        raise StoreError(f"{part.path} cannot be opened: {error}") from error
    if not OLDEST_LAYOUT <= version <= LAYOUT_VERSION:
        detach(connection, part)
        raise StoreError(f"{part.path} has layout {version}; this version reads {LAYOUT_VERSION}")
    return replace(part, own=own)


def detach(connection: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Release a file, bringing into it what its write-ahead log holds."""
    # Without room for a checkpoint the write-ahead log keeps what the file does not hold yet.
    if not part.sealed:
        with suppress(duckdb.Error):
            connection.execute(f"CHECKPOINT {part.alias}")
    with suppress(duckdb.Error):
        connection.execute(f"DETACH {part.alias}")


def create_tables(connection: duckdb.DuckDBPyConnection, alias: str, own: OwnColumns = NONE) -> None:
    """Make the tables of a day in an attached file."""
    columns = "".join(f", {name} {one.type}" for name, one in zip(own.names, own.fields, strict=True))
    for statement in DDL:
        connection.execute(statement.format(day=alias, own=columns))
    said = msgspec.json.encode(own.fields).decode()
    connection.execute(f"INSERT INTO {alias}.layout VALUES ($1, $2)", [LAYOUT_VERSION, said])


_OWN = msgspec.json.Decoder(tuple[OwnField, ...])


def own_values(writer: Writer, own: OwnColumns) -> list[str]:
    """Return the values of own columns, under their names, of the table that the writer is told of."""
    values = []
    for name, one in zip(own.names, own.fields, strict=True):
        if one.type == "VARCHAR[]":
            value = writer.many(one.name) or "NULL::VARCHAR[]"
        else:
            value = f"{writer.single(one.name)}::{one.type}"
        values.append(f"{value} AS {name}")
    return values


def has_layout(connection: duckdb.DuckDBPyConnection, alias: str) -> bool:
    """Say whether the attached file holds our tables; it does not when its making was cut off."""
    sql = "SELECT count(*) FROM duckdb_tables() WHERE database_name = $1 AND table_name = 'layout'"
    return bool(_row(connection, sql, [alias])[0])


def read_summary(
    connection: duckdb.DuckDBPyConnection, file: DayFile
) -> tuple[DaySummary, dict[str, int], int]:
    """Return what an attached day holds, its sources' marks over all days, and its newest number."""
    events, first, last, newest = _row(
        connection,
        "SELECT coalesce(sum(events), 0)::BIGINT, coalesce(min(number) FILTER (events > 0), 0),"
        f" coalesce(max(number) FILTER (events > 0), 0), coalesce(max(number), 0) FROM {file.commits}",
    )
    marks = connection.execute(
        "SELECT source, coalesce(min(first_seq) FILTER (first_seq > 0), 0), max(seq), max(acked)"
        f" FROM {file.table('marks')} GROUP BY source"
    ).fetchall()
    listed = {name for (name,) in connection.execute(f"SELECT name FROM {file.table('listed')}").fetchall()}
    summary = DaySummary(
        events=events,
        first_commit=first,
        last_commit=last,
        marks={source: (first_seq, seq) for source, first_seq, seq, _ in marks if seq},
        listed=listed,
    )
    return summary, {source: acked for source, _, _, acked in marks}, newest


def _alias(day: str) -> str:
    return "day_" + day.replace("-", "_")


def _row(connection: duckdb.DuckDBPyConnection, sql: str, params: list[Any] | None = None) -> Any:
    return connection.execute(sql, params or []).fetchall()[0]
