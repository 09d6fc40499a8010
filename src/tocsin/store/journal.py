"""What the embedded log must not forget and no day's file holds: seals, marks, holds, and who did what.

A SQLite file beside the days, written with full synchronisation. Other processes on the same machine may
read and write it while the log is open.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

import msgspec

from tocsin.store.base import StoreError

FILE = "journal.db"
_PATIENCE_S = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS seals (
  day TEXT, generation INTEGER, sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL, events INTEGER NOT NULL,
  sealed_at INTEGER NOT NULL, adopted INTEGER NOT NULL, PRIMARY KEY (day, generation));
CREATE TABLE IF NOT EXISTS marks (source TEXT PRIMARY KEY, acked INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS figures (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS going (day TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS stages (day TEXT PRIMARY KEY, stage TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, asked_at INTEGER NOT NULL,
  state TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS holds (
  id INTEGER PRIMARY KEY AUTOINCREMENT, query TEXT NOT NULL, from_at INTEGER, to_at INTEGER,
  reason TEXT NOT NULL, placed_by TEXT NOT NULL, placed_at INTEGER NOT NULL,
  lifted_by TEXT, lifted_at INTEGER, lift_reason TEXT);
CREATE TABLE IF NOT EXISTS trail (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  subject TEXT NOT NULL, details TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS trail_stays BEFORE DELETE ON trail
  BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
CREATE TRIGGER IF NOT EXISTS trail_as_written BEFORE UPDATE ON trail
  BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END;
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed file: its SHA-256 as it was when it was written.

    `adopted`: the file was found without a seal, and the checksum is of what was found.
    """

    day: str
    generation: int
    sha256: str
    size_bytes: int
    events: int
    sealed_at: int
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry of the trail: who did what, to which day or hold, when."""

    at: int
    actor: str
    action: str
    subject: str
    details: Mapping[str, object]


Guard = Callable[[sqlite3.Connection], None]
"""A check in the transaction of a change; it raises what speaks against the change."""


def unguarded(_: sqlite3.Connection) -> None:
    """Nothing speaks against it."""


class Journal:
    """The journal of the log under `root`; thread safe. Errors of SQLite are raised as `StoreError`."""

    def __init__(self, root: Path) -> None:
        self.path = root / FILE
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            with closing(self._connect()) as connection:
                connection.executescript(_TABLES)
        except sqlite3.Error as error:
            raise StoreError(f"the journal {self.path} cannot be opened: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is durable at the end of the block, and changed nothing after an error."""
        try:
            with closing(self._connect()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"the journal {self.path} could not be written: {error}") from error

    def rows(self, sql: str, *params: object) -> list[sqlite3.Row]:
        """Return the rows of a SELECT."""
        try:
            with closing(self._connect()) as connection:
                return connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"the journal {self.path} could not be read: {error}") from error

    def seals(self) -> dict[tuple[str, int], Seal]:
        """Return every seal by day and generation."""
        found = self.rows("SELECT * FROM seals ORDER BY day, generation")
        seals = [Seal(**{**row, "adopted": bool(row["adopted"])}) for row in found]
        return {(seal.day, seal.generation): seal for seal in seals}

    def seal(self, seal: Seal, deed: Deed, guard: Guard = unguarded) -> None:
        """Note that a day's file is sealed, before it takes its place."""
        with self.transaction() as tx:
            guard(tx)
            tx.execute("DELETE FROM seals WHERE day = ? AND generation >= ?", (seal.day, seal.generation))
            tx.execute("INSERT INTO seals VALUES (?, ?, ?, ?, ?, ?, ?)", astuple(seal))
            note(tx, deed)

    def marks(self) -> tuple[dict[str, int], int]:
        """Return the marks carried over from files that are gone, and the newest commit's number then."""
        marks = {row["source"]: row["acked"] for row in self.rows("SELECT * FROM marks")}
        newest = self.rows("SELECT value FROM figures WHERE name = 'last_commit'")
        return marks, newest[0]["value"] if newest else 0

    def carry(self, marks: Mapping[str, int], last_commit: int) -> None:
        """Keep marks; a mark never goes back."""
        with self.transaction() as tx:
            _carry(tx, marks, last_commit)

    def begin_drop(
        self, deed: Deed, marks: Mapping[str, int], last_commit: int, guard: Guard = unguarded
    ) -> None:
        """Note that a day goes, and keep the marks its files hold; from here on it is gone for good."""
        with self.transaction() as tx:
            guard(tx)
            _carry(tx, marks, last_commit)
            tx.execute("INSERT OR REPLACE INTO going VALUES (?)", (deed.subject,))
            note(tx, deed)

    def end_drop(self, day: str) -> None:
        """The files of a day that went are deleted."""
        with self.transaction() as tx:
            for table in ("going", "seals", "stages"):
                tx.execute(f"DELETE FROM {table} WHERE day = ?", (day,))  # noqa: S608  a name of ours

    def going(self) -> list[str]:
        """Return the days whose deletion was begun and not finished."""
        return [row["day"] for row in self.rows("SELECT day FROM going ORDER BY day")]

    def stage(self, day: str) -> str | None:
        """Return up to which stage of the retention a day has been gone through."""
        found = self.rows("SELECT stage FROM stages WHERE day = ?", day)
        return found[0]["stage"] if found else None

    def reached(self, day: str, stage: str) -> None:
        """Note that the retention has gone through a day."""
        with self.transaction() as tx:
            tx.execute("INSERT OR REPLACE INTO stages VALUES (?, ?)", (day, stage))

    def trail(self, limit: int = 1_000) -> Sequence[Deed]:
        """Return the newest entries of the trail, newest first."""
        rows = self.rows("SELECT * FROM trail ORDER BY id DESC LIMIT ?", limit)
        return [
            Deed(row["at"], row["actor"], row["action"], row["subject"], msgspec.json.decode(row["details"]))
            for row in rows
        ]

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy."""
        try:
            with closing(self._connect()) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise StoreError(f"the journal {self.path} could not be copied: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_PATIENCE_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection


def note(tx: sqlite3.Connection, deed: Deed) -> None:
    """Append to the trail, in the transaction of the change itself."""
    tx.execute(
        "INSERT INTO trail (at, actor, action, subject, details) VALUES (?, ?, ?, ?, ?)",
        (deed.at, deed.actor, deed.action, deed.subject, msgspec.json.encode(deed.details).decode()),
    )


def _carry(tx: sqlite3.Connection, marks: Mapping[str, int], last_commit: int) -> None:
    tx.executemany(
        "INSERT INTO marks VALUES (?, ?)"
        " ON CONFLICT (source) DO UPDATE SET acked = max(acked, excluded.acked)",
        list(marks.items()),
    )
    tx.execute(
        "INSERT INTO figures VALUES ('last_commit', ?)"
        " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        (last_commit,),
    )
