"""Events in the order of their values, by the server's own sort where it means the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.query.aggregation import MAX_HITS, SortKey, order_kind
from tocsin.query.opensearch_terms import AT, SEQ, SOURCE
from tocsin.query.tree import Scalar
from tocsin.query.values import date_key, number_key, text_of
from tocsin.store.base import Behind, Ranked, Selection
from tocsin.store.cursors import Key, key_of
from tocsin.store.opensearch.document import to_event
from tocsin.store.opensearch.places import place_of
from tocsin.store.opensearch.reading import Reader

_NEWEST = [{AT: "desc"}, {SOURCE: "desc"}, {SEQ: "desc"}]
_BEHIND_EVERY: Key = (-(2**63), "", -1)


def sort_of(sort: Sequence[SortKey]) -> list[Any] | None:
    """Return the server's sort with ties settled newest first; None where it has no such order."""
    parts: list[Any] = []
    for key in sort:
        kind = order_kind(key)
        place = place_of(key.field, kind)
        if place is None:
            return None
        parts.append(
            {
                place: {
                    "order": "desc" if key.descending else "asc",
                    "missing": "_first" if key.missing_first else "_last",
                    "mode": "max" if key.descending else "min",
                    "unmapped_type": "keyword" if kind == "text" else "double",
                }
            }
        )
    return [*parts, *_NEWEST]


def can_rank(sort: Sequence[SortKey], behind: Behind | None) -> bool:
    """Say whether the server can go on behind a place in this order: it knows none without a value."""
    return sort_of(sort) is not None and (behind is None or None not in behind.values)


def rank(
    reader: Reader,
    selection: Selection,
    sort: Sequence[SortKey],
    *,
    start: int,
    limit: int,
    behind: Behind | None,
) -> list[Ranked]:
    """Return events in an order that `can_rank`; see `EventStore.rank`."""
    if not (start >= 0 and limit >= 0 and start + limit <= MAX_HITS):
        raise InvalidError(f"at most {MAX_HITS} events can be ranked: read on behind the last one")
    body: dict[str, Any] = {
        "size": limit,
        "query": {"bool": {"filter": [reader.clause(selection)]}},
        "sort": sort_of(sort),
        "track_total_hits": False,
    }
    if behind is None:
        body["from"] = start
    else:
        body |= {"size": start + limit, "search_after": _after(reader, sort, behind)}
    hits = reader.search(body)["hits"]["hits"] if limit else []
    found = [Ranked(to_event(hit["_source"]), _values(sort, hit["sort"])) for hit in hits]
    return found if behind is None else found[start:]


def _after(reader: Reader, sort: Sequence[SortKey], behind: Behind) -> list[Any]:
    if len(behind.values) != len(sort):
        raise InvalidError(f"{len(behind.values)} values to go on behind do not fit {len(sort)} to sort by")
    values = [_key(key, value) for key, value in zip(sort, behind.values, strict=True)]
    if behind.event_id is None:
        return [*values, *_BEHIND_EVERY]
    found = reader.by_ids([behind.event_id])
    if not found:
        raise InvalidError("the event to go on behind is not in the log any more")
    return [*values, *key_of(found[0])]


def _key(key: SortKey, value: Scalar | None) -> Any:
    text = text_of(value) if value is not None else ""
    kind = order_kind(key)
    found: Any = text
    if kind in ("number", "date"):
        found = number_key(text) if kind == "number" else date_key(text)
    if found is None:
        raise InvalidError(f"{text[:80]!r} is no {kind} that {key.field} can be compared with")
    return found


def _values(sort: Sequence[SortKey], raw: Sequence[Any]) -> tuple[Scalar | None, ...]:
    return tuple(_value(key, value) for key, value in zip(sort, raw[: len(sort)], strict=True))


def _value(key: SortKey, value: Any) -> Scalar | None:
    if value is None or isinstance(value, str):
        return value
    if abs(value) in (float("inf"), 2**63, 2**63 - 1):
        return None  # how the server writes that there is none
    return int(value) if order_kind(key) == "date" else float(value)
