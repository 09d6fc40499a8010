"""Instants are microseconds in UTC, written and read as RFC 3339."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.clock import DAY, ManualClock, day_of, from_iso, to_iso
from tocsin.core.errors import InvalidError


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_text_and_instant_agree(at: int) -> None:
    """Every instant survives the way to text and back."""
    assert at == from_iso(to_iso(at))


def test_a_zone_is_honoured() -> None:
    """A time with an offset is the same instant as its UTC form."""
    assert from_iso("2026-11-24T05:00:00+01:00") == from_iso("2026-11-24T04:00:00Z")


def test_what_is_no_time_is_refused() -> None:
    """The error repeats the text that could not be read."""
    with pytest.raises(InvalidError, match="yesterday"):
        from_iso("yesterday")


def test_a_day_ends_at_midnight_utc() -> None:
    """The last microsecond of a day belongs to it, the next one does not."""
    midnight = from_iso("2026-11-25T00:00:00Z")

    assert ("2026-11-24", "2026-11-25") == (day_of(midnight - 1), day_of(midnight))


def test_a_manual_clock_moves_when_told() -> None:
    """Nothing but `advance` moves it."""
    clock = ManualClock(5)
    clock.advance(DAY)

    assert 5 + DAY == clock.now()
