"""The overview: what came in, what it amounts to, and whether everything keeps up."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tocsin.api.access import require
from tocsin.api.services import Services
from tocsin.api.subjects import ServicesDep
from tocsin.cases import Figures, figures
from tocsin.cases.figures import Top
from tocsin.cases.model import SEVERITY_LABELS
from tocsin.core.clock import SECOND, to_iso
from tocsin.core.errors import InvalidError
from tocsin.query.dates import parse_instant
from tocsin.store.base import Selection

router = APIRouter(tags=["overview"])

_BUCKETS = 60
_Instant = Annotated[str, Query(max_length=64)]


@router.get(
    "/overview",
    dependencies=[
        Depends(require("alerts:read", "cases:read", "events:read", "sources:read", "agents:read"))
    ],
)
def overview(
    services: ServicesDep,
    from_: Annotated[str, Query(alias="from", max_length=64)] = "now-24h",
    to: _Instant = "now",
) -> dict[str, Any]:
    """Return the figures of a span of time."""
    now = services.clock.now()
    from_at, to_at = parse_instant(from_, now=now), parse_instant(to, now=now)
    if from_at >= to_at:
        raise InvalidError("`from` lies before `to`")
    with services.db.read() as tx:
        desk = figures(tx, from_at, to_at)
        agents = [agent.status for agent in services.agents.all(tx)] if services.agents is not None else []
    return {
        "events": _events(services, from_at, to_at),
        **_desk(desk),
        "agents": {"active": agents.count("active"), "silent": agents.count("silent")},
        "sources": _sources(services),
        "detect": {"lag_ms": services.detection.status().lag_ms if services.detection is not None else None},
        "store": _store(services),
    }


def _events(services: Services, from_at: int, to_at: int) -> dict[str, Any]:
    width = max((to_at - from_at) // _BUCKETS // SECOND, 1) * SECOND
    selection = Selection(from_at=from_at, to_at=to_at)
    buckets = services.store.histogram(selection, width=width) if services.store is not None else ()
    total = sum(bucket.count for bucket in buckets)
    items = [{"start": to_iso(bucket.start), "count": bucket.count} for bucket in buckets]
    return {"count": total, "histogram": {"width_us": width, "items": items, "total": total}}


def _desk(desk: Figures) -> dict[str, Any]:
    by_status = desk.alerts_by_status
    return {
        "alerts": {
            "new": by_status.get("new", 0),
            "in_progress": by_status.get("in_progress", 0),
            "closed": by_status.get("closed", 0) + by_status.get("ignored", 0),
            "imported": by_status.get("imported", 0),
            "by_severity": _labelled(desk.open_alerts_by_severity),
            "auto_closed": desk.auto_closed,
        },
        "cases": {
            "open": desk.open_cases,
            "new": desk.new_cases,
            "by_severity": _labelled(desk.open_cases_by_severity),
        },
        "top_rules": [_top(top) for top in desk.top_rules],
        "top_attackers": [_top(top) for top in desk.top_attackers],
    }


def _labelled(counts: dict[int, int]) -> dict[str, int]:
    return {label: counts.get(severity, 0) for severity, label in SEVERITY_LABELS.items()}


def _top(top: Top) -> dict[str, Any]:
    return {"key": top.key, "label": top.label, "count": top.alerts, "events": top.events}


def _sources(services: Services) -> dict[str, int]:
    accounts = services.ledger.accounts() if services.ledger is not None else []
    return {"count": len(accounts), "refused": sum(account.refused for account in accounts)}


def _store(services: Services) -> dict[str, int]:
    days = services.store.days() if services.store is not None else ()
    return {"days": len(days), "size_bytes": sum(day.size_bytes for day in days)}
