"""Tables of documents that other tools keep here: their own state, not events."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base


class DocumentIndexRow(Base):
    """An index of documents, such as `elastalert_status`."""

    __tablename__ = "store_document_indices"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    definition: Mapped[str] = mapped_column(Text)
    """The mappings and settings it was made with, as JSON."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(255))


class DocumentRow(Base):
    """A document of such an index."""

    __tablename__ = "store_documents"
    __table_args__ = (Index("ix_store_documents_age", "index_name", "changed_at"),)

    index_name: Mapped[str] = mapped_column(String(255), primary_key=True)
    id: Mapped[str] = mapped_column(String(512), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    changed_at: Mapped[int] = mapped_column(BigInteger)
