"""Asks every panel of a dashboard and has the answers written as a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.core.errors import InvalidError, TocsinError
from tocsin.dashboards.answering import Answering, Asked
from tocsin.dashboards.model import Dashboard, Panel, Source, Span
from tocsin.dashboards.reporting import Report, Reported, report_html
from tocsin.query.dates import parse_instant


@dataclass(frozen=True, slots=True)
class Order:
    """A report to make: of what, over which time and filters, by whose clock, without which sources."""

    dashboard: Dashboard
    span: Span
    filters: Sequence[str] = ()
    zone: str = "UTC"
    denied: frozenset[Source] = field(default_factory=frozenset)


class Reporter:
    """Makes reports."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def html(
        self, tx: Any, order: Order, *, now: int, answered: Callable[[int], None] = lambda _: None
    ) -> str:
        """Return the report as one page; raises `InvalidError` for a span or zone that makes no sense.

        A panel that cannot be answered says why, and the others stand. `answered` is told how many panels
        have been.
        """
        start = parse_instant(order.span.start, now=now)
        end = parse_instant(order.span.end, now=now)
        if start >= end:
            raise InvalidError(f"the span from {order.span.start} to {order.span.end} is empty")
        panels = []
        for number, panel in enumerate(order.dashboard.panels, 1):
            panels.append(self._reported(tx, panel, order, now))
            answered(number)
        filters = [text for text in (order.dashboard.query, *order.filters) if text]
        return report_html(Report(order.dashboard, panels, start, end, now, order.zone, filters))

    def _reported(self, tx: Any, panel: Panel, order: Order, now: int) -> Reported:
        if panel.kind == "markdown":
            return Reported(panel)
        if panel.source in order.denied:
            return Reported(panel, refused=f"This role may not read {panel.source}.")
        asked = Asked(order.span, (order.dashboard.query, *order.filters), order.zone)
        try:
            return Reported(panel, self._answering.answer(tx, panel, asked, now=now))
        except TocsinError as error:
            return Reported(panel, refused=error.message)
