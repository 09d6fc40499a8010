"""How a bucket aggregation cuts events into keys: SQL expressions over the columns of a `Table`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.query.aggregation import (
    BucketKind,
    Composite,
    CompositeSource,
    DateHistogram,
    Filters,
    Histogram,
    Missing,
    Ranges,
    Terms,
    ValueKind,
    order_kind,
    step_start,
    value_kind,
)
from tocsin.query.intervals import Interval, fixed_offset, is_utc
from tocsin.query.patterns import compile_regex
from tocsin.query.sql import Writer
from tocsin.query.tree import Exists, Not
from tocsin.query.values import text_of
from tocsin.store.columns import Column, Table

_Key = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a key: `sql` gives it for an event, or a list of them when `many`.

    `order` is the expression that sorts it, with `{k}` for the key.
    """

    sql: str
    type: str
    many: bool = False
    with_missing: bool = False
    order: str = "{k}"


def parts_of(kind: BucketKind, table: Table) -> tuple[Part, ...]:
    """Return the parts of the keys a kind makes; all but composites have one."""
    match kind:
        case Terms():
            return (_terms(kind, table),)
        case DateHistogram() | Histogram():
            return (_steps(kind, table),)
        case Ranges():
            return (_ranges(kind, table),)
        case Filters(queries, other):
            column = table.chosen([query for _, query in queries])
            places = column.name
            if other is not None:
                places = f"CASE WHEN len({places}) = 0 THEN [{len(queries)}] ELSE {places} END"
            return (Part(places, "INTEGER", many=True),)
        case Missing(field):
            column = table.chosen([Not(Exists(field))])
            return (Part(column.name, "INTEGER", many=True),)
        case Composite(sources):
            return tuple(_source(source, table) for source in sources)


def narrowed(kind: BucketKind, key: str, writer: Writer) -> str:
    """Return the condition by which a kind leaves out keys of its own accord, or nothing."""
    parts: list[str] = []
    if isinstance(kind, Terms):
        for wanted, negation in ((kind.include, ""), (kind.exclude, "NOT ")):
            if wanted is not None:
                parts.append(f"{negation}({_within(wanted, f'({key})::VARCHAR', writer)})")
    if isinstance(kind, DateHistogram | Histogram) and kind.hard_bounds is not None:
        # Whole steps stay: the one that the lower bound lies in is kept, and of numbers that of the upper.
        upto = "<" if isinstance(kind, DateHistogram) else "<="
        for bound, operator in zip(kind.hard_bounds, (">=", upto), strict=True):
            if bound is not None:
                first = step_start(kind, bound)
                parts.append(f"{key} {operator} {writer.bind(first)}")
    return " AND ".join(parts)


def _within(wanted: tuple[str, ...] | str, key: str, writer: Writer) -> str:
    if isinstance(wanted, str):
        compile_regex(wanted)
        return f"regexp_full_match({key}, {writer.bind(wanted)}, 's')"
    return f"list_contains({writer.bind(list(wanted))}::VARCHAR[], {key})"


def _terms(kind: Terms, table: Table) -> Part:
    ordered = order_kind(kind)
    if ordered == "date":
        return _per_value(table.values(kind.field, "date"), "BIGINT", lambda x: x)
    column = table.texts(kind.field)
    sql = column.name
    if kind.missing is not None:
        value = table.writer.bind(text_of(kind.missing))
        sql = f"CASE WHEN len({sql}) = 0 THEN [{value}] ELSE {sql} END" if column.many else ""
        sql = sql or f"coalesce({column.name}, {value})"
    if column.many:
        sql = f"list_distinct({sql})"
    return Part(sql, "VARCHAR", column.many, order=_ORDERS[ordered])


_ORDERS: dict[ValueKind, str] = {
    "text": "{k}",
    "date": "{k}",
    "number": "number_key({k})",
    "address": "address_key({k})",
}


