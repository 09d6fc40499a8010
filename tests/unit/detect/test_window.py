"""Windows and silences, as ElastAlert counts but exact per event."""

from __future__ import annotations

import pytest

from tocsin.core.clock import HOUR, SECOND
from tocsin.detect.rule import Window
from tocsin.detect.window import WindowState, advance


def count(window, times):
    """Return which of the events completed a match, and with how many events."""
    seen, found = [], []
    for number, at in enumerate(times):
        matched = advance(window, seen, (at, f"e{number}"))
        if matched:
            found.append((number, len(matched)))
    return found


def test_a_match_drops_the_window():
    """Seven events with `num_events: 3` match twice."""
    assert count(Window(3, 100), [1, 2, 3, 4, 5, 6, 7]) == [(2, 3), (5, 3)]


def test_events_exactly_the_timeframe_apart_never_share_a_window():
    """The window is half open."""
    assert count(Window(2, 100), [0, 100, 199]) == [(2, 2)]
    assert count(Window(2, 100), [0, 100]) == []


def test_a_late_event_within_the_window_counts():
    """An event that arrives out of order is put where it belongs."""
    assert count(Window(3, 100), [10, 90, 50]) == [(2, 3)]


def test_a_late_event_before_the_window_falls_out():
    """An event older than the window allows is not counted with newer ones."""
    assert count(Window(3, 100), [200, 250, 10, 290]) == [(3, 3)]


@pytest.fixture
def loaded(database):
    """A state that has read the (empty) database."""
    state = WindowState()
    with database.write() as tx:
        state.load(tx)
    return state


def test_windows_survive_a_restart(database, loaded, rule):
    """What was counted before is counted on by another process."""
    counting = rule(window=Window(3, HOUR))
    assert loaded.count(counting, "k", (1, "a")) is None
    assert loaded.count(counting, "k", (2, "b")) is None
    with database.write() as tx:
        loaded.save(tx)
    other = WindowState()
    with database.read() as tx:
        other.load(tx)
    assert [(1, "a"), (2, "b"), (3, "c")] == other.count(counting, "k", (3, "c"))


def test_a_reworded_rule_starts_counting_afresh(database, loaded, rule):
    """State belongs to a version of a rule."""
    loaded.count(rule(window=Window(2, HOUR)), "k", (1, "a"))
    assert loaded.count(rule(window=Window(2, HOUR), version="v2"), "k", (2, "b")) is None


def test_forgotten_state_is_what_the_database_says(database, loaded, rule):
    """After a failed transaction nothing of it is left in memory."""
    counting = rule(window=Window(2, HOUR))
    loaded.count(counting, "k", (1, "a"))
    loaded.forget()
    with database.read() as tx:
        loaded.load(tx)
    assert loaded.count(counting, "k", (2, "b")) is None


def test_realert_drops_matches_of_the_same_key_only(loaded, rule):
    """A silence counts in event time and per key; the match at its end passes."""
    quiet = rule(realert=60 * SECOND)
    given = [("a", 0), ("a", 59), ("b", 59), ("a", 60), ("a", 61)]
    assert [False, True, False, False, True] == [loaded.silent(quiet, key, at * SECOND) for key, at in given]


def test_windows_nothing_can_complete_are_dropped(database, loaded, rule):
    """State is bounded by time: beyond span and lateness a window is gone from memory and table."""
    counting = rule(window=Window(2, SECOND))
    loaded.count(counting, "k", (SECOND, "a"))
    with database.write() as tx:
        loaded.save(tx)
        loaded.prune(tx, {"r1": counting}, 3 * HOUR)
        loaded.forget()
        loaded.load(tx)
    assert loaded.count(counting, "k", (SECOND + 1, "b")) is None
