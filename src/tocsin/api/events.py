"""Routes of the event log: searching, counting, one event and its surroundings, export, days."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from tocsin.api import event_figures, event_tail
from tocsin.api.access import require
from tocsin.api.case_views import alert_views
from tocsin.api.event_export import checked_columns, columns_of, csv_lines, json_lines
from tocsin.api.event_order import ranked_page, sort_key
from tocsin.api.event_selection import Asked, AskedDep, LogDep, QueryParameter
from tocsin.api.event_view import event_view
from tocsin.api.export_gate import export_place
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.services import Services, services
from tocsin.api.wazuh_view import alert_documents, alert_lines
from tocsin.core.errors import NotFoundError
from tocsin.core.event import Event
from tocsin.core.fields import canonical
from tocsin.core.ids import event_id as id_of
from tocsin.core.ids import split_event_id
from tocsin.store.base import FieldSeen
from tocsin.store.parquet import write_parquet

router = APIRouter(tags=["events"], dependencies=[Depends(require("events:read"))])
router.include_router(event_figures.router)
router.include_router(event_tail.router)

_PIECE = 1 << 20
_MOST_LINES = 10_000_000
_FILES = {
    "jsonl": ("events.jsonl", "application/x-ndjson"),
    "csv": ("events.csv", "text/csv; charset=utf-8"),
    "parquet": ("events.parquet", "application/vnd.apache.parquet"),
    "wazuh": ("alerts.json", "application/x-ndjson"),
}

_Page = Annotated[Paging, Depends(paging)]
_Services = Annotated[Services, Depends(services)]
_Around = Annotated[int, Query(ge=0, le=500)]
_Sort = Annotated[str, Query(max_length=256)]


@router.get("/events")
def search(
    asked: AskedDep,
    page: _Page,
    order: Literal["newest", "oldest"] = "newest",
    sort: _Sort = "",
    nested: bool = True,
) -> dict[str, Any]:
    """Return a page of the events selected, by time or by a field: `sort=rule.level`, `-rule.level`.

    Ties of a field come newest first, events without it last. `nested=false` leaves out `document`, which
    says the same as `fields`.
    """
    key = sort_key(asked, sort)
    if key is None:
        found = asked.store.search(asked.selection, order=order, limit=page.limit, cursor=asked.cursor)
    else:
        found = ranked_page(asked, key, page.limit)
    following = f"{asked.now:x}.{found.cursor}" if found.cursor else None
    return listing((event_view(event, nested=nested) for event in found.events), following=following)


@router.get("/events/export")
def export(  # noqa: PLR0917  FastAPI passes by name
    asked: AskedDep,
    request: Request,
    services: _Services,
    kind: Annotated[Literal["jsonl", "csv", "parquet", "wazuh"], Query(alias="format")] = "jsonl",
    columns: QueryParameter = "",
    lines: Annotated[int | None, Query(ge=1, le=_MOST_LINES)] = None,
) -> StreamingResponse:
    """Stream the events selected, oldest first; Parquet once the whole file is made.

    `columns` (fields, comma between) is for CSV and Parquet.
    `lines` ends it after so many events; without it, every event is sent. `wazuh` is JSON lines in the form
    of Wazuh's `alerts.json`. Only a few exports run at a time; further ones are answered 429.
    """

    def written() -> Iterator[bytes]:
        batches = _limited(_begun(asked.store.scan(asked.selection)), lines)
        if kind == "jsonl":
            return json_lines(batches)
        if kind == "wazuh":
            return alert_lines(alert_documents(services), batches)
        if kind == "parquet":
            return _parquet(batches, _columns(asked, columns), asked.store.fields(asked.selection))
        return csv_lines(batches, _columns(asked, columns))

    gated = _gated(request.app.state.exports, written)
    next(gated)  # begun, so that it is ended whatever becomes of the response
    name, media = _FILES[kind]
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(gated, media_type=media, headers=disposition)


@router.get("/events/{event_id:path}/around")
def around(
    event_id: str,
    store: LogDep,
    before: _Around = 10,
    after: _Around = 10,
    by: Literal["host", "source"] = "host",
) -> dict[str, Any]:
    """Return an event between its neighbours: in time from its host, or in sequence from its source.

    The neighbours from a source are the lines that stood beside it, also those of another day.
    """
    if by == "host":
        return listing(map(event_view, store.around(event_id, before=before, after=after)))
    source, seq = split_event_id(event_id)
    sequences = range(max(1, seq - before), seq + after + 1)
    found = store.get([id_of(source, one) for one in sequences])
    if not any(event.seq == seq for event in found):
        raise NotFoundError(f"there is no event {event_id}")
    return listing(map(event_view, found))


@router.get("/events/{event_id:path}/alerts", dependencies=[Depends(require("alerts:read"))])
def alerts(event_id: str, services: _Services) -> dict[str, Any]:
    """Return the alerts that stand on an event, newest first, 100 at most."""
    with services.db.read() as tx:
        found = services.alerts.of_event(tx, event_id)
        return listing(alert_views(tx, services, found), total=len(found))


@router.get("/events/{event_id:path}")
def one(
    event_id: str,
    store: LogDep,
    services: _Services,
    form: Annotated[Literal["event", "wazuh"], Query(alias="format")] = "event",
) -> dict[str, Any]:
    """Return one event; with `format=wazuh` as the document of a Wazuh alert."""
    found = store.get([event_id])
    if not found:
        raise NotFoundError(f"there is no event {event_id}")
    return event_view(found[0]) if form == "event" else alert_documents(services).document(found[0])


@router.get("/store")
def days(store: LogDep) -> dict[str, Any]:
    """Return the days kept, oldest first, and the newest commit's number."""
    items = [
        {
            "day": day.day,
            "events": day.events,
            "size_bytes": day.size_bytes,
            "first_commit": day.first_commit,
            "last_commit": day.last_commit,
        }
        for day in store.days()
    ]
    return {"days": items, "last_commit": store.last_commit()}


def _columns(asked: Asked, columns: str) -> list[str]:
    chosen = [canonical(name.strip()) for name in columns.split(",") if name.strip()]
    return checked_columns(chosen) if chosen else columns_of(asked.store, asked.selection)


def _parquet(
    batches: Iterator[Sequence[Event]], columns: Sequence[str], seen: Sequence[FieldSeen]
) -> Iterator[bytes]:
    """Write the whole file, then yield it piece by piece and delete it."""
    with TemporaryDirectory(prefix="tocsin-export-") as folder:
        path = Path(folder) / "events.parquet"
        write_parquet(path, batches, columns, seen)
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece


def _begun(batches: Iterator[Sequence[Event]]) -> Iterator[Sequence[Event]]:
    """Read the first batch now, while an error can still be answered as one."""
    first = next(batches, None)
    return iter(()) if first is None else chain([first], batches)


def _limited(batches: Iterator[Sequence[Event]], lines: int | None) -> Iterator[Sequence[Event]]:
    """Yield the batches until so many events have come."""
    left = sys.maxsize if lines is None else lines
    for batch in batches:
        yield batch[:left]
        left -= len(batch)
        if left <= 0:
            return


def _gated(gate: threading.BoundedSemaphore, begin: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield an empty piece, then the lines, while holding a place at the gate; only there the log is asked.

    Raises `TooManyRequestsError` at the first piece when there is no place.
    """
    with export_place(gate):
        lines = begin()
        yield b""
        yield from lines
