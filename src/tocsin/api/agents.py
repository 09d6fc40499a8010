"""Routes of the agents: those for people, who enrol and revoke them, and those the agents call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from tocsin.accounts import Principal
from tocsin.api.access import bearer, public, require
from tocsin.api.paging import listing
from tocsin.api.receiving import durable, read_body, refusal
from tocsin.api.services import Services, services
from tocsin.core.clock import SECOND, to_iso
from tocsin.core.errors import TocsinError
from tocsin.ingest.agents import Agent, EnrolmentToken, Heartbeat
from tocsin.ingest.batches import AgentReceiver, source_of
from tocsin.ingest.errors import BadBatchError, UnknownKeyError
from tocsin.ingest.inflate import MAX_INFLATED_BYTES

router = APIRouter(tags=["agents"])
"""For people; under `/api/v1`."""

protocol = APIRouter(prefix="/api/agent/v1", tags=["agent protocol"])
"""For agents; at the root."""

_Services = Annotated[Services, Depends(services)]
_Reader = Annotated[Principal, Depends(require("agents:read"))]
_Writer = Annotated[Principal, Depends(require("agents:write"))]

_NOTE_SEEN_EVERY = 30 * SECOND


class TokenIn(BaseModel):
    """An enrolment token to make."""

    name: str = Field("", max_length=255)
    uses: int = Field(1, ge=1, le=100_000)
    expires_in_s: int = Field(86_400, ge=1, le=31_536_000)


class EnrolIn(BaseModel):
    """An agent that wants to join."""

    token: str = Field(max_length=256)
    name: str = Field(max_length=255)
    host: dict[str, Any] = Field(default_factory=dict)


class HeartbeatIn(BaseModel):
    """What an agent says of itself."""

    spool: dict[str, Any] = Field(default_factory=dict)
    collectors: dict[str, Any] = Field(default_factory=dict)
    inventory: dict[str, Any] | None = None
    version: str = Field("", max_length=64)


@router.get("/agents")
def agents(_caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return every agent, by name."""
    with services.db.read() as tx:
        found = services.agents.all(tx)
    return listing((_agent(agent, services) for agent in found), total=len(found))


@router.post("/agents/tokens", status_code=201)
def add_token(body: TokenIn, caller: _Writer, request: Request, services: _Services) -> dict[str, Any]:
    """Make an enrolment token; its secret is in this answer and nowhere else."""
    with services.db.write() as tx:
        token, secret = services.agents.add_token(
            tx, actor=caller.actor, name=body.name, uses=body.uses, expires_in_s=body.expires_in_s
        )
    server = str(request.base_url).rstrip("/")
    command = f"tocsin agent enrol --server {server} --token {secret}"
    return _token(token) | {"token": secret, "command": command}


@router.get("/agents/tokens")
def tokens(_caller: _Writer, services: _Services) -> dict[str, Any]:
    """Return the tokens that can still be used, without their secrets."""
    with services.db.read() as tx:
        found = services.agents.tokens(tx)
    return listing((_token(token) for token in found), total=len(found))


@router.delete("/agents/tokens/{token_id}", status_code=204)
def remove_token(token_id: str, caller: _Writer, services: _Services) -> None:
    """Make a token useless."""
    with services.db.write() as tx:
        services.agents.remove_token(tx, token_id, actor=caller.actor)


@router.get("/agents/{agent_id}")
def agent(agent_id: str, _caller: _Reader, services: _Services) -> dict[str, Any]:
    """Return one agent and its host's inventory."""
    with services.db.read() as tx:
        found = services.agents.get(tx, agent_id)
    return _agent(found, services) | {"inventory": found.inventory}


@router.delete("/agents/{agent_id}", status_code=204)
def revoke(agent_id: str, caller: _Writer, services: _Services) -> None:
    """End the agent's right to send; its events stay."""
    with services.db.write() as tx:
        services.agents.revoke(tx, agent_id, actor=caller.actor)
    services.announcer.tell("agent", agent_id)


@protocol.post("/enrol", dependencies=[Depends(public("checks the enrolment token"))], response_model=None)
def enrol(body: EnrolIn, services: _Services) -> dict[str, Any] | Response:
    """Trade a token for an agent's id and key."""
    try:
        with services.db.write() as tx:
            made, key = services.agents.enrol(tx, body.token, body.name, body.host)
    except UnknownKeyError as error:
        return refusal(error)
    services.announcer.tell("agent", made.id)
    return {"agent_id": made.id, "key": key}


@protocol.post("/heartbeat", dependencies=[Depends(public("checks the agent's key"))], response_model=None)
def heartbeat(body: HeartbeatIn, request: Request, services: _Services) -> dict[str, Any] | Response:
    """Take note of what the agent says of itself; say how far its records are durable."""
    try:
        found = _caller(request, services)
    except UnknownKeyError as error:
        return refusal(error)
    with services.db.write() as tx:
        beat = Heartbeat(body.spool, body.collectors, body.inventory, body.version)
        services.agents.heard(tx, found.id, beat)
    services.announcer.tell("agent", found.id)
    mark = _receiver(services).mark(found.id)
    return {"mark": mark, "now": to_iso(services.clock.now())}


@protocol.post("/batch", dependencies=[Depends(public("checks the agent's key"))])
async def batch(request: Request, services: _Services) -> JSONResponse:
    """Take records; the answer comes when they are durable."""
    try:
        found = await run_in_threadpool(_seen, request, services)
        first, last = _number(request, "x-tocsin-first"), _number(request, "x-tocsin-last")
        body = await read_body(request, MAX_INFLATED_BYTES)
        receiver = _receiver(services)
        future = await run_in_threadpool(receiver.receive, found.id, body, first, last)
        return JSONResponse({"mark": await durable(future)})
    except TocsinError as error:
        return refusal(error)


def _receiver(services: Services) -> AgentReceiver:
    return AgentReceiver(services.pipeline, services.ledger, services.clock)


def _caller(request: Request, services: Services) -> Agent:
    with services.db.read() as tx:
        found: Agent = services.agents.find(tx, bearer(request) or "")
    return found


def _seen(request: Request, services: Services) -> Agent:
    """Return the agent that calls; note that it is there, but not with every batch."""
    found = _caller(request, services)
    if services.clock.now() - (found.last_seen_at or 0) > _NOTE_SEEN_EVERY:
        with services.db.write() as tx:
            services.agents.heard(tx, found.id)
    return found


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadBatchError(f"the header {name} is missing or no number")
    return int(text)


def _agent(found: Agent, services: Services) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "version": found.version,
        "os": str(found.host.get("os") or found.inventory.get("os") or ""),
        "addresses": found.host.get("addresses") or found.inventory.get("addresses") or [],
        "last_seen_at": None if found.last_seen_at is None else to_iso(found.last_seen_at),
        "enrolled_at": to_iso(found.enrolled_at),
        "mark": services.pipeline.mark(source_of(found.id)),
        "spool": found.spool,
        "collectors": found.collectors,
    }


def _token(token: EnrolmentToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "uses_left": token.uses_left,
        "created_by": token.created_by,
        "created_at": to_iso(token.created_at),
        "expires_at": to_iso(token.expires_at),
    }
