"""Columns of their own change no answer, whatever the events, the question and the days' states."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.queries import events, scalars, trees
from tocsin.core.clock import DAY, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.query.aggregation import (
    Aggregation,
    Cardinality,
    Composite,
    CompositeSource,
    Figures,
    Histogram,
    Missing,
    Percentiles,
    SortKey,
    Stats,
    Terms,
    ValueCount,
)
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import Everything, Exists, Node, Not, Range, Term, Wildcard, with_single_names
from tocsin.store import copying
from tocsin.store.base import Batch, Selection
from tocsin.store.choosing import Bounds
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.sealing import Sealer
from tocsin.store.storable import storable

NOON = from_iso("2026-11-20T12:00:00Z")
LATER = NOON + 10 * DAY
ODD_NAMES = ["own_0", "Data.X", 'a"b', "a'b", "a b", "ünïcode", "", "\0", "texts", "x$1"]
NUMBERS = st.one_of(
    st.integers(-20, 20),
    st.sampled_from(["7", "007", "-0", "1e3", "9223372036854775808", "0.5", "2.50", "nan", "-0.0", ""]),
    st.sampled_from([0.5, -0.0, 1e300, 1e-7, 2.0, 9007199254740993]),
)
VALUES = st.one_of(scalars, NUMBERS, st.lists(st.one_of(scalars, NUMBERS), min_size=1, max_size=3))
named = st.dictionaries(st.sampled_from([*ODD_NAMES, "data.x", "data.n", "data.list"]), VALUES, max_size=6)
whole = st.dictionaries(st.just("data.n"), st.integers(-9, 9))
"""A field that is a number in most events, so that some days hold it as numbers."""
logged = st.builds(
    lambda event, more, n: replace(event, fields={**event.fields, **more, **n}), events, named, whole
)
NAMES = st.sampled_from([*ODD_NAMES, "data.x", "data.n", "data.list", "user.name"])
asked_of_own = st.one_of(
    st.builds(Term, NAMES, st.one_of(scalars, NUMBERS), st.booleans()),
    st.builds(lambda name, n: Range(name, gte=n), NAMES, st.integers(-9, 9)),
    st.builds(lambda name, n: Range(name, lt=n), NAMES, st.sampled_from([0.5, 2**53 + 1.0, -(2.0**63)])),
    st.builds(Wildcard, NAMES, st.sampled_from(["*", "*7*", "?", "0*"]), st.booleans()),
    st.builds(Exists, NAMES),
    st.builds(lambda name: Not(Exists(name)), NAMES),
)
BOUNDS = st.builds(
    Bounds,
    events=st.just(1),
    most=st.sampled_from([1, 3, 128]),
    share=st.just(1_000),
    different=st.sampled_from([0, 1_000]),
)


@contextmanager
def opened(folder: Path) -> Iterator[DuckDBStore]:
    store = DuckDBStore(folder, ManualClock(LATER), index_from=None, threads=1)
    try:
        yield store
    finally:
        store.close()


def commit(store: DuckDBStore, chosen: Sequence[Event]) -> None:
    for source in sorted({event.source for event in chosen}):
        mine = [event for event in chosen if event.source == source]
        store.commit(Batch(source, mine, mine[-1].seq))
    store._recent.forget(store.last_commit())


def numbered(chosen: Sequence[Event], first: int) -> list[Event]:
    """Spread events over three days."""
    return [
        replace(event, seq=first + place, at=NOON + place % 3 * DAY + event.at % 7_000_000)
        for place, event in enumerate(chosen)
    ]


def seal(store: DuckDBStore, bounds: Bounds, days: Sequence[str]) -> None:
    for day in days:
        with patch.object(copying, "_SLICE", 3):
            assert Sealer(store._days, 0, index_from=None, bounds=bounds).seal(day) is not None


def figures(store: DuckDBStore) -> str:
    """Return what is counted and measured by fields that may have columns, written down: nan is nan there."""
    everything = Selection(Everything())
    asked = [
        Aggregation("n", Stats("data.n")),
        Aggregation("p", Percentiles("data.n", (50.0, 99.0))),
        Aggregation("x", ValueCount("data.x")),
        Aggregation("c", Cardinality("data.list")),
        Aggregation("m", Missing("own_0"), (Aggregation("t", Terms("data.x")),)),
        Aggregation("t", Terms("data.list", missing="none")),
        Aggregation("h", Histogram("data.n", 3.0)),
        Aggregation("k", Composite((CompositeSource("a", Terms("Data.X"), with_missing=True),), size=50)),
    ]
    answers = dict(store.aggregate(everything, asked))
    measured = answers.pop("n")
    assert isinstance(measured, Figures)
    found = [
        answers,
        (measured.count, measured.least, measured.greatest),  # a sum depends on the order of its parts
        [store.top(everything, field=name, size=50) for name in ("data.n", "data.list", "\0", 'a"b')],
        [(one.event.id, one.values) for one in store.rank(everything, [SortKey("data.n")], limit=100)],
        store.fields(everything),
        store.histogram(Selection(Exists("data.n")), width=1_000_000),
    ]
    return repr(found)


def check(store: DuckDBStore, held: Sequence[Event], asked: Sequence[Node]) -> None:
    """Hold the events against those committed, and the answers against the predicate."""
    kept = [replace(event, fields=storable(event.fields)) for event in held]
    found = {event.id: event for batch in store.scan(Selection(Everything())) for event in batch}
    assert {event.id for event in kept} == set(found)
    followed = {one.event.id: one.event for one in store.follow(0, 1_000)}
    for event in kept:
        for read in (found[event.id], followed[event.id], store.get([event.id])[0]):
            assert orjson.dumps(event.fields) == orjson.dumps(read.fields)
            assert (event.at, event.message, event.raw) == (read.at, read.message, read.raw)
    for tree in asked:
        selects = compile_predicate(tree)
        expected = sorted(event.id for event in kept if selects(event))
        selection = Selection(with_single_names(tree))
        page = store.search(selection, limit=1_000)
        assert expected == sorted(event.id for event in page.events), tree
        assert len(expected) == store.count(selection), tree


@settings(max_examples=5, deadline=None)
@given(
    st.lists(logged, min_size=3, max_size=9),
    st.lists(logged, min_size=1, max_size=4),
    st.lists(st.one_of(trees, asked_of_own), min_size=1, max_size=6),
    BOUNDS,
)
def test_own_columns_change_no_answer(
    first: list[Event], late: list[Event], asked: list[Node], bounds: Bounds
) -> None:
    """Of days with and without them, with late events beside them, sealed again, and read anew."""
    first, late = numbered(first, 1), numbered(late, 100)
    with tempfile.TemporaryDirectory() as folder:
        with opened(Path(folder)) as store:
            commit(store, first)
            before = figures(store)
            days = store._days.names()
            seal(store, Bounds(events=10**9), days[:1])
            seal(store, bounds, days[1:])
            assert before == figures(store)
            check(store, first, asked)
            commit(store, late)
            mixed = figures(store)
            check(store, [*first, *late], asked)
        with opened(Path(folder)) as store:
            check(store, [*first, *late], asked)
            seal(store, bounds, store._days.names())
            assert mixed == figures(store)
            check(store, [*first, *late], asked)
