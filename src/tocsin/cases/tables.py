"""Tables of alerts, cases and all that hangs on them. Instants are microseconds since 1970, UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base

_ID = String(40)
_AT = BigInteger


class Counter(Base):
    """The last number given out of each kind."""

    __tablename__ = "case_counters"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Case(Base):
    """An investigation on an analyst's desk."""

    __tablename__ = "case_cases"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(512))
    description: Mapped[str] = mapped_column(Text)
    severity: Mapped[int]
    status: Mapped[str] = mapped_column(String(16), index=True)
    resolution: Mapped[str | None] = mapped_column(String(32))
    impact: Mapped[str | None] = mapped_column(String(32))
    summary: Mapped[str] = mapped_column(Text, default="")
    assignee: Mapped[str | None] = mapped_column(String(160), index=True)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    tlp: Mapped[int] = mapped_column(default=2)
    pap: Mapped[int] = mapped_column(default=2)
    flag: Mapped[bool] = mapped_column(default=False)
    custom_fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    merged_into_id: Mapped[str | None] = mapped_column(ForeignKey("case_cases.id"))
    created_by: Mapped[str] = mapped_column(String(160))
    start_at: Mapped[int] = mapped_column(_AT)
    created_at: Mapped[int] = mapped_column(_AT, index=True)
    updated_at: Mapped[int] = mapped_column(_AT)
    in_progress_at: Mapped[int | None] = mapped_column(_AT)
    closed_at: Mapped[int | None] = mapped_column(_AT)
    closed_by: Mapped[str | None] = mapped_column(String(160))
    alert_new_at: Mapped[int | None] = mapped_column(_AT)
    alert_in_progress_at: Mapped[int | None] = mapped_column(_AT)
    alert_imported_at: Mapped[int | None] = mapped_column(_AT)


class Alert(Base):
    """Detections of one rule and group that somebody or something has to decide about."""

    __tablename__ = "case_alerts"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(512))
    description: Mapped[str] = mapped_column(Text)
    severity: Mapped[int] = mapped_column(index=True)
    status: Mapped[str] = mapped_column(String(16), index=True)
    resolution: Mapped[str | None] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text, default="")
    assignee: Mapped[str | None] = mapped_column(String(160), index=True)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    tlp: Mapped[int] = mapped_column(default=2)
    pap: Mapped[int] = mapped_column(default=2)
    rule_id: Mapped[str] = mapped_column(String(256))
    rule_name: Mapped[str] = mapped_column(String(512))
    rule_kind: Mapped[str] = mapped_column(String(32))
    rule_version: Mapped[str] = mapped_column(String(128))
    group_field: Mapped[str] = mapped_column(String(256))
    group_key: Mapped[str] = mapped_column(String(1024))
    host: Mapped[str] = mapped_column(String(256), default="")
    event_count: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[int] = mapped_column(_AT)
    last_at: Mapped[int] = mapped_column(_AT, index=True)
    created_at: Mapped[int] = mapped_column(_AT, index=True)
    updated_at: Mapped[int] = mapped_column(_AT)
    in_progress_at: Mapped[int | None] = mapped_column(_AT)
    imported_at: Mapped[int | None] = mapped_column(_AT)
    closed_at: Mapped[int | None] = mapped_column(_AT)
    closed_by: Mapped[str | None] = mapped_column(String(160))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("case_cases.id"), index=True)
    status_before_import: Mapped[str | None] = mapped_column(String(16))
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("case_alerts.id"))
    """The alert of the same rule and group that was closed before this one opened."""
    techniques: Mapped[list[str]] = mapped_column(JSON, default=list)
    clauses: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    custom_fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    verdict: Mapped[str | None] = mapped_column(String(16))

    __table_args__ = (Index("ix_case_alerts_rule_id_group_key_status", "rule_id", "group_key", "status"),)


