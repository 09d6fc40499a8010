"""Routes of indicators, feeds, warninglists and lookups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.problems import TooLargeError
from tocsin.api.services import Services, services
from tocsin.core.clock import DAY, from_iso, to_iso
from tocsin.core.errors import NotFoundError
from tocsin.enrich.sources import LogHistory
from tocsin.intel import Defaults, Imported, ImportOrder, Indicator, Intel
from tocsin.store.base import Selection

router = APIRouter(prefix="/intel", tags=["intel"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("intel:read"))]
_Writer = Annotated[Principal, Depends(require("intel:write"))]
_Page = Annotated[Paging, Depends(paging)]
_Text = Annotated[str | None, Query(max_length=200)]


class IndicatorIn(BaseModel):
    """An indicator to add; the kind is recognised when left out."""

    value: str = Field(max_length=4096)
    kind: str | None = Field(None, max_length=20)
    confidence: int = Field(60, ge=0, le=100)
    tlp: int = Field(2, ge=0, le=4)
    tags: list[Annotated[str, Field(max_length=300)]] = Field(default_factory=list, max_length=100)
    valid_until: str | None = Field(None, max_length=64)


class IndicatorsIn(BaseModel):
    """Indicators to add by hand, or to a feed."""

    items: list[IndicatorIn] = Field(min_length=1, max_length=1000)
    feed: str = Field("manual", min_length=1, max_length=200)


class EnabledIn(BaseModel):
    """Whether a warninglist is in use."""

    enabled: bool


@dataclass(frozen=True, slots=True)
class ImportForm:
    """How an uploaded file is to be imported, as fields beside it; a dependency."""

    feed: Annotated[str, Form(max_length=200)]
    format: Annotated[Literal["auto", "csv", "freetext", "misp"], Form()] = "auto"
    confidence: Annotated[int, Form(ge=0, le=100)] = 60
    tlp: Annotated[int, Form(ge=0, le=4)] = 2
    expires_in_days: Annotated[int | None, Form(ge=1, le=36_500)] = None


def intel_of(services: Services) -> Intel:
    """Return the platform's indicators; raises `NotFoundError` on a platform without."""
    if not isinstance(services.indicators, Intel):
        raise NotFoundError("this platform keeps no indicators")
    return services.indicators


@router.get("/lookup")
def lookup(
    _caller: _Reader, services: _Services, value: Annotated[str, Query(max_length=4096)]
) -> dict[str, Any]:
    """Return everything known of one value: indicators, warninglists, events, alerts, cases."""
    with services.db.read() as tx:
        found = intel_of(services).lookup(tx, value)
        seen = None
        if services.cases is not None:
            seen = services.cases.observables.seen_in(tx, [found.value]).get(found.value)
    return {
        "value": found.value,
        "kind": found.kind,
        "verdict": found.verdict,
        "indicators": [indicator_view(each) for each in found.indicators],
        "warninglists": [{"name": each.name, "category": each.category} for each in found.warninglists],
        "events": _events(services, found.kind, found.value),
        "alerts": seen.alerts if seen else 0,
        "cases": seen.cases if seen else 0,
    }


@router.get("/indicators")
def list_indicators(
    _caller: _Reader,
    services: _Services,
    page: _Page,
    *,
    q: Annotated[str, Query(max_length=200)] = "",
    kind: _Text = None,
    feed: _Text = None,
) -> dict[str, Any]:
    """List indicators, newest first."""
    with services.db.read() as tx:
        found = intel_of(services).service.indicators(
            tx, q=q, kind=kind, feed=feed, cursor=page.cursor, limit=page.limit
        )
    return listing(map(indicator_view, found.items), following=found.cursor, total=found.total)


