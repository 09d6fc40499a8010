"""The tables of indicators, feeds and warninglists. Times are microseconds since 1970, UTC."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base

_Number = BigInteger().with_variant(Integer, "sqlite")


class FeedRow(Base):
    """Where indicators come from: one row for every name they were imported under."""

    __tablename__ = "intel_feeds"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    format: Mapped[str] = mapped_column(String(20))
    indicators: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    last_import_at: Mapped[int | None] = mapped_column(BigInteger)
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[int] = mapped_column(BigInteger)


class IndicatorRow(Base):
    """One value as one feed states it; the same value of two feeds is two rows with one `key_hash`."""

    __tablename__ = "intel_indicators"
    __table_args__ = (Index("ix_intel_indicators_feed_kind", "feed_id", "kind"),)

    id: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("intel_feeds.id"))
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[int] = mapped_column(BigInteger, index=True)
    """`kinds.key_hash` of the value as a signed number."""
    confidence: Mapped[int] = mapped_column(Integer)
    tlp: Mapped[int] = mapped_column(Integer)
    tags: Mapped[list[str]] = mapped_column(JSON)
    comment: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200))
    """Who states it within the feed, such as the organisation of a MISP event."""
    event_info: Mapped[str] = mapped_column(Text)
    valid_until_at: Mapped[int | None] = mapped_column(BigInteger)
    first_seen_at: Mapped[int | None] = mapped_column(BigInteger)
    last_seen_at: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[int] = mapped_column(BigInteger)
    """Hash of everything the feed states, so that a second import sees what changed."""
    revision: Mapped[int] = mapped_column(_Number, index=True)
    """Number of the change that brought the row; the index reads only the rows newer than itself."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class RevisionRow(Base):
    """One row that counts the changes of the indicators."""

    __tablename__ = "intel_revisions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(_Number)


class WarninglistRow(Base):
    """Whether a warninglist is in use; one without a row is."""

    __tablename__ = "intel_warninglists"

    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[int] = mapped_column(BigInteger)
