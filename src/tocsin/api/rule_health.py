"""Routes of rule health: how each rule does, and what the nightly test of all rules found."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import listing
from tocsin.api.run_views import instant
from tocsin.api.services import Services, services
from tocsin.core.errors import NotFoundError
from tocsin.detect.health import Health
from tocsin.detect.retest import Retest
from tocsin.detect.service import RuleState
from tocsin.detect.tables import RetestRow

router = APIRouter(tags=["rules"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]
_Writer = Annotated[Principal, Depends(require("rules:write"))]


@router.get("/rules/health")
def list_health(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return how every rule does: off, failing, dead, noisy, silent or fine, with reasons and figures."""
    lag_ms = services.detection.status().lag_ms
    with services.db.read() as tx:
        states = services.detection.list(tx)
        found = services.ward.all(tx, states)
    return listing(_brief(state, found[state.rule.id], lag_ms) for state in states)


@router.get("/rules/retests")
def list_retests(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the tests of all rules that are kept, the newest first."""
    retest: Retest = services.retest
    with services.db.read() as tx:
        rows = [_retest(row) for row in retest.results(tx)]
    at = services.settings.detect.retest_at if services.settings is not None else ""
    return listing(rows, total=len(rows)) | {"scheduled_at": at or None}


@router.post("/rules/retests", status_code=201)
def retest_rules(caller: _Writer, services: _Services) -> dict[str, Any]:
    """Run the cases of all rules now; one such test runs at a time (409, `retest-running`)."""
    found: dict[str, Any] = services.retest.test(caller.actor)
    return found | {"dead": len(found["dead"])}


@router.get("/rules/retests/{retest_id}")
def get_retest(retest_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return one test of all rules with everything it found."""
    with services.db.read() as tx:
        row = tx.get(RetestRow, retest_id)
        if row is None:
            raise NotFoundError(f"there is no re-test {retest_id!r}")
        return _retest(row) | {"dead_ids": row.result["dead"], "silent": row.result["silent"]}


@router.get("/rules/{rule_id}/health")
def get_health(rule_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return how one rule does, with its alerts of the last thirty days by day and by verdict."""
    lag_ms = services.detection.status().lag_ms
    with services.db.read() as tx:
        state = services.detection.get(tx, rule_id)
        found: Health = services.ward.one(tx, state)
    verdicts = found.verdicts
    return _brief(state, found, lag_ms) | {
        "days": [{"day": day, "alerts": count} for day, count in sorted((verdicts.by_day or {}).items())],
        "closed_as": dict(verdicts.closed_as or {}),
    }


def _brief(state: RuleState, health: Health, lag_ms: int) -> dict[str, Any]:
    cost = state.cost
    return {
        "rule_id": state.rule.id,
        "state": health.state,
        "reasons": list(health.reasons),
        "last_match_at": instant(state.last_match_at),
        "lag_ms": lag_ms,
        "cpu_ms": (cost.ns + cost.cpu_ns) // 1_000_000,
        "alerts": health.alerts,
        "alerts_per_day": health.alerts_per_day,
        "busiest_day_alerts": health.busiest_day,
        "judged": health.judged,
        "precision": health.precision,
    }


def _retest(row: RetestRow) -> dict[str, Any]:
    result = row.result
    return {
        "id": row.id,
        "started_at": instant(row.started_at),
        "ended_at": instant(row.ended_at),
        "started_by": row.started_by,
        "rules": result["rules"],
        "cases": result["cases"],
        "failed": result["failed"],
        "dead": len(result["dead"]),
        "silent_rules": len(result["silent"]),
        "newly_failed": result["newly_failed"],
        "newly_dead": result["newly_dead"],
        "newly_silent": result["newly_silent"],
    }
