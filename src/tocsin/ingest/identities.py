"""Which event a client's document became, so that one sent again is stored once.

A client that names its documents (`_id`) may send them again after any failure. The name is claimed for a
sequence before that record is submitted; when it comes again, the log itself says whether the record of
that sequence is there and is the same document. A claim that led to nothing is made anew. Claims are
forgotten after a week: nobody resends later than that.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

import orjson
from sqlalchemy import ColumnElement, delete, insert, select, tuple_

from tocsin.core.clock import DAY, HOUR, Clock
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.core.ids import event_id
from tocsin.ingest.errors import NoRoomError
from tocsin.ingest.tables import DocumentIdRow

KEPT_US = 7 * DAY
_UNKNOWN_S = 600.0
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Claim:
    """A document's name, the sequence it was given, the digest of its content and when it was claimed."""

    document_id: str
    seq: int
    digest: str
    claimed_at: int = 0


def digest_of(raw: bytes) -> str:
    """Return the digest by which two documents of one name are known to be the same.

    The order of fields and the space between them say nothing: who sends a document again may write it anew.
    """
    with suppress(
        orjson.JSONDecodeError, orjson.JSONEncodeError
    ):  # what cannot be written anew stands as it is
        raw = orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    return _digest(raw)


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=12).hexdigest()


def is_same(raw: bytes, claim: Claim) -> bool:
    """Tell whether a document is the one that was claimed; claims of old hold a digest of its bytes."""
    return claim.digest in (digest_of(raw), _digest(raw))


class Identities:
    """Keeps claims; thread safe. `find` returns those of the events that exist."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        find: Callable[[Sequence[str]], Sequence[Event]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._clock = clock
        self._find = find
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._under_way: dict[tuple[str, str], float] = {}
        """Until when a document counts as under way; on no clock that somebody can set."""
        self._pruned_at = clock.now()

    def stored(self, source: str, names: Sequence[str]) -> dict[str, Claim]:
        """Return the claims of those documents of a source that are in the log."""
        claims = self._claims(source, names)
        events = self._find([event_id(source, claim.seq) for claim in claims.values()]) if claims else []
        held = {event.seq: event.raw or event.message.encode() for event in events}
        return {
            name: claim
            for name, claim in claims.items()
            if (raw := held.get(claim.seq)) is not None and is_same(raw, claim)
        }

    def begin(self, source: str, names: Sequence[str]) -> set[str]:
        """Put documents under way; return those that were before, of which it is not known what becomes."""
        now = self._monotonic()
        with self._lock:
            keys = {(source, name) for name in names}
            busy = {key for key in keys if self._under_way.get(key, 0) > now}
            self._under_way.update(dict.fromkeys(keys - busy, math.inf))
        return {name for _, name in busy}

    def claim(self, source: str, claims: Sequence[Claim]) -> None:
        """Note which sequence each document is given; durable on return."""
        now = self._clock.now()
        rows = [
            {
                "document_id": claim.document_id,
                "source": source,
                "seq": claim.seq,
                "digest": claim.digest,
                "claimed_at": now,
            }
            for claim in claims
        ]
        with self._db.write() as tx:
            for keys in _keys(source, [claim.document_id for claim in claims]):
                tx.execute(delete(DocumentIdRow).where(_is_one_of(keys)))
            tx.execute(insert(DocumentIdRow), rows)
            if now - self._pruned_at >= HOUR:
                self._pruned_at = now
                tx.execute(delete(DocumentIdRow).where(DocumentIdRow.claimed_at < now - KEPT_US))

    def settle(self, source: str, names: Sequence[str], future: Future[int]) -> None:
        """Forget that documents are under way once it is known what became of them."""

        def settled(done: Future[int]) -> None:
            # Without room the records wait in the pipeline and may still be stored: they stay under way.
            # So they do when who waited went away.
            if done.cancelled() or isinstance(done.exception(), NoRoomError):
                until = self._monotonic() + _UNKNOWN_S
                with self._lock:
                    self._under_way.update({(source, name): until for name in names})
            else:
                self.forget(source, names)

        future.add_done_callback(settled)

    def forget(self, source: str, names: Sequence[str]) -> None:
        """Documents are no longer under way; their claims say the rest."""
        with self._lock:
            for name in names:
                self._under_way.pop((source, name), None)

    def place(self, index: str, name: str) -> str | None:
        """Return the identifier of the event that a document sent to an index became; None when unknown."""
        query = select(DocumentIdRow).where(DocumentIdRow.document_id == name)
        with self._db.read() as tx:
            rows = [row for row in tx.scalars(query.limit(100)) if row.source.endswith(f":{index}")]
        return event_id(rows[0].source, rows[0].seq) if rows else None

    def _claims(self, source: str, names: Sequence[str]) -> Mapping[str, Claim]:
        found: dict[str, Claim] = {}
        with self._db.read() as tx:
            for keys in _keys(source, names):
                for row in tx.scalars(select(DocumentIdRow).where(_is_one_of(keys))):
                    found[row.document_id] = Claim(row.document_id, row.seq, row.digest, row.claimed_at)
        return found


def _keys(source: str, names: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield the rows' keys, as many at a time as a statement may hold."""
    for start in range(0, len(names), _CHUNK):
        yield [(name, source) for name in names[start : start + _CHUNK]]


def _is_one_of(keys: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return tuple_(DocumentIdRow.document_id, DocumentIdRow.source).in_(keys)
