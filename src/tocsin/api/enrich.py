"""Routes of analyzers and their jobs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require, require_any
from tocsin.api.paging import listing
from tocsin.api.services import Services, services
from tocsin.core.clock import to_iso
from tocsin.core.errors import NotFoundError
from tocsin.enrich.service import EnrichmentService, Job

router = APIRouter(tags=["enrich"])

_Services = Annotated[Services, Depends(services)]
_Runner = Annotated[Principal, Depends(require("analyzers:run"))]
_Reader = Annotated[Principal, Depends(require_any("alerts:read", "cases:read"))]


class RunIn(BaseModel):
    """An observable to analyze, with all analyzers of its kind or those named."""

    kind: str = Field(min_length=1, max_length=40)
    value: str = Field(min_length=1, max_length=8192)
    tlp: int = Field(2, ge=0, le=4)
    pap: int = Field(2, ge=0, le=3)
    analyzers: list[Annotated[str, Field(max_length=100)]] | None = Field(None, max_length=200)
    observable_id: str | None = Field(None, max_length=64)
    force: bool = False


def enrichment_of(services: Services) -> EnrichmentService:
    """Return the platform's analyzers; raises `NotFoundError` on a platform without."""
    if not isinstance(services.enrichment, EnrichmentService):
        raise NotFoundError("this platform runs no analyzers")
    return services.enrichment


@router.get("/analyzers")
def list_analyzers(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the analyzers."""
    found = enrichment_of(services).catalogue()
    items = (
        {
            "name": about.name,
            "version": about.version,
            "description": about.description,
            "kinds": sorted(about.kinds),
            "local": about.is_local,
            "max_tlp": about.max_tlp,
            "max_pap": about.max_pap,
            "enabled": True,
        }
        for about in found
    )
    return listing(items, total=len(found))


@router.post("/analyzers/run")
def run_analyzers(body: RunIn, caller: _Runner, services: _Services) -> dict[str, Any]:
    """Analyze an observable and return the ended jobs; with `observable_id` its reports go with it."""
    if body.observable_id is not None and services.cases is not None:
        with services.db.read() as tx:
            services.cases.observables.get(tx, body.observable_id)
    jobs = enrichment_of(services).run(
        body.kind,
        body.value,
        body.tlp,
        body.pap,
        analyzers=body.analyzers,
        force=body.force,
        observable_id=body.observable_id,
        actor=caller.actor,
    )
    if body.observable_id is not None and services.cases is not None:
        _keep_reports(services, body.observable_id, jobs)
    return listing(map(job_view, jobs), total=len(jobs))


@router.get("/jobs")
def list_jobs(
    _caller: _Reader, services: _Services, observable_id: Annotated[str, Query(max_length=64)]
) -> dict[str, Any]:
    """List the jobs of an observable, newest first."""
    with services.db.read() as tx:
        jobs = enrichment_of(services).jobs_of(tx, observable_id)
    return listing(map(job_view, jobs), total=len(jobs))


@router.get("/jobs/{job_id}")
def get_job(job_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return one job with its report."""
    with services.db.read() as tx:
        return job_view(enrichment_of(services).get(tx, job_id))


def job_view(job: Job) -> dict[str, Any]:
    """Return a job as JSON holds it."""
    return {
        "id": job.id,
        "analyzer": job.analyzer,
        "version": job.version,
        "kind": job.kind,
        "value": job.value,
        "status": job.status,
        "started_at": _instant(job.started_at),
        "ended_at": _instant(job.ended_at),
        "from_cache": job.from_cache,
        "error": job.error or None,
        "report": asdict(job.report) if job.report else None,
    }


def _keep_reports(services: Services, observable_id: str, jobs: list[Job]) -> None:
    with services.db.write() as tx:
        for job in jobs:
            if job.report is not None:
                services.cases.observables.add_report(
                    tx,
                    observable_id,
                    analyzer=job.analyzer,
                    verdict=job.report.verdict,
                    taxonomies=[asdict(each) for each in job.report.taxonomies],
                    job_id=job.id,
                )


def _instant(at: int | None) -> str | None:
    return None if at is None else to_iso(at)
