"""A whole platform, wired and ready: what runs in it, and in which order it starts and stops."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.api.application import build
from tocsin.api.services import Services
from tocsin.core.actor import SYSTEM
from tocsin.core.errors import Problem
from tocsin.detect.engine import Detector
from tocsin.enrich.service import EnrichmentService
from tocsin.folder import DataFolder
from tocsin.housekeeping import Care, Clerk, Renewal, Retention, RunRetention
from tocsin.ingest.beats.receiver import BeatsReceiver
from tocsin.ingest.importing import Importer
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.receivers import SyslogReceiver
from tocsin.intel import Imported, ImportOrder, Intel
from tocsin.notify.service import Notifications
from tocsin.respond.service import PlaybookService
from tocsin.rules.service import AnalysisRules
from tocsin.serving import HTTPServer
from tocsin.settings import Settings
from tocsin.store.base import EventStore
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.keeping import Keeping

_READY_S = 5.0


@dataclass(slots=True)
class Platform:
    """A whole platform: `start` it, use its services, `stop` it. Stopping stores what was accepted."""

    settings: Settings
    data: DataFolder
    services: Services
    store: EventStore
    pipeline: Pipeline
    ledger: Ledger
    detector: Detector
    analysis: AnalysisRules
    playbooks: PlaybookService
    intel: Intel
    enrichment: EnrichmentService
    notifications: Notifications
    syslog: SyslogReceiver
    beats: BeatsReceiver
    problems: tuple[Problem, ...]
    """What was refused of rules, detections, playbooks and lists; the rest is in force."""
    keeping: Keeping | None = None
    """What looks after the days of an embedded log; None for a log of another kind."""
    http: HTTPServer | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _launched: bool = False

    @property
    def url(self) -> str:
        """Where the platform is reached; empty before `start`."""
        return self.http.url if self.http else ""

    @property
    def folder(self) -> Path:
        """Where everything is kept."""
        return self.data.path

    def start(self, *, serve: bool = True) -> None:
        """Begin to take records, to watch the log, to run playbooks and to answer."""
        if serve:  # first of all: a port that is taken shall leave nothing running
            web = self.settings.http
            app = build(self.services)
            self.http = HTTPServer(app, web.host, web.port, certificate=web.certificate, key=web.key)
        self.enrichment.recover()
        self.ledger.start(self.store.marks())
        self.pipeline.start()
        self._launched = True
        self._work(self.notifications.delivery.run)
        # Channels and routes are read before the first alert.
        self.notifications.delivery.ready.wait(_READY_S)
        self.playbooks.launch()
        self.problems += tuple(self.playbooks.problems)
        days = self.settings.store.retention_days
        retention = (
            Care(self.keeping)
            if self.keeping
            else Retention(self.store, self.services.clock, days, self.services.holds)
        )
        works = (
            self.detector.run,
            self.playbooks.dispatcher.run,
            retention.run,
            RunRetention(self.playbooks, self.settings.respond.keep_days).run,
            Renewal(self.intel).run,
            *self._reports(),
            lambda stop: self.services.retest.run(stop, self.settings.detect.retest_minute),
            *([Clerk(self.store).run] if isinstance(self.store, DuckDBStore) else []),
            lambda stop: self.analysis.run(stop, self.settings.content.watch_s),
        )
        for work in works:
            self._work(work)
        if self.http:
            self.syslog.start()
            self.beats.start()
            self.http.start()

    def _reports(self) -> list[Callable[[threading.Event], None]]:
        reports = self.services.dashboards.reports
        return [reports.runner.run] if reports is not None else []

    def _work(self, work: Callable[[threading.Event], None]) -> None:
        thread = threading.Thread(target=work, args=(self._stopping,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Take nothing more, store what was accepted, end every thread, release every file."""
        if self.http:
            self.syslog.stop()
            self.beats.stop()
            self.http.stop()
        self.pipeline.stop()
        self._stopping.set()
        if self.keeping:
            self.keeping.cancel()
        self.detector.notify()
        self.analysis.wake()
        self.playbooks.dispatcher.notify()
        self.notifications.delivery.notify()
        if self.services.dashboards.reports is not None:
            self.services.dashboards.reports.runner.notify()
        for thread in self._threads:
            thread.join()
        self.analysis.close()
        if self._launched:
            self.playbooks.close()
        self.ledger.stop()
        self.store.close()
        self.services.db.close()
        self.data.release()

    def ask_reload(self) -> None:
        """Have content of every kind read again, soon and elsewhere: fit for a signal handler."""
        self.analysis.ask()
        threading.Thread(target=self.services.detection.reload, daemon=True).start()

    def setup_token(self) -> str | None:
        """Return a token to make the first administrator with; None when there is a user."""
        with self.services.db.write() as tx:
            return self.services.accounts.setup_token(tx)

    def import_feed(self, path: Path, feed: str) -> Imported:
        """Make a feed hold what a file or a MISP feed folder says."""
        return self.intel.import_path(path, ImportOrder(feed), SYSTEM)

    def importer(self) -> Importer:
        """Return what puts files through the pipeline."""
        return Importer(self.pipeline, self.ledger, self.services.clock)
