"""A search on OpenSearch selects the events that the same tree selects as a predicate."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.opensearch import indices
from harness.queries import events, trees
from tocsin.core.event import Event
from tocsin.query.opensearch import to_opensearch
from tocsin.query.opensearch_clauses import Clause
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import Node
from tocsin.store.opensearch.client import Access, Client
from tocsin.store.opensearch.document import to_document
from tocsin.store.opensearch.mapping import Layout


class Shelf:
    """An index of our layout that holds the events of one example at a time."""

    def __init__(self, url: str, layout: Layout) -> None:
        self.client = Client(Access((url,)))
        self._index = layout.index("2026-11-24")
        self.client.put(f"_index_template/{layout.alias}", layout.template())
        self.client.put(self._index)
        self._turn = itertools.count()
        self._prefix = ""

    def fill(self, chosen: list[Event]) -> None:
        """Index the events under numbers of their own."""
        self._prefix = f"{next(self._turn)}-"
        lines: list[Any] = []
        for number, event in enumerate(chosen):
            lines += [
                {"index": {"_index": self._index, "_id": f"{self._prefix}{number}"}},
                to_document(1, event),
            ]
        answer = self.client.lines("_bulk", lines, refresh="true")
        assert not answer["errors"], answer
        self._ids = [f"{self._prefix}{number}" for number in range(len(chosen))]

    def select(self, clauses: list[Clause]) -> list[list[int]]:
        """Return the numbers of the events that each clause selects."""
        lines: list[Any] = []
        for clause in clauses:
            query = {"bool": {"filter": [{"ids": {"values": self._ids}}, clause]}}
            lines += [{"index": self._index}, {"query": query, "_source": False, "size": 1_000}]
        answers = self.client.lines("_msearch", lines)["responses"]
        assert all("hits" in answer for answer in answers), answers
        return [
            sorted(int(hit["_id"].removeprefix(self._prefix)) for hit in answer["hits"]["hits"])
            for answer in answers
        ]


@pytest.fixture(scope="module")
def shelf(opensearch: str) -> Iterator[Shelf]:
    """An index for the whole module."""
    with indices(opensearch) as layout:
        made = Shelf(opensearch, layout)
        yield made
        made.client.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=st.lists(events, min_size=1, max_size=8), asked=st.lists(trees, min_size=1, max_size=12))
def test_opensearch_selects_what_the_predicate_selects(
    shelf: Shelf, chosen: list[Event], asked: list[Node]
) -> None:
    """What it is sure of is selected, what it leaves out is not, and it is open about the rest."""
    shelf.fill(chosen)
    plans = [to_opensearch(tree) for tree in asked]
    sure = shelf.select([plan.surely() for plan in plans])
    possible = shelf.select([plan.possibly() for plan in plans])
    doubtful = shelf.select([plan.open() for plan in plans])
    for tree, plan, yes, maybe, rest in zip(asked, plans, sure, possible, doubtful, strict=True):
        selects = compile_predicate(tree)
        expected = [number for number, event in enumerate(chosen) if selects(event)]
        assert set(yes) <= set(expected) <= set(maybe), tree
        assert set(maybe) - set(yes) <= set(rest), tree
        assert expected == sorted([*yes, *(n for n in rest if selects(chosen[n]) and n not in yes)]), tree
        if plan.exact:
            assert expected == yes, tree
