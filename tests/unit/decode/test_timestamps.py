"""Times in log lines."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY, from_iso, to_iso
from tocsin.decode.timestamps import Timestamps

NOW = from_iso("2026-03-01T12:00:00Z")


def _read(text: str, now: int = NOW) -> str | None:
    at = Timestamps().of(text, now)
    return None if at is None else to_iso(at)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Mar  1 11:59:00", "2026-03-01T11:59:00.000000Z"),
        ("Dec 31 23:59:59", "2025-12-31T23:59:59.000000Z"),
        ("Mar  2 11:00:00", "2026-03-02T11:00:00.000000Z"),  # within a day ahead
        ("Mar  2 13:00:00", "2025-03-02T13:00:00.000000Z"),
        ("Feb 29 10:00:00", "2024-02-29T10:00:00.000000Z"),
        ("2026-02-28 10:00:00,250", "2026-02-28T10:00:00.250000Z"),
        ("2026-02-28T10:00:00.123456+01:00", "2026-02-28T09:00:00.123456Z"),
        ("2026-02-28 10:00:00.5-0730", "2026-02-28T17:30:00.500000Z"),
        ("2026 Feb 28 10:00:00", "2026-02-28T10:00:00.000000Z"),
        ("28/Feb/2026:10:00:00 +0200", "2026-02-28T08:00:00.000000Z"),
        ("Sat Feb 28 10:00:00 2026", "2026-02-28T10:00:00.000000Z"),
        ("Sat Feb 28 10:00:00.123 2026", "2026-02-28T10:00:00.123000Z"),
        ("02/28-10:00:00.123456", "2026-02-28T10:00:00.123456Z"),
        ("2026/02/28 10:00:00", "2026-02-28T10:00:00.000000Z"),
        ("1764000000.250", "2025-11-24T16:00:00.250000Z"),
        ("Foo 28 10:00:00", None),
        ("Feb 31 10:00:00", None),
        ("2026-03-02T12:00:01Z", None),  # more than a day ahead is not trusted
        ("1969-01-01 00:00:00", None),
        ("nothing", None),
        ("99/99-99:99:99", None),
    ],
)
def test_formats(text: str, at: str | None) -> None:
    """Each format leads to its instant; without a year to the latest, without a zone to UTC."""
    assert at == _read(text)


def test_the_year_turns_with_the_collection() -> None:
    """A line of New Year's Eve collected after midnight is of the year before."""
    assert "2025-12-31T23:59:59.000000Z" == _read("Dec 31 23:59:59", from_iso("2026-01-01T00:00:10Z"))
    assert "2026-01-01T00:00:05.000000Z" == _read("Jan  1 00:00:05", from_iso("2025-12-31T23:59:58Z"))


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.1 - - [28/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1',
        "2026/02/28 10:00:00 [error] 7#7: x",
        "2026-02-28 10:00:00 status installed x",
        "type=SYSCALL msg=audit(1772272800.000:4915): arch=c000003e",
        "[Sat Feb 28 10:00:00.000 2026] [core:error] x",
    ],
)
def test_times_within_a_line(line: str) -> None:
    """A line whose header is not known is dated by its start or its first bracket."""
    at = Timestamps().within(line, NOW)
    assert at is not None
    assert "2026-02-28T10:00:00.000000Z" == to_iso(at)


def test_memory_is_bounded_and_right_across_days() -> None:
    """The same text collected on another day may mean another year."""
    times = Timestamps()
    first = times.of("Mar  3 00:00:00", NOW)
    second = times.of("Mar  3 00:00:00", NOW + 2 * DAY)
    assert (to_iso(first or 0)[:10], to_iso(second or 0)[:10]) == ("2025-03-03", "2026-03-03")
