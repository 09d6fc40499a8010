"""Indices: whether they exist, making those of documents, and a last word on whatever is not known here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from tocsin.accounts import Principal
from tocsin.api.elastic.access import Caller, Reader, Writer
from tocsin.api.elastic.body import flag, json_body
from tocsin.api.elastic.fields import indices_of, properties, types_of
from tocsin.api.elastic.form import ElasticError, ElasticRoute, append_only, document, no_such_index
from tocsin.api.elastic.kept import is_kept, kept_in
from tocsin.api.elastic.permissions import require_writer
from tocsin.api.elastic.views import is_event_view, listed, matching, names_in, sent_to, view_of
from tocsin.api.services import Services, services
from tocsin.core.errors import ConflictError, NotFoundError
from tocsin.ingest.bulk import is_index_name

router = APIRouter(route_class=ElasticRoute)
_Services = Annotated[Services, Depends(services)]
_DONE = {"acknowledged": True}


@router.post("/_refresh")
@router.post("/{index}/_refresh")
@router.post("/{index}/_flush")
def refresh(_caller: Caller, index: str = "") -> Response:
    """Do nothing: what was answered for can be searched at once."""
    del index
    return document({"_shards": {"total": 1, "successful": 1, "failed": 0}})


@router.get("/_resolve/index/{name}")
def resolve(_caller: Caller, services: _Services, name: str) -> Response:
    """Return the indices and views that an expression stands for."""
    now = services.clock.now()
    known = [*listed(services.store), *_kept_names(services)]
    found: dict[str, None] = {}
    for part in names_in(name, now=now):
        found |= dict.fromkeys(matching(part, known))
    indices = [{"name": one, "attributes": ["open"]} for one in found]
    return document({"indices": indices, "aliases": [], "data_streams": []})


@router.get("/_alias")
@router.get("/_aliases")
@router.get("/{index}/_alias")
def aliases(_caller: Caller, services: _Services, index: str = "") -> Response:
    """Return that no index has an alias."""
    names = indices_of(index, services.store, now=services.clock.now())
    return document({name: {"aliases": {}} for name in names})


@router.head("/_alias/{name}")
@router.head("/{index}/_alias/{name}")
def alias_exists(_caller: Caller, name: str, index: str = "") -> Response:
    """Say that there is no alias."""
    del name, index
    return Response(status_code=404)


@router.head("/{index}")
def exists(_caller: Caller, services: _Services, index: str) -> Response:
    """Say whether every index named exists."""
    return Response(status_code=200 if _exists(services, index) else 404)


@router.get("/{index}")
def describe(request: Request, _caller: Reader, services: _Services, index: str) -> Response:
    """Return aliases, mappings and settings of the indices named."""
    now = services.clock.now()
    if (names := kept_in(services, index)) is not None:
        with services.db.read() as tx:
            known = services.documents.indices(tx)
        return document({name: {"aliases": {}, "settings": {}, **known[name]} for name in names})
    if index.startswith("_") and index != "_all":
        raise _no_handler(request)
    lenient = flag(request.query_params, "ignore_unavailable")
    view = view_of(index, services.store, now=now, lenient=lenient)
    found = {"properties": properties(types_of(services.store, view))}
    shown = {"aliases": {}, "mappings": found, "settings": {"index": {"number_of_shards": "1"}}}
    return document(dict.fromkeys(indices_of(index, services.store, now=now), shown))


@router.put("/{index}")
async def make(request: Request, caller: Writer, services: _Services, index: str) -> Response:
    """Make an index of documents; those of events are there as soon as something is sent to them."""
    body = await json_body(request)
    if not is_index_name(index):
        raise ElasticError(f"Invalid index name [{index[:200]}]", kind="invalid_index_name_exception")
    await run_in_threadpool(_make, services, caller, index, body)
    return document(_DONE | {"shards_acknowledged": True, "index": index})


def _make(services: Services, caller: Principal, index: str, body: dict[str, Any]) -> None:
    if not is_kept(services, index):
        if index in sent_to(services.store):
            raise _already(index)
        return
    require_writer(caller)
    definition = {name: body[name] for name in ("mappings", "settings") if isinstance(body.get(name), dict)}
    try:
        with services.db.write() as tx:
            services.documents.make(tx, index, definition, actor=caller.actor)
    except ConflictError as error:
        raise _already(index) from error


def _already(index: str) -> ElasticError:
    return ElasticError(f"index [{index}] already exists", kind="resource_already_exists_exception")


@router.put("/{index}/_mapping")
@router.post("/{index}/_mapping")
@router.put("/{index}/_mapping/{kind}")
async def map_fields(
    request: Request, caller: Writer, services: _Services, index: str, kind: str = ""
) -> Response:
    """Keep the mapping of an index of documents; the types of events' fields are the catalogue's."""
    del kind
    body = await json_body(request)
    names = kept_in(services, index)
    if names is None:
        raise ElasticError(
            f"the mapping of [{index[:200]}] is fixed: events have the types of the field catalogue"
        )
    require_writer(caller)
    await run_in_threadpool(_map, services, names, body)
    return document(_DONE)


def _map(services: Services, names: list[str], body: dict[str, Any]) -> None:
    with services.db.write() as tx:
        known = services.documents.indices(tx)
        for name in names:
            before = known[name].get("mappings", {}).get("properties", {})
            merged = {**before, **body.get("properties", {})}
            services.documents.define(tx, name, known[name] | {"mappings": {**body, "properties": merged}})


@router.delete("/{index}")
def drop(caller: Writer, services: _Services, index: str) -> Response:
    """Delete an index of documents; events are deleted by retention alone."""
    if not is_kept(services, index) or "*" in index:
        raise append_only(f"deleting [{index[:200]}]")
    require_writer(caller)
    try:
        with services.db.write() as tx:
            services.documents.drop(tx, index, actor=caller.actor)
    except NotFoundError as error:
        raise no_such_index(index) from error
    return document(_DONE)


@router.api_route("/{path:path}", methods=["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
def unknown(request: Request, _caller: Caller, path: str) -> Response:
    """Say in Elasticsearch's form that this is not answered here."""
    del path
    raise _no_handler(request)


def _no_handler(request: Request) -> ElasticError:
    path = request.url.path.removeprefix("/compat/elastic")[:200]
    return ElasticError(f"no handler found for uri [{path}] and method [{request.method}]")


def _exists(services: Services, expression: str) -> bool:
    sent = sent_to(services.store)
    known = [*listed(services.store), *_kept_names(services)]
    for name in names_in(expression, now=services.clock.now()):
        if name in sent or matching(name, known) or (is_event_view(name) and "*" in name):
            continue
        return False
    return True


def _kept_names(services: Services) -> list[str]:
    with services.db.read() as tx:
        return list(services.documents.indices(tx))
