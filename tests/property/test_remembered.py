"""Whatever becomes of the days of a log, what it remembers is what it would answer anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.clock import DAY, HOUR, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.query.aggregation import (
    Aggregation,
    BucketOrder,
    Cardinality,
    DateHistogram,
    Filters,
    Histogram,
    Missing,
    Number,
    Percentiles,
    Ranges,
    Span,
    Stats,
    Terms,
    ValueCount,
)
from tocsin.query.intervals import Interval
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Everything, Range, Term
from tocsin.store.backup import restore
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.retention import EventClass, Policy

NOW = from_iso("2026-11-24T12:00:00Z")
DAYS = [f"2026-11-{number}" for number in (21, 22, 23, 24)]
START = from_iso("2026-11-21T00:00:00Z")
SELECTIONS = [
    Selection(),
    Selection(parse_lucene("user.name:anna OR rule.level:>4")),
    Selection(Range("@timestamp", gte=START + DAY)),
    Selection(from_at=START, to_at=START + 2 * DAY),
    Selection(Term("user.name", "anna"), START + 5 * HOUR, START + 2 * DAY + HOUR),
]
_METRICS = (
    Aggregation("stats", Stats("data.size")),
    Aggregation("users", Cardinality("user.name")),
    Aggregation("values", ValueCount("rule.groups")),
    Aggregation("ranks", Percentiles("data.size", (0.0, 40.0, 50.0, 99.0, 100.0))),
)
_AVERAGE = (BucketOrder(("stats", "avg")), BucketOrder(("_key",), descending=False))
ASKED = [
    *_METRICS,
    Aggregation("levels", Terms("rule.level", size=2, order=(BucketOrder(("_key",)),)), _METRICS),
    Aggregation("by size", Terms("user.name", order=_AVERAGE), _METRICS[:1]),
    Aggregation("by users", Terms("rule.groups", size=2, order=(BucketOrder(("users",)),)), _METRICS[1:2]),
    Aggregation("addresses", Terms("source.ip", order=(BucketOrder(("_key",)),), missing="none")),
    Aggregation("often", Terms("rule.groups", size=1, min_count=2)),
    Aggregation(
        "hours",
        DateHistogram("@timestamp", Interval(width=7 * HOUR), min_count=0, descending=True),
        (Aggregation("users", Terms("user.name"), _METRICS[3:]),),
    ),
    Aggregation("sizes", Histogram("data.size", 5.0, min_count=0, bounds=(-3.0, 3.0))),
    Aggregation("spans", Ranges("data.size", (Span("low", None, 4.0), Span("all"))), _METRICS[:2]),
    Aggregation(
        "kinds",
        Filters((("anna", Term("user.name", "anna")), ("any", Everything())), other="rest"),
        (Aggregation("nobody", Missing("user.name")),),
    ),
]

values = st.fixed_dictionaries(
    {},
    optional={
        "user.name": st.sampled_from(["anna", "bert", "ünal"]),
        "rule.level": st.sampled_from([3, 5, 12]),
        "source.ip": st.sampled_from(["10.0.0.2", "10.0.0.10", "::1", "nowhere"]),
        "data.size": st.one_of(st.integers(-9, 9), st.lists(st.integers(0, 9), min_size=1, max_size=3)),
        "rule.groups": st.lists(st.sampled_from(["ssh", "web", "x"]), min_size=1, max_size=3),
    },
)
commits = st.lists(
    st.tuples(st.sampled_from(DAYS), st.integers(0, DAY // 2 - 1), values), min_size=1, max_size=6
).map(lambda events: ("commit", events))
steps = st.one_of(
    commits,
    commits,
    st.just(("seal", None)),
    st.just(("seal", None)),
    st.just(("restore", None)),
    st.sampled_from(DAYS).map(lambda day: ("drop", day)),
    st.sampled_from(["user.name:anna", "rule.level:5", ""]).map(lambda query: ("expire", query)),
)


class Log:
    """A log that goes through steps; `remembered` bytes are remembered."""

    def __init__(self, root: Path, remembered: int) -> None:
        self._root = root
        self._remembered = remembered
        self._seq = self._restored = 0
        self.store = self._open(root / "log")

    def _open(self, folder: Path) -> DuckDBStore:
        return DuckDBStore(folder, ManualClock(NOW), remembered_bytes=self._remembered)

    def take(self, step: str, what: Any) -> None:
        """Do what the step says."""
        getattr(self, step)(what)

    def commit(self, events: list[tuple[str, int, dict[str, Any]]]) -> None:
        """Store events of whatever days; of a day that is sealed they are late."""
        made = []
        for day, offset, fields in events:
            self._seq += 1
            at = from_iso(f"{day}T00:00:00Z") + offset
            made.append(Event("s", self._seq, at, NOW, f"line {offset}", dict(fields)))
        self.store.commit(Batch("s", made, self._seq))

    def seal(self, _: None) -> None:
        """Seal every day that is over."""
        self.store.keeping(Policy(), 0).apply()

    def drop(self, day: str) -> None:
        """Delete a day, if it is there."""
        if day in {held.day for held in self.store.days()}:
            self.store.drop_day(day)

    def expire(self, query: str) -> None:
        """Delete a class of events of all days but today, or all of them."""
        policy = Policy(0, [EventClass(query, 1)]) if query else Policy(1)
        self.store.keeping(policy, 0).apply()

    def restore(self, _: None) -> None:
        """Back the log up, and go on with what is restored from that."""
        self.store.back_up(self._root / f"backup{self._restored}")
        self.store.close()
        target = self._root / f"restored{self._restored}"
        restore(self._root / f"backup{self._restored}", target)
        self._restored += 1
        self.store = self._open(target)

    def close(self) -> None:
        """Release the files."""
        self.store.close()


def counted(store: DuckDBStore, selection: Selection) -> Iterator[Any]:
    """Yield what is counted and measured of a selection."""
    yield store.count(selection)
    for width in (HOUR, 7 * HOUR):
        yield store.histogram(selection, width=width)
    for field in ("user.name", "rule.groups", "rule.level", "@timestamp"):
        yield store.top(selection, field=field, size=2)
    yield store.aggregate(selection, ASKED)


def answers(store: DuckDBStore, selection: Selection) -> list[Any]:
    """Return what is answered about a selection."""
    found = [store.search(selection, limit=3), store.search(selection, order="oldest", limit=100)]
    return [*counted(store, selection), *found]


@contextmanager
def logs(*remembered: int) -> Iterator[list[Log]]:
    """Open logs that remember so many bytes."""
    with tempfile.TemporaryDirectory() as folder:
        found = [Log(Path(folder) / str(number), size) for number, size in enumerate(remembered)]
        with ExitStack() as stack:
            for log in found:
                stack.callback(log.close)
            yield found


@settings(max_examples=5, deadline=None)
@given(st.lists(steps, min_size=2, max_size=8))
def test_what_is_remembered_is_what_is_answered_anew(taken: list[tuple[str, Any]]) -> None:
    """After commits, late ones, sealing, drops, retention and restores in any order, both logs agree."""
    with logs(1 << 20, 0) as (remembering, forgetful):
        for place, (step, what) in enumerate(taken):
            for log in (remembering, forgetful):
                log.take(step, what)
            for selection in (SELECTIONS[0], SELECTIONS[1 + place % 4]):
                found = [answers(remembering.store, selection) for _ in range(3)]
                expected = answers(forgetful.store, selection)
                assert found == [expected] * 3, (step, selection)


def test_days_that_cannot_change_are_not_asked_again() -> None:
    """The third answer about sealed days comes from memory alone, until a late event comes to one of them."""
    fields = {"user.name": "anna", "data.size": 0.1, "rule.level": 5}
    with logs(1 << 20, 0) as (log, _):
        log.commit([(day, hour * HOUR, fields) for day in DAYS[:3] for hour in range(3)])
        log.seal(None)
        first = [list(counted(log.store, Selection())) for _ in range(2)][-1]
        before = log.store.remembering()
        assert list(counted(log.store, Selection())) == first
        after = log.store.remembering()
        assert after.hits > before.hits
        assert (after.misses, after.bytes) == (before.misses, before.bytes)
        log.commit([(DAYS[0], 0, {})])
        assert log.store.count(Selection()) == 10
        assert log.store.aggregate(Selection(), [_METRICS[2]]) == {"values": Number(0)}
