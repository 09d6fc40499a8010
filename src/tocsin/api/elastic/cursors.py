"""Scrolls and points in time: where a client goes on reading. Bounded per caller, and they expire."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from tocsin.api.elastic.access import Reader
from tocsin.api.elastic.body import flag, json_body
from tocsin.api.elastic.form import ElasticError, ElasticRoute, document
from tocsin.api.elastic.paths import chosen
from tocsin.api.elastic.requests import Search
from tocsin.api.elastic.runs import Hit, Run
from tocsin.api.elastic.views import View, view_of
from tocsin.api.services import Services, services
from tocsin.core.clock import DAY, SECOND, Clock
from tocsin.core.errors import InvalidError
from tocsin.query.intervals import parse_width

router = APIRouter(route_class=ElasticRoute)
_Services = Annotated[Services, Depends(services)]
MOST_CURSORS = 50
"""Scrolls and points in time that one caller may have open at a time."""
_MOST_IN_ALL = 2_000
_SHARDS = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: how many (None: not counted), the hits shown, and the aggregations' answers."""

    total: int | None
    hits: list[dict[str, Any]]
    aggregations: dict[str, Any] | None = None
    pit: str = ""
    scroll: str = ""


@dataclass(slots=True)
class _Open:
    owner: str
    expires_at: int
    view: View
    run: Run | None = None
    place: str | Hit | None = None
    total: int | None = None


class Cursors:
    """The scrolls and points in time that are open; thread safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    def add(self, entry: _Open) -> str:
        """Keep an entry and return its name; raises `ElasticError` when the caller has too many."""
        with self._lock:
            now = self._clock.now()
            for name in [name for name, one in self._open.items() if one.expires_at <= now]:
                del self._open[name]
            mine = sum(one.owner == entry.owner for one in self._open.values())
            if mine >= MOST_CURSORS or len(self._open) >= _MOST_IN_ALL:
                raise ElasticError(
                    f"Trying to create too many scroll contexts: at most {MOST_CURSORS} are open at a time",
                    kind="es_rejected_execution_exception", status=429,
                )  # fmt: skip
            name = secrets.token_urlsafe(24)
            self._open[name] = entry
            return name

    def get(self, owner: str, name: str, kind: str) -> _Open:
        """Return an open entry of the caller's own; raises `ElasticError`."""
        with self._lock:
            entry = self._open.get(name)
            if entry is None or entry.owner != owner or entry.expires_at <= self._clock.now():
                raise ElasticError(
                    f"No search context found for id [{name[:80]}]", kind="search_context_missing_exception",
                    status=404,
                )  # fmt: skip
            if (entry.run is None) != (kind == "pit"):
                raise ElasticError(f"[{name[:80]}] is no {kind}")
            return entry

    def keep(self, entry: _Open, for_us: int) -> None:
        """Put the end of an entry off."""
        entry.expires_at = self._clock.now() + for_us

    def drop(self, owner: str, names: list[str] | None, kind: str) -> int:
        """Close entries of the caller, all of them for None; return how many were open."""
        with self._lock:
            mine = [
                name
                for name, one in self._open.items()
                if one.owner == owner
                and (one.run is None) == (kind == "pit")
                and (names is None or name in names)
            ]
            for name in mine:
                del self._open[name]
            return len(mine)


def answered(found: Found, asked: Search, began: float) -> dict[str, Any]:
    """Return the answer to a search that began at a time of `time.monotonic`."""
    hits: dict[str, Any] = {"max_score": None, "hits": found.hits}
    if found.total is not None:
        hits["total"] = found.total if asked.as_int else {"value": found.total, "relation": "eq"}
    answer: dict[str, Any] = {
        "took": round((time.monotonic() - began) * 1_000), "timed_out": False, "_shards": _SHARDS,
        "hits": hits,
    }  # fmt: skip
    if found.aggregations is not None:
        answer["aggregations"] = found.aggregations
    if found.pit:
        answer["pit_id"] = found.pit
    if found.scroll:
        answer["_scroll_id"] = found.scroll
    return answer


def open_scroll(request: Request, owner: str, run: Run, keep: str, began: float) -> dict[str, Any]:
    """Answer the first page of a scroll and keep the place."""
    if not run.asked.size or run.asked.start or run.asked.after is not None:
        raise ElasticError("a scroll has a size above 0, and neither [from] nor [search_after]")
    cursors = _cursors(request)
    total = run.total()
    hits, place = run.scrolled(None)
    aggregations = run.aggregated()
    now = request.app.state.services.clock.now()
    name = cursors.add(_Open(owner, now + _width(keep), run.view, run, place, total))
    found = Found(total, [run.shown(hit) for hit in hits], aggregations, scroll=name)
    return answered(found, run.asked, began)


