"""Bulk requests for the documents that other tools keep here."""

from __future__ import annotations

from tocsin.api.elastic.body import read_object
from tocsin.api.services import Services
from tocsin.core.errors import ConflictError, NotFoundError, TocsinError
from tocsin.ingest.bulk import Item


def write_kept(services: Services, items: list[Item]) -> None:
    """Carry out each action and note in the item what became of it."""
    for item in items:
        try:
            with services.db.write() as tx:
                if item.action == "delete":
                    removed = services.documents.remove(tx, item.index, item.given_id)
                    item.reason, item.status = "", 200 if removed else 404
                    continue
                if item.action == "update" or (item.reason and item.status == 400):
                    continue
                kept = services.documents.put(
                    tx,
                    item.index,
                    read_object(item.raw),
                    document_id=item.given_id,
                    create=item.action == "create",
                )
                item.document_id, item.seq = kept.id, kept.version
        except TocsinError as error:
            item.reason = error.message
            item.status, item.kind = _status(error)


def _status(error: TocsinError) -> tuple[int, str]:
    if isinstance(error, ConflictError):
        return 409, "version_conflict_engine_exception"
    if isinstance(error, NotFoundError):
        return 404, "index_not_found_exception"
    return 400, "mapper_parsing_exception"
