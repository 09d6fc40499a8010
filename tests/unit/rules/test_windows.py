"""Where earlier events are kept for composite rules."""

from __future__ import annotations

import pytest

from tocsin.rules.windows import MAX_PER_KEY, Key, KeyedWindows, Ring, Sighting, Windows

A: Key = (1, "", ("x",))
B: Key = (2, "", ())


def _add(windows: Windows, at: int, *keys: Key, times: int = 1) -> Sighting:
    sighting = Sighting(at, {"n": str(at)})
    windows.add(sighting, [(key, 100, 2, times) for key in keys])
    return sighting


def test_a_ring_knows_the_last_events_of_all() -> None:
    """Events of any rule push out the oldest, those nobody counts too."""
    ring = Ring(3)
    _add(ring, 1, A)
    _add(ring, 2, B)
    assert [1] == [one.at for one in ring.of(A)]
    ring.passed(1)
    assert [1] == [one.at for one in ring.of(A)]
    ring.passed(1)
    assert [] == list(ring.of(A))
    assert [2] == [one.at for one in ring.of(B)]
    ring.passed(99)
    assert 0 == len([*ring.of(A), *ring.of(B)]) == len(ring)


def test_an_event_may_count_more_than_once_but_is_one_event() -> None:
    """What stands twice under a key takes one place of the ring and leaves at once."""
    ring = Ring(2)
    _add(ring, 1, A, times=2)
    _add(ring, 2, A)
    assert [2, 1, 1] == [one.at for one in ring.of(A)]
    _add(ring, 3, A)
    assert [3, 2] == [one.at for one in ring.of(A)]


def test_keyed_windows_forget_by_time_and_length() -> None:
    """What is too old to count goes; a flood leaves a bounded window, and other keys as they were."""
    windows = KeyedWindows()
    _add(windows, 0, A, B)
    for at in range(150, 150 + 4 * MAX_PER_KEY):
        windows.add(Sighting(at, {}), [(A, 10_000, 2, 1)])
    assert windows.longest() <= 2 * MAX_PER_KEY
    assert [0] == [one.at for one in windows.of(B)]
    _add(windows, 20_000, A)
    assert [20_000] == [one.at for one in windows.of(A)]


def test_keyed_windows_are_bounded_in_number() -> None:
    """The key not added to for longest is forgotten."""
    windows = KeyedWindows(keys=2)
    for number in range(3):
        _add(windows, number, (number, "", ()))
    assert [0, 1, 1] == [len(list(windows.of((number, "", ())))) for number in range(3)]


@pytest.mark.parametrize("kind", [lambda: Ring(10), KeyedWindows])
def test_a_mark_is_one_for_all_keys_after_a_restore(kind: type[Ring]) -> None:
    """Who used an event up under one key used it up under every key."""
    before, after = kind(), kind()
    _add(before, 1, A, B).mark = 7
    _add(before, 2, B)
    after.restore(before.state())
    assert before.state() == after.state()
    next(after.of(A)).mark = 9
    assert [-1, 9] == [one.mark for one in after.of(B)]
