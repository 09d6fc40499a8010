"""Live events: one stream of Server-Sent Events per console, saying what changed and nothing more."""

from __future__ import annotations

import asyncio
import json
import queue
from collections.abc import AsyncIterator, Collection
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse

from tocsin.accounts import Permission, Principal
from tocsin.accounts.errors import UnauthenticatedError
from tocsin.api.access import authenticate, require
from tocsin.api.problems import TooManyRequestsError
from tocsin.api.subjects import ServicesDep
from tocsin.core.announce import Announcement, Announcer, Topic

router = APIRouter(tags=["stream"])

_PAUSE_S = 0.1
_HEARTBEAT_S = 15
_CHECK_EVERY = 600
"""Pauses between looks at whether the session still stands: a minute."""

_NEEDED: dict[Topic, Permission] = {
    "alert": "alerts:read",
    "case": "cases:read",
    "run": "playbooks:read",
    "agent": "agents:read",
    "source": "sources:read",
    "commit": "events:read",
    "rules": "rules:read",
    "intel": "intel:read",
}


@router.get("/stream")
async def stream(
    request: Request,
    services: ServicesDep,
    caller: Annotated[Principal, Depends(require())],
) -> EventSourceResponse:
    """Stream what changes: `event: alert`, `data: {"subject": id}`. Listeners fetch what they may see."""
    state = request.app.state
    if getattr(state, "stream_clients", 0) >= services.api.stream_clients:
        raise TooManyRequestsError("too many consoles follow the live events", 30)
    topics = audible(caller.permissions)
    return EventSourceResponse(
        _events(request, services.announcer, topics),
        ping=_HEARTBEAT_S,
        ping_message_factory=lambda: ServerSentEvent(comment="still here"),
    )


def audible(permissions: Collection[Permission]) -> frozenset[Topic]:
    """Return the topics a caller with these permissions hears of."""
    return frozenset(topic for topic, needed in _NEEDED.items() if needed in permissions)


async def _events(
    request: Request, announcer: Announcer, topics: frozenset[Topic]
) -> AsyncIterator[ServerSentEvent]:
    # Counted here and not where the response is made: one that is never begun would never be taken off.
    state = request.app.state
    state.stream_clients = getattr(state, "stream_clients", 0) + 1
    try:
        with announcer.listen() as heard:
            yield ServerSentEvent(comment="listening")
            pauses = 0
            while not state.closing.is_set() and (pauses < _CHECK_EVERY or await _still_known(request)):
                pauses = 0 if pauses >= _CHECK_EVERY else pauses + 1
                for announcement in _waiting(heard, topics):
                    yield ServerSentEvent(event=announcement.topic, data=_data(announcement))
                await asyncio.sleep(_PAUSE_S)
    finally:
        state.stream_clients -= 1


def _waiting(heard: queue.Queue[Announcement], topics: frozenset[Topic]) -> list[Announcement]:
    """Return what was announced since, each subject once."""
    found: dict[Announcement, None] = {}
    while True:
        try:
            announcement = heard.get_nowait()
        except queue.Empty:
            return list(found)
        if announcement.topic in topics:
            found[announcement] = None


async def _still_known(request: Request) -> bool:
    try:
        await run_in_threadpool(authenticate, request)
    except UnauthenticatedError:
        return False
    return True


def _data(announcement: Announcement) -> str:
    return json.dumps({"subject": announcement.subject})
