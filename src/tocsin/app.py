"""Composition root: settings to parts to a running platform. Alone in knowing which adapter is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tocsin.accounts import Accounts, Audit
from tocsin.api.services import Services
from tocsin.cases import AlertService, CaseService, FileStore
from tocsin.content import analysis_options, content_folders, content_store, memory_bound, rule_folders
from tocsin.core.announce import Announcer
from tocsin.core.clock import Clock, SystemClock
from tocsin.core.database import Database
from tocsin.core.errors import Problem
from tocsin.core.event import Event
from tocsin.dashboard_desk import open_dashboards, parties_of
from tocsin.dashboards import Shelf, load_shelf
from tocsin.detect.engine import Detector
from tocsin.detect.exception_book import ExceptionBook
from tocsin.detect.rehearsal import Rehearsals
from tocsin.detect.service import RuleBook, RuleService
from tocsin.detection_desk import DetectionDesk
from tocsin.enrich.catalogue import Means, native_analyzers
from tocsin.enrich.service import EnrichmentService
from tocsin.enrich.sources import LogHistory, PathStore
from tocsin.figures import AnalysisFigures, NotifyFigures, PlatformFigures, SourceFigures, registry_of
from tocsin.folder import DataFolder
from tocsin.ingest.agents import Agents
from tocsin.ingest.identities import Identities
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.ports import Committed, Stages
from tocsin.ingest.processors.loader import load_pipelines
from tocsin.intel import Intel, IntelSettings
from tocsin.migrations import upgrade
from tocsin.notify.service import Notifications
from tocsin.notifying import PlaybookPost, TellingTrail, open_notifications, rule_teller
from tocsin.platform import Platform
from tocsin.query.tree import Node
from tocsin.receiving import beats_of, limits_of, processing_of, syslog_of
from tocsin.respond.action import Parts
from tocsin.respond.dbos_engine import DBOSEngine
from tocsin.respond.service import PlaybookService
from tocsin.rules import Correlation, Ruleset
from tocsin.rules.keeping import KeptCorrelation
from tocsin.rules.service import AnalysisRules, Content
from tocsin.rules.statistics import RuleStatistics
from tocsin.rules.store import FIGURES_FILE, SWITCHES_FILE
from tocsin.rules.switchbook import SwitchBook
from tocsin.seams import Counting, DashboardLog, NotedEnrichment, OnCall, Precedents
from tocsin.searches import SavedSearches
from tocsin.settings import Settings
from tocsin.store.base import Batch, EventStore, Selection
from tocsin.store.documents import Documents
from tocsin.stores import holds_of, keeping_of, open_store


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part stands on."""

    settings: Settings
    data: DataFolder
    db: Database
    clock: Clock
    announcer: Announcer
    audit: Audit
    accounts: Accounts
    store: EventStore


@dataclass(frozen=True, slots=True)
class Wired:
    """The parts that stand on the ground, each handed those before it that it needs."""

    alerts: AlertService
    cases: CaseService
    intel: Intel
    enrichment: EnrichmentService
    playbooks: PlaybookService
    book: RuleBook
    detector: Detector
    ledger: Ledger
    analysis: AnalysisRules
    pipeline: Pipeline
    shelf: Shelf
    notifications: Notifications


def open_platform(settings: Settings) -> Platform:
    """Open the data folder and wire the parts; nothing runs yet. Raises errors that say what is wrong.

    What was opened before an error is closed again, so that another try finds the folder free.
    """
    with ExitStack() as opened:
        platform = _wired(_ground(settings, opened))
        opened.pop_all()
        return platform


