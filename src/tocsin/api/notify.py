"""Routes of telling people: channels, routes, the outbox, and why something was or was not told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import require
from tocsin.api.notify_views import (
    channel_view,
    judged_view,
    kind_view,
    message_view,
    outbox_message_view,
    route_view,
)
from tocsin.api.paging import listing
from tocsin.api.services import Services, services
from tocsin.core.errors import DeniedError
from tocsin.notify.channels import PER_MINUTE
from tocsin.notify.errors import DeliveryError
from tocsin.notify.happenings import alert_happening, case_happening
from tocsin.notify.kinds import KINDS
from tocsin.notify.model import EVENTS
from tocsin.notify.outbox import decoded
from tocsin.notify.personal import PERSONAL_EVENTS
from tocsin.notify.service import Notifications

router = APIRouter(prefix="/notify", tags=["notify"])

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("notify:read"))]
_Explainer = Annotated[Principal, Depends(require("notify:read", "alerts:read", "cases:read"))]
_Writer = Annotated[Principal, Depends(require("notify:write"))]
_Caller = Annotated[Principal, Depends(require())]

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]


class ChannelIn(BaseModel, extra="forbid"):
    """A channel to add."""

    name: Name
    kind: str = Field(max_length=32)
    options: dict[str, Any]
    """Of the kind; see `/notify/kinds`. Secret ones are sealed and never shown again."""
    enabled: bool = True
    per_minute: int = Field(default=PER_MINUTE, ge=0, le=6_000)
    """Messages in a minute; more wait. 0: no bound."""


class ChannelChange(BaseModel, extra="forbid"):
    """What can be changed about a channel; what is left out stays, and so do secret options."""

    options: dict[str, Any] | None = None
    enabled: bool | None = None
    per_minute: int | None = Field(default=None, ge=0, le=6_000)


class TestIn(BaseModel, extra="forbid"):
    """Whom a test goes to, for a channel without recipients of its own."""

    to: str = Field(default="", max_length=254)


class PreferenceIn(BaseModel, extra="forbid"):
    """Where the caller wants mail, and about what; an empty address ends it."""

    address: str = Field(max_length=254)
    events: list[str] = Field(default=list(PERSONAL_EVENTS), max_length=20)


def _service(services: Services) -> Notifications:
    found: Notifications = services.notifications
    return found


@router.get("/kinds")
def list_kinds(_caller: _Reader) -> dict[str, Any]:
    """List the kinds of channels with their options, and the events routes can wait for."""
    return {"items": [kind_view(kind) for kind in KINDS.values()], "events": list(EVENTS)}


@router.get("/channels")
def list_channels(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the channels, those of the settings too; of secrets only whether they are set."""
    service = _service(services)
    service.refresh(now=True)
    channels = sorted(service.directory.channels.values(), key=lambda channel: channel.name)
    return listing((channel_view(each) for each in channels), total=len(channels))


