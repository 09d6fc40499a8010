"""Routes of the sources: what each sent and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.services import Services, services
from tocsin.core.clock import MILLISECOND, to_iso
from tocsin.core.errors import NotFoundError
from tocsin.ingest.agents import Agent
from tocsin.ingest.batches import source_of
from tocsin.ingest.ledger import Account, Refusal

router = APIRouter(tags=["sources"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("sources:read"))]
_LogReader = Annotated[Principal, Depends(require("sources:read", "events:read"))]


@router.get("/sources")
def sources(
    _caller: _Reader, services: _Services, page: Annotated[Paging, Depends(paging)]
) -> dict[str, Any]:
    """Return the sources in order of their ids: received = stored + duplicates + refused + under way."""
    accounts = services.ledger.accounts()
    after = page.cursor or ""
    wanted = [account for account in accounts if account.source > after]
    shown = wanted[: page.limit]
    agents = _agents(services)
    items = [
        _source(account, agents.get(account.source), services.pipeline.mark(account.source))
        for account in shown
    ]
    following = shown[-1].source if len(wanted) > len(shown) else None
    return listing(items, following=following, total=len(accounts))


@router.get("/sources/refused")
def refused(_caller: _LogReader, services: _Services, source: str, reason: str) -> dict[str, Any]:
    """Return the beginnings of the newest records of a source that were refused for a reason."""
    refusal = services.ledger.account(source).refusals.get(reason)
    if refusal is None:
        raise NotFoundError(f"{source!r} had nothing refused for {reason!r}")
    samples = [
        {"text": sample.text, "size_bytes": sample.size_bytes, "at": to_iso(sample.at)}
        for sample in reversed(refusal.samples)
    ]
    return _refusal(refusal) | {"samples": samples}


def _agents(services: Services) -> dict[str, Agent]:
    with services.db.read() as tx:
        return {source_of(agent.id): agent for agent in services.agents.all(tx)}


def _source(account: Account, agent: Agent | None, mark: int) -> dict[str, Any]:
    kind, _, rest = account.source.partition(":")
    refusals = sorted(account.refusals.values(), key=lambda refusal: -refusal.count)
    return {
        "id": account.source,
        "kind": kind,
        "name": agent.name if agent else rest,
        "waiting": _waiting(agent),
        "received": account.received,
        "stored": account.stored,
        "duplicates": account.duplicates,
        "refused": account.refused,
        "lost": account.lost,
        "under_way": max(0, account.under_way),
        "refusals": [_refusal(refusal) for refusal in refusals],
        "mark": mark,
        "last_at": to_iso(account.last_at) if account.last_at else None,
        "lag_ms": account.lag_us // MILLISECOND,
    }


def _waiting(agent: Agent | None) -> int | None:
    """Return how many records wait at the sender; None where it does not tell."""
    waiting = agent.spool.get("records") if agent else None
    return waiting if isinstance(waiting, int) else None


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {
        "reason": refusal.reason,
        "kind": refusal.kind,
        "count": refusal.count,
        "last_at": to_iso(refusal.last_at),
    }
