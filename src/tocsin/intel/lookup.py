"""Find what is known of one value: its indicators, its parents' indicators, the warninglists that name it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.clock import Clock
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError
from tocsin.intel.index import IndicatorIndex
from tocsin.intel.kinds import key_hash, match_key, signed
from tocsin.intel.recognise import Recogniser
from tocsin.intel.tables import FeedRow, IndicatorRow
from tocsin.intel.warninglists import WarninglistHit, Warninglists

Verdict = Literal["safe", "info", "suspicious", "malicious"]
MALICIOUS_FROM = 70
"""Confidence from which an indicator says malicious rather than suspicious."""

_MAX_PARENTS = 10
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value as one feed states it. Times are microseconds since 1970, UTC; `confidence` is 0-100."""

    id: str
    kind: str
    value: str
    feed: str
    source: str
    confidence: int
    tlp: int
    tags: tuple[str, ...]
    comment: str
    event_info: str
    valid_until_at: int | None
    first_seen_at: int | None
    last_seen_at: int | None

    def is_valid(self, at: int) -> bool:
        """Say whether it has not expired."""
        return self.valid_until_at is None or self.valid_until_at > at


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What is known of a value. `kind` and `value` are as recognised; expired indicators are included."""

    value: str
    kind: str
    verdict: Verdict | None
    indicators: tuple[Indicator, ...]
    warninglists: tuple[WarninglistHit, ...]


def probes_of(kind: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds and keys under which an indicator of a normalised value may stand.

    A domain's are its own and its parents', a URL's are its own, the one without its query, and its host's.
    """
    yield kind, match_key(kind, value)
    if kind == "domain":
        yield from (("domain", parent) for parent in _parents(value))
    elif kind == "email":
        yield from probes_of("domain", value.rpartition("@")[2])
    elif kind == "url":
        parts = urlsplit(value)
        if parts.query:
            yield "url", match_key("url", value.partition("?")[0])
        host = parts.hostname or ""
        if ":" in host or host.replace(".", "").isdigit():
            yield "ip", host
        elif "." in host:
            yield from probes_of("domain", host)


def _parents(name: str) -> Iterator[str]:
    for _ in range(_MAX_PARENTS):
        name = name.partition(".")[2]
        if "." not in name:
            return
        yield name


def indicator_of(row: IndicatorRow, feed: str) -> Indicator:
    """Return the row as others see it."""
    return Indicator(
        id=f"ind_{row.id}",
        kind=row.kind,
        value=row.value,
        feed=feed,
        source=row.source,
        confidence=row.confidence,
        tlp=row.tlp,
        tags=tuple(row.tags),
        comment=row.comment,
        event_info=row.event_info,
        valid_until_at=row.valid_until_at,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
    )


def read_probes(tx: Session, probes: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[Indicator]]:
    """Return the indicators that stand under the kinds and keys, expired ones too."""
    found: dict[tuple[str, str], list[Indicator]] = {}
    hashes = [signed(key_hash(*probe)) for probe in probes]
    for start in range(0, len(hashes), _CHUNK):
        query = (
            select(IndicatorRow, FeedRow.name)
            .join(FeedRow, FeedRow.id == IndicatorRow.feed_id)
            .where(IndicatorRow.key_hash.in_(hashes[start : start + _CHUNK]))
            .order_by(IndicatorRow.id)
        )
        for row, feed in tx.execute(query):
            probe = (row.kind, match_key(row.kind, row.value))
            if probe in probes:
                found.setdefault(probe, []).append(indicator_of(row, feed))
    return found


class IndicatorReader:
    """Reads indicators in a transaction of its own; for those that match as events pass."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def valid(self, probes: Collection[tuple[str, str]], at: int) -> dict[tuple[str, str], list[Indicator]]:
        """Return the indicators under the kinds and keys that have not expired at `at`."""
        with self._db.read() as tx:
            found = read_probes(tx, probes)
        return {probe: [row for row in rows if row.is_valid(at)] for probe, rows in found.items()}


class Lookup:
    """Answers what is known of one value. Thread safe."""

    def __init__(
        self, index: IndicatorIndex, warninglists: Warninglists, recogniser: Recogniser, clock: Clock
    ) -> None:
        self._index, self._warninglists, self._recogniser = index, warninglists, recogniser
        self._clock = clock

    def lookup(self, tx: Session, value: str, kind: str | None = None) -> LookupResult:
        """Return what is known of a value, recognised when no kind is given; raises `InvalidError`."""
        found = self._recogniser.recognise(value) if kind is None else self._recogniser.read(kind, value)
        if found is None:
            raise InvalidError(f"{value[:200]!r} is not a value of {kind or 'any kind we know'}")
        probes = dict.fromkeys(probes_of(found.kind, found.value))
        for each, key in list(probes):
            if each in {"ip", "cidr"}:
                probes.update(
                    {("cidr", network): None for network in self._index.snapshot.networks.holding(key)}
                )
        known = read_probes(tx, probes.keys())
        indicators = tuple(row for probe in probes for row in known.get(probe, ()))
        lists = tuple(self._warninglists.hits(found.kind, found.value))
        verdict = verdict_of([row for row in indicators if row.is_valid(self._clock.now())], lists)
        return LookupResult(found.value, found.kind, verdict, indicators, lists)


def verdict_of(valid: Sequence[Indicator], lists: Sequence[WarninglistHit]) -> Verdict | None:
    """Return what the facts say: indicators that a warninglist contradicts are no more than information."""
    if valid and lists:
        return "info"
    if valid:
        strongest = max(row.confidence for row in valid)
        return "malicious" if strongest >= MALICIOUS_FROM else "suspicious"
    if lists:
        return "safe" if any(hit.category == "false_positive" for hit in lists) else "info"
    return None
