"""Where two areas' words differ: small translators that `app.py` puts between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.accounts import Accounts
from tocsin.cases import Case, CaseService, Observable
from tocsin.cases.measuring import Measured, measured
from tocsin.cases.precedents import last_resolutions
from tocsin.cases.rule_alerts import alerts_by_rule
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.dashboards.model import Source
from tocsin.detect.health import Verdicts
from tocsin.detect.retest import FailedCase, Others
from tocsin.enrich.service import EnrichmentService, Job
from tocsin.query.aggregation import Aggregation, Result
from tocsin.query.tree import Node
from tocsin.rules.cases import case_files, run_cases
from tocsin.rules.service import AnalysisRules
from tocsin.store.base import EventStore, Order, Selection

_MOST_COPIES = 200
"""Observables of equal value that one report is noted on."""


@dataclass(frozen=True, slots=True)
class NotedEnrichment:
    """Enrichment whose reports are noted on the observables of alerts and cases that hold the value."""

    db: Database
    enrichment: EnrichmentService
    cases: CaseService

    def run(self, kind: str, value: str, tlp: int, pap: int) -> Sequence[Job]:
        """Analyze the value and note the reports; returns the ended jobs."""
        jobs = self.enrichment.run(kind, value, tlp=tlp, pap=pap)
        with self.db.write() as tx:
            self.note(tx, kind, value, jobs)
        return jobs

    def note(self, tx: Session, kind: str, value: str, jobs: Sequence[Job]) -> None:
        """Note the reports of the jobs on every observable of this kind and value."""
        query = select(Observable.id).where(Observable.kind == kind, Observable.value == value)
        holders = tx.scalars(query.order_by(Observable.id.desc()).limit(_MOST_COPIES)).all()
        for job in jobs:
            if job.report is None:
                continue
            taxonomies = [asdict(taxonomy) for taxonomy in job.report.taxonomies]
            for holder in holders:
                self.cases.observables.add_report(
                    tx,
                    holder,
                    analyzer=job.analyzer,
                    verdict=job.report.verdict,
                    taxonomies=taxonomies,
                    job_id=job.id,
                )


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who gets an escalated case: the analyst with the fewest open ones, else an administrator."""

    accounts: Accounts

    def choose(self, tx: Session) -> str | None:
        """Return a login; None when nobody may work on cases."""
        able = [user for user in self.accounts.users.all(tx) if not user.locked]
        for role in ("analyst", "administrator"):
            logins = [user.login for user in able if user.role == role]
            if logins:
                return min(logins, key=lambda login: (_open_cases(tx, login), login))
        return None


def _open_cases(tx: Session, login: str) -> int:
    query = select(func.count()).select_from(Case).where(Case.assignee == login, Case.status != "closed")
    return tx.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class Counting:
    """The event log, asked how many events there are."""

    store: EventStore

    def __call__(self, query: Node, from_at: int, to_at: int) -> int:
        """Return how many events the query selects in `from_at <= at < to_at`."""
        return self.store.count(Selection(query, from_at, to_at))


def verdicts_since(tx: Session, since: int, rule_id: str | None) -> Mapping[str, Verdicts]:
    """Return what became of the alerts opened since then, of one rule or of all, as rule health asks."""
    found = alerts_by_rule(tx, since, rule_id)
    return {name: Verdicts(of.alerts, of.by_day, of.closed_as) for name, of in found.items()}


@dataclass(frozen=True, slots=True)
class ClassifyingCases:
    """The rules that classify events, re-tested with the detections."""

    analysis: AnalysisRules
    folders: Callable[[], Sequence[Path]]

    def __call__(self) -> Others:
        """Run their cases, and look for those that can never be a verdict."""
        files = list(dict.fromkeys(file for folder in self.folders() for file in case_files(folder)))
        outcomes, problems = run_cases(self.analysis.edition.ruleset, files)
        failed = [
            FailedCase(file_name(each.file), "", each.name, "; ".join(each.failures)[:500])
            for each in outcomes
            if each.failures
        ]
        failed += [
            FailedCase(file_name(each.location.path), "", each.subject, each.reason) for each in problems
        ]
        dead = tuple((each.id, each.reason) for each in self.analysis.dead())
        return Others(len(outcomes), tuple(failed), dead)


def file_name(path: str) -> str:
    """Return the last part of a path: what a case of a whole file is listed under."""
    return PurePath(path).name


@dataclass(frozen=True, slots=True)
class Precedents:
    """Alerts that were closed, asked what a key's last one was closed as."""

    db: Database

    def __call__(self, group_keys: Sequence[str]) -> Mapping[str, str]:
        """Return the resolution by key; keys of which no alert was closed are left out."""
        with self.db.read() as tx:
            return last_resolutions(tx, group_keys)


@dataclass(frozen=True, slots=True)
class DashboardLog:
    """The event log as dashboards ask it."""

    store: EventStore

    def count(self, query: Node, start: int, end: int) -> int:
        """Return how many events there are."""
        return self.store.count(Selection(query, start, end))

    def aggregate(
        self, query: Node, start: int, end: int, aggregations: Sequence[Aggregation]
    ) -> Mapping[str, Result]:
        """Return the answer to each aggregation by name."""
        return self.store.aggregate(Selection(query, start, end), aggregations)

    def first(self, query: Node, start: int, end: int, order: Order, limit: int) -> Sequence[Event]:
        """Return the newest or oldest events."""
        return self.store.search(Selection(query, start, end), order=order, limit=limit).events


@dataclass(frozen=True, slots=True)
class DashboardDesk:
    """Alerts and cases as dashboards count them."""

    def rows(
        self, tx: Session, source: Source, query: Node, start: int, end: int, *, most: int
    ) -> Sequence[Measured]:
        """Return those opened in the span, the newest first."""
        return measured(tx, "alert" if source == "alerts" else "case", query, start, end, most=most)
