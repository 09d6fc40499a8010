"""Remembered answers: bounded by bytes, and never found for a day that is another one."""

from __future__ import annotations

import numpy as np

from tocsin.core.clock import DAY, ManualClock, from_iso
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import Range
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.remembered import Answers, bytes_of
from tocsin.store.retention import Policy

NOON = from_iso("2026-11-24T12:00:00Z")
OLD = NOON - 3 * DAY


def sealed(path, count: int = 30, **settings: int) -> DuckDBStore:
    """A log of one sealed day."""
    store = DuckDBStore(path, ManualClock(NOON), **settings)  # type: ignore[arg-type]
    fields = {"user.name": "anna", "tags": ["a"]}
    store.commit(
        Batch("s", [Event("s", n, OLD + n, NOON, f"line {n}", dict(fields)) for n in range(1, count)], count)
    )
    store.keeping(Policy(), 0).apply()
    return store


def test_what_was_not_used_for_longest_goes_first() -> None:
    """Answers take no more memory than they may."""
    answers = Answers(5_000)
    day = answers.state("2026-11-20", 1)
    for name in ("a", "b", "c", "d", "e", "f", "g"):
        answers.put(day, name, 1)
        answers.get(day, "a")
    for number in range(10):
        answers.put(day, f"more {number}", number)
        assert answers.worth().bytes <= 5_000
        assert answers.get(day, "a") == 1
    assert answers.get(day, "b") is None


def test_an_answer_too_large_is_not_kept() -> None:
    """One answer does not push out all the others; without memory nothing is kept."""
    answers = Answers(8_000)
    day = answers.state("2026-11-20", 1)
    answers.put(day, "small", 1)
    answers.put(day, "large", np.zeros(1_000))
    assert answers.get(day, "small") == 1
    assert answers.get(day, "large") is None
    nothing = Answers(0)
    nothing.put(day, "small", 1)
    assert nothing.worth().answers == 0


def test_a_day_let_go_is_another_day_when_it_comes_back() -> None:
    """An answer put in too late, about a day that is gone, is not found for the one after it."""
    answers = Answers()
    before = answers.state("2026-11-20", 1)
    answers.put(before, "count", 7)
    answers.forget("2026-11-20")
    assert answers.worth().bytes == 0
    answers.put(before, "count", 7)
    after = answers.state("2026-11-20", 1)
    assert answers.get(before, "count") is answers.get(after, "count") is None
    assert answers.worth().answers == 0


def test_size_counts_what_is_held() -> None:
    """Containers, records and arrays with what is in them."""
    event = Event("s", 1, 0, 0, "m" * 1_000, {"a": ["b" * 500]})
    assert bytes_of([event]) > 1_500
    assert bytes_of({"a": np.zeros(100)}) > 800


def test_events_that_are_remembered_belong_to_who_gets_them(tmp_path) -> None:
    """Whoever changes an event that was found changes no other answer."""
    store = sealed(tmp_path)
    for _ in range(3):
        (event,) = store.search(Selection(parse_lucene('"line 7"'))).events
        assert event.fields == {"user.name": "anna", "tags": ["a"]}
        event.fields["tags"].append("b")  # type: ignore[union-attr]
        event.fields["more"] = 1
    assert store.remembering().hits == 2
    store.close()


def test_questions_that_only_look_alike_are_told_apart(tmp_path) -> None:
    """1 and true are equal to Python, and two bounds of a query."""
    store = sealed(tmp_path)
    assert store.count(Selection(Range("n", gte=1))) == 0
    asked = store.remembering().misses
    assert store.count(Selection(Range("n", gte=True))) == 0
    assert store.count(Selection(Range("n", gte="1"))) == 0
    assert store.remembering().misses == asked + 2
    store.close()


def test_a_time_that_slides_asks_for_the_same_of_days_it_covers(tmp_path) -> None:
    """A dashboard's span ends later each time; what it is about a sealed day stays."""
    store = sealed(tmp_path)
    for minute in range(4):
        assert store.count(Selection(from_at=OLD - 2 * DAY + minute, to_at=NOON + minute)) == 29
    assert store.remembering().hits == 3
    assert store.count(Selection(from_at=OLD + 10)) == 20
    assert store.remembering().hits == 3
    store.close()


def test_values_too_many_to_be_put_together_are_counted_as_a_whole(tmp_path, monkeypatch) -> None:
    """A field of very many values is answered by the database each time, and right."""
    monkeypatch.setattr("tocsin.store.totals._MOST_TOGETHER", 5)
    store = sealed(tmp_path)
    tops = [store.top(Selection(), field="event.sequence", size=100) for _ in range(4)]
    assert all(len(top) == 29 and top == tops[0] for top in tops)
    store.close()
