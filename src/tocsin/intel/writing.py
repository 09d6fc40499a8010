"""Bring the table of indicators to what a feed states, touching only what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from tocsin.intel.drafts import Draft, unite
from tocsin.intel.kinds import key_hash, match_key, signed
from tocsin.intel.tables import FeedRow, IndicatorRow, RevisionRow

_CHUNK = 5_000
_CHUNK_IDS = 500


@dataclass(frozen=True, slots=True)
class Changed:
    """How many indicators a change touched."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0


def feed_row(tx: Session, name: str, format_: str, now: int) -> FeedRow:
    """Return the feed's row, locked against another import of it; made when it is new."""
    row = tx.scalar(select(FeedRow).where(FeedRow.name == name.strip()).with_for_update())
    if row is None:
        row = FeedRow(
            name=name.strip(), format=format_, indicators=0, refused=0, last_error="", created_at=now
        )
        tx.add(row)
        tx.flush()
    return row


def next_revision(tx: Session, now: int) -> int:
    """Count one change and return its number.

    Numbers follow the clock, so that a database restored from a backup never gives a number again that an
    index file on the disk already bears.
    """
    row = tx.get(RevisionRow, 1, with_for_update=True)
    if row is None:
        tx.add(RevisionRow(id=1, number=now))
        tx.flush()
        return now
    row.number = max(row.number + 1, now)
    tx.flush()
    return row.number


def replace_all(tx: Session, feed: FeedRow, drafts: Sequence[Draft], now: int) -> Changed:
    """Make the feed hold exactly the drafts."""
    present = _present(tx, feed)
    gone = [identifier for identifier, _ in _leftover(present, drafts)]
    changed = _put(tx, feed, drafts, present, now)
    for start in range(0, len(gone), _CHUNK_IDS):
        tx.execute(delete(IndicatorRow).where(IndicatorRow.id.in_(gone[start : start + _CHUNK_IDS])))
    _recount(tx, feed)
    return Changed(changed.added, changed.updated, changed.unchanged, len(gone))


def unite_all(tx: Session, feed: FeedRow, drafts: Sequence[Draft], now: int) -> Changed:
    """Add the drafts to what the feed holds; one it holds already is stated anew."""
    merged: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        key = (draft.kind, draft.value)
        merged[key] = unite(merged[key], draft) if key in merged else draft
    changed = _put(
        tx, feed, list(merged.values()), _present(tx, feed, {_hash(draft) for draft in drafts}), now
    )
    _recount(tx, feed)
    return changed


def _hash(draft: Draft) -> int:
    return signed(key_hash(draft.kind, match_key(draft.kind, draft.value)))


_Present = dict[tuple[str, str], tuple[int, int]]
"""Row id and digest of each kind and value."""


def _present(tx: Session, feed: FeedRow, hashes: set[int] | None = None) -> _Present:
    columns = (IndicatorRow.kind, IndicatorRow.value, IndicatorRow.id, IndicatorRow.digest)
    query = select(*columns).where(IndicatorRow.feed_id == feed.id)
    if hashes is None:
        return {
            (row[0], row[1]): (row[2], row[3])
            for row in tx.execute(query.execution_options(yield_per=_CHUNK))
        }
    found: _Present = {}
    wanted = list(hashes)
    for start in range(0, len(wanted), _CHUNK_IDS):
        part = query.where(IndicatorRow.key_hash.in_(wanted[start : start + _CHUNK_IDS]))
        found.update({(row[0], row[1]): (row[2], row[3]) for row in tx.execute(part)})
    return found


def _leftover(present: _Present, drafts: Iterable[Draft]) -> list[tuple[int, int]]:
    stated = {(draft.kind, draft.value) for draft in drafts}
    return [row for key, row in present.items() if key not in stated]


def _put(tx: Session, feed: FeedRow, drafts: Sequence[Draft], present: _Present, now: int) -> Changed:
    revision = next_revision(tx, now)
    new: list[dict[str, Any]] = []
    added = updated = 0
    for draft in drafts:
        digest = draft.digest()
        row = present.get((draft.kind, draft.value))
        if row is None:
            added += 1
            new.append({**_columns(draft, digest, now), **_identity(draft, feed, revision, now)})
        elif row[1] != digest:
            updated += 1
            tx.execute(
                update(IndicatorRow).where(IndicatorRow.id == row[0]).values(_columns(draft, digest, now))
            )
        if len(new) >= _CHUNK:
            _insert(tx, new)
            new = []
    if new:
        _insert(tx, new)
    return Changed(added, updated, len(drafts) - added - updated)


def _insert(tx: Session, rows: Sequence[dict[str, Any]]) -> None:
    tx.connection().execute(insert(IndicatorRow.__table__), rows)  # type: ignore[arg-type]  # it is a Table


def _identity(draft: Draft, feed: FeedRow, revision: int, now: int) -> dict[str, Any]:
    return {
        "feed_id": feed.id,
        "kind": draft.kind,
        "value": draft.value,
        "key_hash": _hash(draft),
        "revision": revision,
        "created_at": now,
    }


def _columns(draft: Draft, digest: int, now: int) -> dict[str, Any]:
    return {
        "confidence": draft.confidence,
        "tlp": draft.tlp,
        "tags": list(draft.tags),
        "comment": draft.comment,
        "source": draft.source,
        "event_info": draft.event_info,
        "valid_until_at": draft.valid_until_at,
        "first_seen_at": draft.first_seen_at,
        "last_seen_at": draft.last_seen_at,
        "digest": digest,
        "updated_at": now,
    }


def _recount(tx: Session, feed: FeedRow) -> None:
    feed.indicators = (
        tx.scalar(select(func.count()).select_from(IndicatorRow).where(IndicatorRow.feed_id == feed.id)) or 0
    )
