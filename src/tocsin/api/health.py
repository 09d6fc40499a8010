"""Whether the platform is well, for load balancers, and its figures, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tocsin.api.access import public, require_any
from tocsin.api.services import Services, services
from tocsin.core.errors import NotFoundError, TocsinError

router = APIRouter(tags=["health"])

_log = structlog.get_logger(__name__)


@router.get("/healthz", dependencies=[Depends(public("says ok or degraded and nothing else"))])
def health(services: Annotated[Services, Depends(services)], response: Response) -> dict[str, Any]:
    """Say whether database and event log answer and there is room to store; 503 when one does not hold."""
    checks = {"database": _holds(lambda: _ask_database(services))}
    if services.store is not None:
        checks["store"] = _holds(services.store.last_commit)
    if services.pipeline is not None:
        checks["ingest"] = not services.pipeline.is_full()
    well = all(checks.values())
    response.status_code = 200 if well else 503
    return {
        "status": "ok" if well else "degraded",
        "checks": {name: "ok" if holds else "degraded" for name, holds in checks.items()},
    }


@router.get("/metrics", dependencies=[Depends(require_any("admin", "sources:read"))])
def metrics(services: Annotated[Services, Depends(services)]) -> Response:
    """Return the platform's figures in Prometheus' text format."""
    if services.metrics is None:
        raise NotFoundError("this platform keeps no metrics")
    return Response(generate_latest(services.metrics), media_type=CONTENT_TYPE_LATEST)


def _ask_database(services: Services) -> None:
    with services.db.read() as tx:
        tx.execute(text("SELECT 1"))


def _holds(check: Callable[[], object]) -> bool:
    try:
        check()
    except (SQLAlchemyError, TocsinError, OSError) as error:
        _log.warning("health check failed", error=repr(error))
        return False
    return True
