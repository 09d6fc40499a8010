"""Counting: how many events, when, and with which values."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from functools import partial

from tocsin.core.errors import InvalidError
from tocsin.core.fields import TIMESTAMP
from tocsin.query.sql import Writer
from tocsin.store.base import Bucket, Selection, TopValue
from tocsin.store.days import Days
from tocsin.store.keys import typed
from tocsin.store.narrowing import narrowed
from tocsin.store.pages import days_within, fetch, where

_MOST_VALUES = 10_000


def count_events(days: Days, selection: Selection) -> int:
    """Return how many events are selected."""
    total = 0
    for day in days_within(days, selection):
        with days.lease(day) as file:
            if file is None:
                continue
            within = narrowed(file, selection.query, partial(fetch, days))
            if within.is_empty:
                continue
            writer = Writer()
            condition = where(writer, file, selection)
            sql = f"SELECT count(*) FROM {within.events(writer)} WHERE {condition}"
            total += fetch(days, sql, writer.params)[0][0]
    return total


def histogram_of(days: Days, selection: Selection, width: int) -> list[Bucket]:
    """Return counts per `width` microseconds, oldest first; raises `InvalidError` for no width."""
    if width < 1:
        raise InvalidError(f"a histogram's buckets cannot be {width} microseconds wide")
    counts: Counter[int] = Counter()
    for day in days_within(days, selection):
        with days.lease(day) as file:
            if file is None:
                continue
            within = narrowed(file, selection.query, partial(fetch, days))
            if within.is_empty:
                continue
            writer = Writer()
            bucket = f"at_us - ((at_us % {width}) + {width}) % {width}"
            condition = where(writer, file, selection)
            sql = f"SELECT {bucket}, count(*) FROM {within.events(writer)} WHERE {condition} GROUP BY 1"
            counts.update(dict(fetch(days, sql, writer.params)))
    return [Bucket(start, counts[start]) for start in sorted(counts)]


def top_values(days: Days, selection: Selection, field: str, size: int) -> list[TopValue]:
    """Return the commonest values of a canonical field; a value an event lists twice counts once."""
    writer = Writer()
    with ExitStack() as leases:
        parts: list[str] = []
        for day in days_within(days, selection):
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
            " GROUP BY value HAVING count(value) > 0 ORDER BY events DESC, value"
            f" LIMIT {max(1, min(size, _MOST_VALUES))}"
        )
        rows = fetch(days, sql, writer.params)
    return [TopValue(typed(field, value), events) for value, events in rows]


def _values(writer: Writer, field: str, selected: str) -> list[str]:
    value = "at_us::VARCHAR" if field == TIMESTAMP else writer.single(field)
    parts = [f"SELECT {value} AS value, count(*) AS events FROM {selected} GROUP BY ALL"]
    many = writer.many(field)
    if many is not None:
        elements = f"SELECT unnest(list_distinct({many})) AS value FROM {selected}"
        parts.append(f"SELECT value, count(*) AS events FROM ({elements}) GROUP BY ALL")
    return parts