def resolve_pit(request: Request, owner: str, name: str) -> View:
    """Return the view a point in time was opened on."""
    return _cursors(request).get(owner, name, "pit").view


@router.api_route("/_search/scroll", methods=["GET", "POST"])
@router.api_route("/_search/scroll/{scroll_id}", methods=["GET", "POST"])
async def scroll(request: Request, caller: Reader, scroll_id: str = "") -> Response:
    """Return the next page of a scroll."""
    body = await json_body(request)
    name = str(body.get("scroll_id", request.query_params.get("scroll_id", scroll_id)))
    keep = str(body.get("scroll", request.query_params.get("scroll", "1m")))
    params = dict(request.query_params)
    answer = await run_in_threadpool(_next, _cursors(request), caller.actor.name, name, keep, params)
    return chosen(request, answer)


def _next(cursors: Cursors, owner: str, name: str, keep: str, params: Mapping[str, str]) -> dict[str, Any]:
    began = time.monotonic()
    entry = cursors.get(owner, name, "scroll")
    cursors.keep(entry, _width(keep))
    assert entry.run is not None  # noqa: S101  a scroll has one
    shown: list[dict[str, Any]] = []
    if entry.place is not None:
        hits, entry.place = entry.run.scrolled(entry.place)
        shown = [entry.run.shown(hit) for hit in hits]
    answer = answered(Found(entry.total, shown, scroll=name), entry.run.asked, began)
    if params.get("rest_total_hits_as_int") == "true" and entry.total is not None:
        answer["hits"]["total"] = entry.total
    return answer


@router.delete("/_search/scroll")
@router.delete("/_search/scroll/{scroll_id}")
async def clear_scroll(request: Request, caller: Reader, scroll_id: str = "") -> Response:
    """Close scrolls."""
    given = (await json_body(request)).get("scroll_id", scroll_id)
    names = given if isinstance(given, list) else str(given).split(",")
    freed = _cursors(request).drop(caller.actor.name, None if names == ["_all"] else names, "scroll")
    return document({"succeeded": True, "num_freed": freed}, 200 if freed or names == ["_all"] else 404)


@router.post("/{index}/_pit")
def open_pit(request: Request, caller: Reader, services: _Services, index: str) -> Response:
    """Open a point in time on a view."""
    return document({"id": _pit(request, caller.actor.name, services, index), "_shards": _SHARDS})


@router.delete("/_pit")
async def close_pit(request: Request, caller: Reader) -> Response:
    """Close a point in time."""
    name = (await json_body(request)).get("id")
    freed = _cursors(request).drop(caller.actor.name, [str(name)], "pit")
    return document({"succeeded": bool(freed), "num_freed": freed}, 200 if freed else 404)


@router.post("/{index}/_search/point_in_time")
def open_point(request: Request, caller: Reader, services: _Services, index: str) -> Response:
    """Open a point in time as OpenSearch's clients ask for it."""
    name = _pit(request, caller.actor.name, services, index)
    return document({"pit_id": name, "_shards": _SHARDS, "creation_time": services.clock.now() // 1_000})


@router.delete("/_search/point_in_time")
async def close_points(request: Request, caller: Reader) -> Response:
    """Close points in time as OpenSearch's clients ask for it."""
    given = (await json_body(request)).get("pit_id", [])
    names = [str(name) for name in given] if isinstance(given, list) else [str(given)]
    cursors = _cursors(request)
    closed = [
        {"successful": bool(cursors.drop(caller.actor.name, [n], "pit")), "pit_id": n} for n in names[:100]
    ]
    return document({"pits": closed})


def _pit(request: Request, owner: str, services: Services, index: str) -> str:
    params = dict(request.query_params)
    keep = params.get("keep_alive")
    if not keep:
        raise ElasticError("[keep_alive] is required", kind="action_request_validation_exception")
    now = services.clock.now()
    view = view_of(index, services.store, now=now, lenient=flag(params, "ignore_unavailable"))
    return _cursors(request).add(_Open(owner, now + _width(keep), view))


def _width(text: str) -> int:
    try:
        width = parse_width(text)
    except InvalidError as error:
        raise ElasticError(f"failed to parse [{text[:40]}] as a time value") from error
    if not 0 < width <= DAY:
        raise ElasticError(f"Keep alive for request ({text[:40]}) is too large: at most 24h")
    return max(width, SECOND)


def _cursors(request: Request) -> Cursors:
    state = request.app.state
    if not hasattr(state, "elastic_cursors"):
        state.elastic_cursors = Cursors(state.services.clock)
    found: Cursors = state.elastic_cursors
    return found
