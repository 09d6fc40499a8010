"""Whether two logs hold the same: counts and checksums, day by day."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from tocsin.core.clock import DAY, from_iso
from tocsin.core.event import Event
from tocsin.store.base import EventStore, Selection


@dataclass(frozen=True, slots=True)
class DayDigest:
    """What a log holds of one day: how many events, and the SHA-256 over them in their order."""

    day: str
    events: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DayCompared:
    """One day of two logs."""

    day: str
    source: DayDigest
    target: DayDigest

    @property
    def equal(self) -> bool:
        """Whether both hold the same events with the same content."""
        return self.source == self.target


def compare(source: EventStore, target: EventStore) -> Iterator[DayCompared]:
    """Yield a comparison for each day that either log has, oldest first."""
    for day in sorted({day.day for day in source.days()} | {day.day for day in target.days()}):
        yield DayCompared(day, digest_of(source, day), digest_of(target, day))


def digest_of(store: EventStore, day: str) -> DayDigest:
    """Return the digest of a day; that of no events when the log has no such day."""
    start = from_iso(f"{day}T00:00:00Z")
    digest = hashlib.sha256()
    events = 0
    for page in store.scan(Selection(from_at=start, to_at=start + DAY)):
        events += len(page)
        for event in page:
            digest.update(_bytes(event))
    return DayDigest(day, events, digest.hexdigest())


def _bytes(event: Event) -> bytes:
    raw = None if event.raw is None else base64.b64encode(event.raw).decode()
    content = [event.source, event.seq, event.at, event.received_at, event.message, event.fields, raw]
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
