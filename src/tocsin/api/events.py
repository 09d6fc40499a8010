"""Routes of the event log: searching, counting, one event and its surroundings, export, days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from tocsin.api.access import require
from tocsin.api.event_export import FIRST_COLUMNS, csv_lines, json_lines
from tocsin.api.event_view import event_view
from tocsin.api.paging import Paging, listing, paging
from tocsin.api.services import Services, services
from tocsin.api.wazuh_view import alert_documents, alert_lines
from tocsin.core.clock import DAY, HOUR, MINUTE, SECOND, from_iso, to_iso
from tocsin.core.errors import InvalidError, NotFoundError
from tocsin.core.event import Event
from tocsin.core.fields import ALIASES, TIMESTAMP, canonical
from tocsin.query.aggregation import Aggregation, Buckets, Terms
from tocsin.query.dates import parse_instant
from tocsin.query.lucene import parse_lucene
from tocsin.query.patterns import quote
from tocsin.query.tree import Everything
from tocsin.store.base import EventStore, Selection

router = APIRouter(tags=["events"], dependencies=[Depends(require("events:read"))])

_MOST_BUCKETS = 1_000
_MOST_COLUMNS = 500
_NOW = re.compile(r"[0-9a-f]{1,14}")
_WIDTHS = (
    *(SECOND * n for n in (1, 2, 5, 10, 15, 30)),
    *(MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 30, 90, 365)),
)
"""Widths people can read off an axis."""

_FILE_NAMES = {"jsonl": "events.jsonl", "csv": "events.csv", "wazuh": "alerts.json"}

_Text = Annotated[str, Query(max_length=16_384)]
_From = Annotated[str, Query(alias="from", max_length=64)]
_To = Annotated[str, Query(alias="to", max_length=64)]
_Field = Annotated[str, Query(min_length=1, max_length=256)]
_Around = Annotated[int, Query(ge=0, le=500)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The log, and which of its events a request is about; `now` is that of the first page."""

    store: EventStore
    selection: Selection
    now: int
    cursor: str | None


def asked(
    services: Annotated[Services, Depends(services)],
    page: Annotated[Paging, Depends(paging)],
    q: _Text = "",
    from_: _From = "",
    to: _To = "",
) -> Asked:
    """Read `q`, `from` and `to`; a dependency of routes. Without a time, all of it is meant.

    A cursor carries the `now` of its first page, so that relative times mean the same on every page.
    """
    now, cursor = _split(page.cursor, services.clock.now())
    selection = Selection(
        parse_lucene(q, now=now),
        parse_instant(from_, now=now) if from_ else None,
        parse_instant(to, now=now) if to else None,
    )
    return Asked(services.store, selection, now, cursor)


def log(services: Annotated[Services, Depends(services)]) -> EventStore:
    """Return the event log; a dependency of routes."""
    store: EventStore = services.store
    return store


_Asked = Annotated[Asked, Depends(asked)]
_Log = Annotated[EventStore, Depends(log)]


@router.get("/events")
def search(
    asked: _Asked,
    page: Annotated[Paging, Depends(paging)],
    order: Literal["newest", "oldest"] = "newest",
) -> dict[str, Any]:
    """Return a page of the events selected."""
    found = asked.store.search(asked.selection, order=order, limit=page.limit, cursor=asked.cursor)
    following = f"{asked.now:x}.{found.cursor}" if found.cursor else None
    return listing(map(event_view, found.events), following=following)


@router.get("/events/histogram")
def histogram(asked: _Asked, buckets: Annotated[int, Query(ge=1, le=_MOST_BUCKETS)] = 60) -> dict[str, Any]:
    """Return counts over time in at most about `buckets` steps of a readable width; empty ones left out."""
    first, end = _span(asked)
    width = _width(end - first, buckets)
    found = asked.store.histogram(asked.selection, width=width)
    items = [{"start": to_iso(bucket.start), "count": bucket.count} for bucket in found]
    return {"width_us": width, "items": items, "total": sum(bucket.count for bucket in found)}


@router.get("/events/top")
def top(asked: _Asked, field: _Field, size: Annotated[int, Query(ge=1, le=1_000)] = 10) -> dict[str, Any]:
    """Return the commonest values of a field, given under any name we know."""
    name = canonical(field)
    found = asked.store.top(asked.selection, field=name, size=size)
    dated = name == TIMESTAMP
    items = [{"value": to_iso(one.value) if dated else one.value, "count": one.count} for one in found]
    return {"field": name, "items": items}


@router.get("/events/suggest")
def suggest(
    asked: _Asked,
    field: _Field,
    prefix: Annotated[str, Query(max_length=256)] = "",
    size: Annotated[int, Query(ge=1, le=100)] = 10,
) -> dict[str, Any]:
    """Return the commonest values of a field that begin with a prefix, whatever their case."""
    name = canonical(field)
    begins = f"(?i){quote(prefix)}.*" if prefix else None
    terms = Aggregation("values", Terms(name, size=size, include=begins))
    found = asked.store.aggregate(asked.selection, [terms])["values"]
    assert isinstance(found, Buckets)  # noqa: S101  the answer to `Terms`
    return {"field": name, "items": [{"value": one.key, "count": one.count} for one in found.buckets]}


