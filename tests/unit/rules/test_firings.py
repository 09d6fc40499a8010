"""How often rules fired."""

from __future__ import annotations

from tocsin.core.clock import HOUR
from tocsin.core.event import Event
from tocsin.rules.firings import Firings


def _count(firings: Firings, rule: str, at: int, *, again: bool = False) -> int:
    return firings.count(rule, at, again=again)


def test_each_hour_begins_at_zero() -> None:
    """Rules are counted apart, and anew from the full hour on."""
    firings = Firings()
    assert [1, 2, 1] == [_count(firings, rule, HOUR) for rule in ("1", "1", "2")]
    assert [3, 1] == [_count(firings, "1", at) for at in (2 * HOUR - 1, 2 * HOUR)]


def test_a_late_event_does_not_turn_the_clock_back() -> None:
    """An event received before the hour began counts in the hour that runs."""
    firings = Firings()
    assert [1, 2, 3] == [_count(firings, "1", at) for at in (HOUR, HOUR - 1, HOUR + 1)]


def test_what_comes_again_is_not_counted() -> None:
    """An event sent again shows the count as it is."""
    firings = Firings()
    assert [1, 1, 2] == [_count(firings, "1", HOUR, again=again) for again in (False, True, False)]


def test_new_events_are_told_by_their_number() -> None:
    """A source's numbers rise; what does not exceed the highest has come before."""
    firings = Firings()
    made = [
        Event(source, seq, 0, 0, "", {}) for source, seq in (("a", 1), ("a", 3), ("b", 2), ("a", 2), ("a", 3))
    ]
    assert [True, True, True, False, False] == [firings.is_new(event) for event in made]
