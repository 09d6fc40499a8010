"""Counting: how many events, when, and with which values."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import TIMESTAMP
from tocsin.query.sql import Writer
from tocsin.store.asking import Question, TooLargeError, answer_of_day, answers_of_days
from tocsin.store.base import Bucket, Selection, TopValue
from tocsin.store.day import DayFile
from tocsin.store.days import Days
from tocsin.store.keys import typed
from tocsin.store.narrowing import narrowed
from tocsin.store.pages import days_within, fetch, where

_MOST_VALUES = 10_000
_MOST_TOGETHER = 4_000
"""Values of one day up to which they are put together here: of more, the database does it sooner."""


def count_events(days: Days, selection: Selection) -> int:
    """Return how many events are selected."""
    question = Question(days, selection, "count")

    def of_day(file: DayFile) -> int:
        counted: int = sum(row[0] for row in _selected(days, file, selection, "count(*)"))
        return counted

    return sum(answer_of_day(question, days, day, of_day) or 0 for day in days_within(days, selection))


def histogram_of(days: Days, selection: Selection, width: int) -> list[Bucket]:
    """Return counts per `width` microseconds, oldest first; raises `InvalidError` for no width."""
    if width < 1:
        raise InvalidError(f"a histogram's buckets cannot be {width} microseconds wide")
    question = Question(days, selection, f"histogram {width}")
    bucket = f"at_us - ((at_us % {width}) + {width}) % {width}"

    def of_day(file: DayFile) -> list[tuple[int, int]]:
        return _selected(days, file, selection, f"{bucket}, count(*)", "GROUP BY 1")

    counts: Counter[int] = Counter()
    for day in days_within(days, selection):
        counts.update(dict(answer_of_day(question, days, day, of_day) or ()))
    return [Bucket(start, counts[start]) for start in sorted(counts)]


def _selected(days: Days, file: DayFile, selection: Selection, columns: str, grouped: str = "") -> list[Any]:
    """Return what is asked of the events of one day; nothing when none can be meant."""
    within = narrowed(file, selection.query, partial(fetch, days))
    if within.is_empty:
        return []
    writer = Writer()
    condition = where(writer, file, selection)
    sql = f"SELECT {columns} FROM {within.events(writer)} WHERE {condition} {grouped}"
    return fetch(days, sql, writer.params)


def top_values(days: Days, selection: Selection, field: str, size: int) -> list[TopValue]:
    """Return the commonest values of a canonical field; a value an event lists twice counts once."""
    names = days_within(days, selection)
    size = max(1, min(size, _MOST_VALUES))
    question = Question(days, selection, f"top {field!r}")
    ordered = "ORDER BY events DESC, value LIMIT"

    def of_days(chosen: Sequence[str]) -> list[tuple[str, int]]:
        rows = _counted(days, chosen, selection, field, f"LIMIT {_MOST_TOGETHER + 1}")
        if len(rows) > _MOST_TOGETHER:
            raise TooLargeError(f"more than {_MOST_TOGETHER} values of {field}")
        return rows

    parts = answers_of_days(question, days, names, of_days)
    if parts is None:
        rows = _counted(days, names, selection, field, f"{ordered} {size}")
    else:
        counts: Counter[str] = Counter()
        for part in parts:
            counts.update(dict(part))
        rows = heapq.nsmallest(size, counts.items(), key=lambda row: (-row[1], row[0]))
    return [TopValue(typed(field, value), events) for value, events in rows]


def _counted(
    days: Days, names: Sequence[str], selection: Selection, field: str, ending: str
) -> list[tuple[str, int]]:
    """Return values of a field over some days and in how many events each is."""
    writer = Writer()
    with ExitStack() as leases:
        parts: list[str] = []
        for day in names:
            file = leases.enter_context(days.lease(day))
            if file is not None:
                within = narrowed(file, selection.query, partial(fetch, days))
                condition = where(writer, file, selection)
                parts += _values(writer, field, f"{within.events(writer)} WHERE {condition}")
        if not parts:
            return []
        sql = (
            f"SELECT value, sum(events)::BIGINT AS events FROM ({' UNION ALL '.join(parts)})"
            # A condition on `value` itself would be moved to where events are read, which makes it twice.
            f" GROUP BY value HAVING count(value) > 0 {ending}"
        )
        return fetch(days, sql, writer.params)


def _values(writer: Writer, field: str, selected: str) -> list[str]:
    value = "at_us::VARCHAR" if field == TIMESTAMP else writer.single(field)
    parts = [f"SELECT {value} AS value, count(*) AS events FROM {selected} GROUP BY ALL"]
    many = writer.many(field)
    if many is not None:
        elements = f"SELECT unnest(list_distinct({many})) AS value FROM {selected}"
        parts.append(f"SELECT value, count(*) AS events FROM ({elements}) GROUP BY ALL")
    return parts
