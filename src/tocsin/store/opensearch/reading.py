"""Reading events: by query page by page, by identifier, by place in the commit log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.opensearch import Plan, to_opensearch
from tocsin.query.opensearch_clauses import Clause, both, either
from tocsin.query.opensearch_terms import AT, SEQ, SOURCE
from tocsin.query.predicate import compile_predicate
from tocsin.store.base import Logged, Order, Page, Selection, StoreError
from tocsin.store.cursors import Key, clamped, key_of, page_of, pages
from tocsin.store.deadlines import SearchTimeoutError
from tocsin.store.opensearch.client import Client
from tocsin.store.opensearch.commits import Part
from tocsin.store.opensearch.document import document_id, to_event
from tocsin.store.opensearch.mapping import PAGE, Layout

_IDS_OF_A_REQUEST = 1_000
_PARTS_OF_A_REQUEST = 20
_MOST_OPEN = 50_000
_LEAST_AT_ONCE = 200
_PATIENCE = 0.9
"""Of the time an answer is waited for, the part a search may take."""


_SCOPE = {"ignore_unavailable": "true", "allow_no_indices": "true"}
_WHOLE = {"allow_partial_search_results": "false"}
"""A shard that is not up again yet is no failure to the server: it would be left out in silence."""


class Reader:
    """Reads the events' indices. What this process has written is made findable before each read."""

    def __init__(self, client: Client, layout: Layout) -> None:
        self._client = client
        self._layout = layout
        self._written: set[str] = set()
        self._lock = threading.Lock()

    def wrote(self, days: Sequence[str]) -> None:
        """Remember that these days have events that a search does not find yet."""
        with self._lock:
            self._written.update(self._layout.index(day) for day in days)

    def search(self, body: dict[str, Any], index: str = "") -> Any:
        """Return the answer to a search over all events, or those of one index.

        Raises `StoreError` when a part did not answer, `SearchTimeoutError` when the server took too long:
        it is told when to give up, else the client would, and would ask the same again.
        """
        self.sync()
        path = f"{index or self._layout.events}/_search"
        return self._whole(self._client.post(path, body | self._limit(), **{**_SCOPE, **_WHOLE}))

    def search_all(self, bodies: Sequence[dict[str, Any]], indices: Sequence[str] = ()) -> list[Any]:
        """Return the answers to several searches, asked in one request; raises what `search` raises.

        Each is over all events, or over those of the index that stands in its place.
        """
        indices = indices or [self._layout.events] * len(bodies)
        if len(bodies) == 1:
            return [self.search(bodies[0], indices[0])]
        self.sync()
        lines: list[dict[str, Any]] = []
        for body, index in zip(bodies, indices, strict=True):
            lines += [{"index": index, **_SCOPE, **_WHOLE}, body | self._limit()]
        answers = self._client.lines("_msearch", lines)["responses"]
        # One that was refused for the moment is asked again with patience, for good it says why.
        return [
            self.search(body, index) if "error" in answer else self._whole(answer)
            for body, index, answer in zip(bodies, indices, answers, strict=True)
        ]

    def answers(self, selection: Selection, *bodies: Callable[[Clause], dict[str, Any]]) -> list[Any]:
        """Return the answers to searches over exactly the events of a selection; raises as `clause` does.

        In one request, as long as there are no events that the server cannot decide about.
        """
        plan = to_opensearch(selection.query)
        window = within(selection)
        decided = both(window, plan.yes)
        if not plan.fields and plan.exact:
            return self.search_all([make(decided) for make in bodies])
        open_ = both(window, plan.open())
        probe, *found = self.search_all([_probe(open_), *(make(decided) for make in bodies)])
        if not probe["hits"]["total"]["value"]:
            return found
        decided = self._decided(selection, plan, open_, probe)
        return self.search_all([make(decided) for make in bodies])

    def _limit(self) -> dict[str, str]:
        return {"timeout": f"{max(1, int(self._client.timeout_s * _PATIENCE * 1_000))}ms"}

    def _whole(self, answer: Any) -> Any:
        if answer["timed_out"]:
            raise SearchTimeoutError(self._client.timeout_s * _PATIENCE)
        if answer["_shards"]["failed"]:
            raise StoreError(f"a part of the log did not answer: {answer['_shards']}")
        return answer

    def sync(self) -> None:
        """Make findable what was written before."""
        with self._lock:  # a second reader waits for the first one's refresh
            if self._written:
                path = ",".join(sorted(self._written))
                self._client.post(f"{path}/_refresh", ignore_unavailable="true")
                self._written.clear()

    def page(self, selection: Selection, order: Order, limit: int, cursor: str | None) -> Page:
        """Return a page; see `page_of`."""

        def read(most: int, beyond: Key | None) -> list[Event]:
            return self.events(selection, order, most, beyond)

        return page_of(read, selection, order, limit, cursor)

    def scan(self, selection: Selection, batch: int = PAGE) -> Iterator[Sequence[Event]]:
        """Yield every event selected, oldest first, in batches; nothing is held open between them."""
        yield from pages(lambda cursor: self.page(selection, "oldest", batch, cursor))

    def events(
        self, selection: Selection, order: Order, limit: int, beyond: Key | None = None
    ) -> list[Event]:
        """Return up to `limit` events selected that come behind the place `beyond` in the order."""
        plan = to_opensearch(selection.query)
        clause = both(within(selection), plan.possibly())
        selects = _test(selection, plan)
        found: list[Event] = []
        while len(found) < limit:
            wanted = limit - len(found) if plan.exact else max(limit, _LEAST_AT_ONCE)
            size = min(wanted, PAGE)
            hits = self._ordered(clause, order, size, beyond)
            for hit in hits:
                event = to_event(hit["_source"])
                if selects(hit, event):
                    found.append(event)
            if len(hits) < size:
                break
            beyond = key_of(to_event(hits[-1]["_source"]))
        return found[:limit]

    def by_ids(self, ids: Sequence[str]) -> list[Event]:
        """Return those of the events that exist, in the order asked for."""
        found: dict[str, Event] = {}
        for start in range(0, len(ids), _IDS_OF_A_REQUEST):
            part = [document_id(one) for one in ids[start : start + _IDS_OF_A_REQUEST]]
            hits = self._ordered({"ids": {"values": part}}, "newest", len(part), None)
            events = [to_event(hit["_source"]) for hit in hits]
            found |= {event.id: event for event in events}
        return [found[identifier] for identifier in ids if identifier in found]

    def of_parts(self, parts: Sequence[Part]) -> list[Logged]:
        """Return the events of parts of commits, in order."""
        found: list[Logged] = []
        for start in range(0, len(parts), _PARTS_OF_A_REQUEST):
            some = parts[start : start + _PARTS_OF_A_REQUEST]
            bodies = [_of_source(part.source, part.first, part.last) for part in some]
            answers = self.search_all(bodies, [self._layout.index(part.day) for part in some])
            for part, answer in zip(some, answers, strict=True):
                events = [to_event(hit["_source"]) for hit in answer["hits"]["hits"]]
                while events and len(events) % PAGE == 0:
                    body = _of_source(part.source, events[-1].seq + 1, part.last)
                    hits = self.search(body, self._layout.index(part.day))["hits"]["hits"]
                    events += [to_event(hit["_source"]) for hit in hits]
                    if not hits:
                        break
                found += [Logged(part.number, event) for event in events]
        return found

    def clause(self, selection: Selection) -> Clause:
        """Return a clause that selects exactly the events of a selection, as they are now.

        The events the server cannot decide about are fetched and tested; raises `InvalidError` when these
        are too many to be tested for one answer.
        """
        plan = to_opensearch(selection.query)
        window = within(selection)
        if not plan.fields and plan.exact:
            return both(window, plan.yes)
        open_ = both(window, plan.open())
        probe = self.search(_probe(open_))
        if not probe["hits"]["total"]["value"]:
            return both(window, plan.yes)
        return self._decided(selection, plan, open_, probe)

    def _decided(self, selection: Selection, plan: Plan, open_: Clause, probe: Any) -> Clause:
        if probe["hits"]["total"]["value"] > _MOST_OPEN:
            raise InvalidError(
                f"this query must be tested on more than {_MOST_OPEN:,} events one by one to be counted;"
                " narrow the time or add a condition the index can answer"
            )
        return both(within(selection), either(plan.surely(), self._tested(selection, open_)))

    def matching(self, clause: Clause) -> Iterator[tuple[str, Event]]:
        """Yield the document's identifier and the event for everything a clause selects, oldest first."""
        beyond: Key | None = None
        while True:
            hits = self._ordered(clause, "oldest", PAGE, beyond)
            for hit in hits:
                event = to_event(hit["_source"])
                beyond = key_of(event)
                yield hit["_id"], event
            if len(hits) < PAGE:
                return

    def _tested(self, selection: Selection, clause: Clause) -> Clause:
        selects = compile_predicate(selection.query)
        ids = [identifier for identifier, event in self.matching(clause) if selects(event)]
        return either(*({"ids": {"values": part}} for part in _cut(ids)))

    def _ordered(self, clause: Clause, order: Order, size: int, beyond: Key | None) -> list[Any]:
        direction = "desc" if order == "newest" else "asc"
        body: dict[str, Any] = {
            "size": size,
            "query": {"bool": {"filter": [clause]}},
            "sort": [{AT: direction}, {SOURCE: direction}, {SEQ: direction}],
            "track_total_hits": False,
        }
        if beyond is not None:
            body["search_after"] = list(beyond)
        hits: list[Any] = self.search(body)["hits"]["hits"]
        return hits


