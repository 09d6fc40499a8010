"""Tables of dashboards. Instants are microseconds since 1970, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base


class DashboardRow(Base):
    """A dashboard as it is now."""

    __tablename__ = "dashboard_boards"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int]
    """Counts up with every change; a change names the one it was made from."""
    shared: Mapped[bool] = mapped_column(Boolean, default=False)
    owner: Mapped[str] = mapped_column(String(160), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    updated_by: Mapped[str] = mapped_column(String(160))
    deleted_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """A deleted one can be brought back for a while."""


class DashboardVersionRow(Base):
    """A dashboard as it was."""

    __tablename__ = "dashboard_versions"

    dashboard_id: Mapped[str] = mapped_column(ForeignKey("dashboard_boards.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_at: Mapped[int] = mapped_column(BigInteger)
    saved_by: Mapped[str] = mapped_column(String(160))


class ReportScheduleRow(Base):
    """When a report of a dashboard is made, of what, and who gets it."""

    __tablename__ = "dashboard_schedules"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    dashboard_id: Mapped[str] = mapped_column(String(120), index=True)
    """Of a dashboard in the database, or the name of one from a file."""
    name: Mapped[str] = mapped_column(String(120))
    owner: Mapped[str] = mapped_column(String(160), index=True)
    """With whose rights it is made."""
    cron: Mapped[str] = mapped_column(String(100))
    zone: Mapped[str] = mapped_column(String(64))
    """By whose clock the cron schedule and the report go."""
    span_start: Mapped[str] = mapped_column(String(64))
    """As people write it; empty, with the end, is the dashboard's own span."""
    span_end: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(8))
    filters: Mapped[list[str]] = mapped_column(JSON)
    channels: Mapped[list[str]] = mapped_column(JSON)
    keep: Mapped[bool] = mapped_column(Boolean, default=True)
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    stopped: Mapped[str] = mapped_column(Text, default="")
    """Why it was switched off by the platform."""
    next_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    last_at: Mapped[int | None] = mapped_column(BigInteger)
    last_status: Mapped[str] = mapped_column(String(16), default="")
    last_error: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int]
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    updated_by: Mapped[str] = mapped_column(String(160))
    deleted_at: Mapped[int | None] = mapped_column(BigInteger)


class ReportRow(Base):
    """A report of a schedule: to be made, being made, made or given up."""

    __tablename__ = "dashboard_reports"
    __table_args__ = (
        UniqueConstraint("schedule_id", "due_at"),
        Index("ix_dashboard_reports_status_try_at", "status", "try_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("dashboard_schedules.id"))
    dashboard_id: Mapped[str] = mapped_column(String(120), index=True)
    title: Mapped[str] = mapped_column(String(120))
    owner: Mapped[str] = mapped_column(String(160))
    asked_by: Mapped[str] = mapped_column(String(160))
    """The owner of the schedule, or whoever had it run now."""
    form: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[int] = mapped_column(BigInteger)
    """The time of the schedule it stands for."""
    asked_at: Mapped[int] = mapped_column(BigInteger)
    """The `now` of the report, however often it is tried."""
    try_at: Mapped[int] = mapped_column(BigInteger)
    """When it is tried, or taken for lost and tried again."""
    attempts: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    took_ms: Mapped[int | None] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    has_file: Mapped[bool] = mapped_column(Boolean, default=False)
    keep: Mapped[bool] = mapped_column(Boolean, default=True)
    sent_to: Mapped[list[str]] = mapped_column(JSON)
    error: Mapped[str] = mapped_column(Text, default="")


class ReportFileRow(Base):
    """The file of a report; apart, so that lists do not read it."""

    __tablename__ = "dashboard_report_files"

    report_id: Mapped[str] = mapped_column(ForeignKey("dashboard_reports.id"), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
