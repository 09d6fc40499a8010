"""Which fields occur in the log. Each day is counted once; later only what was committed since."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from tocsin.core.fields import MESSAGE, TIMESTAMP, field_type
from tocsin.query.own_columns import OwnColumns
from tocsin.query.sql import COLUMNS, Writer
from tocsin.store.base import FieldSeen, Selection
from tocsin.store.catalog import FieldCounts
from tocsin.store.day import DayFile
from tocsin.store.days import Days
from tocsin.store.pages import days_within, fetch
from tocsin.store.rows import event_columns, to_event

_Events = Callable[[Writer], str]
"""Returns the table of the events to count with the condition on them, for a FROM clause."""
_OF_EVERY_EVENT = (TIMESTAMP, MESSAGE, "event.source", "event.sequence")


def count_fields(days: Days, selection: Selection) -> list[FieldSeen]:
    """Return the fields of the days the selection's time range touches, by name."""
    totals: Counter[str] = Counter()
    types: dict[str, str] = {}
    for day in days_within(days, selection):
        with days.lease(day) as file:
            if file is None:
                continue
            counted = _counted(days, file)
            totals.update({name: n for name, n in counted.counts.items() if name not in _OF_EVERY_EVENT})
            totals.update(dict.fromkeys(_OF_EVERY_EVENT, file.summary.events))
            types.update(counted.types)
    return [
        FieldSeen(name, field_type(name) or types.get(name, "keyword"), totals[name])
        for name in sorted(totals)
        if totals[name]
    ]


def _counted(days: Days, file: DayFile) -> FieldCounts:
    """Return the day's counts, brought up to its newest commit."""
    known = file.summary.fields
    through = file.summary.last_commit
    if known.through == through:
        return known
    counts = Counter(known.counts)
    types = dict(known.types)
    for name, events, seq in _count(days, file, known.through, through):
        counts[name] += events
        if field_type(name) is None and name not in types:
            types[name] = _type_in(days, file, name, seq)
    # Two readers may count the same commits at once; each stores a whole result, so either is right.
    file.summary.fields = FieldCounts(through, dict(counts), types)
    return file.summary.fields


def _count(days: Days, file: DayFile, after: int, through: int) -> list[tuple[str, int, int]]:
    """Return each field with how many events hold it, and the sequence of one of them."""

    def between(writer: Writer) -> str:
        table = file.events(writer)
        return f"{table} WHERE commit_no > {writer.bind(after)} AND commit_no <= {writer.bind(through)}"

    return [
        *_in_map(days, "texts", file.own.singles, between),
        *_in_map(days, "lists", file.own.lists, between),
        *_in_columns(days, file.own, between),
    ]


def _in_map(days: Days, held: str, elsewhere: Iterable[str], between: _Events) -> list[tuple[str, int, int]]:
    """Count the names in a map but those that have a column."""
    writer = Writer()
    keys = f"SELECT unnest(map_keys({held})) AS name, seq AS place FROM {between(writer)}"
    left = f"NOT list_contains({writer.bind(list(elsewhere))}::VARCHAR[], name)"
    sql = f"SELECT name, count(*), min(place) FROM ({keys}) WHERE {left} GROUP BY 1"
    return fetch(days, sql, writer.params)


def _in_columns(days: Days, own: OwnColumns, between: _Events) -> list[tuple[str, int, int]]:
    writer = Writer()
    columns = [*COLUMNS.items(), *((one.name, name) for name, one in zip(own.names, own.fields, strict=True))]
    counts = ", ".join(
        f"count({column}), coalesce(min(seq) FILTER ({column} IS NOT NULL), 0)" for _, column in columns
    )
    row = fetch(days, f"SELECT {counts} FROM {between(writer)}", writer.params)[0]
    counted = zip([name for name, _ in columns], row[::2], row[1::2], strict=True)
    return [(name, events, place) for name, events, place in counted if events]


def _type_in(days: Days, file: DayFile, name: str, seq: int) -> str:
    """Return the type of a field in an event of that sequence that has it."""
    writer = Writer()
    table = file.events(writer)
    sql = f"SELECT {event_columns(file.own)} FROM {table} WHERE seq = {writer.bind(seq)}"
    found = [to_event(row, file.own) for row in fetch(days, sql, writer.params)]
    value: Any = next((event.fields[name] for event in found if name in event.fields), None)
    if isinstance(value, list) and value:
        value = value[0]
    kinds = ((bool, "boolean"), (int, "long"), (float, "double"))
    return next((kind for of, kind in kinds if isinstance(value, of)), "keyword")
