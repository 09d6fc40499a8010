"""What is done from time to time: old days are deleted, indicators imported elsewhere are taken up."""

from __future__ import annotations

import threading

import structlog

from tocsin.core.clock import DAY, Clock, day_of
from tocsin.core.errors import TocsinError
from tocsin.intel import Intel
from tocsin.respond.service import PlaybookService
from tocsin.store.base import EventStore
from tocsin.store.keeping import Keeping

_EVERY_S = 600.0
_RENEW_EVERY_S = 10.0
_CARE_EVERY_S = 60.0

log = structlog.get_logger(__name__)


class Retention:
    """Deletes the days older than `days`; 0 keeps everything."""

    def __init__(self, store: EventStore, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = days

    def apply(self) -> list[str]:
        """Delete what is too old now; returns the days deleted."""
        if not self._days:
            return []
        oldest = day_of(self._clock.now() - self._days * DAY)
        dropped = [day.day for day in self._store.days() if day.day < oldest]
        for day in dropped:
            self._store.drop_day(day)
            log.info("day_dropped", day=day, retention_days=self._days)
        return dropped

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
