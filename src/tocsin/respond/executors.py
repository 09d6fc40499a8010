"""Which processes carry runs out, and which of them are dead."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable

import psutil
from sqlalchemy import delete, select

from tocsin.core.clock import SECOND, Clock
from tocsin.core.database import Database
from tocsin.core.ids import new_id
from tocsin.respond.tables import ExecutorRow

SILENT = 20 * SECOND
"""A process of another host is dead when it has not beaten for so long."""

_CLAIM = 30 * SECOND
"""How long one survivor has to resume a dead process's runs before another may."""


class Executors:
    """The register of processes, with this one in it. A restart is a new process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.own_id = new_id("exec")
        self._host = socket.gethostname()
        self._pid = os.getpid()

    def register(self) -> None:
        """Enter this process; call it before any work is taken."""
        with self._database.write() as tx:
            tx.merge(
                ExecutorRow(
                    id=self.own_id,
                    host=self._host,
                    pid=self._pid,
                    born_at=_born(self._pid),
                    beat_at=self._clock.now(),
                )
            )

    def beat(self) -> None:
        """Show that this process lives."""
        with self._database.write() as tx:
            row = tx.get(ExecutorRow, self.own_id)
            if row is not None:
                row.beat_at = self._clock.now()
        if row is None:
            self.register()

    def leave(self) -> None:
        """Take this process out of the register."""
        with self._database.write() as tx:
            tx.execute(delete(ExecutorRow).where(ExecutorRow.id == self.own_id))

    def claim_dead(self, working: Iterable[str]) -> list[str]:
        """Return those of the processes that are dead and whose runs this process shall resume.

        Dead ones without runs are forgotten.
        """
        wanted = set(working)
        with self._database.read() as tx:
            rows = {row.id: row for row in tx.scalars(select(ExecutorRow))}
            dead = {identifier for identifier, row in rows.items() if not self._lives(row)}
        unknown = wanted - set(rows)
        if not dead and not unknown:
            return []
        with self._database.write() as tx:
            tx.execute(delete(ExecutorRow).where(ExecutorRow.id.in_(dead - wanted)))
            claimed = [
                identifier
                for identifier in sorted(dead & wanted)
                if self._claim(tx.get(ExecutorRow, identifier))
            ]
        return [*claimed, *sorted(unknown)]

    def _claim(self, row: ExecutorRow | None) -> bool:
        if row is None:
            return False
        now = self._clock.now()
        if row.claimed_by not in {None, self.own_id} and now - (row.claimed_at or 0) < _CLAIM:
            return False
        row.claimed_by, row.claimed_at = self.own_id, now
        return True

    def _lives(self, row: ExecutorRow) -> bool:
        if row.id == self.own_id:
            return True
        if row.host == self._host:
            return _born(row.pid) == row.born_at
        return self._clock.now() - row.beat_at < SILENT


def _born(pid: int) -> int:
    """When the process began, in microseconds; 0 when there is none, or only its unburied remains."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return 0
        return int(process.create_time() * SECOND)
    except psutil.Error:
        return 0