def _wired(ground: Ground) -> Platform:
    settings, data, clock, audit = ground.settings, ground.data, ground.clock, ground.audit
    intel, list_problems = _intel(settings, ground.db, data.part("intel"), clock, audit)
    files = FileStore(data.part("attachments"))
    notifications, notify_problems = open_notifications(settings, ground.db, data.path, clock, audit)
    trail = TellingTrail(audit, notifications)
    cases = CaseService(clock, trail, files)
    alerts = AlertService(clock, trail, cases)
    enrichment, analyzer_problems = _enrichment(ground, intel, files)
    playbooks = _playbooks(ground, alerts, cases, intel, enrichment, notifications=notifications)
    book, detector = _detector(ground, alerts, playbooks, notifications)
    ledger = Ledger(ground.db, clock)
    analysis = _analysis(ground)
    pipeline = _pipeline(ground, analysis, intel, ledger, detector)
    analysis.attach(pipeline)
    shelf = load_shelf(content_folders(settings, "dashboards"))
    parts = Wired(
        alerts,
        cases,
        intel,
        enrichment,
        playbooks,
        book,
        detector,
        ledger,
        analysis,
        pipeline,
        shelf,
        notifications,
    )
    return Platform(
        settings=settings,
        data=data,
        services=_services(ground, parts),
        store=ground.store,
        pipeline=pipeline,
        ledger=ledger,
        detector=detector,
        analysis=analysis,
        playbooks=playbooks,
        intel=intel,
        enrichment=enrichment,
        notifications=notifications,
        syslog=syslog_of(settings, pipeline, ledger, clock),
        beats=beats_of(settings, pipeline, ledger, Identities(ground.db, clock, ground.store.get), clock),
        keeping=keeping_of(ground.store, settings.store),
        problems=(
            *analysis.problems,
            *book.problems,
            *list_problems,
            *notify_problems,
            *analyzer_problems,
            *load_pipelines(settings.content.pipelines, settings.enrich.geoip).problems,
            *shelf.problems,
        ),
    )


def _services(ground: Ground, parts: Wired) -> Services:
    """Return what the HTTP face is handed."""
    db, clock, audit, detector = ground.db, ground.clock, ground.audit, parts.detector
    detection = RuleService(parts.book, detector, db, audit)
    detection.note_versions()
    rehearsals = _rehearsals(ground, detector)
    desk = DetectionDesk(ground.settings, detection, rehearsals, ground.store)
    figures = PlatformFigures(ground.store, parts.pipeline, parts.ledger, detection)
    return Services(
        db=db,
        clock=clock,
        announcer=ground.announcer,
        audit=audit,
        accounts=ground.accounts,
        alerts=parts.alerts,
        cases=parts.cases,
        store=ground.store,
        holds=holds_of(ground.store, ground.data.part("events")),
        searches=SavedSearches(clock, audit),
        documents=Documents(clock, audit),
        identities=Identities(db, clock, ground.store.get),
        pipeline=parts.pipeline,
        agents=Agents(clock, audit),
        ledger=parts.ledger,
        indicators=parts.intel,
        warninglists=parts.intel.warninglists,
        enrichment=parts.enrichment,
        detection=detection,
        exceptions=ExceptionBook(clock, audit, lambda: detector.rules),
        rehearsals=rehearsals,
        analysis=parts.analysis,
        playbooks=parts.playbooks,
        dashboards=open_dashboards(
            ground.settings.dashboards,
            db,
            clock,
            log=DashboardLog(ground.store),
            parties=parties_of(clock, parts.notifications, parts.shelf),
        ),
        notifications=parts.notifications,
        metrics=registry_of(
            figures,
            SourceFigures(parts.ledger),
            AnalysisFigures(parts.analysis),
            NotifyFigures(parts.notifications.delivery),
        ),
        settings=ground.settings,
        **desk.services(db, audit, ground.announcer, parts.analysis),
    )


def open_intel(settings: Settings) -> tuple[Database, Intel]:
    """Open the indicators beside a platform that may be running on the same folder."""
    folder = settings.data.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = Database(settings.database or f"sqlite:///{folder}/tocsin.db")
    upgrade(db)
    clock = SystemClock()
    intel, _ = _intel(settings, db, folder / "intel", clock, Audit(clock))
    return db, intel


def _ground(settings: Settings, opened: ExitStack) -> Ground:
    data = DataFolder(settings.data)
    opened.callback(data.release)
    clock = SystemClock()
    db = Database(settings.database or f"sqlite:///{data.path}/tocsin.db")
    opened.callback(db.close)
    upgrade(db)
    store = open_store(settings.store, data.part("events"), clock)
    opened.callback(store.close)
    audit = Audit(clock)
    return Ground(
        settings=settings,
        data=data,
        db=db,
        clock=clock,
        announcer=Announcer(),
        audit=audit,
        accounts=Accounts(clock, audit),
        store=store,
    )


