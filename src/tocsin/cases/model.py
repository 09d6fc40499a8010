"""The closed sets and limits of alerts and cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from tocsin.core.clock import DAY
from tocsin.core.errors import InvalidError

AlertStatus = Literal["new", "in_progress", "closed", "ignored", "imported"]
AlertResolution = Literal["false_positive", "true_positive", "benign", "duplicate", "no_impact", "other"]
CaseStatus = Literal["new", "in_progress", "closed"]
CaseResolution = Literal["true_positive", "false_positive", "indeterminate", "duplicated", "other"]
Impact = Literal["no_impact", "with_impact", "not_applicable"]
TaskStatus = Literal["waiting", "in_progress", "completed", "cancelled"]
Verdict = Literal["safe", "info", "suspicious", "malicious"]
SubjectType = Literal["alert", "case"]

OPEN_ALERT: tuple[AlertStatus, ...] = ("new", "in_progress")
CLOSED_ALERT: tuple[AlertStatus, ...] = ("closed", "ignored")
OPEN_TASK: tuple[TaskStatus, ...] = ("waiting", "in_progress")
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""From the mildest to the worst."""

ALERT_RESOLUTIONS: tuple[AlertResolution, ...] = get_args(AlertResolution)
CASE_RESOLUTIONS: tuple[CaseResolution, ...] = get_args(CaseResolution)
IMPACTS: tuple[Impact, ...] = get_args(Impact)
TASK_STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)

SEVERITY_LABELS = {1: "low", 2: "medium", 3: "high", 4: "critical"}


@dataclass(frozen=True, slots=True)
class CaseSettings:
    """Limits of the desk."""

    join_window_us: int = DAY
    """A detection joins an alert that is already in an open case, when its newest event is this near."""
    max_event_refs: int = 5_000
    """Events kept by reference per alert; the count goes on."""
    max_observables: int = 2_000
    """Per alert and per case."""
    similar_limit: int = 100
    max_attachment_bytes: int = 64 << 20


def one_of(what: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return the value; raises `InvalidError` naming what is allowed when it is not among it."""
    if value not in allowed:
        raise InvalidError(f"{value!r} is no {what}; allowed: {', '.join(allowed)}")
    return value


def within(what: str, value: int, low: int, high: int) -> int:
    """Return the number; raises `InvalidError` when it lies outside."""
    if not low <= value <= high:
        raise InvalidError(f"{what} is {low} to {high}, not {value}")
    return value


def short(what: str, value: str, longest: int, *, required: bool = False) -> str:
    """Return the text without space around it; raises `InvalidError` when too long or wrongly empty."""
    text = value.strip()
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InvalidError(f"{what} holds a character that is none")
    if len(text) > longest:
        raise InvalidError(f"{what} has at most {longest} characters, not {len(text)}")
    if required and not text:
        raise InvalidError(f"{what} is empty")
    return text


def worst(verdicts: list[Verdict]) -> Verdict | None:
    """Return the worst of the verdicts, or None when there is none."""
    return max(verdicts, key=VERDICTS.index, default=None)
