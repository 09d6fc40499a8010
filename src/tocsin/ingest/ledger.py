"""The ledger: per source, received = stored + duplicates + refused by reason + still under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.ingest.tables import RefusalRow, RefusalSampleRow, SourceRow

_log = structlog.get_logger(__name__)

_REASON_LENGTH = 200
_MAX_REASONS = 50
_OTHER_REASONS = "other reasons"
LOST_AT_AGENT = "lost at the agent before sending"
LOST_UNREAD = "lost before it was read: the system's receive buffer was full"
NOT_STORED = "not stored"
NOT_TAKEN = "not taken"
DROPPED = "dropped"
"""Reasons, or their beginning."""
_USED_UP = (LOST_AT_AGENT, NOT_STORED, DROPPED)
"""Reasons of records that have a sequence and are not in the log."""
_UNBROKEN = ("syslog:", "bulk:", "agent:", "beats:")
_KILLED = "unacknowledged when the platform was killed"
_LOSSES = (LOST_AT_AGENT, LOST_UNREAD, NOT_STORED, NOT_TAKEN, _KILLED)
_SAMPLES = 3
SAMPLE_BYTES = 1_024

RefusalKind = Literal["lost", "dropped", "faulty"]
"""`lost`: nothing was wrong with the records; their senders may have sent them again. `dropped`: the operator
does not want them. `faulty`: they could not be taken as they were."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a record that was refused, how long it was in bytes, and when."""

    text: str
    size_bytes: int
    at: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why, how often and when last; the newest of the records, where they are at hand."""

    reason: str
    count: int
    last_at: int
    samples: tuple[Sample, ...] = ()

    @property
    def kind(self) -> RefusalKind:
        """What sort of refusal it is."""
        if self.reason.startswith(f"{DROPPED}: "):
            return "dropped"
        return "lost" if self.reason.startswith(_LOSSES) else "faulty"


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

    @property
    def lost(self) -> int:
        """Records refused though nothing was wrong with them."""
        return sum(refusal.count for refusal in self.refusals.values() if refusal.kind == "lost")


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

    def refused(self, source: str, reason: str, count: int = 1, samples: Sequence[bytes] = ()) -> None:
        """Records counted as received before are refused for good; `samples` are the newest of them."""
        now = self._clock.now()
        reason = reason[:_REASON_LENGTH]
        shown = tuple(
            Sample(raw[:SAMPLE_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd"), len(raw), now)
            for raw in samples[-_SAMPLES:]
            if raw
        )
        with self._account(source) as account:
            if reason not in account.refusals and len(account.refusals) >= _MAX_REASONS:
                reason = _OTHER_REASONS
            before = account.refusals.get(reason, Refusal(reason, 0, now))
            account.refusals[reason] = Refusal(
                reason, before.count + count, now, (*before.samples, *shown)[-_SAMPLES:]
            )
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
        self.read()
        for source, mark in (marks or {}).items():
            if source.startswith(_UNBROKEN):
                self._reconcile(source, mark)
        for account in self.accounts():
            if account.under_way > 0:  # a run that ended cleanly leaves none
                self.refused(account.source, _KILLED, account.under_way)

    def read(self) -> None:
        """Take the counts as the database holds them, and change nothing: for a look from outside."""
        with self._database.read() as tx, self._lock:
            for row in tx.scalars(select(SourceRow)):
                self._accounts[row.id] = Account(
                    row.id, row.received, row.stored, row.duplicates, row.refused, row.last_at, row.lag_us
                )
            for refusal in tx.scalars(select(RefusalRow)):
                known = Refusal(refusal.reason, refusal.count, refusal.last_at)
                self._accounts[refusal.source].refusals[refusal.reason] = known
            for sample in tx.scalars(select(RefusalSampleRow).order_by(RefusalSampleRow.place)):
                self._add_sample(sample)

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
                        for row in _sample_rows(account.source, refusal):
                            tx.merge(row)
        except SQLAlchemyError as error:
            _log.warning("ingest_ledger_not_written", error=type(error).__name__)
            with self._lock:
                self._changed |= changed

    def _reconcile(self, source: str, mark: int) -> None:
        with self._account(source) as account:
            unstored = sum(
                refusal.count for reason, refusal in account.refusals.items() if reason.startswith(_USED_UP)
            )
            account.stored = max(account.stored, mark - unstored)
            account.received = max(account.received, account.stored + account.duplicates + account.refused)

    def _add_sample(self, row: RefusalSampleRow) -> None:
        account = self._accounts.get(row.source)
        known = account.refusals.get(row.reason) if account else None
        if account and known:
            samples = (*known.samples, Sample(row.text, row.size_bytes, row.at))
            account.refusals[row.reason] = replace(known, samples=samples)

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


def _sample_rows(source: str, refusal: Refusal) -> Iterator[RefusalSampleRow]:
    for place, sample in enumerate(refusal.samples):
        yield RefusalSampleRow(
            source=source,
            reason=refusal.reason,
            place=place,
            text=sample.text,
            size_bytes=sample.size_bytes,
            at=sample.at,
        )


def _refusal_row(source: str, refusal: Refusal) -> RefusalRow:
    return RefusalRow(source=source, reason=refusal.reason, count=refusal.count, last_at=refusal.last_at)
