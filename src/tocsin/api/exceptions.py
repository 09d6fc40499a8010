"""Routes of exceptions: under which conditions detection rules stay silent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import listing
from tocsin.api.run_views import instant
from tocsin.api.services import Services, services
from tocsin.core.clock import DAY, from_datetime
from tocsin.detect.exception_book import LONGEST_CONDITION, ExceptionDraft
from tocsin.detect.exceptions import node_of
from tocsin.detect.report import Bounds
from tocsin.detect.tables import ExceptionRow

router = APIRouter(prefix="/exceptions", tags=["exceptions"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("rules:read"))]
_EventReader = Annotated[Principal, Depends(require("rules:read", "events:read"))]
_Writer = Annotated[Principal, Depends(require("rules:write"))]


class ExceptionIn(BaseModel, extra="forbid"):
    """An exception to add; without a rule it is one of every rule."""

    condition: str = Field(min_length=1, max_length=LONGEST_CONDITION)
    """In the language of searches."""
    reason: str = Field(min_length=1, max_length=1024)
    expires_at: AwareDatetime
    rule_id: str = Field(default="", max_length=200)
    owner: str = Field(default="", max_length=160)
    """Empty: whoever adds it."""


class ExceptionChange(BaseModel, extra="forbid"):
    """What can be changed about an exception; what is left out stays."""

    condition: str | None = Field(default=None, min_length=1, max_length=LONGEST_CONDITION)
    reason: str | None = Field(default=None, min_length=1, max_length=1024)
    expires_at: AwareDatetime | None = None
    owner: str | None = Field(default=None, min_length=1, max_length=160)


class TrialIn(BaseModel, extra="forbid"):
    """An exception to try on the last days; of one rule, since only one rule's past is tried."""

    condition: str = Field(min_length=1, max_length=LONGEST_CONDITION)
    rule_id: str = Field(min_length=1, max_length=200)
    days: int = Field(default=7, ge=1, le=90)


@router.get("")
def list_exceptions(_caller: _Reader, services: _Services, rule: str | None = None) -> dict[str, Any]:
    """List exceptions, the first to expire first; for a rule, its own and those of every rule."""
    with services.db.read() as tx:
        rows = services.exceptions.list(tx, rule)
        return listing((_view(services, row) for row in rows), total=len(rows))


@router.post("", status_code=201)
def add_exception(body: ExceptionIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Put an exception in force from the next batch of events on. It deletes no event and no alert."""
    draft = ExceptionDraft(**(body.model_dump() | {"expires_at": _at(body.expires_at)}))
    with services.db.write() as tx:
        row = services.exceptions.add(tx, draft, caller.actor)
    return _told(services, row)


@router.post("/backtest")
def try_exception(body: TrialIn, _caller: _EventReader, services: _Services) -> dict[str, Any]:
    """Say how many of a rule's alerts of the last days an exception would have removed; nothing is stored.

    `closed_as` says what the last closed alert of the same key was closed as. One backtest at a time (429).
    """
    services.exceptions.check_rule(body.rule_id)
    allowed, now = services.settings.detect, services.clock.now()
    bounds = Bounds(now - body.days * DAY, now, allowed.backtest_events, allowed.backtest_seconds)
    found, closed_as = services.rehearsals.without(body.rule_id, node_of(body.condition), bounds)
    return {
        "events": found.events,
        "complete": found.complete,
        "alerts_before": found.before.alerts,
        "alerts_after": found.after.alerts,
        "removed": found.gone_alerts,
        "removed_events": found.gone_events,
        "closed_as": dict(closed_as),
    }


@router.get("/{exception_id}")
def get_exception(exception_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return an exception, expired or not."""
    with services.db.read() as tx:
        return _view(services, services.exceptions.get(tx, exception_id))


@router.patch("/{exception_id}")
def change_exception(
    exception_id: str, body: ExceptionChange, caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Change an exception, such as to prolong it."""
    changes = body.model_dump(exclude_none=True)
    if body.expires_at is not None:
        changes["expires_at"] = _at(body.expires_at)
    with services.db.write() as tx:
        row = services.exceptions.change(tx, exception_id, changes, caller.actor)
    return _told(services, row)


@router.delete("/{exception_id}", status_code=204)
def remove_exception(exception_id: str, caller: _Writer, services: _Services) -> None:
    """Take an exception out of force from the next batch of events on."""
    with services.db.write() as tx:
        services.exceptions.remove(tx, exception_id, caller.actor)
    services.announcer.tell("rules", exception_id)


def _at(moment: datetime) -> int:
    return from_datetime(moment)


def _told(services: Services, row: ExceptionRow) -> dict[str, Any]:
    services.announcer.tell("rules", row.rule_id or row.id)
    return _view(services, row)


def _view(services: Services, row: ExceptionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "rule_id": row.rule_id or None,
        "condition": row.condition,
        "owner": row.owner,
        "reason": row.reason,
        "expires_at": instant(row.expires_at),
        "expired": services.exceptions.is_expired(row),
        "hits": row.hits,
        "last_hit_at": instant(row.last_hit_at),
        "created_by": row.created_by,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
    }