@router.get("/events/count")
def count(asked: _Asked) -> dict[str, int]:
    """Return how many events are selected."""
    return {"count": asked.store.count(asked.selection)}


@router.get("/events/fields")
def fields(asked: _Asked) -> dict[str, Any]:
    """Return the fields that occur in the days of the time range, with their other names."""
    names: dict[str, list[str]] = {}
    for alias, name in ALIASES.items():
        names.setdefault(name, []).append(alias)
    found = asked.store.fields(asked.selection)
    items = [
        {"name": seen.name, "type": seen.type, "count": seen.count, "aliases": names.get(seen.name, [])}
        for seen in found
    ]
    return listing(items, total=len(items))


@router.get("/events/export")
def export(
    asked: _Asked,
    services: Annotated[Services, Depends(services)],
    kind: Annotated[Literal["jsonl", "csv", "wazuh"], Query(alias="format")] = "jsonl",
    columns: _Text = "",
) -> StreamingResponse:
    """Stream every event selected, oldest first. `columns` (fields, comma between) is for CSV.

    `wazuh` is JSON lines in the form of Wazuh's `alerts.json`.
    """
    batches = _begun(asked.store.scan(asked.selection))
    if kind == "jsonl":
        lines, media = json_lines(batches), "application/x-ndjson"
    elif kind == "wazuh":
        lines, media = alert_lines(alert_documents(services), batches), "application/x-ndjson"
    else:
        lines, media = csv_lines(batches, _columns(asked, columns)), "text/csv; charset=utf-8"
    disposition = {"Content-Disposition": f'attachment; filename="{_FILE_NAMES[kind]}"'}
    return StreamingResponse(lines, media_type=media, headers=disposition)


@router.get("/events/{event_id:path}/around")
def around(event_id: str, store: _Log, before: _Around = 10, after: _Around = 10) -> dict[str, Any]:
    """Return an event between its neighbours in time from the same host."""
    return listing(map(event_view, store.around(event_id, before=before, after=after)))


@router.get("/events/{event_id:path}")
def one(
    event_id: str,
    store: _Log,
    services: Annotated[Services, Depends(services)],
    form: Annotated[Literal["event", "wazuh"], Query(alias="format")] = "event",
) -> dict[str, Any]:
    """Return one event; with `format=wazuh` as the document of a Wazuh alert."""
    found = store.get([event_id])
    if not found:
        raise NotFoundError(f"there is no event {event_id}")
    return event_view(found[0]) if form == "event" else alert_documents(services).document(found[0])


@router.get("/store")
def days(store: _Log) -> dict[str, Any]:
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


def _split(cursor: str | None, now: int) -> tuple[int, str | None]:
    if cursor is None:
        return now, None
    first, _, rest = cursor.partition(".")
    if not _NOW.fullmatch(first) or not rest:
        raise InvalidError("the cursor is not one of this log")
    return int(first, 16), rest


def _span(asked: Asked) -> tuple[int, int]:
    """Return the time a histogram spans; where no bound was given, that of the days kept."""
    kept = asked.store.days()
    first, end = asked.selection.from_at, asked.selection.to_at
    if first is None:
        first = from_iso(f"{kept[0].day}T00:00:00Z") if kept else asked.now - DAY
    if end is None:
        end = from_iso(f"{kept[-1].day}T00:00:00Z") + DAY if kept else asked.now
    if asked.selection.from_at is not None and asked.selection.to_at is not None and first >= end:
        raise InvalidError("`from` must lie before `to`")
    return first, max(end, first + SECOND)


def _width(span: int, buckets: int) -> int:
    return next((width for width in _WIDTHS if span <= width * buckets), _WIDTHS[-1])


def _columns(asked: Asked, columns: str) -> list[str]:
    chosen = [canonical(name.strip()) for name in columns.split(",") if name.strip()]
    if not chosen:
        selection = Selection(Everything(), asked.selection.from_at, asked.selection.to_at)
        seen = [field.name for field in asked.store.fields(selection)]
        chosen = [*FIRST_COLUMNS, *(name for name in seen if name not in FIRST_COLUMNS)]
    if len(chosen) > _MOST_COLUMNS:
        raise InvalidError(f"{len(chosen)} columns are more than {_MOST_COLUMNS}: name those you need")
    return chosen


def _begun(batches: Iterator[Sequence[Event]]) -> Iterator[Sequence[Event]]:
    """Read the first batch now, while an error can still be answered as one."""
    first = next(batches, None)
    return iter(()) if first is None else chain([first], batches)
