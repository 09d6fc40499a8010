"""Counting, killed anywhere, gives what counting without a kill gives, and what counting by hand gives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.detect.rule import Window
from tocsin.detect.window import advance


def by_definition(window, times):
    """ElastAlert's frequency, told once more in the plainest way."""
    held, found = [], []
    for number, at in enumerate(times):
        held.append((at, f"{number:04d}"))
        newest = max(held)[0]
        held = [entry for entry in held if newest - entry[0] < window.span]
        if len(held) >= window.count:
            found.append((number, sorted(held, key=lambda entry: entry[0])))
            held = []
    return found


@given(st.integers(1, 5), st.integers(1, 50), st.lists(st.integers(0, 120), max_size=60))
def test_windows_are_what_the_definition_says(count, span, times):
    """Also for events out of order and at equal times."""
    window, seen, found = Window(count, span), [], []
    for number, at in enumerate(times):
        matched = advance(window, seen, (at, f"{number:04d}"))
        if matched:
            found.append((number, matched))
        assert len(seen) < count
    assert found == by_definition(window, times)
