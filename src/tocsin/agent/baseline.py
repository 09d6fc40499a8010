"""What the watchers remember between scans, and the findings that left memory but not yet the spool.

One SQLite file. A watcher changes its baseline and queues the finding in one transaction; `deliver`
then moves findings to the spool together with the number of the last one moved. So a kill between the
two neither loses a finding nor reports it twice.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tocsin.agent.findings import Finding, encode_finding
from tocsin.agent.segment import Item
from tocsin.agent.spool import Spool
from tocsin.core.clock import Clock

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
    location TEXT NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (path BLOB PRIMARY KEY, root BLOB NOT NULL, state BLOB NOT NULL, text BLOB)
    WITHOUT ROWID;
"""
_CHECKPOINT = "outbox"
_CHUNK = 500


class Change:
    """One transaction on the baseline. Everything in it happens, or nothing."""

    def __init__(self, connection: sqlite3.Connection, at: int) -> None:
        self.sql = connection
        self._at = at

    def report(self, finding: Finding, location: str) -> None:
        """Queue a finding; `location` is where it was seen, such as a path or `ports`."""
        self.sql.execute(
            "INSERT INTO outbox (at, location, raw) VALUES (?, ?, ?)",
            (self._at, location, encode_finding(finding)),
        )

    def fact(self, key: str) -> bytes | None:
        """Return a small thing remembered under `key`."""
        row = self.sql.execute("SELECT value FROM fact WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def remember(self, key: str, value: bytes) -> None:
        """Remember a small thing under `key`."""
        self.sql.execute("INSERT OR REPLACE INTO fact (key, value) VALUES (?, ?)", (key, value))


class Baseline:
    """The baseline file. Thread safe: one change at a time."""

    def __init__(self, path: Path, spool: Spool, *, clock: Clock, host: str) -> None:
        self._spool = spool
        self._clock = clock
        self._host = host
        self._lock = threading.RLock()
        self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-1024"):
            self._sql.execute(f"PRAGMA {pragma}")
        self._sql.executescript(_SCHEMA)
        self.deliver()

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Yield a transaction; at its end what was reported goes to the spool."""
        with self._lock:
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield Change(self._sql, self._clock.now())
            except BaseException:
                self._sql.execute("ROLLBACK")
                raise
            self._sql.execute("COMMIT")
            self.deliver()

    def report(self, *findings: Finding, location: str) -> None:
        """Report what needs no baseline."""
        with self.change() as change:
            for finding in findings:
                change.report(finding, location)

    def deliver(self) -> None:
        """Move what is queued to the spool. Raises `SpoolFullError`; then it stays queued."""
        with self._lock:
            done = int(self._spool.checkpoint(_CHECKPOINT) or b"0")
            self._sql.execute("DELETE FROM outbox WHERE id <= ?", (done,))
            while rows := self._queued(done):
                done = rows[-1][0]
                items = [Item(raw, at, "finding", location, self._host) for _, at, location, raw in rows]
                self._spool.append(items, {_CHECKPOINT: b"%d" % done})
                self._sql.execute("DELETE FROM outbox WHERE id <= ?", (done,))

    def _queued(self, after: int) -> Sequence[tuple[int, int, str, bytes]]:
        return self._sql.execute(
            f"SELECT id, at, location, raw FROM outbox WHERE id > ? ORDER BY id LIMIT {_CHUNK}",  # noqa: S608 - a constant
            (after,),
        ).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._sql.close()
