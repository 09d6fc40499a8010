"""What clients ask of a cluster before they begin: who it is, how it is, and what is on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse

from tocsin.api.elastic.access import Caller, Reader
from tocsin.api.elastic.body import flag
from tocsin.api.elastic.form import ElasticError, ElasticRoute, document
from tocsin.api.elastic.views import matching, sent_to, view_of
from tocsin.api.services import Services, services
from tocsin.core.clock import SECOND, to_iso
from tocsin.store.base import Selection

router = APIRouter(route_class=ElasticRoute)
_Services = Annotated[Services, Depends(services)]

VERSION = "8.19.0"
"""The version of Elasticsearch whose clients are answered."""
OPENSEARCH_VERSION = "2.19.0"
"""The version of OpenSearch that OpenSearch's own clients are told."""
_OPENSEARCH = ("opensearch-",)


@router.api_route("/", methods=["GET", "HEAD"])
def greet(request: Request, _caller: Caller) -> Response:
    """Say which Elasticsearch this answers like; OpenSearch's clients are told of an OpenSearch."""
    version: dict[str, Any] = {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "tar",
        "build_hash": "unknown",
        "build_date": "2025-01-01T00:00:00.000000000Z",
        "build_snapshot": False,
        "lucene_version": "9.12.0",
        "minimum_wire_compatibility_version": "7.17.0",
        "minimum_index_compatibility_version": "7.0.0",
    }
    if request.headers.get("user-agent", "").lower().startswith(_OPENSEARCH):
        version |= {"distribution": "opensearch", "number": OPENSEARCH_VERSION}
        version |= {"minimum_wire_compatibility_version": "7.10.0"}
        del version["build_flavor"]
    greeting = {"name": "tocsin", "cluster_name": "tocsin", "cluster_uuid": "tocsin", "version": version}
    return document(greeting | {"tagline": "You Know, for Search"})


@router.get("/_cluster/health")
@router.get("/_cluster/health/{index}")
def health(_caller: Caller, services: _Services, index: str = "") -> Response:
    """Say that one node answers."""
    del index
    days = len(services.store.days())
    return document({
        "cluster_name": "tocsin", "status": "green", "timed_out": False, "number_of_nodes": 1,
        "number_of_data_nodes": 1, "active_primary_shards": days, "active_shards": days,
        "relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0, "number_of_in_flight_fetch": 0, "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0,
    })  # fmt: skip


@router.get("/_license")
def license_of(_caller: Caller) -> Response:
    """Return what Beats and Logstash ask for before they send."""
    found = {
        "status": "active",
        "uid": "tocsin",
        "type": "basic",
        "issue_date_in_millis": 0,
        "issued_to": "tocsin",
    }
    return document({"license": found})


@router.get("/_xpack")
def xpack(_caller: Caller) -> Response:
    """Return that no feature of Elastic's licence is here."""
    return document({"license": {"mode": "basic", "status": "active", "type": "basic"}, "features": {}})


@router.get("/_security/_authenticate")
def authenticate(caller: Caller) -> Response:
    """Return who calls."""
    return document({"username": caller.login, "roles": [caller.role], "enabled": True, "metadata": {}})


@router.get("/_cat/indices")
@router.get("/_cat/indices/{index}")
def cat_indices(request: Request, _caller: Reader, services: _Services, index: str = "_all") -> Response:
    """List the indices with how many events they hold and their size."""
    rows = index_rows(services)
    chosen = [row for row in rows if any(matching(name, [row["index"]]) for name in index.split(","))]
    return _table(
        request,
        chosen,
        (
            "health",
            "status",
            "index",
            "uuid",
            "pri",
            "rep",
            "docs.count",
            "docs.deleted",
            "store.size",
            "pri.store.size",
        ),
    )


@router.get("/_cat/health")
def cat_health(request: Request, _caller: Caller) -> Response:
    """Say that one node answers, as a line."""
    row = {"cluster": "tocsin", "status": "green", "node.total": "1", "node.data": "1"}
    return _table(request, [row], tuple(row))


@router.get("/_cat/count")
@router.get("/_cat/count/{index}")
def cat_count(request: Request, _caller: Reader, services: _Services, index: str = "") -> Response:
    """Return how many events there are."""
    now = services.clock.now()
    view = view_of(index, services.store, now=now)
    count = services.store.count(Selection(view.node))
    row = {"epoch": str(now // SECOND), "timestamp": to_iso(now)[11:19], "count": str(count)}
    return _table(request, [row], tuple(row))


@router.get("/_cat/aliases")
@router.get("/_cat/templates")
def cat_nothing(request: Request, _caller: Caller) -> Response:
    """List what there is none of."""
    return _table(request, [], ())


def index_rows(services: Services) -> list[dict[str, str]]:
    """Return a row for each day of events, each name sent to, and each index of documents."""
    rows = [
        _index_row(f"tocsin-{day.day.replace('-', '.')}", str(day.events), day.size_bytes)
        for day in services.store.days()
    ]
    rows += [_index_row(name, "", None) for name in sorted(sent_to(services.store))]
    if services.documents is not None:
        with services.db.read() as tx:
            names = services.documents.indices(tx)
            rows += [_index_row(name, str(services.documents.count(tx, name)), None) for name in names]
    return rows


def _index_row(name: str, count: str, size_bytes: int | None) -> dict[str, str]:
    size = "" if size_bytes is None else f"{max(1, size_bytes // 1024)}kb"
    return {
        "health": "green", "status": "open", "index": name, "uuid": name, "pri": "1", "rep": "0",
        "docs.count": count, "docs.deleted": "0", "store.size": size, "pri.store.size": size,
    }  # fmt: skip


def _wants_json(request: Request) -> bool:
    return "json" in request.headers.get("accept", "").partition(",")[0]


def _table(request: Request, rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> Response:
    wanted = [name for name in request.query_params.get("h", "").split(",") if name] or list(columns)
    if request.query_params.get("format") == "json" or _wants_json(request):
        return document([{name: row.get(name) for name in wanted} for row in rows])
    if request.query_params.get("format", "text") not in {"text", "txt"}:
        raise ElasticError("[format] is text or json")
    lines = [" ".join(wanted)] if flag(request.query_params, "v") else []
    lines += [" ".join(str(row.get(name, "")) for name in wanted) for row in rows]
    return PlainTextResponse("".join(f"{line}\n" for line in lines))
