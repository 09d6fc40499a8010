"""Which fields occur in the log. Each day is counted once; later only what was committed since."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections import Counter
from typing import Any

from tocsin.core.fields import MESSAGE, TIMESTAMP, field_type
from tocsin.query.sql import COLUMNS
from tocsin.store.base import FieldSeen, Selection
from tocsin.store.catalog import FieldCounts
from tocsin.store.day import DayFile
from tocsin.store.days import Days
from tocsin.store.pages import days_within, fetch
from tocsin.store.rows import EVENT_COLUMNS, to_event

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
    table = f"{file.events} WHERE commit_no > $1 AND commit_no <= $2"
    keys = (
        "SELECT name, count(*), min(place)"
        " FROM (SELECT unnest(map_keys({})) AS name, seq AS place FROM {}) GROUP BY 1"
    )
    single = fetch(days, keys.format("texts", table), [after, through])
    many = fetch(days, keys.format("lists", table), [after, through])
    columns = ", ".join(f"count({column})" for column in COLUMNS.values())
    row = fetch(days, f"SELECT {columns} FROM {table}", [after, through])[0]
    own = [(name, events, 0) for name, events in zip(COLUMNS, row, strict=True) if events]
    return [*single, *many, *own]


def _type_in(days: Days, file: DayFile, name: str, seq: int) -> str:
    """Return the type of a field in an event of that sequence that has it."""
    rows = fetch(days, f"SELECT {EVENT_COLUMNS} FROM {file.events} WHERE seq = $1", [seq])
    value: Any = next((event.fields[name] for event in map(to_event, rows) if name in event.fields), None)
    if isinstance(value, list) and value:
        value = value[0]
    kinds = ((bool, "boolean"), (int, "long"), (float, "double"))
    return next((kind for of, kind in kinds if isinstance(value, of)), "keyword")
