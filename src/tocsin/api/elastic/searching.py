"""Searching, counting, several searches at once, and single documents of the log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from tocsin.api.elastic.access import Caller, Reader
from tocsin.api.elastic.body import MAX_QUERY_BYTES, flag, json_body, raw_body, read_object
from tocsin.api.elastic.cursors import Found, answered, open_scroll, resolve_pit
from tocsin.api.elastic.form import ElasticError, ElasticRoute, document, error_of, kind_and_status
from tocsin.api.elastic.kept import kept_in, search_kept
from tocsin.api.elastic.paths import chosen
from tocsin.api.elastic.requests import read_query, read_search
from tocsin.api.elastic.runs import Run
from tocsin.api.elastic.views import view_of
from tocsin.api.services import Services, services
from tocsin.core.errors import TocsinError

router = APIRouter(route_class=ElasticRoute)
_Services = Annotated[Services, Depends(services)]
_MOST_SEARCHES = 200
_OF_EACH = frozenset({"rest_total_hits_as_int", "typed_keys"})
"""Parameters of several searches that are about each of them."""
_BOTH = ["GET", "POST"]


@router.api_route("/_search", methods=_BOTH)
@router.api_route("/{index:path}/_search", methods=_BOTH)
async def search(request: Request, caller: Reader, services: _Services, index: str = "") -> Response:
    """Return the events a query selects."""
    body = await json_body(request)
    params = dict(request.query_params)
    asking = _Asking(request, services, caller.actor.name)
    return chosen(request, await run_in_threadpool(asking.search, index, body, params))


@router.api_route("/_count", methods=_BOTH)
@router.api_route("/{index:path}/_count", methods=_BOTH)
async def count(request: Request, _caller: Reader, services: _Services, index: str = "") -> Response:
    """Return how many events a query selects."""
    body = await json_body(request)
    params = dict(request.query_params)
    return document(await run_in_threadpool(_count, services, index, body, params))


@router.api_route("/_msearch", methods=_BOTH)
@router.api_route("/{index}/_msearch", methods=_BOTH)
async def msearch(request: Request, caller: Reader, services: _Services, index: str = "") -> Response:
    """Answer several searches; one at fault does not stop the others."""
    lines = [line for line in (await raw_body(request, MAX_QUERY_BYTES)).split(b"\n") if line.strip()]
    if len(lines) % 2 or len(lines) > 2 * _MOST_SEARCHES:
        raise ElasticError(f"_msearch holds pairs of lines, a header and a body, at most {_MOST_SEARCHES}")
    began = time.monotonic()
    params = {k: v for k, v in request.query_params.items() if k in _OF_EACH}
    asking = _Asking(request, services, caller.actor.name)
    answers = [
        await run_in_threadpool(asking.one_of_many, index, *pair, params)
        for pair in zip(lines[::2], lines[1::2], strict=True)
    ]
    return chosen(request, {"took": round((time.monotonic() - began) * 1_000), "responses": answers})


@router.api_route("/_validate/query", methods=_BOTH)
@router.api_route("/{index}/_validate/query", methods=_BOTH)
async def validate(request: Request, _caller: Caller, services: _Services, index: str = "") -> Response:
    """Say whether a query can be read."""
    del index
    body = await json_body(request)
    answer: dict[str, Any] = {"valid": True, "_shards": _SHARDS}
    try:
        read_query(body, dict(request.query_params), now=services.clock.now())
    except TocsinError as error:
        answer |= {"valid": False, "error": error.message}
    return document(answer)


_SHARDS = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}


@dataclass(frozen=True, slots=True)
class _Asking:
    """Searches of one request."""

    request: Request
    services: Services
    owner: str

    def search(self, index: str, body: dict[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer to a search in the indices of an expression."""
        began = time.monotonic()
        services = self.services
        now = services.clock.now()
        asked = read_search(body, params, now=now)
        if not asked.pit and (names := kept_in(services, index)) is not None:
            return answered(search_kept(services, names, asked), asked, began)
        if asked.pit and index:
            raise ElasticError("[indices] cannot be used with point in time")
        if asked.pit:
            view = resolve_pit(self.request, self.owner, asked.pit)
        else:
            view = view_of(index, services.store, now=now, lenient=flag(params, "ignore_unavailable"))
        run = Run(services, view, asked)
        if keep := params.get("scroll"):
            return open_scroll(self.request, self.owner, run, keep, began)
        return answered(Found(run.total(), run.page(), run.aggregated(), asked.pit), asked, began)

    def one_of_many(self, index: str, head: bytes, body: bytes, params: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer to one search of several, or what is wrong with it."""
        try:
            header = read_object(head)
            names = header.get("index", header.get("indices", index)) or ""
            expression = ",".join(map(str, names)) if isinstance(names, list) else str(names)
            unavailable = "true" if header.get("ignore_unavailable") else "false"
            found = self.search(expression, read_object(body), {**params, "ignore_unavailable": unavailable})
        except TocsinError as error:
            kind, status = kind_and_status(error)
            return {"error": error_of(kind, error.message), "status": status}
        return found | {"status": 200}


def _count(services: Services, index: str, body: dict[str, Any], params: Mapping[str, str]) -> dict[str, Any]:
    if unknown := set(map(str, body)) - {"query"}:
        raise ElasticError(f"request does not support [{min(unknown)[:80]}]", kind="parsing_exception")
    now = services.clock.now()
    asked = read_search(dict(body) | {"size": 0}, params, now=now)
    if (names := kept_in(services, index)) is not None:
        return {"count": search_kept(services, names, asked).total, "_shards": _SHARDS}
    view = view_of(index, services.store, now=now, lenient=flag(params, "ignore_unavailable"))
    return {"count": Run(services, view, asked).total(), "_shards": _SHARDS}
