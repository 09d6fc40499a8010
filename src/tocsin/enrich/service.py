"""Analysis jobs: decided at the gate, taken from the cache or run, and kept with their reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import xxhash
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tocsin.core.actor import SYSTEM, Actor, AuditTrail
from tocsin.core.clock import SECOND, Clock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.enrich.base import About, AnalysisError, Analyzer, Context, Observable, Report, Verdict
from tocsin.enrich.reports import from_document, to_document
from tocsin.enrich.runner import Assignment, Outcome, Runner, refusal
from tocsin.enrich.tables import JobRow
from tocsin.enrich.verdict import combined

Status = Literal["waiting", "running", "success", "failure"]
_MAX_VALUE = 8_192
_MAX_JOBS = 500


@dataclass(frozen=True, slots=True)
class Job:
    """One analyzer over one observable. `error` says why a failed one has no report."""

    id: str
    analyzer: str
    version: str
    kind: str
    value: str
    tlp: int
    pap: int
    status: Status
    observable_id: str | None
    created_at: int
    started_at: int | None
    ended_at: int | None
    from_cache: bool
    error: str
    report: Report | None


class EnrichmentService:
    """Runs the analyzers of a catalogue on observables. Thread safe.

    `run` does everything and returns when all is done. `submit` and `execute` are its halves, for a caller
    with a transaction of its own. `recover` belongs at the start, before anything runs.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        analyzers: Sequence[Analyzer],
        audit: AuditTrail,
        runner: Runner | None = None,
    ) -> None:
        self._db, self._clock, self._audit = db, clock, audit
        self._analyzers = {analyzer.about.name: analyzer for analyzer in analyzers}
        self._runner = runner or Runner()

    def catalogue(self) -> list[About]:
        """Return what there is to run, by name."""
        return sorted((analyzer.about for analyzer in self._analyzers.values()), key=lambda about: about.name)

    def run(
        self,
        kind: str,
        value: str,
        tlp: int,
        pap: int,
        *,
        analyzers: Sequence[str] | None = None,
        force: bool = False,
        observable_id: str | None = None,
        actor: Actor = SYSTEM,
    ) -> list[Job]:
        """Analyze one observable with the analyzers named, or all that take its kind; returns ended jobs.

        A report in the cache is used unless `force` is set. Holds no transaction while analyzers run.
        Raises `NotFoundError` for an unknown analyzer and `InvalidError` for an impossible observable.
        """
        observable = _observable(kind, value, tlp, pap)
        with self._db.write() as tx:
            jobs = self.submit(
                tx, observable, analyzers=analyzers, force=force, observable_id=observable_id, actor=actor
            )
        return self.execute([job.id for job in jobs])

    def submit(
        self,
        tx: Session,
        observable: Observable,
        *,
        analyzers: Sequence[str] | None = None,
        force: bool = False,
        observable_id: str | None = None,
        actor: Actor = SYSTEM,
    ) -> list[Job]:
        """Make the jobs; those refused at the gate or found in the cache are ended, the others wait."""
        chosen = self._chosen(observable.kind, analyzers)
        rows = [self._row(tx, analyzer, observable, observable_id, actor, force=force) for analyzer in chosen]
        tx.add_all(rows)
        tx.flush()
        names = [analyzer.about.name for analyzer in chosen]
        details = {"kind": observable.kind, "analyzers": names}
        self._audit.record(
            tx, actor, "analyze", kind="observable", subject=observable.value[:200], details=details
        )
        return [_job(row) for row in rows]

    def execute(self, job_ids: Sequence[str]) -> list[Job]:
        """Run those of the jobs that wait and return all of them, ended, in the order asked for."""
        waiting = self._start(job_ids)
        assignments = [
            Assignment(self._analyzers[row.analyzer], Observable(row.kind, row.value, row.tlp, row.pap))
            for row in waiting
        ]
        outcomes = self._runner.run(assignments, Context(self._clock.now())) if assignments else []
        with self._db.write() as tx:
            for row, outcome in zip(waiting, outcomes, strict=True):
                self._finish(tx.get_one(JobRow, row.id), outcome)
        with self._db.read() as tx:
            return [self.get(tx, job_id) for job_id in job_ids]

    def recover(self) -> int:
        """Fail the jobs that an earlier process left unfinished; returns how many."""
        with self._db.write() as tx:
            left = tx.scalars(select(JobRow.id).where(JobRow.status.in_(("waiting", "running")))).all()
            tx.execute(
                update(JobRow)
                .where(JobRow.status.in_(("waiting", "running")))
                .values(status="failure", error="interrupted", ended_at=self._clock.now())
            )
        return len(left)

    def get(self, tx: Session, job_id: str) -> Job:
        """Return one job; raises `NotFoundError`."""
        row = tx.get(JobRow, job_id)
        if row is None:
            raise NotFoundError(f"there is no job {job_id[:100]}")
        return _job(row)

    def jobs_of(self, tx: Session, observable_id: str) -> list[Job]:
        """Return the jobs of an observable, newest first."""
        query = select(JobRow).where(JobRow.observable_id == observable_id)
        rows = tx.scalars(query.order_by(JobRow.created_at.desc(), JobRow.id.desc()).limit(_MAX_JOBS))
        return [_job(row) for row in rows]

    def verdict_of(self, tx: Session, observable_id: str) -> Verdict | None:
        """Return the combined verdict of each analyzer's newest successful report on an observable."""
        return combined_of(self.jobs_of(tx, observable_id))

    def _chosen(self, kind: str, names: Sequence[str] | None) -> list[Analyzer]:
        if names is None:
            found = [each for each in self._analyzers.values() if kind in each.about.kinds]
            return sorted(found, key=lambda each: each.about.name)
        unknown = [name for name in names if name not in self._analyzers]
        if unknown:
            raise NotFoundError(f"there is no analyzer {unknown[0][:100]!r}")
        return [self._analyzers[name] for name in dict.fromkeys(names)]

    def _row(
        self,
        tx: Session,
        analyzer: Analyzer,
        observable: Observable,
        observable_id: str | None,
        actor: Actor,
        *,
        force: bool,
    ) -> JobRow:
        now, about = self._clock.now(), analyzer.about
        row = JobRow(
            id=new_id("job"),
            analyzer=about.name,
            version=about.version,
            kind=observable.kind,
            value=observable.value,
            tlp=observable.tlp,
            pap=observable.pap,
            status="waiting",
            cache_key=cache_key(analyzer, observable),
            observable_id=observable_id,
            created_by=str(actor),
            created_at=now,
            from_cache=False,
            error="",
        )
        if reason := refusal(analyzer, observable):
            row.status, row.error, row.ended_at = "failure", reason, now
        elif not force and (cached := self._cached(tx, row.cache_key, about, now)):
            row.status, row.report, row.from_cache = "success", cached.report, True
            row.started_at = row.ended_at = now
        return row

    @staticmethod
    def _cached(tx: Session, key: str, about: About, now: int) -> JobRow | None:
        if about.cache_s <= 0:
            return None
        return tx.scalar(
            select(JobRow)
            .where(
                JobRow.cache_key == key,
                JobRow.status == "success",
                JobRow.from_cache.is_(False),  # else a report would live on from copy to copy
                JobRow.ended_at > now - int(about.cache_s * SECOND),
            )
            .order_by(JobRow.ended_at.desc())
            .limit(1)
        )

    def _start(self, job_ids: Sequence[str]) -> list[JobRow]:
        """Mark the waiting jobs as running, each by whoever comes first."""
        if not job_ids:
            return []
        with self._db.write() as tx:
            query = select(JobRow).where(JobRow.id.in_(job_ids), JobRow.status == "waiting")
            rows = list(tx.scalars(query.order_by(JobRow.id).with_for_update()))
            for row in rows:
                row.status, row.started_at = "running", self._clock.now()
        return rows

    def _finish(self, row: JobRow, outcome: Outcome) -> None:
        row.ended_at = self._clock.now()
        try:
            if isinstance(outcome, Report):
                row.report, row.status = to_document(outcome), "success"
                return
            row.error = outcome
        except AnalysisError as error:
            row.error = error.message
        row.status = "failure"


