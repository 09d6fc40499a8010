"""Routes that count events: over time, by value, by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tocsin.api.access import require
from tocsin.api.event_selection import Asked, AskedDep, FieldParameter
from tocsin.api.paging import listing
from tocsin.core.clock import DAY, SECOND, from_iso, to_iso
from tocsin.core.errors import InvalidError
from tocsin.core.fields import ALIASES, TIMESTAMP, canonical
from tocsin.query.aggregation import Aggregation, Buckets, DateHistogram, Key, Terms
from tocsin.query.intervals import READABLE_WIDTHS, Interval, parse_width
from tocsin.query.patterns import quote
from tocsin.query.tree import And, Exists
from tocsin.query.values import text_of
from tocsin.store.base import Selection

router = APIRouter(tags=["events"], dependencies=[Depends(require("events:read"))])

_MOST_BUCKETS = 1_000
_MOST_PARTS = 6
"""Values a histogram is broken down by: more colours cannot be told apart."""


@router.get("/events/histogram")
def histogram(
    asked: AskedDep,
    buckets: Annotated[int, Query(ge=1, le=_MOST_BUCKETS)] = 60,
    width: Annotated[str, Query(max_length=16)] = "",
    by: Annotated[str, Query(max_length=256)] = "",
) -> dict[str, Any]:
    """Return counts over time in at most about `buckets` steps of a readable width; empty ones left out.

    `width` (`30s`, `5m`, `1d`) is the step instead; where it would make more than 1,000 steps, the next wider
    readable one is taken, and `width_us` says so. With `by`, `values` are the field's commonest values and
    each step has its counts of them under `parts`, in that order.
    """
    first, end = _span(asked)
    step = _step(end - first, buckets, width)
    if by:
        return _broken_down(asked, step, canonical(by))
    found = asked.store.histogram(asked.selection, width=step)
    items = [{"start": to_iso(bucket.start), "count": bucket.count} for bucket in found]
    return {"width_us": step, "items": items, "total": sum(bucket.count for bucket in found)}


@router.get("/events/top")
def top(
    asked: AskedDep, field: FieldParameter, size: Annotated[int, Query(ge=1, le=1_000)] = 10
) -> dict[str, Any]:
    """Return the commonest values of a field, given under any name we know.

    `total` counts the events selected, `present` those of them that have the field.
    """
    name = canonical(field)
    found = asked.store.top(asked.selection, field=name, size=size)
    dated = name == TIMESTAMP
    items = [{"value": to_iso(one.value) if dated else one.value, "count": one.count} for one in found]
    holding = Selection(
        And((asked.selection.query, Exists(name))), asked.selection.from_at, asked.selection.to_at
    )
    return {
        "field": name,
        "items": items,
        "total": asked.store.count(asked.selection),
        "present": asked.store.count(holding),
    }


@router.get("/events/suggest")
def suggest(
    asked: AskedDep,
    field: FieldParameter,
    prefix: Annotated[str, Query(max_length=256)] = "",
    size: Annotated[int, Query(ge=1, le=100)] = 10,
) -> dict[str, Any]:
    """Return the commonest values of a field that begin with a prefix, whatever their case."""
    name = canonical(field)
    begins = f"(?i){quote(prefix)}.*" if prefix else None
    found = _buckets(asked, Aggregation("values", Terms(name, size=size, include=begins)))
    return {"field": name, "items": [{"value": one.key, "count": one.count} for one in found.buckets]}


@router.get("/events/count")
def count(asked: AskedDep) -> dict[str, int]:
    """Return how many events are selected."""
    return {"count": asked.store.count(asked.selection)}


@router.get("/events/fields")
def fields(asked: AskedDep) -> dict[str, Any]:
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


def _broken_down(asked: Asked, step: int, field: str) -> dict[str, Any]:
    values = [text_of(one.value) for one in asked.store.top(asked.selection, field=field, size=_MOST_PARTS)]
    inner = (Aggregation("parts", Terms(field, size=_MOST_PARTS, include=tuple(values))),) if values else ()
    steps = DateHistogram(TIMESTAMP, Interval(width=step))
    found = _buckets(asked, Aggregation("values", steps, inner)).buckets
    items = [
        {
            "start": to_iso(int(one.key)),  # type: ignore[arg-type]  # keys of a date histogram are microseconds
            "count": one.count,
            "parts": _parts(one.results, values),
        }
        for one in found
    ]
    total = sum(one.count for one in found)
    return {"width_us": step, "items": items, "total": total, "field": field, "values": values}


def _parts(results: Mapping[str, Any], values: Sequence[str]) -> list[int]:
    found = results.get("parts")
    buckets = found.buckets if isinstance(found, Buckets) else ()
    counts = {_text(one.key): one.count for one in buckets}
    return [counts.get(value, 0) for value in values]


def _text(key: Key) -> str:
    return "" if key is None or isinstance(key, tuple) else text_of(key)


def _buckets(asked: Asked, aggregation: Aggregation) -> Buckets:
    found = asked.store.aggregate(asked.selection, [aggregation])[aggregation.name]
    assert isinstance(found, Buckets)  # noqa: S101  the answer to a bucket aggregation
    return found


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


def _step(span: int, buckets: int, width: str) -> int:
    least = parse_width(width) if width else 0
    if width and least < SECOND:
        raise InvalidError("a step of a histogram is at least 1s")
    if least and span <= least * _MOST_BUCKETS:
        return least
    most = _MOST_BUCKETS if width else buckets
    return next((one for one in READABLE_WIDTHS if one >= least and span <= one * most), READABLE_WIDTHS[-1])
