"""Routes of the sources: what each sent and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.services import Services, services
from tocsin.core.clock import MILLISECOND, to_iso
from tocsin.ingest.batches import source_of
from tocsin.ingest.ledger import Account, Refusal

router = APIRouter(tags=["sources"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("sources:read"))]


@router.get("/sources")
def sources(
    _caller: _Reader, services: _Services, page: Annotated[Paging, Depends(paging)]
) -> dict[str, Any]:
    """Return the sources in order of their ids: received = stored + duplicates + refused + under way."""
    accounts = services.ledger.accounts()
    after = page.cursor or ""
    wanted = [account for account in accounts if account.source > after]
    shown = wanted[: page.limit]
    names = _agent_names(services)
    items = [_source(account, names, services.pipeline.mark(account.source)) for account in shown]
    following = shown[-1].source if len(wanted) > len(shown) else None
    return listing(items, following=following, total=len(accounts))


def _agent_names(services: Services) -> dict[str, str]:
    with services.db.read() as tx:
        return {source_of(agent.id): agent.name for agent in services.agents.all(tx)}


def _source(account: Account, names: dict[str, str], mark: int) -> dict[str, Any]:
    kind, _, rest = account.source.partition(":")
    refusals = sorted(account.refusals.values(), key=lambda refusal: -refusal.count)
    return {
        "id": account.source,
        "kind": kind,
        "name": names.get(account.source, rest),
        "received": account.received,
        "stored": account.stored,
        "duplicates": account.duplicates,
        "refused": account.refused,
        "refusals": [_refusal(refusal) for refusal in refusals],
        "mark": mark,
        "last_at": to_iso(account.last_at) if account.last_at else None,
        "lag_ms": account.lag_us // MILLISECOND,
    }


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"reason": refusal.reason, "count": refusal.count, "last_at": to_iso(refusal.last_at)}
