"""What detect remembers: how far it read, open windows, silences, and each rule's switch and figures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, LargeBinary, String, Text
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
    withdrawn: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """Matches that a late event took back."""
    errors: Mapped[int] = mapped_column(Integer, default=0)
    last_match_at: Mapped[int | None] = mapped_column(BigInteger, default=None)


class RunRow(Base):
    """The state of a rule that runs by its kind, beside the events it holds."""

    __tablename__ = "detect_runs"

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[str] = mapped_column(String(16))
    state: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    held_from: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    """The first piece that may have events this run holds."""
    gone_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """Held events up to this time were let go of, in the pieces up to `gone_piece`."""
    gone_piece: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class HeldPieceRow(Base):
    """Events that rules began to hold in one batch: while they may be counted, or a late one come before."""

    __tablename__ = "detect_held_pieces"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    newest_at: Mapped[int] = mapped_column(BigInteger)
    events: Mapped[bytes] = mapped_column(LargeBinary)
    """A MessagePack list: the rules, and the events with the places of those that hold each."""


class HeldRow(Base):
    """An event that a rule holds, as it was written before there were pieces: only read, and deleted."""

    __tablename__ = "detect_held"
    __table_args__ = (Index("ix_detect_held_rule_at", "rule_id", "at"),)

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    document: Mapped[bytes] = mapped_column(LargeBinary)


class MuteRow(Base):
    """A silence an operator put on a rule or on one key of it; until it is over, nothing is told."""

    __tablename__ = "detect_mutes"

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    group_key: Mapped[str] = mapped_column(String(512), primary_key=True)
    """Empty for the whole rule."""
    until_at: Mapped[int] = mapped_column(BigInteger, index=True)
    reason: Mapped[str] = mapped_column(String(1024), default="")
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(BigInteger)


class ExceptionRow(Base):
    """A condition under which a rule, or every rule, stays silent until its expiry."""

    __tablename__ = "detect_exceptions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    rule_id: Mapped[str] = mapped_column(String(200), default="", index=True)
    """Empty for every rule."""
    condition: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(160))
    reason: Mapped[str] = mapped_column(String(1024))
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    hits: Mapped[int] = mapped_column(BigInteger, default=0)
    """Matches it held back."""
    last_hit_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    """Time of the newest event it held back."""


class CorrelationRow(Base):
    """What the correlations of a reader have seen and not yet answered."""

    __tablename__ = "detect_correlations"

    reader: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[int] = mapped_column(BigInteger)


class RuleVersionRow(Base):
    """A wording of a rule, kept for good: alerts and people refer to it."""

    __tablename__ = "detect_rule_versions"

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """Counting from 1."""
    version: Mapped[str] = mapped_column(String(16))
    """Hash of the text, as alerts name it."""
    name: Mapped[str] = mapped_column(String(512))
    text: Mapped[str] = mapped_column(Text)
    cases: Mapped[str | None] = mapped_column(Text, default=None)
    """Cases saved with it; None: those beside the file, if there are any."""
    origin: Mapped[str] = mapped_column(String(16))
    """file, edit, rollback or discard."""
    path: Mapped[str] = mapped_column(String(1024), default="")
    note: Mapped[str] = mapped_column(String(1024), default="")
    saved_by: Mapped[str] = mapped_column(String(200))
    saved_at: Mapped[int] = mapped_column(BigInteger)


class RuleEditRow(Base):
    """A rule's text that is in force instead of its file's, or of a rule that has no file."""

    __tablename__ = "detect_rule_edits"

    rule_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    cases: Mapped[str | None] = mapped_column(Text, default=None)
    path: Mapped[str] = mapped_column(String(1024), default="")
    """The file it stands for; empty for a rule without one."""
    file_version: Mapped[str] = mapped_column(String(16), default="")
    """The version the file had when it was edited: by it we see that the file has changed since."""
    saved_at: Mapped[int] = mapped_column(BigInteger)


class SwitchChangeRow(Base):
    """Many rules switched at once, with what is needed to undo it."""

    __tablename__ = "detect_switch_changes"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    enabled: Mapped[bool] = mapped_column(Boolean)
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    """How the rules were chosen."""
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Each rule's switch as it was: true, false, or null where the rule's own text decided."""
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[int] = mapped_column(BigInteger, index=True)
    undone_by: Mapped[str | None] = mapped_column(String(200), default=None)
    undone_at: Mapped[int | None] = mapped_column(BigInteger, default=None)


class RetestRow(Base):
    """One run of all cases of all rules."""

    __tablename__ = "detect_retests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    started_at: Mapped[int] = mapped_column(BigInteger, index=True)
    ended_at: Mapped[int] = mapped_column(BigInteger)
    started_by: Mapped[str] = mapped_column(String(200))
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
