"""Events become the same columns, taken together or one by one; batches are cut into days."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.core.clock import DAY
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.sql import COLUMNS
from tocsin.store.base import Batch
from tocsin.store.batches import by_day
from tocsin.store.frames import Frame, frame

TEXT = st.text(max_size=6) | st.sampled_from(['"', "\\", "%s", "\x00", "é", "\ud800"])
KINDS = st.sampled_from(
    [
        TEXT,
        st.sampled_from(["GET", "POST"]),
        st.integers(-(2**63), 2**63 - 1),
        st.integers(2**63 - 2, 2**63 + 2),
        st.floats(),
        st.booleans(),
        st.lists(TEXT, min_size=1, max_size=3),
        st.lists(TEXT, max_size=2),
        st.lists(st.integers(0, 9) | st.booleans(), min_size=1, max_size=3),
        st.none(),
    ]
)
NAMES = st.sampled_from([*list(COLUMNS)[:4], "data.x", "data.%s", "ünïcode", "", 'a "b"'])


@st.composite
def alike(draw: st.DrawFn) -> list[dict[str, object]]:
    """Fields of events of two programs, in any order."""
    programs = [draw(st.dictionaries(NAMES, KINDS, max_size=6)) for _ in range(2)]
    count = draw(st.integers(16, 24))
    chosen = [draw(st.sampled_from(programs)) for _ in range(count)]
    return [{name: draw(kind) for name, kind in program.items()} for program in chosen]


@settings(max_examples=60, deadline=None)
@given(alike())
def test_events_taken_together_become_what_they_are_one_by_one(fields: list[dict[str, object]]) -> None:
    """Whatever the values: what cannot be kept as it is among them is kept the way it is alone."""
    events = [Event("s", seq, seq, 0, "m", one) for seq, one in enumerate(fields, 1)]  # type: ignore[arg-type]
    arrays, listed = frame(1, events)
    single = Frame(len(events))
    for row, event in enumerate(events):
        single.add(row, event)
    assert listed == single.listed
    for name, column in single.arrays().items():
        assert list(arrays[name]) == list(column), name


def test_bytes_and_messages_of_any_kind_are_kept() -> None:
    """Bytes are a column only when an event has some; half a character becomes a question mark."""
    plain = Event("s", 1, 0, 0, "m", {})
    assert "raw" not in frame(1, [plain])[0]
    arrays, _ = frame(1, [plain, Event("s", 2, 0, 0, "\ud800x", {}, b"\xff")])
    assert list(arrays["raw"]) == [None, "/w=="]
    assert list(arrays["message"]) == ["m", "?x"]
    with pytest.raises(InvalidError):
        frame(1, [Event("s", 1, 2**63, 0, "m", {})])


def events_at(*times: int, first: int = 1) -> list[Event]:
    return [Event("s", seq, at, at, "m", {}) for seq, at in enumerate(times, first)]


def test_a_batch_is_cut_into_days_in_order_of_sequence() -> None:
    """Oldest day first, without what is acknowledged; times before 1970 are of their own day."""
    events = events_at(DAY, 5, DAY - 1, -1, 2 * DAY)
    cut = [(day, [event.seq for event in mine]) for day, mine in by_day(Batch("s", events, 9), 1)]
    assert cut == [("1969-12-31", [4]), ("1970-01-01", [2, 3]), ("1970-01-03", [5])]
    assert by_day(Batch("s", events, 9), 5) == []
    assert by_day(Batch("s", [], 9), 0) == []


@pytest.mark.parametrize(
    "batch",
    [
        Batch("s", list(reversed(events_at(1, 2))), 2),
        Batch("s", [*events_at(1), *events_at(1)], 2),
        Batch("s", events_at(1, 2), 1),
        Batch("s", events_at(1, first=0), 1),
        Batch("t", events_at(1), 1),
        Batch("s", [*events_at(1), Event("t", 2, 0, 0, "m", {})], 2),
        Batch("s", events_at(2**63 - 1), 1),
        Batch("s", events_at(-(2**62)), 1),
    ],
    ids=["falling", "twice", "beyond the last", "zero", "of another", "mixed", "too late", "too early"],
)
def test_a_batch_that_breaks_its_contract_is_refused(batch: Batch) -> None:
    """Whatever is wrong with its order, source or times."""
    with pytest.raises(InvalidError):
        by_day(batch, 0)