class AlertEvent(Base):
    """An event an alert stands on, and the wording of the rule that matched it."""

    __tablename__ = "case_alert_events"

    alert_id: Mapped[str] = mapped_column(ForeignKey("case_alerts.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(512), primary_key=True, index=True)
    at: Mapped[int] = mapped_column(_AT)
    rule_version: Mapped[str] = mapped_column(String(128))
    holders: Mapped[int] = mapped_column(default=1, server_default="1")
    """Detections that name it: with the last of them taken back, the event leaves the alert."""


class Tag(Base):
    """A tag of an alert or case, for finding; the row itself carries them for reading."""

    __tablename__ = "case_tags"

    subject_id: Mapped[str] = mapped_column(_ID, primary_key=True)
    tag: Mapped[str] = mapped_column(String(128), primary_key=True, index=True)


class Task(Base):
    """Something to do in a case."""

    __tablename__ = "case_tasks"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_cases.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    description: Mapped[str] = mapped_column(Text, default="")
    group: Mapped[str] = mapped_column(String(128), default="default")
    status: Mapped[str] = mapped_column(String(16), default="waiting")
    assignee: Mapped[str | None] = mapped_column(String(160))
    order: Mapped[int] = mapped_column(default=0)
    mandatory: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[int | None] = mapped_column(_AT)
    started_at: Mapped[int | None] = mapped_column(_AT)
    ended_at: Mapped[int | None] = mapped_column(_AT)
    created_at: Mapped[int] = mapped_column(_AT)


class Observable(Base):
    """A value seen in an alert or case: an address, a hash, a name."""

    __tablename__ = "case_observables"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[str] = mapped_column(_ID)
    kind: Mapped[str] = mapped_column(String(32))
    value: Mapped[str] = mapped_column(String(4096), index=True)
    message: Mapped[str] = mapped_column(Text, default="")
    tlp: Mapped[int] = mapped_column(default=2)
    pap: Mapped[int] = mapped_column(default=2)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    is_ioc: Mapped[bool] = mapped_column(default=False)
    sighted: Mapped[bool] = mapped_column(default=False)
    ignore_similarity: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int] = mapped_column(_AT)
    verdict: Mapped[str | None] = mapped_column(String(16))
    reports: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    origins: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Ids of the alerts that brought it into a case; the empty text for one added in the case itself."""

    __table_args__ = (UniqueConstraint("subject_id", "kind", "value"),)


class Comment(Base):
    """What somebody has to say about an alert or case."""

    __tablename__ = "case_comments"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    subject_type: Mapped[str] = mapped_column(String(8))
    subject_id: Mapped[str] = mapped_column(_ID, index=True)
    message: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[int] = mapped_column(_AT)
    updated_at: Mapped[int | None] = mapped_column(_AT)


class Attachment(Base):
    """A file of a case; its bytes are kept under its SHA-256."""

    __tablename__ = "case_attachments"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_cases.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(128))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    sha1: Mapped[str] = mapped_column(String(40))
    md5: Mapped[str] = mapped_column(String(32))
    created_by: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[int] = mapped_column(_AT)


class CaseTechnique(Base):
    """An ATT&CK technique used in what the case is about."""

    __tablename__ = "case_techniques"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_cases.id"), index=True)
    technique_id: Mapped[str] = mapped_column(String(16))
    occurred_at: Mapped[int | None] = mapped_column(_AT)
    description: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[str] = mapped_column(String(40), default="")
    """Id of the alert that brought it; empty for one added in the case itself."""
    created_by: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[int] = mapped_column(_AT)

    __table_args__ = (UniqueConstraint("case_id", "technique_id"),)


class TimelineEntry(Base):
    """What people and playbooks put on a case's timeline by hand: notes and pinned events."""

    __tablename__ = "case_timeline"

    id: Mapped[str] = mapped_column(_ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("case_cases.id"), index=True)
    at: Mapped[int] = mapped_column(_AT)
    title: Mapped[str] = mapped_column(String(512))
    description: Mapped[str] = mapped_column(Text, default="")
    event_id: Mapped[str | None] = mapped_column(String(512))
    created_by: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[int] = mapped_column(_AT)
