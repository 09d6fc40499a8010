"""Time as the platform counts it: whole microseconds since 1970 in UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from tocsin.core.errors import InvalidError

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where a part gets the time from, so that a test can hold it still."""

    def now(self) -> int:
        """Return the present instant in microseconds since 1970, UTC."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Return the present instant in microseconds since 1970, UTC."""
        return time.time_ns() // 1000


class ManualClock:
    """A clock that moves only when told to; for tests and for replays."""

    def __init__(self, at: int) -> None:
        self._at = at

    def now(self) -> int:
        """Return the instant last set."""
        return self._at

    def advance(self, by: int) -> None:
        """Move the clock on by `by` microseconds."""
        self._at += by


def to_datetime(at: int) -> datetime:
    """Return the instant as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=at)


def from_datetime(moment: datetime) -> int:
    """Return the instant of an aware datetime; a naive one is read as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)


def to_iso(at: int) -> str:
    """Return the instant as RFC 3339 text in UTC, such as `2026-11-24T04:25:48.123456Z`."""
    return to_datetime(at).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """Read RFC 3339 text; raises `InvalidError` naming the text when it is not."""
    try:
        return from_datetime(datetime.fromisoformat(text))
    except ValueError as error:
        raise InvalidError(f"{text!r} is not a date and time: {error}") from error


def day_of(at: int) -> str:
    """Return the UTC day of the instant as `YYYY-MM-DD`."""
    return to_datetime(at).strftime("%Y-%m-%d")