@router.post("/channels", status_code=201)
def add_channel(body: ChannelIn, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Add a channel."""
    service = _service(services)
    with services.db.write() as tx:
        made = service.book.add_channel(
            tx,
            body.name,
            body.kind,
            body.options,
            caller.actor,
            enabled=body.enabled,
            per_minute=body.per_minute,
        )
    service.refresh(now=True)
    return channel_view(made)


@router.patch("/channels/{name}")
def change_channel(name: str, body: ChannelChange, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Change a channel. Options given replace those shown; another host needs the secrets again."""
    service = _service(services)
    with services.db.write() as tx:
        made = service.book.change_channel(tx, name, caller.actor, **body.model_dump())
    service.refresh(now=True)
    return channel_view(made)


@router.delete("/channels/{name}", status_code=204)
def remove_channel(name: str, caller: _Writer, services: _Services) -> None:
    """Remove a channel no route names."""
    service = _service(services)
    with services.db.write() as tx:
        service.book.remove_channel(tx, name, caller.actor)
    service.refresh(now=True)


@router.post("/channels/{name}/test")
def try_channel(
    name: str, caller: _Writer, services: _Services, body: TestIn | None = None
) -> dict[str, Any]:
    """Send a test message at once and say how it went."""
    try:
        _service(services).test(name, caller.actor, body.to if body else "")
    except DeliveryError as error:
        return {"sent": False, "error": error.message, "permanent": error.permanent}
    return {"sent": True, "error": None, "permanent": False}


@router.get("/routes")
def list_routes(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """List the routes, those of the settings too."""
    service = _service(services)
    service.refresh(now=True)
    directory = service.directory
    items = [
        route_view(name, route, of_settings=name in directory.of_settings)
        for name, route in sorted(directory.routes.items())
    ]
    return listing(items, total=len(items))


@router.put("/routes/{name}")
def put_route(name: Name, body: dict[str, Any], caller: _Writer, services: _Services) -> dict[str, Any]:
    """Add a route, or put another in its place: channels, events, severity, rules, tags, quiet, digest."""
    service = _service(services)
    service.refresh(now=True)
    with services.db.write() as tx:
        route = service.book.put_route(tx, name, body, caller.actor)
    service.refresh(now=True)
    return route_view(name, route, of_settings=False)


@router.delete("/routes/{name}", status_code=204)
def remove_route(name: str, caller: _Writer, services: _Services) -> None:
    """Remove a route; what it put into the outbox is still sent."""
    service = _service(services)
    with services.db.write() as tx:
        service.book.remove_route(tx, name, caller.actor)
    service.refresh(now=True)


@router.get("/outbox")
def list_outbox(
    _caller: _Reader,
    services: _Services,
    status: Literal["waiting", "sent", "dead"] | None = None,
    channel: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """List messages, the newest first, and how many there are of each status."""
    outbox = _service(services).outbox
    with services.db.read() as tx:
        rows = outbox.list(tx, status=status, channel=channel, limit=limit)
        counts = outbox.counts(tx)
        return {**listing(message_view(row) for row in rows), "counts": counts}


@router.get("/outbox/{message_id}")
def get_message(message_id: str, _caller: _Explainer, services: _Services) -> dict[str, Any]:
    """Return a message with its text."""
    with services.db.read() as tx:
        row = _service(services).outbox.get(tx, message_id)
        return outbox_message_view(row, decoded(row))


@router.post("/outbox/{message_id}/retry")
def retry_message(message_id: str, caller: _Writer, services: _Services) -> dict[str, Any]:
    """Have a message tried again at once."""
    service = _service(services)
    with services.db.write() as tx:
        row = service.outbox.retry(tx, message_id, caller.actor)
        view = message_view(row)
    service.delivery.resume(row.channel)
    return view


@router.delete("/outbox/{message_id}", status_code=204)
def discard_message(message_id: str, caller: _Writer, services: _Services) -> None:
    """Take a message out of the outbox; one that waits is never sent."""
    with services.db.write() as tx:
        _service(services).outbox.discard(tx, message_id, caller.actor)


@router.get("/explain")
def explain(
    _caller: _Explainer,
    services: _Services,
    subject: Annotated[str, Query(max_length=64)],
    event: Annotated[str, Query(max_length=32)] = "",
) -> dict[str, Any]:
    """Say which routes tell of an alert or case and why, and what was sent about it.

    `subject` is an id, or an alert's number; `event` one of the events, by default that it was opened.
    """
    service = _service(services)
    service.refresh(now=True)
    with services.db.read() as tx:
        if subject.startswith("case_"):
            case = services.cases.get(tx, subject)
            happening = case_happening(event or "case.opened", case)
        else:
            alert = services.alerts.get(tx, subject)
            happening = alert_happening(event or "alert.opened", alert)
        messages = [message_view(row) for row in service.outbox.of_subject(tx, happening.subject_id)]
    judged = [judged_view(each) for each in service.explained(happening)]
    return {
        "subject": {"type": happening.subject_type, "id": happening.subject_id},
        "event": happening.event,
        "routes": judged,
        "messages": messages,
    }


@router.get("/preferences")
def get_preferences(caller: _Caller, services: _Services) -> dict[str, Any]:
    """Return where the caller wants mail about what is assigned to them."""
    service = _service(services)
    with services.db.read() as tx:
        found = service.personal.get(tx, caller.login)
    available = bool(service.settings.personal)
    return {"address": found.address, "events": list(found.events), "available": available}


@router.put("/preferences")
def put_preferences(body: PreferenceIn, caller: _Caller, services: _Services) -> dict[str, Any]:
    """Say where the caller wants mail, and about what."""
    if not caller.is_person:
        raise DeniedError("only people have preferences")
    service = _service(services)
    with services.db.write() as tx:
        service.personal.put(tx, caller.login, body.address, body.events, caller.actor)
    service.refresh(now=True)
    return get_preferences(caller, services)
