"""Single documents: events by identifier, and what other tools keep here (`store.documents`)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from tocsin.api.elastic.access import Reader, Writer
from tocsin.api.elastic.appending import append_one
from tocsin.api.elastic.body import json_body, raw_body, read_object
from tocsin.api.elastic.form import ElasticError, ElasticRoute, append_only, document
from tocsin.api.elastic.kept import is_kept
from tocsin.api.elastic.permissions import require_writer
from tocsin.api.elastic.sources import Chosen, Showing, filtered, read_chosen
from tocsin.api.elastic.views import View, index_of, view_of
from tocsin.api.services import Services, services
from tocsin.core.errors import ConflictError, NotFoundError
from tocsin.store.documents import Document

router = APIRouter(route_class=ElasticRoute)
_Services = Annotated[Services, Depends(services)]
_MOST_IDS = 10_000


@router.api_route("/{index}/_doc/{identifier:path}", methods=["GET", "HEAD"])
def get(request: Request, _caller: Reader, services: _Services, index: str, identifier: str) -> Response:
    """Return a document."""
    chosen = read_chosen(None, dict(request.query_params))
    found = _found(services, index, identifier, chosen)
    return document(found) if found["found"] else _missing(found)


@router.api_route("/{index}/_source/{identifier:path}", methods=["GET", "HEAD"])
def source(request: Request, _caller: Reader, services: _Services, index: str, identifier: str) -> Response:
    """Return just what a document holds."""
    found = _found(services, index, identifier, read_chosen(None, dict(request.query_params)))
    if not found["found"]:
        raise ElasticError(
            f"Document not found [{index}]/[{identifier}]", kind="resource_not_found_exception", status=404
        )
    return document(found["_source"])


@router.api_route("/_mget", methods=["GET", "POST"])
@router.api_route("/{index}/_mget", methods=["GET", "POST"])
async def mget(request: Request, _caller: Reader, services: _Services, index: str = "") -> Response:
    """Return several documents."""
    body = await json_body(request)
    asked = body.get(
        "docs",
        [{"_id": identifier} for identifier in body.get("ids", [])]
        if isinstance(body.get("ids", []), list)
        else None,
    )
    if (
        not isinstance(asked, list)
        or len(asked) > _MOST_IDS
        or not all(isinstance(one, dict) and "_id" in one for one in asked)
    ):
        raise ElasticError(f"_mget holds `ids`, or `docs` with an `_id` each, at most {_MOST_IDS}")
    params = dict(request.query_params)
    found = await run_in_threadpool(
        lambda: [
            _found(
                services,
                str(one.get("_index", index)),
                str(one["_id"]),
                read_chosen(one.get("_source"), params),
            )
            for one in asked
        ]
    )
    return document({"docs": found})


@router.post("/{index}/_doc")
@router.api_route("/{index}/_doc/{identifier:path}", methods=["PUT", "POST"])
@router.api_route("/{index}/_create/{identifier:path}", methods=["PUT", "POST"])
async def put(
    request: Request, caller: Writer, services: _Services, index: str, identifier: str = ""
) -> Response:
    """Append an event, or write a document where the index is one of those."""
    create = "/_create/" in request.url.path or request.query_params.get("op_type") == "create"
    if not is_kept(services, index):
        return await append_one(request, services, caller, index, identifier, create=create)
    require_writer(caller)
    body = read_object(await raw_body(request))
    kept = await run_in_threadpool(_put, services, index, identifier, body, create)
    return document(
        _written(kept, "created" if kept.version == 1 else "updated"), 201 if kept.version == 1 else 200
    )


@router.post("/{index}/_update/{identifier:path}")
async def update(
    request: Request, caller: Writer, services: _Services, index: str, identifier: str
) -> Response:
    """Change a kept document; events are never changed."""
    body = await json_body(request)
    if not is_kept(services, index):
        raise append_only("update")
    require_writer(caller)
    if not isinstance(body.get("doc"), dict):
        raise ElasticError("an update holds `doc`; scripts are not run here")
    kept = await run_in_threadpool(_merge, services, index, identifier, body)
    return document(_written(kept, "updated"))


@router.delete("/{index}/_doc/{identifier:path}")
def delete(caller: Writer, services: _Services, index: str, identifier: str) -> Response:
    """Delete a kept document; events are never deleted one by one."""
    if not is_kept(services, index):
        raise append_only("delete")
    require_writer(caller)
    with services.db.write() as tx:
        removed = services.documents.remove(tx, index, identifier)
    answer = {"_index": index, "_id": identifier, "result": "deleted" if removed else "not_found"}
    return document(answer | {"_shards": _SHARDS}, 200 if removed else 404)


@router.post("/{index}/_delete_by_query")
@router.post("/{index}/_update_by_query")
def by_query(_caller: Writer, index: str) -> Response:
    """Refuse to change or delete what a query selects."""
    raise append_only(f"changing what a query selects in [{index[:200]}]")


_SHARDS = {"total": 1, "successful": 1, "failed": 0}


def _found(services: Services, index: str, identifier: str, chosen: Chosen) -> dict[str, Any]:
    if is_kept(services, index):
        with services.db.read() as tx:
            kept = services.documents.get(tx, index, identifier)
        found: dict[str, Any] = {"_index": index, "_id": identifier, "found": kept is not None}
        if kept is not None:
            found |= {"_version": kept.version, "_seq_no": kept.version, "_primary_term": 1}
            found["_source"] = filtered(kept.body, chosen)
        return found
    view = view_of(index, services.store, now=services.clock.now(), lenient=True)
    return _event(services, index, identifier, view, chosen)


def _event(services: Services, index: str, identifier: str, view: View, chosen: Chosen) -> dict[str, Any]:
    place = services.identities.place(index, identifier) if services.identities is not None else None
    events = services.store.get([place or identifier])
    found: dict[str, Any] = {"_index": index, "_id": identifier, "found": bool(events)}
    if events:
        found |= {"_index": index_of(events[0].at, view), "_version": 1, "_seq_no": events[0].seq}
        found |= {"_primary_term": 1}
        if chosen.shown:
            found["_source"] = filtered(Showing(services, view).document(events[0]), chosen)
    return found


def _missing(found: dict[str, Any]) -> Response:
    response = document({name: found[name] for name in ("_index", "_id", "found")})
    response.status_code = 404
    return response


def _put(services: Services, index: str, identifier: str, body: dict[str, Any], create: bool) -> Document:
    try:
        with services.db.write() as tx:
            kept: Document = services.documents.put(tx, index, body, document_id=identifier, create=create)
            return kept
    except ConflictError as error:
        raise ElasticError(error.message, kind="version_conflict_engine_exception", status=409) from error
    except NotFoundError as error:
        raise ElasticError(error.message, kind="index_not_found_exception", status=404) from error


def _merge(services: Services, index: str, identifier: str, body: dict[str, Any]) -> Document:
    with services.db.write() as tx:
        before = services.documents.get(tx, index, identifier)
        if before is None:
            raise ElasticError(
                f"[{identifier}]: document missing", kind="document_missing_exception", status=404
            )
        kept: Document = services.documents.put(tx, index, before.body | body["doc"], document_id=identifier)
        return kept


def _written(kept: Document, result: str) -> dict[str, Any]:
    return {
        "_index": kept.index, "_id": kept.id, "_version": kept.version, "result": result, "_shards": _SHARDS,
        "_seq_no": kept.version, "_primary_term": 1,
    }  # fmt: skip
