"""Steps of time by the clock of a zone."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY, HOUR, MINUTE, from_iso, to_iso
from tocsin.core.errors import InvalidError
from tocsin.query.intervals import Interval, parse_unit, parse_width

AT = from_iso("2026-11-24T13:47:12Z")


@pytest.mark.parametrize(
    ("interval", "start", "following"),
    [
        (Interval(width=15 * MINUTE), "2026-11-24T13:45", "2026-11-24T14:00"),
        (Interval(width=DAY, offset=6 * HOUR), "2026-11-24T06:00", "2026-11-25T06:00"),
        (Interval(unit="week"), "2026-11-23T00:00", "2026-11-30T00:00"),
        (Interval(unit="quarter"), "2026-10-01T00:00", "2027-01-01T00:00"),
        (Interval(unit="month", zone="Europe/Berlin"), "2026-10-31T23:00", "2026-11-30T23:00"),
        (Interval(unit="hour", zone="Asia/Kolkata"), "2026-11-24T13:30", "2026-11-24T14:30"),
        (Interval(unit="day", zone="-05:00"), "2026-11-24T05:00", "2026-11-25T05:00"),
    ],
)
def test_steps(interval: Interval, start: str, following: str) -> None:
    """A step begins where the clock of its zone says, and the next one after it."""
    assert start == to_iso(interval.start(AT))[:16]
    assert following == to_iso(interval.following(interval.start(AT)))[:16]
    assert interval.start(AT) == interval.start(interval.start(AT))


def test_what_is_no_interval_is_refused() -> None:
    """Each error names what was given."""
    for wrong in (
        Interval,
        lambda: Interval(width=1, unit="day"),
        lambda: Interval(unit="day", zone="X/Y"),
    ):
        with pytest.raises(InvalidError):
            wrong()
    for text in ("", "1x", "d", "1.5h"):
        with pytest.raises(InvalidError, match="span of time"):
            parse_width(text)
    with pytest.raises(InvalidError, match="calendar interval"):
        parse_unit("2d")
    assert (-6 * HOUR, "month") == (parse_width("-6h"), parse_unit("1M"))
