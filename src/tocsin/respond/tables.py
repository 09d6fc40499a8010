"""What respond keeps: triggers, runs, steps, decisions, and which processes carry runs out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tocsin.core.database import Base


class TriggerRow(Base):
    """Something happened to an alert that playbooks may answer: written with the change itself."""

    __tablename__ = "playbook_triggers"
    __table_args__ = (
        UniqueConstraint("alert_id", "revision", name="uq_playbook_triggers_alert_revision"),
        Index("ix_playbook_triggers_open", "dispatched_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    kind: Mapped[str] = mapped_column(String(32))
    """`alert.opened` or `alert.updated`."""
    alert_id: Mapped[str] = mapped_column(String(64))
    revision: Mapped[str] = mapped_column(String(32))
    """Severity and order of magnitude of the count: a playbook runs once for each."""
    created_at: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[int] = mapped_column(BigInteger)
    dispatched_at: Mapped[int | None] = mapped_column(BigInteger, default=None)


class RunRow(Base):
    """One run of a playbook on a subject, with the playbook as it was then."""

    __tablename__ = "playbook_runs"
    __table_args__ = (
        Index("ix_playbook_runs_subject", "subject_type", "subject_id"),
        Index("ix_playbook_runs_status", "status"),
    )

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    playbook: Mapped[str] = mapped_column(String(100))
    version: Mapped[str] = mapped_column(String(16))
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    subject_type: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    """`waiting`, `running`, `success`, `failure` or `cancelled`."""
    started_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    ended_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    error: Mapped[str] = mapped_column(Text, default="")


class StepRow(Base):
    """What a step of a run did: written in the transaction of its effects, so it happened exactly once."""

    __tablename__ = "playbook_steps"

    run_id: Mapped[str] = mapped_column(ForeignKey("playbook_runs.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    """`success`, `skipped` or `failure`."""
    input: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    output: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What later steps and conditions can refer to."""
    error: Mapped[str] = mapped_column(Text, default="")
    started_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int] = mapped_column(BigInteger)


class DecisionRow(Base):
    """A verdict with everything it rested on and everything it did."""

    __tablename__ = "playbook_decisions"
    __table_args__ = (Index("ix_playbook_decisions_subject", "subject_type", "subject_id"),)

    id: Mapped[str] = mapped_column(String(220), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(200), index=True)
    step: Mapped[str] = mapped_column(String(100))
    subject_type: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    resolution: Mapped[str | None] = mapped_column(String(32), default=None)
    verdict: Mapped[str] = mapped_column(String(16))
    score: Mapped[int] = mapped_column(Integer)
    reasons: Mapped[list[Any]] = mapped_column(JSON)
    flips: Mapped[list[Any]] = mapped_column(JSON)
    arithmetic: Mapped[list[Any]] = mapped_column(JSON)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    playbook: Mapped[str] = mapped_column(String(100))
    version: Mapped[str] = mapped_column(String(16))
    policy: Mapped[dict[str, Any]] = mapped_column(JSON)
    effects: Mapped[list[Any]] = mapped_column(JSON, default=list)
    decided_at: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str] = mapped_column(String(100))
    undone_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    undone_by: Mapped[str | None] = mapped_column(String(100), default=None)
    undo_reason: Mapped[str] = mapped_column(Text, default="")


class TraitRow(Base):
    """A host, user or address an alert is about: how alerts find their relatives."""

    __tablename__ = "playbook_alert_traits"
    __table_args__ = (Index("ix_playbook_alert_traits_value", "field", "value", "seen_at"),)

    alert_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(256), primary_key=True)
    seen_at: Mapped[int] = mapped_column(BigInteger)


class ExecutorRow(Base):
    """A process that carries runs out; one that no longer beats is dead and its runs are resumed."""

    __tablename__ = "playbook_executors"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    born_at: Mapped[int] = mapped_column(BigInteger)
    """When the process began, as the system says: tells a reused process number apart."""
    beat_at: Mapped[int] = mapped_column(BigInteger)
    claimed_by: Mapped[str | None] = mapped_column(String(64), default=None)
    claimed_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
