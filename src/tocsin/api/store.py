"""Routes of the days of an embedded log, and of the holds that keep events of any log from being deleted."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import listing
from tocsin.api.services import Services, services
from tocsin.core.clock import from_datetime, to_iso
from tocsin.core.errors import ConflictError
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.holds import Hold, Holds, NewHold

router = APIRouter(prefix="/store", tags=["store"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("events:read"))]
_Keeper = Annotated[Principal, Depends(require("admin"))]
_INSTANTS = ("from_at", "to_at", "placed_at", "lifted_at")


class HoldIn(BaseModel, extra="forbid"):
    """A hold to place: a query, a time, or both; with neither it holds every event."""

    reason: str = Field(min_length=1, max_length=2_000)
    query: str = Field(default="", max_length=16_384)
    """In the language of searches; it must not depend on the time."""
    from_at: AwareDatetime | None = None
    to_at: AwareDatetime | None = None
    """The first instant that is not held any more."""


class LiftIn(BaseModel, extra="forbid"):
    """Why a hold is lifted."""

    reason: str = Field(min_length=1, max_length=2_000)


def embedded(services: _Services) -> DuckDBStore:
    """Return the embedded log; raises `ConflictError` when the platform keeps its log elsewhere."""
    store = services.store
    if not isinstance(store, DuckDBStore):
        raise ConflictError("the log of this platform is on a cluster, which keeps days its own way")
    return store


def held(services: _Services) -> Holds:
    """Return the holds on the log of the platform."""
    found: Holds = services.holds
    return found


_Log = Annotated[DuckDBStore, Depends(embedded)]
_Holds = Annotated[Holds, Depends(held)]


@router.get("/days")
def days(_caller: _Reader, store: _Log) -> dict[str, Any]:
    """Return the days with their state, disk, checksum and holds, oldest first."""
    items = [
        msgspec.to_builtins(one)
        | {
            "sealed_at": None if one.sealed_at is None else to_iso(one.sealed_at),
            "bytes_per_event": one.bytes_per_event,
        }
        for one in store.states()
    ]
    return listing(items, total=len(items))


@router.get("/holds")
def holds(_caller: _Reader, kept: _Holds, lifted: bool = False) -> dict[str, Any]:
    """Return the holds in force, oldest first; with `lifted`, those that were lifted too."""
    found = kept.all() if lifted else kept.in_force()
    return listing(map(_view, found), total=len(found))


@router.post("/holds", status_code=201)
def place(body: HoldIn, caller: _Keeper, kept: _Holds, services: _Services) -> dict[str, Any]:
    """Place a hold: its events stay whatever the retention says, until it is lifted."""
    bounds = [None if at is None else from_datetime(at) for at in (body.from_at, body.to_at)]
    new = NewHold(body.reason, body.query, *bounds)
    with services.db.write() as tx:
        # The log's journal has the hold and a trail of its own in one transaction. This entry stands for it
        # in the platform's trail: when it cannot be written, the hold is in force all the same.
        hold = kept.place(new, str(caller.actor), services.clock.now())
        facts = {"query": hold.query, "reason": hold.reason}
        services.audit.record(tx, caller.actor, "place", kind="hold", subject=str(hold.id), details=facts)
    return _view(hold)


@router.post("/holds/{hold_id}/lift")
def lift(hold_id: int, body: LiftIn, caller: _Keeper, kept: _Holds, services: _Services) -> dict[str, Any]:
    """Lift a hold: the retention applies to its events again. It stays on the list of all."""
    with services.db.write() as tx:
        hold = kept.lift(hold_id, body.reason, str(caller.actor), services.clock.now())
        facts = {"reason": body.reason}
        services.audit.record(tx, caller.actor, "lift", kind="hold", subject=str(hold.id), details=facts)
    return _view(hold)


def _view(hold: Hold) -> dict[str, Any]:
    view: dict[str, Any] = msgspec.to_builtins(hold)
    return view | {name: None if view[name] is None else to_iso(view[name]) for name in _INSTANTS}
