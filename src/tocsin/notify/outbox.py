"""The outbox: messages written with what caused them, in one transaction, and looked at afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.database import after_commit
from tocsin.core.errors import ConflictError, NotFoundError
from tocsin.core.ids import new_id
from tocsin.notify.keys import short_key
from tocsin.notify.model import LONGEST_TITLE, Message
from tocsin.notify.tables import MessageRow

Status = Literal["waiting", "sent", "dead"]
STATUSES: tuple[Status, ...] = ("waiting", "sent", "dead")
_LONGEST_KEY = 300
_MOST_BYTES = 512 * 1024
_ENCODER = msgspec.json.Encoder(enc_hook=str)


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a message goes, by which route, and when."""

    channel: str
    due_at: int
    route: str = ""
    gather: str = ""


class Outbox:
    """Takes messages in the caller's transaction. Thread safe."""

    def __init__(self, clock: Clock, audit: AuditTrail, wake: Callable[[], None] = lambda: None) -> None:
        """`wake` is called when a transaction that wrote something to send is committed."""
        self._clock = clock
        self._audit = audit
        self._wake = wake
        self._lock = threading.Lock()
        self._newest = 0

    def put(self, tx: Session, message: Message, posting: Posting) -> str | None:
        """Write a message; returns its id, or None when the channel has one of the same key."""
        key = _key(message)
        known = select(MessageRow.id).where(MessageRow.channel == posting.channel, MessageRow.key == key)
        if tx.scalar(known) is not None:
            return None
        row = MessageRow(
            id=new_id("message"),
            channel=posting.channel,
            key=key,
            status="waiting",
            route=posting.route,
            gather=posting.gather,
            event=message.event,
            subject_id=message.subject_id,
            title=_text(message.title)[:LONGEST_TITLE],
            content=encoded(message),
            created_at=self._moment(),
            due_at=self._due(tx, posting),
            attempts=0,
            error="",
        )
        tx.add(row)
        tx.flush()
        after_commit(tx, self._wake)
        return row.id

    def _moment(self) -> int:
        """Return now, but later than any before: what was written first goes out first."""
        with self._lock:
            self._newest = max(self._clock.now(), self._newest + 1)
            return self._newest

    def _due(self, tx: Session, posting: Posting) -> int:
        """Return when it is due: with the gathering it joins, when one is open."""
        if not posting.gather:
            return posting.due_at
        is_open = select(func.min(MessageRow.due_at)).where(
            MessageRow.channel == posting.channel,
            MessageRow.gather == posting.gather,
            MessageRow.status == "waiting",
            MessageRow.attempts == 0,
            MessageRow.due_at > self._clock.now(),
        )
        return tx.scalar(is_open) or posting.due_at

    def list(
        self, tx: Session, *, status: str | None = None, channel: str | None = None, limit: int = 100
    ) -> Sequence[MessageRow]:
        """Return messages, the newest first."""
        query = select(MessageRow).order_by(MessageRow.created_at.desc(), MessageRow.id.desc()).limit(limit)
        if status is not None:
            query = query.where(MessageRow.status == status)
        if channel is not None:
            query = query.where(MessageRow.channel == channel)
        return list(tx.scalars(query))

    def of_subject(self, tx: Session, subject_id: str) -> Sequence[MessageRow]:
        """Return the messages about an alert or case, the oldest first."""
        query = select(MessageRow).where(MessageRow.subject_id == subject_id)
        return list(tx.scalars(query.order_by(MessageRow.created_at, MessageRow.id).limit(200)))

    def counts(self, tx: Session) -> dict[str, int]:
        """Return how many messages there are of each status."""
        query = select(MessageRow.status, func.count()).group_by(MessageRow.status)
        return dict.fromkeys(STATUSES, 0) | {row[0]: row[1] for row in tx.execute(query)}

    def get(self, tx: Session, message_id: str) -> MessageRow:
        """Return a message; raises `NotFoundError`."""
        row = tx.get(MessageRow, message_id)
        if row is None:
            raise NotFoundError(f"there is no message {message_id!r} in the outbox")
        return row

    def retry(self, tx: Session, message_id: str, actor: Actor) -> MessageRow:
        """Have a message tried again at once, with all its tries; raises `ConflictError` for a sent one."""
        row = self.get(tx, message_id)
        if row.status == "sent":
            raise ConflictError("the message was sent")
        row.status, row.attempts, row.due_at, row.ended_at = "waiting", 0, self._clock.now(), None
        tx.flush()
        after_commit(tx, self._wake)
        self._audit.record(
            tx, actor, "retry", kind="message", subject=row.id, details={"channel": row.channel}
        )
        return row

    def discard(self, tx: Session, message_id: str, actor: Actor) -> None:
        """Take a message out of the outbox; one that waits is never sent."""
        row = self.get(tx, message_id)
        details = {"channel": row.channel, "title": row.title, "status": row.status}
        tx.delete(row)
        tx.flush()
        self._audit.record(tx, actor, "discard", kind="message", subject=message_id, details=details)


def encoded(message: Message) -> bytes:
    """Return the message as it is kept; one that is too large loses its documents, the last first."""
    content = _ENCODER.encode(message)
    while len(content) > _MOST_BYTES and message.documents:
        message = msgspec.structs.replace(message, documents=message.documents[: len(message.documents) // 2])
        content = _ENCODER.encode(message)
    return content


def decoded(row: MessageRow) -> Message:
    """Return the message of a row."""
    return msgspec.json.decode(row.content, type=Message)


def _key(message: Message) -> str:
    return short_key(_text(message.key), _LONGEST_KEY)


def _text(text: str) -> str:
    """Return the text as every database takes it."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
