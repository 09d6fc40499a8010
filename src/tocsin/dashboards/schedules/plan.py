"""What a schedule says: when, over which time, in which form, to whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from tocsin.core.clock import MINUTE
from tocsin.core.errors import InvalidError
from tocsin.core.schedule import is_schedule, next_time
from tocsin.dashboards.answering import MOST_FILTERS
from tocsin.dashboards.model import Span
from tocsin.dashboards.reporting.printing import FORMS, Form
from tocsin.query.dates import parse_span
from tocsin.query.intervals import zone_of
from tocsin.query.lucene import parse_lucene

SHORTEST = 10 * MINUTE
"""Between two reports of a schedule."""
MOST_CHANNELS = 20
_LONGEST_NAME = 120
_LOOKED_AT = 30
"""Runs that are looked at to find two that are too close."""


OWN = Span("", "")
"""The span of the dashboard."""


_DRAWN = re.compile(r"\b[rh]\b", re.IGNORECASE)
"""Times drawn by chance, which some readers of cron know: no two processes would agree."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule as people state it."""

    name: str
    cron: str
    zone: str = "UTC"
    span: Span = OWN
    form: Form = "pdf"
    filters: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    keep: bool = True
    enabled: bool = True


def checked_plan(plan: Plan, *, now: int) -> Plan:
    """Return the plan tidied; raises `InvalidError` naming what does not fit."""
    name = " ".join(plan.name.split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidError(f"a schedule's name has 1 to {_LONGEST_NAME} characters")
    if plan.form not in FORMS:
        raise InvalidError(f"{plan.form!r} is no form of a report; known: {', '.join(FORMS)}")
    if not plan.channels and not plan.keep:
        raise InvalidError("a report that is neither sent nor kept is of no use: name a channel, or keep it")
    if len(plan.channels) > MOST_CHANNELS or len(set(plan.channels)) != len(plan.channels):
        raise InvalidError(f"at most {MOST_CHANNELS} channels, each once")
    if len(plan.filters) > MOST_FILTERS:
        raise InvalidError(f"at most {MOST_FILTERS} filters")
    for text in plan.filters:
        parse_lucene(text, now=now)
    cron = " ".join(plan.cron.split())
    upcoming(cron, plan.zone, now, _LOOKED_AT)
    resolved(plan.span, plan.zone, now=now)
    return Plan(
        name, cron, plan.zone, plan.span, plan.form, plan.filters, plan.channels, plan.keep, plan.enabled
    )


def upcoming(cron: str, zone: str, now: int, count: int) -> list[int]:
    """Return the next times of a cron schedule; raises `InvalidError` for one that is none, or too often."""
    if len(cron) > 100 or _DRAWN.search(cron) or not is_schedule(cron):
        raise InvalidError(
            f"{cron[:100]!r} is no cron schedule of five fields, such as '0 7 * * 1' for Mondays at seven"
        )
    clock, times, at = zone_of(zone), list[int](), now
    for _ in range(count):
        at = next_time(cron, at, clock)
        times.append(at)
    if any(late - early < SHORTEST for early, late in pairwise(times)):
        raise InvalidError(f"{cron!r} asks for reports less than {SHORTEST // MINUTE} minutes apart")
    return times


def resolved(span: Span, zone: str, *, now: int, own: Span | None = None) -> tuple[int, int]:
    """Return a span as instants by the clock of a zone, that of the dashboard where it is empty.

    Days, weeks and months begin by that clock. Raises `InvalidError` for one that is empty or half said.
    """
    if bool(span.start) != bool(span.end):
        raise InvalidError("a span has a begin and an end, or neither to take the dashboard's")
    said = span if span.start else own or Span()
    start = parse_span(said.start, now=now, zone=zone)[0]
    end = parse_span(said.end, now=now, zone=zone)[0]
    if start >= end:
        raise InvalidError(f"the span from {said.start} to {said.end} is empty")
    return start, end
