"""What detect remembers: how far it read, open windows, silences, and each rule's switch and figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base


class OffsetRow(Base):
    """How far a reader has followed the commit log."""

    __tablename__ = "detect_offsets"

    reader: Mapped[str] = mapped_column(String(64), primary_key=True)
    commit_number: Mapped[int] = mapped_column(BigInteger)
    watermark_at: Mapped[int] = mapped_column(BigInteger, default=0)
    """Newest event time seen."""
    updated_at: Mapped[int] = mapped_column(BigInteger)


class WindowRow(Base):
    """The events of one key that a rule is counting."""

    __tablename__ = "detect_windows"
    __table_args__ = (Index("ix_detect_windows_newest_at", "newest_at"),)

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    group_key: Mapped[str] = mapped_column(String(512), primary_key=True)
    events: Mapped[list[Any]] = mapped_column(JSON)
    """`[[at, id], ...]`, oldest first."""
    newest_at: Mapped[int] = mapped_column(BigInteger)


class SilenceRow(Base):
    """Until when (in event time) matches of a rule and key are dropped after a match."""

    __tablename__ = "detect_silences"

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    group_key: Mapped[str] = mapped_column(String(512), primary_key=True)
    until_at: Mapped[int] = mapped_column(BigInteger, index=True)


class RuleRow(Base):
    """A rule's switch and figures."""

    __tablename__ = "detect_rules"

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    enabled: Mapped[bool | None] = mapped_column(Boolean, default=None)
    """The operator's choice; None follows the rule's own text."""
    matches: Mapped[int] = mapped_column(BigInteger, default=0)
    silenced: Mapped[int] = mapped_column(BigInteger, default=0)
    errors: Mapped[int] = mapped_column(Integer, default=0)
    last_match_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