@router.post("/indicators", status_code=201)
def add_indicators(body: IndicatorsIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Add single indicators; one that is there already is stated anew."""
    intel = intel_of(services)
    drafts = [
        intel.service.draft(
            each.value,
            each.kind,
            Defaults(
                each.confidence,
                each.tlp,
                tuple(each.tags),
                from_iso(each.valid_until) if each.valid_until else None,
            ),
        )
        for each in body.items
    ]
    with services.db.write() as tx:
        changed = intel.service.add(tx, drafts, caller.actor, body.feed)
    _changed(services, body.feed)
    return {"added": changed.added, "updated": changed.updated, "refused": []}


@router.delete("/indicators/{indicator_id}", status_code=204)
def delete_indicator(indicator_id: str, caller: _Writer, services: _Services) -> None:
    """Remove one indicator."""
    with services.db.write() as tx:
        intel_of(services).service.delete(tx, indicator_id, caller.actor)
    _changed(services, indicator_id)


@router.post("/import")
def import_file(
    file: UploadFile, form: Annotated[ImportForm, Depends()], caller: _Writer, services: _Services
) -> dict[str, Any]:
    """Import a file as a feed: afterwards the feed holds exactly what the file states."""
    limit = services.api.max_upload_bytes
    content = file.file.read(limit + 1)
    if len(content) > limit:
        raise TooLargeError(f"the file is larger than {limit} bytes")
    until = services.clock.now() + form.expires_in_days * DAY if form.expires_in_days else None
    order = ImportOrder(form.feed, form.format, Defaults(form.confidence, form.tlp, valid_until_at=until))
    done = intel_of(services).import_content(content, file.filename or "upload", order, caller.actor)
    services.announcer.tell("intel", done.feed)
    return import_view(done)


@router.get("/feeds")
def list_feeds(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List feeds and how their last import went."""
    with services.db.read() as tx:
        feeds = intel_of(services).service.feeds(tx)
    items = (
        {
            "name": each.name,
            "format": each.format,
            "indicators": each.indicators,
            "last_import_at": _instant(each.last_import_at),
            "last_error": each.last_error or None,
            "refused": each.refused,
        }
        for each in feeds
    )
    return listing(items, total=len(feeds))


@router.get("/warninglists")
def list_warninglists(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List warninglists."""
    found = intel_of(services).service.warninglists()
    items = (
        {
            "name": each.name,
            "type": each.type,
            "category": each.category,
            "description": each.description,
            "version": each.version,
            "entries": each.entries,
            "enabled": each.enabled,
        }
        for each in found
    )
    return listing(items, total=len(found))


@router.patch("/warninglists/{name}")
def enable_warninglist(name: str, body: EnabledIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Put a warninglist in or out of use."""
    with services.db.write() as tx:
        intel_of(services).service.enable_warninglist(tx, name, body.enabled, caller.actor)
    _changed(services, name)
    return {"name": name, "enabled": body.enabled}


def indicator_view(each: Indicator) -> dict[str, Any]:
    """Return an indicator as JSON holds it."""
    return {
        "id": each.id,
        "kind": each.kind,
        "value": each.value,
        "feed": each.feed,
        "source": each.source,
        "confidence": each.confidence,
        "tlp": each.tlp,
        "tags": list(each.tags),
        "comment": each.comment,
        "valid_until": _instant(each.valid_until_at),
        "first_seen_at": _instant(each.first_seen_at),
        "last_seen_at": _instant(each.last_seen_at),
        "event_info": each.event_info,
    }


def import_view(done: Imported) -> dict[str, Any]:
    """Return what an import did as JSON holds it."""
    return {
        "feed": done.feed,
        "format": done.format,
        "added": done.added,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "removed": done.removed,
        "skipped": done.skipped,
        "refused_count": done.refused_count,
        "refused": [
            {"line": each.line, "reason": each.reason, "value": each.value, "path": each.path}
            for each in done.refused
        ],
    }


def _events(services: Services, kind: str, value: str) -> dict[str, Any]:
    if services.store is None:
        return {"count": 0, "first_at": None, "last_at": None}
    seen = LogHistory(services.store, Selection, services.clock, looks_back=None).seen(kind, value)
    return {"count": seen.count, "first_at": _instant(seen.first_at), "last_at": _instant(seen.last_at)}


def _changed(services: Services, subject: str) -> None:
    intel_of(services).refresh()
    services.announcer.tell("intel", subject)


def _instant(at: int | None) -> str | None:
    return None if at is None else to_iso(at)
