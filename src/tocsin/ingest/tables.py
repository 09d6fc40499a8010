"""Tables of ingest: agents and how they enrol, and the ledger of every source."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base


class AgentRow(Base):
    """An agent that enrolled once."""

    __tablename__ = "ingest_agents"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the agent's key, in hex."""
    host: Mapped[dict[str, Any]] = mapped_column(JSON)
    """What the agent said of its host when it enrolled."""
    enrolled_at: Mapped[int] = mapped_column(BigInteger)
    last_seen_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[str] = mapped_column(String(64), default="")
    spool: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    collectors: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    inventory: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class EnrolmentTokenRow(Base):
    """Permission to enrol, for a number of agents and a time."""

    __tablename__ = "ingest_enrolment_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    uses_left: Mapped[int]
    created_at: Mapped[int] = mapped_column(BigInteger)
    created_by: Mapped[str] = mapped_column(String(255))
    expires_at: Mapped[int] = mapped_column(BigInteger)


class SourceRow(Base):
    """What came from a source and what became of it, since it was first seen."""

    __tablename__ = "ingest_sources"

    id: Mapped[str] = mapped_column(String(512), primary_key=True)
    received: Mapped[int] = mapped_column(BigInteger)
    stored: Mapped[int] = mapped_column(BigInteger)
    duplicates: Mapped[int] = mapped_column(BigInteger)
    refused: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
    lag_us: Mapped[int] = mapped_column(BigInteger)


class RefusalRow(Base):
    """How often records of a source were refused for one reason."""

    __tablename__ = "ingest_refusals"
    __table_args__ = (Index("ix_ingest_refusals_source", "source"),)

    source: Mapped[str] = mapped_column(ForeignKey("ingest_sources.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(255), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)


class RefusalSampleRow(Base):
    """The beginning of one of the newest records that were refused for a reason."""

    __tablename__ = "ingest_refusal_samples"

    source: Mapped[str] = mapped_column(String(512), primary_key=True)
    reason: Mapped[str] = mapped_column(String(255), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    """From the oldest on."""
    text: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class DocumentIdRow(Base):
    """Which record a document became that its client has a name for."""

    __tablename__ = "ingest_document_ids"
    __table_args__ = (Index("ix_ingest_document_ids_claimed", "claimed_at"),)

    document_id: Mapped[str] = mapped_column(String(512), primary_key=True)
    source: Mapped[str] = mapped_column(String(512), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(24))
    claimed_at: Mapped[int] = mapped_column(BigInteger)
