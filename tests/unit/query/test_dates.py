"""Dates as people write them in queries."""

from __future__ import annotations

import pytest

from tocsin.core.clock import from_iso, to_iso
from tocsin.core.errors import InvalidError
from tocsin.query.dates import parse_instant, parse_span

NOW = from_iso("2026-03-31T05:30:15.5Z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-03-31T05:30:15.500000Z"),
        ("now-15m", "2026-03-31T05:15:15.500000Z"),
        ("now-1h+30s", "2026-03-31T04:30:45.500000Z"),
        ("now/d", "2026-03-31T00:00:00.000000Z"),
        ("now-1M", "2026-02-28T05:30:15.500000Z"),
        ("now-1y/y", "2025-01-01T00:00:00.000000Z"),
        ("now/w", "2026-03-30T00:00:00.000000Z"),
        ("2026-11-24", "2026-11-24T00:00:00.000000Z"),
        ("2026-11", "2026-11-01T00:00:00.000000Z"),
        ("2026-11-24||+1M/d", "2026-12-24T00:00:00.000000Z"),
        ("2026-11-24T05:00", "2026-11-24T05:00:00.000000Z"),
        ("2026-11-24T05:00:00.1234567+02:00", "2026-11-24T03:00:00.123456Z"),
    ],
)
def test_first_instant(text: str, expected: str) -> None:
    """Every form denotes an instant, in UTC unless it says otherwise."""
    assert expected == to_iso(parse_instant(text, now=NOW))


@pytest.mark.parametrize(
    ("text", "width_s"),
    [("2026-11-24", 86_400), ("2026-11-24T05:00", 60), ("now/h", 3_600), ("2026-02", 28 * 86_400)],
)
def test_span_is_as_wide_as_what_is_written(text: str, width_s: int) -> None:
    """A day denotes the whole day, a minute the whole minute."""
    first, end = parse_span(text, now=NOW)
    assert width_s * 1_000_000 == end - first


@pytest.mark.parametrize(
    "text", ["", "yesterday", "now-", "now-1x", "2026-13-01", "2026-11-24T25:00", "now-999999y", "nowhere"]
)
def test_refuses_what_is_no_date(text: str) -> None:
    """What is no date is named in the error."""
    with pytest.raises(InvalidError, match="is not a date"):
        parse_instant(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-11-24", "2026-11-23T23:00:00.000000Z", "2026-11-24T23:00:00.000000Z"),
        ("2026-11-24T05:00:00Z", "2026-11-24T05:00:00.000000Z", "2026-11-24T05:00:01.000000Z"),
        ("now/d", "2026-03-30T22:00:00.000000Z", "2026-03-31T22:00:00.000000Z"),
        ("2026-03-29", "2026-03-28T23:00:00.000000Z", "2026-03-29T22:00:00.000000Z"),
    ],
)
def test_a_zone_says_when_days_begin(text: str, first: str, end: str) -> None:
    """Dates without an offset and rounding follow its clock, also on the day it is changed."""
    assert (first, end) == tuple(map(to_iso, parse_span(text, now=NOW, zone="Europe/Berlin")))
