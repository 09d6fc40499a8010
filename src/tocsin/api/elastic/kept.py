"""Searches in the documents that other tools keep here (`store.documents`), by the same query tree.

An index holds documents, not events, when its name matches one of `document_indices` in the settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tocsin.api.elastic.cursors import Found
from tocsin.api.elastic.form import ElasticError, no_such_index
from tocsin.api.elastic.requests import Search
from tocsin.api.elastic.sources import filtered
from tocsin.api.elastic.views import matching, names_in
from tocsin.api.services import Services
from tocsin.core.event import Event, Value
from tocsin.core.fields import canonical
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import And
from tocsin.query.values import date_key, number_key, text_of
from tocsin.store.documents import Document

_DEEPEST = 20


def is_kept(services: Services, name: str) -> bool:
    """Say whether an index, or a pattern, is one of documents and not of events."""
    return any(fnmatchcase(name, pattern) for pattern in services.api.document_indices)


def kept_in(services: Services, expression: str) -> list[str] | None:
    """Return the indices of documents an expression names; None when it is about events.

    Raises `ElasticError` for a name without `*` that is unknown, and for a mixture of the two.
    """
    names = names_in(expression, now=services.clock.now())
    kept = [name for name in names if is_kept(services, name)]
    if not kept:
        return None
    if len(kept) < len(names):
        raise ElasticError("one request is about events or about kept documents, not both")
    with services.db.read() as tx:
        known = services.documents.indices(tx)
    found: dict[str, None] = {}
    for name in kept:
        here = matching(name, known)
        if not here and "*" not in name:
            raise no_such_index(name)
        found |= dict.fromkeys(here)
    return list(found)


def search_kept(services: Services, names: list[str], asked: Search) -> Found:
    """Return the documents a search selects."""
    if asked.aggregations or asked.after is not None:
        raise ElasticError("kept documents are searched, sorted and counted; no more than that")
    with services.db.read() as tx:
        documents = services.documents.all(tx, names)
    selects = compile_predicate(And((asked.query, asked.hits)))
    found = [one for one in documents if selects(as_event(one))]
    for by in reversed([one for one in asked.sort if one.key is not None]):
        assert by.key is not None  # noqa: S101  filtered above
        field, descending = by.key.field, by.key.descending
        held = [one for one in found if _value(one, field) is not None]
        rest = [one for one in found if _value(one, field) is None]
        held.sort(key=lambda one: _value(one, field), reverse=descending)
        found = held + rest
    page = found[asked.start : asked.start + asked.size]
    return Found(len(found), [_hit(one, asked) for one in page])


def as_event(document: Document) -> Event:
    """Return a document as the event that queries are asked of."""
    fields: dict[str, Value] = dict(_flat(document.body))
    stamp = fields.get("@timestamp")
    at = date_key(text_of(stamp)) if isinstance(stamp, str | int) else None
    message = fields.get("message")
    fields |= {canonical(name): value for name, value in list(fields.items())}
    return Event(
        "",
        0,
        document.changed_at if at is None else at,
        0,
        message if isinstance(message, str) else "",
        fields,
    )


def _flat(body: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterable[tuple[str, Value]]:
    for name, value in body.items():
        if isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _flat(value, f"{prefix}{name}.", depth + 1)
        elif isinstance(value, str | int | float | bool):
            yield f"{prefix}{name}", value
        elif isinstance(value, list):
            plain = [one for one in value if isinstance(one, str | int | float | bool)]
            if plain:
                yield f"{prefix}{name}", plain


def _value(document: Document, field: str) -> Any:
    """Return what a document is sorted by: numbers before text, both in their order."""
    event = as_event(document)
    value = event.at if field == "@timestamp" else event.fields.get(field)
    if value is None or isinstance(value, list):
        return None
    text = text_of(value)
    number = number_key(text)
    return (1, 0.0, text) if number is None else (0, number, "")


def _hit(document: Document, asked: Search) -> dict[str, Any]:
    hit: dict[str, Any] = {"_index": document.index, "_id": document.id, "_score": None}
    if asked.chosen.shown:
        hit["_source"] = filtered(document.body, asked.chosen)
    if asked.sort:
        flat = dict(_flat(document.body))
        hit["sort"] = [flat.get(one.key.field) if one.key else None for one in asked.sort]
    return hit