def _playbooks(
    ground: Ground,
    alerts: AlertService,
    cases: CaseService,
    intel: Intel,
    enrichment: EnrichmentService,
    *,
    notifications: Notifications,
) -> PlaybookService:
    parts = Parts(
        database=ground.db,
        alerts=alerts,
        cases=cases,
        log=ground.store,
        count_events=Counting(ground.store),
        extractor=intel.extractor,
        enricher=NotedEnrichment(ground.db, enrichment, cases),
        roster=OnCall(ground.accounts),
        notifier=PlaybookPost(notifications),
    )
    return PlaybookService(
        parts,
        DBOSEngine(
            f"sqlite:///{ground.data.path}/workflows.db",
            ground.db,
            clock=ground.clock,
            workers=ground.settings.respond.workers,
        ),
        content_folders(ground.settings, "playbooks"),
        clock=ground.clock,
        announcer=ground.announcer,
        audit=ground.audit,
    )


def _detector(
    ground: Ground, alerts: AlertService, playbooks: PlaybookService, notifications: Notifications
) -> tuple[RuleBook, Detector]:
    settings = ground.settings
    book = RuleBook(
        content_folders(settings, "detections"),
        level=settings.detect.alert_level,
        cache=ground.data.part("cache"),
    )
    with ground.db.read() as tx:
        rules = book.read(tx)
    detector = Detector(
        ground.store,
        ground.db,
        alerts,
        rules,
        clock=ground.clock,
        announcer=ground.announcer,
        hooks=(playbooks.hook,),
        amender=alerts,
        history=partial(_history, ground.store),
        teller=rule_teller(settings, notifications, ground.clock, lambda: detector.rules),
    )
    return book, detector


def _rehearsals(ground: Ground, detector: Detector) -> Rehearsals:
    return Rehearsals(
        partial(_history, ground.store),
        lambda: detector.rules,
        ground.db,
        ground.clock,
        closed_as=Precedents(ground.db),
    )


def _history(store: EventStore, condition: Node, start: int, end: int) -> Iterator[Event]:
    """Yield the events of a span that satisfy a condition, the oldest first."""
    for batch in store.scan(Selection(condition, start, end)):
        yield from batch


def _analysis(ground: Ground) -> AnalysisRules:
    settings, folder = ground.settings, content_store(ground.settings).folder
    wanted = settings.rules
    statistics = RuleStatistics(folder / FIGURES_FILE, ground.clock, alert_level=settings.detect.alert_level)
    statistics.restore()
    content = Content(
        folders=lambda: rule_folders(settings),
        switches=SwitchBook(folder / SWITCHES_FILE),
        options=analysis_options(settings),
        provenance=content_store(settings).provenance,
        memory_size=memory_bound(settings),
    )

    def memory(ruleset: Ruleset) -> KeptCorrelation:
        correlation = Correlation(ruleset, mode=wanted.memory, memory_size=wanted.memory_size)
        return KeptCorrelation(correlation, folder / "memory")

    return AnalysisRules(content, statistics, ground.db, ground.clock, ground.audit, memory=memory)


def _pipeline(
    ground: Ground,
    analysis: AnalysisRules,
    intel: Intel,
    ledger: Ledger,
    detector: Detector,
) -> Pipeline:
    store, announcer = ground.store, ground.announcer

    def commit(source: str, events: Sequence[Event], last_seq: int) -> Committed:
        return store.commit(Batch(source, events, last_seq))

    def committed(source: str, _: Committed) -> None:
        detector.notify()
        announcer.tell("commit", source)

    stages = Stages(
        analysis.edition.factory, analysis.settle, intel.matcher().match, commit, store.mark, analysis.offer
    )
    limits, processing = limits_of(ground.settings), processing_of(ground.settings)
    return Pipeline(stages, ledger, limits, on_commit=committed, processing=processing)


def _intel(
    settings: Settings, db: Database, folder: Path, clock: Clock, audit: Audit
) -> tuple[Intel, Sequence[Problem]]:
    wanted = IntelSettings(
        folder=folder,
        warninglists=content_folders(settings, "warninglists"),
        own_networks=settings.intel.own_networks,
        own_domains=settings.intel.own_domains,
    )
    intel = Intel(db, clock, audit, wanted)
    return intel, intel.open()


def _enrichment(
    ground: Ground, intel: Intel, files: FileStore
) -> tuple[EnrichmentService, Sequence[Problem]]:
    means = Means(
        known=intel,
        history=LogHistory(ground.store, Selection, ground.clock),
        files=PathStore(files.path),
        extractor=intel.extractor,
        geoip=ground.settings.enrich.geoip,
        yara_rules=ground.settings.enrich.yara_rules,
    )
    analyzers, problems = native_analyzers(means)
    return EnrichmentService(ground.db, ground.clock, analyzers, ground.audit), problems
