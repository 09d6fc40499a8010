"""The table of analysis jobs. Times are microseconds since 1970, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base


class JobRow(Base):
    """One analyzer over one observable, and its report."""

    __tablename__ = "enrich_jobs"
    __table_args__ = (Index("ix_enrich_jobs_cache", "cache_key", "ended_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    analyzer: Mapped[str] = mapped_column(String(100))
    version: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(Text)
    tlp: Mapped[int] = mapped_column(Integer)
    pap: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(10), index=True)
    cache_key: Mapped[str] = mapped_column(String(32))
    observable_id: Mapped[str | None] = mapped_column(String(40), index=True)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    from_cache: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str] = mapped_column(Text, default="")
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
