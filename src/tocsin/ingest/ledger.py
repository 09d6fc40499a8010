"""The ledger: per source, received = stored + duplicates + refused by reason + still under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.ingest.tables import RefusalRow, SourceRow

_log = structlog.get_logger(__name__)

_REASON_LENGTH = 200
_MAX_REASONS = 50
_OTHER_REASONS = "other reasons"
LOST_AT_AGENT = "lost at the agent before sending"
NOT_STORED = "not stored"
"""Reasons, or their beginning, of refused records whose sequence was used up."""
_UNBROKEN = ("syslog:", "bulk:", "agent:", "beats:")
_KILLED = "unacknowledged when the platform was killed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why, how often and when last."""

    reason: str
    count: int
    last_at: int


@dataclass(slots=True)
class Account:
    """The counts of one source since it was first seen; times in microseconds since 1970, UTC."""

    source: str
    received: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    last_at: int = 0
    """When the source last sent something."""
    lag_us: int = 0
    """How long the newest record took from collection to commit."""
    refusals: dict[str, Refusal] = field(default_factory=dict)

    @property
    def under_way(self) -> int:
        """Records received that are neither stored nor refused yet."""
        return self.received - self.stored - self.duplicates - self.refused


class Ledger:
    """Counts in memory, writes what changed every few seconds and at the end. Thread safe."""

    def __init__(self, database: Database, clock: Clock, *, every_s: float = 3.0) -> None:
        self._database = database
        self._clock = clock
        self._every_s = every_s
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self._changed: set[str] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest-ledger", daemon=True)

    def start(self, marks: Mapping[str, int] | None = None) -> None:
        """Read what earlier runs counted, and begin to write; `marks` as for `load`."""
        self.load(marks)
        self._thread.start()

    def stop(self) -> None:
        """Write what is not written yet."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()

    def open(self, source: str) -> None:
        """Take note of a source before anything of it is counted; it is known after a kill too."""
        with self._account(source):
            pass
        self.flush()

    def received(self, source: str, count: int) -> None:
        """Records arrived."""
        with self._account(source) as account:
            account.received += count
            account.last_at = self._clock.now()

    def settled(self, source: str, *, stored: int, duplicates: int, collected_at: int | None = None) -> None:
        """Records received are durable; `collected_at` is that of the newest."""
        with self._account(source) as account:
            account.stored += stored
            account.duplicates += duplicates
            if collected_at is not None:
                account.lag_us = max(0, self._clock.now() - collected_at)

    def refused(self, source: str, reason: str, count: int = 1) -> None:
        """Records counted as received before are refused for good."""
        now = self._clock.now()
        reason = reason[:_REASON_LENGTH]
        with self._account(source) as account:
            if reason not in account.refusals and len(account.refusals) >= _MAX_REASONS:
                reason = _OTHER_REASONS
            before = account.refusals.get(reason, Refusal(reason, 0, now))
            account.refusals[reason] = replace(before, count=before.count + count, last_at=now)
            account.refused += count

    def account(self, source: str) -> Account:
        """Return a copy of the counts of one source; zeros when it is unknown."""
        with self._lock:
            account = self._accounts.get(source, Account(source))
            return replace(account, refusals=dict(account.refusals))

    def accounts(self) -> list[Account]:
        """Return a copy of all counts, by source."""
        with self._lock:
            names = sorted(self._accounts)
        return [self.account(name) for name in names]

    def load(self, marks: Mapping[str, int] | None = None) -> None:
        """Add what the database holds to the counts; called once, before anything is counted.

        `marks`, the event log's mark of every source, tell what a run that was killed had stored and
        not counted yet: where every sequence is a record, the mark is what was stored or lost before.
        """
        with self._database.read() as tx, self._lock:
            for row in tx.scalars(select(SourceRow)):
                self._accounts[row.id] = Account(
                    row.id, row.received, row.stored, row.duplicates, row.refused, row.last_at, row.lag_us
                )
            for refusal in tx.scalars(select(RefusalRow)):
                known = Refusal(refusal.reason, refusal.count, refusal.last_at)
                self._accounts[refusal.source].refusals[refusal.reason] = known
        for source, mark in (marks or {}).items():
            if source.startswith(_UNBROKEN):
                self._reconcile(source, mark)
        for account in self.accounts():
            if account.under_way > 0:  # a run that ended cleanly leaves none
                self.refused(account.source, _KILLED, account.under_way)

    def flush(self) -> None:
        """Write the counts that changed since the last time."""
        with self._lock:
            changed, self._changed = self._changed, set()
        try:
            with self._writing, self._database.write() as tx:
                for account in map(self.account, sorted(changed)):
                    tx.merge(_row(account))
                    tx.flush()
                    for refusal in account.refusals.values():
                        tx.merge(_refusal_row(account.source, refusal))
        except SQLAlchemyError as error:
            _log.warning("ingest_ledger_not_written", error=type(error).__name__)
            with self._lock:
                self._changed |= changed

    def _reconcile(self, source: str, mark: int) -> None:
        with self._account(source) as account:
            unstored = sum(
                refusal.count
                for reason, refusal in account.refusals.items()
                if reason == LOST_AT_AGENT or reason.startswith(NOT_STORED)
            )
            account.stored = max(account.stored, mark - unstored)
            account.received = max(account.received, account.stored + account.duplicates + account.refused)

    @contextmanager
    def _account(self, source: str) -> Iterator[Account]:
        with self._lock:
            self._changed.add(source)
            yield self._accounts.setdefault(source, Account(source))

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            if self._changed:
                self.flush()


def _row(account: Account) -> SourceRow:
    return SourceRow(
        id=account.source,
        received=account.received,
        stored=account.stored,
        duplicates=account.duplicates,
        refused=account.refused,
        last_at=account.last_at,
        lag_us=account.lag_us,
    )


def _refusal_row(source: str, refusal: Refusal) -> RefusalRow:
    return RefusalRow(source=source, reason=refusal.reason, count=refusal.count, last_at=refusal.last_at)
