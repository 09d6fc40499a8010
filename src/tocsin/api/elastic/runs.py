"""Carries out one search on the log: its hits in order, its count and its aggregations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tocsin.api.elastic.aggregated import Shown
from tocsin.api.elastic.form import ElasticError
from tocsin.api.elastic.names import Names
from tocsin.api.elastic.requests import Search
from tocsin.api.elastic.sources import Showing
from tocsin.api.elastic.values import milliseconds, sort_value
from tocsin.api.elastic.views import View
from tocsin.api.services import Services
from tocsin.core.event import Event
from tocsin.core.fields import TIMESTAMP
from tocsin.query.aggregation import SortKey, order_kind
from tocsin.query.date_formats import parse_date
from tocsin.query.elasticsearch_sort import SortedBy
from tocsin.query.fitting import Fields, fitted, fitted_aggregation
from tocsin.query.renaming import renamed, renamed_aggregation, renamed_sort
from tocsin.query.spans import time_span
from tocsin.query.tree import And, Everything, Node, Scalar
from tocsin.store.base import Behind, EventStore, Order, Selection


@dataclass(frozen=True, slots=True)
class Hit:
    """An event and the values it was sorted by."""

    event: Event
    values: tuple[Scalar | None, ...]


class Run:
    """One search. Reads of one run see the same query; what is committed meanwhile may be among them."""

    def __init__(self, services: Services, view: View, asked: Search) -> None:
        self._store: EventStore = services.store
        self._showing = Showing(services, view)
        self._names = Names(services.store)
        self.view = view
        self.asked = asked

    def selected(self, query: Node) -> Selection:
        """Return the events of the view that a query selects, with the time they can be of."""
        named = fitted(renamed(query, self._names), self._fields)
        parts = tuple(node for node in (named, self.view.node) if not isinstance(node, Everything))
        node: Node = And(parts) if len(parts) > 1 else parts[0] if parts else Everything()
        first, end = time_span(node)
        return Selection(node, first, end)

    @cached_property
    def _fields(self) -> Fields:
        return Fields(self._names.type_of, self._names.within)

    @cached_property
    def _selection(self) -> Selection:
        return self.selected(self.asked.query)

    @cached_property
    def _hits(self) -> Selection:
        if isinstance(self.asked.hits, Everything):
            return self._selection
        return self.selected(And((self.asked.query, self.asked.hits)))

    def type_of(self, field: str) -> str:
        """Return the type of a field: as declared, else as its values are."""
        return self._names.type_of(field)

    def total(self) -> int | None:
        """Return how many events are hits; None when nobody asks."""
        return self._store.count(self._hits) if self.asked.counted else None

    def aggregated(self) -> dict[str, Any] | None:
        """Return the aggregations' answers; None when there are none."""
        if not self.asked.aggregations:
            return None
        names = self._names
        nodes = [renamed_aggregation(one.node, names, names.kind_of) for one in self.asked.aggregations]
        fitting = [fitted_aggregation(node, self._fields) for node in nodes]
        results = self._store.aggregate(self._selection, fitting)
        return Shown(self._showing, names, typed=self.asked.typed).all(self.asked.aggregations, results)

    def page(self, behind: Hit | None = None) -> list[dict[str, Any]]:
        """Return a page of hits as they are shown; `behind` is the last hit of the page before."""
        return [self.shown(hit) for hit in self.hits(behind)]

    def hits(self, behind: Hit | None = None) -> list[Hit]:
        """Return a page of hits."""
        asked = self.asked
        if not asked.size:
            return []
        order = time_order(asked.sort)
        # Going up, ties are the newest first in a ranked read; the log's own order has them the other way.
        if order == "newest" and behind is None and asked.after is None:
            page = self._store.search(self._hits, order=order, limit=asked.start + asked.size)
            return [Hit(event, self._values_of(event)) for event in page.events[asked.start :]]
        keys = self._keys
        place = self._behind(behind, keys)
        found = self._store.rank(
            self._narrowed(place, keys), keys, start=asked.start if behind is None else 0, limit=asked.size,
            behind=place,
        )  # fmt: skip
        return [Hit(one.event, one.values) for one in found]

    def scrolled(self, place: str | Hit | None) -> tuple[list[Hit], str | Hit | None]:
        """Return a page and the place the next one goes on from; None at the end.

        In the order of time the log's own cursor says where, which reads no event twice.
        """
        order = time_order(self.asked.sort)
        if order is None:
            found = self.hits(place if isinstance(place, Hit) else None)
            return found, found[-1] if len(found) == self.asked.size else None
        cursor = place if isinstance(place, str) else None
        page = self._store.search(self._hits, order=order, limit=self.asked.size, cursor=cursor)
        return [Hit(event, self._values_of(event)) for event in page.events], page.cursor

    def _values_of(self, event: Event) -> tuple[Scalar | None, ...]:
        return tuple(event.at for _ in self._keys)

    @cached_property
    def _keys(self) -> list[SortKey]:
        names = self._names
        keys = [one.key for one in self.asked.sort if one.key is not None]
        found = [renamed_sort(key, names, names.kind_of) for key in keys]
        first_doc = next((one for one in self.asked.sort if one.key is None), None)
        if not found and first_doc is not None:  # the order of the log itself: by time
            found = [SortKey(TIMESTAMP, first_doc.descending)]
        elif not found:
            found = [SortKey(TIMESTAMP, descending=True)] if not self.asked.sort else found
        return found

    def _behind(self, behind: Hit | None, keys: Sequence[SortKey]) -> Behind | None:
        if behind is not None:
            return Behind(behind.values, behind.event.id)
        after = self.asked.after
        if after is None:
            return None
        if not keys or not len(keys) <= len(after) <= len(keys) + 2:
            raise ElasticError(f"search_after has {len(after)} value(s) but sort has {len(self.asked.sort)}.")
        values = tuple(self._read_value(key, value) for key, value in zip(keys, after, strict=False))
        tie = after[len(keys)] if len(after) > len(keys) else None
        return Behind(values, tie if isinstance(tie, str) else None)

    def _read_value(self, key: SortKey, value: Scalar | None) -> Scalar | None:
        if value is None or order_kind(key) != "date":
            return value
        if isinstance(value, int | float):
            return round(value * 1_000)
        form = next((one.format for one in self.asked.sort if one.key and one.key.field == key.field), "")
        return parse_date(value, now=0, formats=form)[0]

    def _narrowed(self, place: Behind | None, keys: Sequence[SortKey]) -> Selection:
        """Return the hits, without the time that lies before the place to go on from."""
        hits = self._hits
        if place is None or not keys or keys[0].field != TIMESTAMP or not isinstance(place.values[0], int):
            return hits
        at = place.values[0]
        if keys[0].descending:
            return replace(hits, to_at=at + 1 if hits.to_at is None else min(at + 1, hits.to_at))
        return replace(hits, from_at=at if hits.from_at is None else max(at, hits.from_at))

    def shown(self, hit: Hit) -> dict[str, Any]:
        """Return a hit in Elasticsearch's form."""
        shown = self._showing.hit(hit.event, self.asked.chosen)
        if self.asked.fields and (fields := self._showing.fields(hit.event, self.asked.fields, self._names)):
            shown["fields"] = fields
        if self.asked.sort or self.asked.pit:
            shown["sort"] = self._sort_values(hit)
        return shown

    def _sort_values(self, hit: Hit) -> list[Any]:
        values = iter(hit.values)
        keyed = [(one, one.key) for one in self.asked.sort if one.key is not None]
        found = [sort_value(one, next(values), self.type_of(key.field)) for one, key in keyed]
        if not keyed:
            found.append(milliseconds(hit.event.at))
        if self.asked.pit or any(one.key is None for one in self.asked.sort):
            found.append(hit.event.id)  # by which reading on loses none of those with equal values
        return found


def time_order(sort: Sequence[SortedBy]) -> Order | None:
    """Return the order of the log that a sort asks for; None when it asks for another."""
    if not sort:
        return "newest"
    first = sort[0]
    if first.key is not None and (
        first.key.field != TIMESTAMP or any(one.key is not None for one in sort[1:])
    ):
        return None
    return "newest" if first.descending else "oldest"
