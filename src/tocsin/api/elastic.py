"""The face of Elasticsearch that its clients write logs to: `/compat/elastic`, `_bulk` and the greeting.

Format: Elasticsearch 8 REST API. Clients check the `X-Elastic-Product` header and the version.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from tocsin.accounts import Principal, UnauthenticatedError
from tocsin.api.access import Require, bearer
from tocsin.api.receiving import durable, read_body, refusal
from tocsin.api.services import Services, services
from tocsin.core.errors import DeniedError, TocsinError
from tocsin.ingest.bulk import BulkReceiver, Taken, answer, not_stored
from tocsin.ingest.errors import BadBatchError, IngestError
from tocsin.ingest.inflate import MAX_INFLATED_BYTES, inflate_gzip

VERSION = "8.19.0"
"""The version of Elasticsearch whose clients are answered."""

_KINDS = {
    401: "security_exception",
    403: "security_exception",
    413: "content_too_long_exception",
    429: "es_rejected_execution_exception",
}
_PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


class RequireKey(Require):
    """Lets in who has the permissions, by an API key in any of the ways Elasticsearch's clients send one.

    `Bearer <key>`, `ApiKey` with the key or with base64 of `id:key`, or `Basic` with the key as the password.
    """

    def __call__(self, request: Request) -> Principal:
        """Return the caller; raises `UnauthenticatedError` or `DeniedError`."""
        found: Services = request.app.state.services
        keys = found.accounts.keys
        secret = _secret(request)
        with found.db.read() as tx:
            caller = keys.find(tx, secret) if secret else None
            stale = caller is not None and keys.is_stale(tx, secret)
        if caller is None:
            raise UnauthenticatedError("the API key is missing, unknown or expired")
        if stale:
            with found.db.write() as tx:
                keys.touch(tx, secret)
        if not self.lets_in(caller.permissions):
            raise DeniedError(f"needs {' '.join(self.permissions)}, which the role {caller.role} lacks")
        return caller


class ElasticRoute(APIRoute):
    """A route whose errors, those of its guard too, have Elasticsearch's form: its clients read no other."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with errors of ours turned into answers."""
        handle = super().get_route_handler()

        async def handle_in_form(request: Request) -> Response:
            try:
                return await handle(request)
            except TocsinError as error:
                return _refusal(error)

        return handle_in_form


router = APIRouter(prefix="/compat/elastic", tags=["elasticsearch"], route_class=ElasticRoute)

_Services = Annotated[Services, Depends(services)]
_Sender = Annotated[Principal, Depends(RequireKey("ingest"))]


@router.api_route("", methods=["GET", "HEAD"], include_in_schema=False)
@router.api_route("/", methods=["GET", "HEAD"])
def greet(_caller: _Sender) -> JSONResponse:
    """Say which Elasticsearch this answers like."""
    document = {
        "name": "tocsin",
        "cluster_name": "tocsin",
        "cluster_uuid": "tocsin",
        "version": {
            "number": VERSION,
            "build_flavor": "default",
            "build_type": "tar",
            "build_hash": "unknown",
            "build_date": "2025-01-01T00:00:00.000000000Z",
            "build_snapshot": False,
            "lucene_version": "9.12.0",
            "minimum_wire_compatibility_version": "7.17.0",
            "minimum_index_compatibility_version": "7.0.0",
        },
        "tagline": "You Know, for Search",
    }
    return JSONResponse(document, headers=_PRODUCT)


@router.api_route("/_bulk", methods=["POST", "PUT"])
@router.api_route("/{index}/_bulk", methods=["POST", "PUT"])
async def bulk(request: Request, caller: _Sender, services: _Services, index: str | None = None) -> Response:
    """Append documents; the answer comes when they are durable."""
    started = time.monotonic()
    body = await _body(request)
    name = str(caller.actor).removeprefix("key:")
    receiver = BulkReceiver(services.pipeline.sequencer, services.ledger, services.clock)
    taken: Taken = await run_in_threadpool(receiver.receive, name, body, index)
    await _settle(taken)
    if taken.items and all(item.status == 429 for item in taken.items):
        return _document({"error": _error("es_rejected_execution_exception", taken.items[0].reason)}, 429)
    return _document(answer(taken.items, round((time.monotonic() - started) * 1000)), 200)


async def _settle(taken: Taken) -> None:
    for group in taken.groups:
        if group.durable is not None:
            try:
                await durable(group.durable)
            except IngestError as error:
                not_stored(group.items, error)


async def _body(request: Request) -> bytes:
    body = await read_body(request, MAX_INFLATED_BYTES)
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding == "gzip":
        return await run_in_threadpool(inflate_gzip, body)
    if encoding != "identity":
        raise BadBatchError(f"the encoding {encoding[:40]!r} is not understood: gzip is")
    return body


def _secret(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("apikey", "basic"):
        return bearer(request) or ""
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except ValueError:  # no base64, or no UTF-8 in it: a client given the bare key sends it as it is
        return value.strip() if scheme.lower() == "apikey" else ""
    return decoded.partition(":")[2] or decoded


def _refusal(error: TocsinError) -> Response:
    ours = refusal(error)
    kind = _KINDS.get(ours.status_code, "illegal_argument_exception")
    headers = {"Retry-After": ours.headers["Retry-After"]} if "Retry-After" in ours.headers else {}
    return _document({"error": _error(kind, error.message)}, ours.status_code, headers)


def _error(kind: str, reason: str) -> dict[str, Any]:
    return {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}


def _document(content: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    if status >= 400:
        content["status"] = status
    return JSONResponse(content, status, _PRODUCT | (headers or {}))
