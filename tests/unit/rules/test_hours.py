"""Hours and days by the clock on the wall."""

from __future__ import annotations

import time

import pytest

from tocsin.core.clock import HOUR, from_iso
from tocsin.rules.hours import WallClock, compile_hours, compile_weekdays

NOON = from_iso("2026-11-24T12:00:00Z")
"""A Tuesday."""


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("9:00-11:00", {9, 10, 11}),
        ("9-11", {9, 10, 11}),
        ("22:00 - 2:00", {22, 23, 0, 1, 2}),
        ("10 pm-2 am", {22, 23, 0, 1, 2}),
        ("6 pm - 8:30 am", {18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8}),
        ("12 am - 1:00 am", {0, 1}),
        ("12 pm - 1 PM", {12, 13}),
        ("!9:00-11:00", set(range(24)) - {9, 10, 11}),
        ("22-24:00", {22, 23}),
        ("! 8 am - 11 pm", {0, 1, 2, 3, 4, 5, 6, 7}),
    ],
)
def test_spans_of_hours(text: str, hours: set[int]) -> None:
    """Both clocks, either side of midnight, and their opposite."""
    test = compile_hours(text)
    midnight = NOON - 12 * HOUR
    assert hours == {hour for hour in range(24) if test(midnight + hour * HOUR)}


@pytest.mark.parametrize(
    "text",
    ["", "9:00", "9-10-11", "25:00-1:00", "1:60-2:00", "noon - 1 pm", "24:30-1", "13 pm-14 pm", "0 am-1"],
)
def test_what_is_no_span_is_refused(text: str) -> None:
    """The text is named."""
    with pytest.raises(ValueError, match=r"no span of hours|no time of day"):
        compile_hours(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("tuesday", {1}),
        ("mon,wed", {0, 2}),
        ("Monday Friday", {0, 4}),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("weekends", {5, 6}),
        ("!weekends", {0, 1, 2, 3, 4}),
        ("! sat, sun", {0, 1, 2, 3, 4}),
    ],
)
def test_days_of_the_week(text: str, days: set[int]) -> None:
    """Names, their beginnings, and the two sets."""
    test = compile_weekdays(text)
    monday = NOON - 24 * HOUR
    assert days == {day for day in range(7) if test(monday + day * 24 * HOUR)}


def test_the_wall_clock_follows_its_zone() -> None:
    """Summer and winter time differ; a zone that is not known is refused."""
    madrid = WallClock("Europe/Madrid")
    summer, winter = from_iso("2026-07-01T12:00:00Z"), NOON
    assert [2 * HOUR, HOUR] == [madrid.of(at) - at for at in (summer, winter)]
    assert NOON == WallClock("UTC").of(NOON)
    with pytest.raises(ValueError, match="no time zone"):
        WallClock("Mars/Phobos")


def test_the_machines_own_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`local` is what the machine is set to."""
    monkeypatch.setenv("TZ", "America/Lima")
    time.tzset()
    try:
        assert -5 * HOUR == WallClock("local").of(NOON) - NOON
    finally:
        monkeypatch.undo()
        time.tzset()
