"""Comments on alerts and cases. Whoever wrote one may change it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.cases.model import SubjectType, short
from tocsin.cases.tables import Comment
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import DeniedError, NotFoundError
from tocsin.core.ids import new_id

_LONGEST = 65_536


class Comments:
    """Keeps the comments of every subject."""

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def add(
        self, tx: Session, subject_type: SubjectType, subject_id: str, message: str, actor: Actor
    ) -> Comment:
        """Add a comment."""
        row = Comment(
            id=new_id("comment"),
            subject_type=subject_type,
            subject_id=subject_id,
            message=short("a comment", message, _LONGEST, required=True),
            author=str(actor),
            created_at=self._clock.now(),
        )
        tx.add(row)
        tx.flush()
        self._note(tx, row, "comment", actor)
        return row

    def of(self, tx: Session, subject_id: str) -> Sequence[Comment]:
        """Return the comments of an alert or case, oldest first."""
        query = select(Comment).where(Comment.subject_id == subject_id)
        return tx.scalars(query.order_by(Comment.created_at, Comment.id)).all()

    def change(self, tx: Session, comment_id: str, message: str, actor: Actor) -> Comment:
        """Reword a comment of one's own; raises `DeniedError` for another's."""
        row = self._own(tx, comment_id, actor)
        row.message = short("a comment", message, _LONGEST, required=True)
        row.updated_at = self._clock.now()
        self._note(tx, row, "update-comment", actor)
        return row

    def delete(self, tx: Session, comment_id: str, actor: Actor) -> Comment:
        """Take back a comment of one's own; raises `DeniedError` for another's."""
        row = self._own(tx, comment_id, actor)
        tx.delete(row)
        self._note(tx, row, "delete-comment", actor)
        tx.flush()
        return row

    def _own(self, tx: Session, comment_id: str, actor: Actor) -> Comment:
        row = tx.get(Comment, comment_id)
        if row is None:
            raise NotFoundError(f"there is no comment {comment_id!r}")
        if row.author != str(actor):
            raise DeniedError("only its author changes a comment")
        return row

    def _note(self, tx: Session, row: Comment, action: str, actor: Actor) -> None:
        details = {"comment": row.id}
        self._audit.record(tx, actor, action, kind=row.subject_type, subject=row.subject_id, details=details)
