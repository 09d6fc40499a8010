"""Appending: `_bulk`, and single documents. The answer comes when they are durable."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from tocsin.accounts import Principal
from tocsin.api.elastic.access import Writer
from tocsin.api.elastic.body import raw_body
from tocsin.api.elastic.form import ElasticError, ElasticRoute, document, error_of
from tocsin.api.elastic.kept import is_kept
from tocsin.api.elastic.kept_bulk import write_kept
from tocsin.api.elastic.permissions import require_sender, require_writer
from tocsin.api.receiving import durable
from tocsin.api.services import Services, services
from tocsin.ingest.bulk import (
    BulkReceiver,
    Item,
    Taken,
    answer,
    check_pipelines,
    document_item,
    not_stored,
    read_bulk,
    result_of,
)
from tocsin.ingest.errors import IngestError

router = APIRouter(route_class=ElasticRoute)
_Services = Annotated[Services, Depends(services)]


@router.api_route("/_bulk", methods=["POST", "PUT"])
@router.api_route("/{index}/_bulk", methods=["POST", "PUT"])
async def bulk(request: Request, caller: Writer, services: _Services, index: str | None = None) -> Response:
    """Append documents, and write those of indices that keep documents."""
    started = time.monotonic()
    body = await raw_body(request)
    items = await run_in_threadpool(lambda: list(read_bulk(body, index)))
    kept = [item for item in items if is_kept(services, item.index)]
    if kept:
        require_writer(caller)
        await run_in_threadpool(write_kept, services, kept)
    events = [item for item in items if not is_kept(services, item.index)] if kept else items
    if events or not items:
        require_sender(caller)
    check_pipelines(events, services.pipeline.ingest_pipelines(), _pipeline_of(request))
    await _append(services, caller, events)
    if events and len(events) == len(items) and all(item.status == 429 for item in items):
        return document({"error": error_of("es_rejected_execution_exception", items[0].reason)}, 429)
    return document(answer(items, round((time.monotonic() - started) * 1000)))


async def append_one(
    request: Request, services: Services, caller: Principal, index: str, identifier: str, *, create: bool
) -> Response:
    """Append one document."""
    require_sender(caller)
    raw = await raw_body(request)
    item = document_item(index, identifier, b" ".join(raw.split(b"\n")), create=create)
    check_pipelines([item], services.pipeline.ingest_pipelines(), _pipeline_of(request))
    await _append(services, caller, [item])
    if item.reason:
        shown = result_of(item)["error"]
        raise ElasticError(shown["reason"], kind=shown["type"], status=item.status)
    return document(result_of(item), item.status)


def _pipeline_of(request: Request) -> str:
    return request.query_params.get("pipeline", "")[:512]


async def _append(services: Services, caller: Principal, items: list[Item]) -> None:
    name = caller.actor.name.removeprefix("key:")
    receiver = BulkReceiver(services.pipeline.sequencer, services.ledger, services.clock, services.identities)
    taken: Taken = await run_in_threadpool(receiver.take, name, items)
    for group in taken.groups:
        if group.durable is not None:
            try:
                await durable(group.durable)
            except IngestError as error:
                not_stored(group.items, error)
