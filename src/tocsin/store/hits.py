"""Events in the order of their values: the ranked read, and the first events of buckets."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.core.ids import event_id
from tocsin.query.aggregation import MAX_HITS, Hits, SortKey, TopHits, ValueKind, order_kind
from tocsin.query.sql import Writer
from tocsin.query.tree import Scalar
from tocsin.query.values import address_key, date_key, number_key, text_of
from tocsin.store.base import Behind, Ranked, Selection
from tocsin.store.columns import Table, opened
from tocsin.store.cursors import key_of
from tocsin.store.days import Days
from tocsin.store.grouping import Group, Joined
from tocsin.store.lookup import of_ids
from tocsin.store.pages import fetch

_NEWEST = "at_us DESC, source DESC, seq DESC"


def ranked(
    days: Days,
    selection: Selection,
    sort: Sequence[SortKey],
    *,
    start: int,
    limit: int,
    behind: Behind | None,
) -> list[Ranked]:
    """Return events in the order of their values; see `EventStore.rank`."""
    if not (start >= 0 and limit >= 0 and start + limit <= MAX_HITS):
        raise InvalidError(f"at most {MAX_HITS} events can be ranked: read on behind the last one")
    with opened(days, selection) as table:
        if table is None or not limit:
            return []
        names = [_value(table, key) for key in sort]
        condition = _behind(days, table.writer, sort, names, behind) if behind else "TRUE"
        columns = ", ".join(["source", "seq", *(f"{name} AS s{n}" for n, name in enumerate(names))])
        sql = (
            f"SELECT {columns} FROM ({table.sql()}) WHERE {condition}"
            f" ORDER BY {_order(sort, names)} LIMIT {limit} OFFSET {start}"
        )
        rows = fetch(days, sql, table.writer.params)
    events = _events(days, [event_id(row[0], row[1]) for row in rows])
    return [
        Ranked(events[found], tuple(_shown(key, value) for key, value in zip(sort, row[2:], strict=True)))
        for row in rows
        if (found := event_id(row[0], row[1])) in events
    ]


def top_hits(days: Days, table: Table, within: Group, kind: TopHits, counts: Sequence[int]) -> list[Hits]:
    """Return the first events of each of the buckets `within`, which hold `counts` events."""
    if not kind.size:
        return [Hits(count) for count in counts]
    names = [_value(table, key) for key in kind.sort]
    joined = Joined(table, within).sql()
    sql = (
        f"SELECT id, source, seq, row_number() OVER (PARTITION BY id ORDER BY {_order(kind.sort, names)})"
        f" AS place FROM ({joined}) QUALIFY place BETWEEN {kind.start + 1} AND {kind.start + kind.size}"
        f" ORDER BY id, place LIMIT {MAX_HITS}"
    )
    rows = fetch(days, sql, table.writer.params)
    events = _events(days, [event_id(source, seq) for _, source, seq, _ in rows])
    found: list[list[Event]] = [[] for _ in counts]
    for place, source, seq, _ in rows:
        if event := events.get(event_id(source, seq)):
            found[place].append(event)
    return [Hits(count, tuple(mine)) for count, mine in zip(counts, found, strict=True)]


def _events(days: Days, ids: Sequence[str]) -> dict[str, Event]:
    return {event.id: event for event in of_ids(days, list(dict.fromkeys(ids)))}


def _kind(key: SortKey) -> ValueKind:
    return order_kind(key)


def _value(table: Table, key: SortKey) -> str:
    """Return the expression an event is ordered by: of a list its least or greatest value."""
    column = table.values(key.field, _kind(key))
    if not column.many:
        return column.name
    return f"{'list_max' if key.descending else 'list_min'}({column.name})"


def _order(sort: Sequence[SortKey], names: Sequence[str]) -> str:
    parts = [
        f"{name} {'DESC' if key.descending else 'ASC'} NULLS {'FIRST' if key.missing_first else 'LAST'}"
        for key, name in zip(sort, names, strict=True)
    ]
    return ", ".join([*parts, _NEWEST])


def _behind(days: Days, writer: Writer, sort: Sequence[SortKey], names: Sequence[str], behind: Behind) -> str:
    if len(behind.values) != len(sort):
        raise InvalidError(f"{len(behind.values)} values to go on behind do not fit {len(sort)} to sort by")
    equal: list[str] = []
    beyond: list[str] = []
    for key, name, value in zip(sort, names, behind.values, strict=True):
        bound = writer.bind(_key(key, value))
        beyond.append("(" + " AND ".join([*equal, _further(key, name, bound, missing=value is None)]) + ")")
        equal.append(f"{name} IS NOT DISTINCT FROM {bound}")
    if behind.event_id is not None:
        found = of_ids(days, [behind.event_id])
        if not found:
            raise InvalidError("the event to go on behind is not in the log any more")
        at, source, seq = (writer.bind(part) for part in key_of(found[0]))
        beyond.append("(" + " AND ".join([*equal, f"(at_us, source, seq) < ({at}, {source}, {seq})"]) + ")")
    return "(" + " OR ".join(beyond) + ")"


def _further(key: SortKey, name: str, bound: str, *, missing: bool) -> str:
    if missing:
        return f"{name} IS NOT NULL" if key.missing_first else "FALSE"
    beyond = f"{name} {'<' if key.descending else '>'} {bound}"
    return beyond if key.missing_first else f"({beyond} OR {name} IS NULL)"


def _key(key: SortKey, value: Scalar | None) -> Any:
    if value is None:
        return None
    text = text_of(value)
    found: Any = text
    match _kind(key):
        case "number":
            found = number_key(text)
        case "date":
            found = date_key(text)
        case "address":
            found = address_key(text)
    if found is None:
        raise InvalidError(f"{text[:80]!r} is no {_kind(key)} that {key.field} can be compared with")
    return found


def _shown(key: SortKey, value: Any) -> Scalar | None:
    if _kind(key) != "address" or value is None:
        shown: Scalar | None = value
        return shown
    number = int(value, 16)
    return str(ip_address(number & 0xFFFFFFFF if number >> 32 == 0xFFFF else number.to_bytes(16, "big")))