def within(selection: Selection) -> Clause:
    """Return the clause for a selection's time range."""
    limits: dict[str, int] = {}
    if selection.from_at is not None:
        limits["gte"] = clamped(selection.from_at)
    if selection.to_at is not None:
        limits["lt"] = clamped(selection.to_at)
    return {"range": {AT: limits}} if limits else {"match_all": {}}


def _of_source(source: str, first: int, last: int) -> dict[str, Any]:
    """Return the search for the events of a source within the sequences, both included, in order."""
    clause = both({"term": {SOURCE: source}}, {"range": {SEQ: {"gte": first, "lte": last}}})
    query = {"bool": {"filter": [clause]}}
    return {"size": PAGE, "query": query, "sort": [{SEQ: "asc"}], "track_total_hits": False}


def _probe(clause: Clause) -> dict[str, Any]:
    """Return the search that counts what the server cannot decide about."""
    return {"size": 0, "query": {"bool": {"filter": [clause]}}, "track_total_hits": _MOST_OPEN + 1}


def _test(selection: Selection, plan: Plan) -> Callable[[Any, Event], bool]:
    """Return what decides about a hit: the server alone, save for events it could not index whole."""
    selects = compile_predicate(selection.query)
    if not plan.exact:
        return lambda _hit, event: selects(event)
    return lambda hit, event: "unsure" not in hit["_source"]["tocsin"] or selects(event)


def _cut(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]
