"""What notify keeps: channels, routes, what people want of mail to them, and the outbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base


class ChannelRow(Base):
    """A channel entered in the console; those of the settings are not kept here."""

    __tablename__ = "notify_channels"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Those that may be shown."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The secret ones."""
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    per_minute: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class RouteRow(Base):
    """A route entered in the console."""

    __tablename__ = "notify_routes"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class PreferenceRow(Base):
    """Where one person wants mail, and about what."""

    __tablename__ = "notify_preferences"

    login: Mapped[str] = mapped_column(String(160), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    events: Mapped[list[str]] = mapped_column(JSON)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class MessageRow(Base):
    """A message to one channel: waiting, sent or dead."""

    __tablename__ = "notify_messages"
    __table_args__ = (
        UniqueConstraint("channel", "key"),
        Index("ix_notify_messages_status_due_at", "status", "due_at"),
        Index("ix_notify_messages_channel_sent_at", "channel", "sent_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(300))
    status: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(String(64), default="")
    """The route it came by; empty for what is sent past them."""
    gather: Mapped[str] = mapped_column(String(100), default="")
    """Messages of a channel that share it go out as one."""
    event: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(40), index=True)
    title: Mapped[str] = mapped_column(String(512))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    ended_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    sent_at: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str] = mapped_column(Text, default="")
    """Why the last try failed."""
