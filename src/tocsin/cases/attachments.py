"""Files of cases: bytes in a folder under their SHA-256, names and hashes in the database."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.cases.tables import Attachment
from tocsin.core.actor import Actor, AuditTrail
from tocsin.core.clock import Clock
from tocsin.core.errors import ConflictError, InvalidError, NotFoundError
from tocsin.core.ids import new_id

_CHUNK = 1 << 20
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]")
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of bytes that were kept."""

    sha256: str
    sha1: str
    md5: str
    size_bytes: int


class FileStore:
    """A folder that keeps bytes under their SHA-256; the same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, stream: BinaryIO, *, max_bytes: int) -> StoredFile:
        """Keep the stream's bytes, durably; raises `InvalidError` when there are too many."""
        self._folder.mkdir(parents=True, exist_ok=True)
        # The weak hashes identify files in other people's lists; nothing trusts them.
        hashes = (
            hashlib.sha256(),
            hashlib.sha1(usedforsecurity=False),
            hashlib.md5(usedforsecurity=False),
        )
        descriptor, part = tempfile.mkstemp(dir=self._folder, prefix=".part-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                size = 0
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > max_bytes:
                        raise InvalidError(f"the file is larger than {max_bytes} bytes")
                    for each in hashes:
                        each.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            sha256, sha1, md5 = (each.hexdigest() for each in hashes)
            target = self.path(sha256)
            target.parent.mkdir(exist_ok=True)
            Path(part).replace(target)
        finally:
            Path(part).unlink(missing_ok=True)
        return StoredFile(sha256, sha1, md5, size)

    def path(self, sha256: str) -> Path:
        """Return where the bytes of that hash are kept; raises `InvalidError` for anything but a SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise InvalidError("not a SHA-256 in lower-case hexadecimal")
        return self._folder / sha256[:2] / sha256

    def remove(self, sha256: str) -> None:
        """Delete the bytes; nothing happens when they are gone."""
        self.path(sha256).unlink(missing_ok=True)


class Attachments:
    """Keeps the attachments of every case."""

    def __init__(self, clock: Clock, audit: AuditTrail, files: FileStore) -> None:
        self._clock = clock
        self._audit = audit
        self.files = files

    def add(
        self, tx: Session, case_id: str, stored: StoredFile, *, name: str, content_type: str, actor: Actor
    ) -> Attachment:
        """Attach bytes that were put into the file store; raises `ConflictError` when they are gone again."""
        if not self.files.path(stored.sha256).exists():
            raise ConflictError("the same file was just deleted from another case: send it again")
        row = Attachment(
            id=new_id("file"),
            case_id=case_id,
            name=safe_name(name),
            content_type=content_type
            if _CONTENT_TYPE.fullmatch(content_type)
            else "application/octet-stream",
            size_bytes=stored.size_bytes,
            sha256=stored.sha256,
            sha1=stored.sha1,
            md5=stored.md5,
            created_by=str(actor),
            created_at=self._clock.now(),
        )
        tx.add(row)
        tx.flush()
        self._note(tx, row, "attach", actor)
        return row

    def get(self, tx: Session, attachment_id: str) -> Attachment:
        """Return the attachment; raises `NotFoundError`."""
        row = tx.get(Attachment, attachment_id)
        if row is None:
            raise NotFoundError(f"there is no attachment {attachment_id!r}")
        return row

    def of(self, tx: Session, case_id: str) -> Sequence[Attachment]:
        """Return the attachments of a case, oldest first."""
        query = select(Attachment).where(Attachment.case_id == case_id)
        return tx.scalars(query.order_by(Attachment.created_at, Attachment.id)).all()

    def delete(self, tx: Session, attachment_id: str, actor: Actor) -> Attachment:
        """Detach a file; returns what it was. Its bytes stay: see `is_unused`."""
        row = self.get(tx, attachment_id)
        tx.delete(row)
        self._note(tx, row, "detach", actor)
        tx.flush()
        return row

    def is_unused(self, tx: Session, sha256: str) -> bool:
        """Say whether no attachment has these bytes any more."""
        return tx.scalar(select(Attachment.id).where(Attachment.sha256 == sha256).limit(1)) is None

    def _note(self, tx: Session, row: Attachment, action: str, actor: Actor) -> None:
        details = {"name": row.name, "sha256": row.sha256, "size_bytes": row.size_bytes}
        self._audit.record(tx, actor, action, kind="case", subject=row.case_id, details=details)


def safe_name(name: str) -> str:
    """Return a file name without folders, control characters and what turns text around."""
    name = name.replace("\\", "/").rpartition("/")[2]
    stem = _UNSAFE.sub("_", name).strip(" .")
    return stem[-255:] or "file"
