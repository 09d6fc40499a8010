"""What an import file says before it is stored: drafts of indicators, and what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import orjson
import xxhash

from tocsin.core.severity import TLP
from tocsin.intel.kinds import Kind, signed

Format = Literal["auto", "csv", "freetext", "misp"]

MAX_REFUSALS = 1_000
_MAX_TAGS = 100
_MAX_COMMENT = 2_000


@dataclass(frozen=True, slots=True)
class Draft:
    """An indicator as a feed states it; `value` is normalised."""

    kind: Kind
    value: str
    confidence: int
    tlp: int
    tags: tuple[str, ...] = ()
    comment: str = ""
    source: str = ""
    event_info: str = ""
    valid_until_at: int | None = None
    first_seen_at: int | None = None
    last_seen_at: int | None = None

    def digest(self) -> int:
        """Return a signed 64-bit hash of everything stated."""
        stated = [
            self.confidence,
            self.tlp,
            self.tags,
            self.comment,
            self.source,
            self.event_info,
            self.valid_until_at,
            self.first_seen_at,
            self.last_seen_at,
        ]
        return signed(xxhash.xxh3_64_intdigest(orjson.dumps(stated)))


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing an import did not take: where (line or number of the item, from 1), why, and its value."""

    line: int
    reason: str
    value: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is stated of every indicator whose file does not say otherwise."""

    confidence: int = 60
    tlp: int = TLP.AMBER
    tags: tuple[str, ...] = ()
    valid_until_at: int | None = None


@dataclass(slots=True)
class Reading:
    """What readers collect: one draft per value, refusals (the first thousand in full), and skipped items.

    Skipped items are those that a file itself marks as not for detection.
    """

    drafts: dict[tuple[str, str], Draft] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    refused: int = 0
    skipped: int = 0

    def take(self, draft: Draft) -> None:
        """Add a draft; one of the same value is united with it."""
        key = (draft.kind, draft.value)
        present = self.drafts.get(key)
        self.drafts[key] = unite(present, draft) if present else _bounded(draft)

    def refuse(self, line: int, reason: str, value: str = "", path: str = "") -> None:
        """Note that something was refused."""
        self.refused += 1
        if len(self.refusals) < MAX_REFUSALS:
            self.refusals.append(Refusal(line, reason, value[:200], path))


def unite(one: Draft, other: Draft) -> Draft:
    """Return one draft for what two parts of a feed state of one value: the stronger and wider claim."""
    return _bounded(
        replace(
            one,
            confidence=max(one.confidence, other.confidence),
            tlp=max(one.tlp, other.tlp),
            tags=tuple(dict.fromkeys((*one.tags, *other.tags))),
            comment=one.comment or other.comment,
            event_info=one.event_info or other.event_info,
            valid_until_at=_latest(one.valid_until_at, other.valid_until_at),
            first_seen_at=_smallest(one.first_seen_at, other.first_seen_at),
            last_seen_at=_largest(one.last_seen_at, other.last_seen_at),
        )
    )


def _bounded(draft: Draft) -> Draft:
    if len(draft.tags) <= _MAX_TAGS and len(draft.comment) <= _MAX_COMMENT:
        return draft
    return replace(draft, tags=draft.tags[:_MAX_TAGS], comment=draft.comment[:_MAX_COMMENT])


def _latest(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)  # no expiry is the latest


def _smallest(one: int | None, other: int | None) -> int | None:
    return min((at for at in (one, other) if at is not None), default=None)


def _largest(one: int | None, other: int | None) -> int | None:
    return max((at for at in (one, other) if at is not None), default=None)
