"""Mappings and field capabilities: the fields events have, with their types, as Elasticsearch states them."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from tocsin.api.elastic.access import Caller, Reader
from tocsin.api.elastic.body import flag, json_body
from tocsin.api.elastic.form import ElasticRoute, document
from tocsin.api.elastic.kept import kept_in
from tocsin.api.elastic.views import View, listed, matching, names_in, view_of
from tocsin.api.services import Services, services
from tocsin.core.fields import ALIASES, CATALOGUE, EVENT_ID
from tocsin.query.tree import Everything
from tocsin.store.base import EventStore, Selection

router = APIRouter(route_class=ElasticRoute)
_Services = Annotated[Services, Depends(services)]
_BOTH = ["GET", "POST"]
_NOT_COUNTED = frozenset({"text"})
_MOST_PATTERNS = 1_000


@router.get("/_mapping")
@router.get("/{index}/_mapping")
@router.get("/{index}/_mappings")
def mapping(request: Request, _caller: Reader, services: _Services, index: str = "") -> Response:
    """Return the fields of the indices named."""
    now = services.clock.now()
    if (names := kept_in(services, index)) is not None:
        with services.db.read() as tx:
            known = services.documents.indices(tx)
        return document({name: {"mappings": known[name].get("mappings", {})} for name in names})
    view = view_of(index, services.store, now=now, lenient=flag(request.query_params, "ignore_unavailable"))
    mappings = {"mappings": {"properties": properties(types_of(services.store, view))}}
    return document(dict.fromkeys(indices_of(index, services.store, now=now), mappings))


@router.get("/{index}/_mapping/field/{fields}")
@router.get("/_mapping/field/{fields}")
def mapping_of_fields(_caller: Reader, services: _Services, fields: str, index: str = "") -> Response:
    """Return the types of single fields."""
    types = types_of(services.store, View(Everything(), wazuh=True))
    found = {
        name: {"full_name": name, "mapping": {name.rpartition(".")[2]: {"type": kind}}}
        for name, kind in types.items()
        if any(fnmatchcase(name, pattern) for pattern in fields.split(",")[:_MOST_PATTERNS])
    }
    names = indices_of(index, services.store, now=services.clock.now())
    return document({name: {"mappings": found} for name in names})


@router.api_route("/_field_caps", methods=_BOTH)
@router.api_route("/{index}/_field_caps", methods=_BOTH)
async def field_caps(request: Request, _caller: Reader, services: _Services, index: str = "") -> Response:
    """Return what can be done with the fields that match the patterns."""
    body = await json_body(request)
    given = request.query_params.get("fields", body.get("fields", "*"))
    patterns = given if isinstance(given, list) else str(given).split(",")
    lenient = flag(request.query_params, "ignore_unavailable")
    return document(
        await run_in_threadpool(_caps, services, index, [str(p) for p in patterns[:_MOST_PATTERNS]], lenient)
    )


def _caps(services: Services, index: str, patterns: list[str], lenient: bool) -> dict[str, Any]:
    now = services.clock.now()
    view = view_of(index, services.store, now=now, lenient=lenient)
    found: dict[str, Any] = {}
    for name, kind in types_of(services.store, view).items():
        names = {name: kind} | ({f"{name}.keyword": "keyword"} if kind == "text" else {})
        for each, of in names.items():
            if any(fnmatchcase(each, pattern) for pattern in patterns):
                found[each] = {of: _capability(of)}
    return {"indices": indices_of(index, services.store, now=now), "fields": found}


def _capability(kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "metadata_field": False,
        "searchable": True,
        "aggregatable": kind not in _NOT_COUNTED,
    }


def types_of(store: EventStore, view: View) -> dict[str, str]:
    """Return the type of every field that is known or occurs, by the names the view's documents have."""
    types: dict[str, str] = {name: kind for name, kind in CATALOGUE.items() if name != EVENT_ID}
    types |= {seen.name: seen.type for seen in store.fields(Selection())}
    if view.index and not view.wazuh:  # as sent: fields without a name of ECS do not stand under `data`
        types = {_as_sent(name, types): kind for name, kind in types.items()}
    if view.wazuh:
        types |= {alias: types[name] for alias, name in ALIASES.items() if name in types}
    return dict(sorted(types.items()))


def _as_sent(name: str, types: Mapping[str, str]) -> str:
    short = name.removeprefix("data.")
    return name if short in types else short


def properties(types: Mapping[str, str]) -> dict[str, Any]:
    """Return types as nested properties; what is a value and holds others too has it in `value`."""
    root: dict[str, Any] = {}
    for name, kind in types.items():
        here = root
        parts = name.split(".")
        for part in parts[:-1]:
            inner = here.setdefault(part, {"properties": {}})
            if "properties" not in inner:
                inner = here[part] = {"properties": {"value": inner}}
            here = inner["properties"]
        here[parts[-1]] = _property(kind)
    return root


def _property(kind: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": kind}
    return shown | (
        {"fields": {"keyword": {"type": "keyword", "ignore_above": 32_766}}} if kind == "text" else {}
    )


def indices_of(expression: str, store: EventStore, *, now: int) -> list[str]:
    """Return the names that an expression stands for, the expression itself where that is none."""
    known = listed(store)
    found: dict[str, None] = {}
    for name in names_in(expression, now=now):
        found |= dict.fromkeys(matching(name, known))
    return list(found) or [expression or "tocsin-events"]


@router.get("/{index}/_settings")
@router.get("/_settings")
def settings(_caller: Caller, services: _Services, index: str = "") -> Response:
    """Return the few settings clients look at."""
    shown = {"index": {"number_of_shards": "1", "number_of_replicas": "0", "max_result_window": "10000"}}
    names = indices_of(index, services.store, now=services.clock.now())
    return document({name: {"settings": shown} for name in names})
