"""Tables of dashboards. Instants are microseconds since 1970, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, String
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
