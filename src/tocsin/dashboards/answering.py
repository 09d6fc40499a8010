"""Answers panels: reads the queries, settles the span of time, asks the log or the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.core.attack import Technique
from tocsin.core.clock import SECOND
from tocsin.core.errors import InvalidError
from tocsin.dashboards.answers import Answered
from tocsin.dashboards.desk_panels import DeskPanels
from tocsin.dashboards.log_panels import LogPanels, Question
from tocsin.dashboards.model import Panel, Span
from tocsin.dashboards.ports import Desk, Log
from tocsin.query.dates import parse_instant
from tocsin.query.intervals import zone_of
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import And, Node

MOST_FILTERS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """With what a panel is asked: the span (unless it has its own), filters, time zone, steps wanted.

    Filters are queries; they narrow panels over events, whose fields alerts and cases do not have.
    """

    span: Span
    filters: Sequence[str] = ()
    zone: str = "UTC"
    buckets: int = 60


class Answering:
    """Answers panels. Thread safe."""

    def __init__(self, log: Log, desk: Desk, techniques: Mapping[str, Technique]) -> None:
        self._log = LogPanels(log, techniques)
        self._desk = DeskPanels(desk, techniques)

    def answer(self, tx: Any, panel: Panel, asked: Asked, *, now: int) -> Answered:
        """Return the answer; `tx` reads the database. Raises `InvalidError` and the log's errors."""
        span = panel.time or asked.span
        start, end = parse_instant(span.start, now=now), parse_instant(span.end, now=now)
        if end - start < SECOND:
            raise InvalidError(f"the span from {span.start} to {span.end} is empty")
        zone_of(asked.zone)
        question = Question(panel, _query(panel, asked, now), start, end, asked.zone, asked.buckets)
        if panel.source == "events":
            return Answered(start, end, self._log.answer(question))
        answer, partial = self._desk.answer(tx, question)
        return Answered(start, end, answer, partial)


def _query(panel: Panel, asked: Asked, now: int) -> Node:
    filters = [text for text in asked.filters if text.strip()] if panel.source == "events" else []
    if len(filters) > MOST_FILTERS:
        raise InvalidError(f"at most {MOST_FILTERS} filters")
    parsed = [parse_lucene(text, now=now) for text in (panel.query, *filters)]
    return parsed[0] if len(parsed) == 1 else And(tuple(parsed))
