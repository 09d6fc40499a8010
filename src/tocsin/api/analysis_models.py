"""The documents of the rules of analysis, as the API speaks them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from tocsin.core.record import Kind

MAX_LINES = 100
MAX_LINE = 65_536


class RuleDocument(BaseModel):
    """A rule in a list; instants in microseconds."""

    id: str
    level: int
    description: str
    groups: list[str]
    mitre: list[str]
    file: str
    line: int
    decoder: str | None
    enabled: bool
    hits: int
    alerts: int
    last_hit_at: int | None
    tries: int
    mean_ns: int


class RuleList(BaseModel):
    """Some of the rules, the cursor of what follows, and how many there are in all."""

    items: list[RuleDocument]
    next: str | None
    total: int


class ConditionDocument(BaseModel):
    """One condition as it is in force."""

    tag: str
    text: str
    attributes: dict[str, str]
    line: int


class PartDocument(BaseModel):
    """A stretch of a file."""

    file: str
    line: int
    text: str


class ProvenanceDocument(BaseModel):
    """Where a file was imported from."""

    set_name: str
    origin: str
    sha256: str
    imported_at: int
    by: str
    version: str
    edited: bool


class RuleDetailDocument(BaseModel):
    """All that is known of a rule."""

    rule: RuleDocument
    source: list[PartDocument]
    conditions: list[ConditionDocument]
    placing: list[ConditionDocument]
    parents: list[RuleDocument]
    children: list[RuleDocument]
    frequency: int | None
    timeframe_s: int | None
    counts: list[str]
    provenance: ProvenanceDocument | None


class BranchDocument(BaseModel):
    """A rule in the tree."""

    id: str
    level: int
    description: str
    enabled: bool
    children: list[BranchDocument]
    cut: bool


class DeadDocument(BaseModel):
    """A rule that can never be a verdict, and why."""

    id: str
    level: int
    description: str
    file: str
    line: int
    kind: str
    reason: str


class UnseenDocument(BaseModel):
    """A rule that was no verdict for long."""

    id: str
    last_hit_at: int | None


class DeadReport(BaseModel):
    """What can never fire, and what merely has not."""

    dead: list[DeadDocument]
    unseen: list[UnseenDocument]


class ProblemDocument(BaseModel):
    """Content that was refused."""

    path: str
    line: int
    column: int
    subject: str
    reason: str


class ReloadDocument(BaseModel):
    """What came of a reload."""

    at: int
    cause: str
    duration_ms: int
    rules: int
    rules_before: int
    problems: int
    problems_before: int
    added: list[str]
    changed: list[str]
    removed: list[str]


class SwitchDocument(BaseModel):
    """A rule, file or group switched on or off, by whom and when."""

    kind: Literal["rule", "file", "group"]
    subject: str
    enabled: bool
    by: str
    at: int


class SwitchChange(BaseModel, extra="forbid"):
    """What is to be switched."""

    kind: Literal["rule", "file", "group"]
    subject: str = Field(min_length=1, max_length=200)
    enabled: bool


class RuleSwitch(BaseModel, extra="forbid"):
    """What can be changed about a rule."""

    enabled: bool


class Question(BaseModel, extra="forbid"):
    """Lines to explain; those of one question share what rules remember."""

    lines: list[str] = Field(min_length=1, max_length=MAX_LINES)
    location: str = Field(default="stdin", max_length=1_024)
    kind: Kind = "line"
    all: bool = False
    """Also the decoders and rules of which nothing matched."""


class DecoderStepDocument(BaseModel):
    """A decoder that was tried."""

    name: str
    file: str
    line: int
    child: bool
    outcome: str
    clause: str
    pattern: str
    matched: str
    wanted: str
    near: bool


class RuleStepDocument(BaseModel):
    """A rule that was a candidate."""

    id: str
    level: int
    description: str
    file: str
    line: int
    depth: int
    outcome: str
    held: int
    clause: ConditionDocument | None
    value: str | None
    note: str


class WinnerDocument(BaseModel):
    """A verdict."""

    id: str
    level: int
    description: str


class ExplanationDocument(BaseModel):
    """The way of one line through analysis."""

    line: str
    predecoded: dict[str, str]
    decoder: str | None
    parent: str | None
    category: str
    fields: dict[str, str]
    decoders: list[DecoderStepDocument]
    rules: list[RuleStepDocument]
    verdict: WinnerDocument | None
    agrees: bool
    decoders_left_out: int
    rules_left_out: int
