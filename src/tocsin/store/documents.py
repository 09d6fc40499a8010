"""Documents that other tools keep here: a small table for their own state, such as ElastAlert's.

They are no events: they may be changed and deleted, are not searched by rules, and are bounded. When an
index is full its oldest documents make room.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.store.document_tables import DocumentIndexRow, DocumentRow

MOST_INDICES = 64
MOST_DOCUMENTS = 20_000
"""Of one index."""
MOST_BYTES = 256 * 1024
"""Of one document."""
_SPARE = 200


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is kept."""

    index: str
    id: str
    body: dict[str, Any]
    version: int
    changed_at: int


class Documents:
    """Keeps documents. Making and deleting an index is audited; what tools write into it is their own."""

    def __init__(self, clock: Clock, audit: AuditTrail) -> None:
        self._clock = clock
        self._audit = audit

    def make(self, tx: Session, name: str, definition: dict[str, Any], *, actor: Actor) -> None:
        """Make an index; raises `ConflictError` when it is there, `InvalidError` when there are too many."""
        if tx.get(DocumentIndexRow, name) is not None:
            raise ConflictError(f"index [{name}] already exists")
        count = tx.scalar(select(func.count()).select_from(DocumentIndexRow)) or 0
        if count >= MOST_INDICES:
            raise InvalidError(f"there are {count} indices of documents, which is the most there may be")
        tx.add(
            DocumentIndexRow(
                name=name,
                definition=json.dumps(definition),
                created_at=self._clock.now(),
                created_by=str(actor),
            )
        )
        tx.flush()
        self._audit.record(tx, actor, "create", kind="document-index", subject=name)

    def drop(self, tx: Session, name: str, *, actor: Actor) -> None:
        """Delete an index and its documents; raises `NotFoundError`."""
        row = tx.get(DocumentIndexRow, name)
        if row is None:
            raise NotFoundError(f"no such index [{name}]")
        tx.execute(delete(DocumentRow).where(DocumentRow.index_name == name))
        tx.delete(row)
        self._audit.record(tx, actor, "delete", kind="document-index", subject=name)

    def indices(self, tx: Session) -> dict[str, dict[str, Any]]:
        """Return the indices with what they were made with."""
        rows = tx.scalars(select(DocumentIndexRow).order_by(DocumentIndexRow.name))
        return {row.name: json.loads(row.definition) for row in rows}

    def define(self, tx: Session, name: str, definition: dict[str, Any]) -> None:
        """Replace what an index was made with; raises `NotFoundError`."""
        row = tx.get(DocumentIndexRow, name)
        if row is None:
            raise NotFoundError(f"no such index [{name}]")
        row.definition = json.dumps(definition)

    def put(
        self,
        tx: Session,
        index: str,
        body: dict[str, Any],
        *,
        document_id: str = "",
        create: bool = False,
    ) -> Document:
        """Write a document, under a fresh identifier when none is given, and make room for it.

        Raises `ConflictError` with `create` when it is there, `NotFoundError` for an unknown index.
        """
        if tx.get(DocumentIndexRow, index) is None:
            raise NotFoundError(f"no such index [{index}]")
        text = json.dumps(body)
        if len(text) > MOST_BYTES or len(document_id) > 512:
            raise InvalidError(f"a document has at most {MOST_BYTES} bytes and an identifier of 512")
        document_id = document_id or secrets.token_urlsafe(15)
        row = tx.get(DocumentRow, (index, document_id))
        if row is not None and create:
            raise ConflictError(
                f"[{document_id}]: version conflict, document already exists (version [{row.version}])"
            )
        if row is None:
            row = DocumentRow(index_name=index, id=document_id, version=0)
            tx.add(row)
        row.body, row.version, row.changed_at = text, row.version + 1, self._clock.now()
        tx.flush()
        self._make_room(tx, index)
        return _document(row)

    def remove(self, tx: Session, index: str, document_id: str) -> bool:
        """Delete a document; say whether it was there."""
        row = tx.get(DocumentRow, (index, document_id))
        if row is not None:
            tx.delete(row)
            tx.flush()
        return row is not None

    def get(self, tx: Session, index: str, document_id: str) -> Document | None:
        """Return a document."""
        row = tx.get(DocumentRow, (index, document_id))
        return None if row is None else _document(row)

    def all(self, tx: Session, indices: Sequence[str]) -> list[Document]:
        """Return every document of the indices, oldest change first."""
        query = select(DocumentRow).where(DocumentRow.index_name.in_(indices))
        return [_document(row) for row in tx.scalars(query.order_by(DocumentRow.changed_at, DocumentRow.id))]

    def count(self, tx: Session, index: str) -> int:
        """Return how many documents an index holds."""
        query = select(func.count()).select_from(DocumentRow).where(DocumentRow.index_name == index)
        return tx.scalar(query) or 0

    def _make_room(self, tx: Session, index: str) -> None:
        count = self.count(tx, index)
        if count <= MOST_DOCUMENTS:
            return
        oldest = (
            select(DocumentRow.id)
            .where(DocumentRow.index_name == index)
            .order_by(DocumentRow.changed_at, DocumentRow.id)
            .limit(count - MOST_DOCUMENTS + _SPARE)
        )
        gone = list(tx.scalars(oldest))
        tx.execute(delete(DocumentRow).where(DocumentRow.index_name == index, DocumentRow.id.in_(gone)))


def _document(row: DocumentRow) -> Document:
    return Document(row.index_name, row.id, json.loads(row.body), row.version, row.changed_at)
