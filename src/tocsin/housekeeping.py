"""What is done from time to time: old days are deleted, indicators imported elsewhere are taken up."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from tocsin.core.clock import DAY, Clock, day_of, from_iso
from tocsin.core.errors import InvalidError, TocsinError
from tocsin.intel import Intel
from tocsin.query.tree import Or
from tocsin.respond.service import PlaybookService
from tocsin.store.base import Day, EventStore, Selection
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.holds import Hold, Holds
from tocsin.store.journal import Deed
from tocsin.store.keeping import Keeping
from tocsin.store.orders import Order

_EVERY_S = 600.0
_RENEW_EVERY_S = 10.0
_CARE_EVERY_S = 60.0
_ORDERS_EVERY_S = 1.0

log = structlog.get_logger(__name__)


class Retention:
    """Deletes the days older than `days`; 0 keeps everything.

    For a log on a cluster, which deletes whole days: one with an event under a hold stays as it is.
    """

    def __init__(self, store: EventStore, clock: Clock, days: int, holds: Holds) -> None:
        self._store = store
        self._clock = clock
        self._days = days
        self._holds = holds

    def apply(self) -> list[str]:
        """Delete what is too old now; returns the days deleted."""
        if not self._days:
            return []
        oldest = day_of(self._clock.now() - self._days * DAY)
        return [day.day for day in self._store.days() if day.day < oldest and self._dropped(day)]

    def _dropped(self, day: Day) -> bool:
        with self._holds.settled() as note:
            holds = self._holds.on(day.day)
            if holds and self._has_one_of(day.day, holds):
                return False
            self._store.drop_day(day.day)
            details = {"events": day.events, "reason": f"older than {self._days} days"}
            note(Deed(self._clock.now(), "system", "day.dropped", day.day, details))
        log.info("day_dropped", day=day.day, retention_days=self._days)
        return True

    def _has_one_of(self, day: str, holds: Sequence[Hold]) -> bool:
        start = from_iso(f"{day}T00:00:00Z")
        held = Selection(Or(tuple(hold.node for hold in holds)), start, start + DAY)
        return bool(self._store.search(held, limit=1).events)

    def run(self, stop: threading.Event) -> None:
        """Apply every ten minutes until `stop` is set; a failure is logged and tried again."""
        while not stop.is_set():
            try:
                self.apply()
            except TocsinError as error:
                log.warning("retention_failed", error=str(error))
            stop.wait(_EVERY_S)


class Care:
    """Looks after an embedded log every minute: days are sealed, and deleted when it is time."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping

    def run(self, stop: threading.Event) -> None:
        """Look every minute until `stop` is set; a failure is logged and tried again."""
        while not stop.is_set():
            try:
                self._keeping.apply()
            except (TocsinError, OSError) as error:
                log.warning("keeping_failed", error=str(error))
            stop.wait(_CARE_EVERY_S)


class Clerk:
    """Does what commands on this machine ask of the log: backs it up while it is used."""

    def __init__(self, store: DuckDBStore) -> None:
        self._store = store
        self._orders = store.orders()

    def run(self, stop: threading.Event) -> None:
        """Look every second until `stop` is set; what goes wrong is the answer."""
        self._orders.give_up("the platform was stopped before it was done")
        while not stop.wait(_ORDERS_EVERY_S):
            try:
                order = self._orders.take()
                if order is not None:
                    self._do(order)
            except TocsinError as error:
                log.warning("orders_failed", error=str(error))

    def _do(self, order: Order) -> None:
        def heard(done: int, total: int) -> None:
            self._orders.report(order.id, done, total)

        try:
            if order.kind != "backup":
                raise InvalidError(f"there is no order {order.kind!r}")
            made = self._store.back_up(Path(order.subject), heard)
        except (TocsinError, OSError) as error:
            log.warning("backup_failed", folder=order.subject, error=str(error))
            self._orders.answer(order.id, "failed", str(error))
            return
        log.info("backed_up", folder=order.subject, last_commit=made.last_commit, events=made.events)
        self._orders.answer(order.id, "done", msgspec.json.encode(made).decode())


class RunRetention:
    """Deletes finished playbook runs older than `days`; their decisions and the audit trail stay."""

    def __init__(self, playbooks: PlaybookService, days: int) -> None:
        self._playbooks = playbooks
        self._days = days

    def run(self, stop: threading.Event) -> None:
        """Apply every ten minutes until `stop` is set; a failure is logged and tried again."""
        while not stop.wait(_EVERY_S):
            try:
                self._playbooks.retain(self._days * DAY)
            except TocsinError as error:
                log.warning("run_retention_failed", error=str(error))


class Renewal:
    """Takes up indicators that another process, such as `tocsin intel import`, has put in the database."""

    def __init__(self, intel: Intel) -> None:
        self._intel = intel

    def run(self, stop: threading.Event) -> None:
        """Look every ten seconds until `stop` is set; a failure is logged and tried again."""
        while not stop.wait(_RENEW_EVERY_S):
            try:
                self._intel.refresh()
            except (TocsinError, OSError) as error:
                log.warning("renewal_failed", error=str(error))