def _steps(kind: DateHistogram | Histogram, table: Table) -> Part:
    if isinstance(kind, DateHistogram):
        interval = kind.interval
        zone = "" if _shift(interval) is not None else table.writer.bind(interval.zone)
        return _per_value(table.values(kind.field, "date"), "BIGINT", lambda x: date_step(interval, x, zone))
    width, offset = (f"{table.writer.bind(float(x))}::DOUBLE" for x in (kind.width, kind.offset))
    return _per_value(
        table.values(kind.field, "number"),
        "DOUBLE",
        lambda x: f"floor(({x} - {offset}) / {width}) * {width} + {offset}",
    )


def _per_value(column: Column, of_type: str, key: _Key, *, with_missing: bool = False) -> Part:
    if not column.many:
        return Part(key(column.name), of_type, with_missing=with_missing)
    keys = f"list_distinct(list_transform({column.name}, lambda x: {key('x')}))"
    if with_missing:
        keys = f"CASE WHEN len({column.name}) = 0 THEN [NULL::{of_type}] ELSE {keys} END"
    return Part(keys, of_type, many=True, with_missing=with_missing)


def _ranges(kind: Ranges, table: Table) -> Part:
    column = table.values(kind.field, "date" if kind.dated else "number")
    cases: list[str] = []
    for place, span in enumerate(kind.spans):
        bounds = []
        if span.lower is not None:
            bounds.append(f"{{x}} >= {table.writer.bind(float(span.lower))}")
        if span.upper is not None:
            bounds.append(f"{{x}} < {table.writer.bind(float(span.upper))}")
        inside = " AND ".join(bounds) or "{x} IS NOT NULL"
        name = column.name
        if column.many:
            held = f"len(list_filter({name}, lambda x: {inside.format(x='x')})) > 0"
        else:
            held = inside.format(x=name)
        cases.append(f"CASE WHEN {held} THEN {place} END")
    return Part(
        f"list_filter([{', '.join(cases)}]::INTEGER[], lambda x: x IS NOT NULL)", "INTEGER", many=True
    )


def _source(source: CompositeSource, table: Table) -> Part:
    by, missing = source.by, source.with_missing
    if not isinstance(by, Terms):
        part = _steps(by, table)
        return Part(part.sql, part.type, part.many, missing, part.order)
    kind = value_kind(by.field)
    if kind == "date":
        return _per_value(table.values(by.field, "date"), "BIGINT", lambda x: x, with_missing=missing)
    if kind == "number":
        return _per_value(table.values(by.field, "number"), "DOUBLE", lambda x: x, with_missing=missing)
    return _per_value(table.texts(by.field), "VARCHAR", lambda x: x, with_missing=missing)


def date_step(interval: Interval, x: str, zone: str) -> str:
    """Return the SQL for the beginning of the step of `interval` that the microseconds `x` lie in.

    `zone` is the parameter that holds the name of a time zone whose distance from UTC changes, or empty.
    """
    shift = _shift(interval)
    here = f"({x} - {interval.offset})"
    if shift is not None:
        local, back = f"({here} + {shift})", f" - {shift} + {interval.offset}"
    else:
        local = f"epoch_us(timezone({zone}, make_timestamptz({here})))"
        back = f" + {interval.offset}"
    if interval.step:
        rest = _modulo(f"({local} - {interval.anchor})", interval.step)
        if shift is not None or interval.is_short:
            return f"({x} - {rest})"
        floored = f"({local} - {rest})"
    else:
        floored = f"epoch_us(date_trunc('{interval.unit}', make_timestamp({local})))"
    if shift is None:
        floored = f"epoch_us(timezone({zone}, make_timestamp({floored})))"
    return f"({floored}{back})"


def _modulo(x: str, step: int) -> str:
    return f"(({x} % {step} + {step}) % {step})"


def _shift(interval: Interval) -> int | None:
    """Return how far the clock is ahead of UTC; None when that changes over the year."""
    return 0 if is_utc(interval.zone) else fixed_offset(interval.zone) or None


def order_of(parts: Sequence[Part], names: Sequence[str]) -> list[str]:
    """Return the expressions that sort keys."""
    return [part.order.format(k=name) for part, name in zip(parts, names, strict=True)]
