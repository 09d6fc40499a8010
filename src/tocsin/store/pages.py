"""Reading events page by page in order of time, source and sequence, day by day."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import duckdb
from msgspec import structs

from tocsin.core.clock import day_of
from tocsin.core.event import Event
from tocsin.query.sql import Writer
from tocsin.query.tree import Everything
from tocsin.store.asking import Question, answer_of_day
from tocsin.store.base import Order, Page, Selection, StoreError
from tocsin.store.cursors import Key, clamped, page_of
from tocsin.store.day import DayFile
from tocsin.store.days import Days
from tocsin.store.narrowing import Narrowed, narrowed, outermost
from tocsin.store.rows import event_columns, to_event
from tocsin.store.spans import asked_of

_MOST_KEPT = 50
"""Events of a day up to which they are remembered: a search for what is rare is mostly about days without."""
_EARLIEST = "0000-00-00"
_LATEST = "9999-99-99"


def read_page(days: Days, selection: Selection, order: Order, limit: int, cursor: str | None) -> Page:
    """Return a page; see `page_of`."""

    def read(most: int, beyond: Key | None) -> list[Event]:
        return read_events(days, selection, order, most, beyond)

    return page_of(read, selection, order, limit, cursor)


def read_events(
    days: Days, selection: Selection, order: Order, limit: int, beyond: Key | None = None
) -> list[Event]:
    """Return up to `limit` events selected that come behind the place `beyond` in the order."""
    newest = order == "newest"
    question = Question(days, selection, f"events {order} {beyond}")
    events: list[Event] = []
    for day in sorted(days_within(days, selection), reverse=newest):
        if beyond is not None and _is_passed(day, day_of(beyond[0]), newest=newest):
            continue
        left = limit - len(events)
        read = partial(_read_day, days, selection, order, limit=left, beyond=beyond)
        found = answer_of_day(question, days, day, read, keep=partial(_is_kept, left)) or []
        events += [_own(event) for event in found[:left]] if _is_kept(left, found) else found[:left]
        if len(events) >= limit:
            break
    return events


def _is_kept(limit: int, found: Sequence[Event]) -> bool:
    """Say whether these events are remembered: few, and fewer than asked for, so that there are no others."""
    return len(found) < min(limit, _MOST_KEPT)


def _own(event: Event) -> Event:
    """Return a copy that may be changed."""
    fields = {name: list(value) if isinstance(value, list) else value for name, value in event.fields.items()}
    return structs.replace(event, fields=fields)


def days_within(days: Days, selection: Selection) -> list[str]:
    """Return the days the selection's time range touches, oldest first."""
    first = _EARLIEST if selection.from_at is None else _day(selection.from_at)
    last = _LATEST if selection.to_at is None else _day(selection.to_at - 1)
    return [day for day in days.names() if first <= day <= last]


def where(writer: Writer, file: DayFile, selection: Selection) -> str:
    """Return the SQL condition of a selection on one day's event table."""
    writer.listed, writer.own = file.summary.listed, file.own
    parts = [writer.condition(selection.query)]
    if selection.from_at is not None:
        parts.append(f"at_us >= {writer.bind(clamped(selection.from_at))}")
    if selection.to_at is not None:
        parts.append(f"at_us < {writer.bind(clamped(selection.to_at))}")
    return " AND ".join(parts)


def fetch(days: Days, sql: str, params: list[Any]) -> list[Any]:
    """Run a statement on a connection of its own and return its rows; raises `StoreError`."""
    connection = days.cursor()
    try:
        with days.deadlines.statement(connection):
            return connection.execute(sql, params).fetchall()
    except duckdb.Error as error:
        raise StoreError(f"the log could not be read: {error}") from error
    finally:
        connection.close()


def _read_day(
    days: Days, selection: Selection, order: Order, file: DayFile, *, limit: int, beyond: Key | None
) -> list[Event]:
    within = None
    if beyond is None and isinstance(asked_of(file.day, selection), Everything):
        within = outermost(file, limit, newest=order == "newest")
    within = within or narrowed(file, selection.query, partial(fetch, days))
    if within.is_empty:
        return []
    writer = Writer()
    condition = where(writer, file, selection)
    if beyond is not None:
        condition += " AND " + _behind(writer, beyond, "<" if order == "newest" else ">")
    direction = "DESC" if order == "newest" else "ASC"
    ordered = f"ORDER BY at_us {direction}, source {direction}, seq {direction}"
    return read_whole(days, within, writer, condition, ordered=ordered, limit=f"LIMIT {limit}")


def read_whole(
    days: Days, within: Narrowed, writer: Writer, condition: str, *, ordered: str = "", limit: str = ""
) -> list[Event]:
    """Return the events of a day that a condition selects.

    First where they stand is found, then these alone are read: what is selected by is read once, and the
    rest of an event for no other; a day without any is not even prepared for that. Where few can be meant,
    these are read at once.
    """
    own = within.file.own
    columns = event_columns(own)
    if within.is_few:
        sql = f"SELECT {columns} FROM {within.events(writer)} WHERE {condition} {ordered} {limit}"
        return [to_event(row, own) for row in fetch(days, sql, writer.params)]
    parts, reader = within.file.parts, Writer()
    tables = [within.file.part(part, reader) for part in parts]
    found = " UNION ALL ".join(
        f"SELECT {number} AS part, rowid AS place, at_us, source, seq"
        f" FROM {within.part(part, writer)} WHERE {condition}"
        for number, part in enumerate(parts)
    )
    places: list[list[int]] = [[] for _ in parts]
    for number, place in fetch(days, f"SELECT part, place FROM ({found}) {ordered} {limit}", writer.params):
        places[number].append(place)
    if not any(places):
        return []
    whole = " UNION ALL ".join(
        f"SELECT {columns} FROM {table} WHERE rowid IN (SELECT unnest({reader.bind(rows)}::BIGINT[]))"
        for table, rows in zip(tables, places, strict=True)
    )
    return [to_event(row, own) for row in fetch(days, f"{whole} {ordered}", reader.params)]


def _behind(writer: Writer, key: Key, than: str) -> str:
    at, source, seq = (writer.bind(part) for part in key)
    return (
        f"at_us {than}= {at} AND (at_us {than} {at} OR source {than} {source}"
        f" OR (source = {source} AND seq {than} {seq}))"
    )


def _is_passed(day: str, reached: str, *, newest: bool) -> bool:
    return day > reached if newest else day < reached


def _day(at: int) -> str:
    try:
        return day_of(at)
    except OverflowError:
        return _EARLIEST if at < 0 else _LATEST