def combined_of(jobs: Sequence[Job]) -> Verdict | None:
    """Return the combined verdict of each analyzer's newest report; `jobs` are newest first."""
    newest: dict[str, Verdict] = {}
    for job in jobs:
        if job.report is not None:
            newest.setdefault(job.analyzer, job.report.verdict)
    return combined(newest.values())


def cache_key(analyzer: Analyzer, observable: Observable) -> str:
    """Return the key a report is kept under: analyzer, version, configuration, observable, TLP and PAP."""
    about = analyzer.about
    parts = (
        about.name,
        about.version,
        analyzer.configuration,
        observable.kind,
        observable.value,
        str(observable.tlp),
        str(observable.pap),
    )
    return xxhash.xxh3_128_hexdigest("\x1f".join(parts).encode("utf-8", "surrogatepass"))


def _observable(kind: str, value: str, tlp: int, pap: int) -> Observable:
    text = value.strip()
    if not text or len(text) > _MAX_VALUE:
        raise InvalidError(f"an observable's value has 1 to {_MAX_VALUE} characters")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidError("an observable's value holds half a character")
    if not 0 <= tlp <= 4 or not 0 <= pap <= 3:
        raise InvalidError(f"TLP {tlp} or PAP {pap} is off its scale")
    return Observable(kind, text, tlp, pap)


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        analyzer=row.analyzer,
        version=row.version,
        kind=row.kind,
        value=row.value,
        tlp=row.tlp,
        pap=row.pap,
        status=row.status,  # type: ignore[arg-type]  # only statuses are written
        observable_id=row.observable_id,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        from_cache=row.from_cache,
        error=row.error,
        report=from_document(row.report) if row.report is not None else None,
    )
