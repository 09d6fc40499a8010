"""Writes a report: one HTML page without scripts, pictures or anything from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, Template
from markdown_it import MarkdownIt
from markupsafe import Markup

from tocsin.core.clock import to_datetime
from tocsin.dashboards.answers import Answered, HeatAnswer, ItemsAnswer, TableAnswer, TimeAnswer
from tocsin.dashboards.model import COLUMNS, TIME, Dashboard, Panel
from tocsin.dashboards.reporting.drawing import COLOURS, series_svg
from tocsin.dashboards.reporting.figures import change, figure
from tocsin.query.intervals import zone_of

_KINDS = {
    "CountAnswer": "count",
    "TimeAnswer": "time",
    "ItemsAnswer": "items",
    "TableAnswer": "table",
    "HeatAnswer": "heat",
    "AttackAnswer": "attack",
}
_LONGEST_CELL = 300
_MOST_UNBROKEN = 18
"""Lines of a panel that a printed page holds together; longer ones may go over to the next page."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A panel with its answer, or with the reason why there is none."""

    panel: Panel
    answered: Answered | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is about: the dashboard, what was asked, and when by whose clock."""

    dashboard: Dashboard
    panels: Sequence[Reported]
    start: int
    end: int
    made_at: int
    zone: str = "UTC"
    filters: Sequence[str] = ()


def report_html(report: Report) -> str:
    """Return the page. Panels come in reading order, each as wide as on its dashboard."""
    clock = zone_of(report.zone)

    def moment(at: int) -> str:
        return to_datetime(at).astimezone(clock).strftime("%Y-%m-%d %H:%M:%S")

    ordered = sorted(report.panels, key=lambda one: (one.panel.place.y, one.panel.place.x))
    return _template().render(
        report=report,
        rows=[[_shown(one, report.zone) for one in row] for row in _rows(ordered)],
        moment=moment,
        colours=COLOURS,
        figure=figure,
        change=change,
        cell=_cell,
    )


def _rows(panels: Sequence[Reported]) -> Sequence[Sequence[Reported]]:
    """Return panels in rows, each as full as the widths allow."""
    rows: list[list[Reported]] = []
    left = 0
    for one in panels:
        if one.panel.place.w > left:
            rows.append([])
            left = COLUMNS
        rows[-1].append(one)
        left -= one.panel.place.w
    return rows


@lru_cache(maxsize=1)
def _template() -> Template:
    text = files("tocsin.dashboards.reporting").joinpath("report.html").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)


def _shown(one: Reported, zone: str) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"panel": one.panel, "refused": one.refused, "kind": "refused"}
    if one.panel.kind == "markdown":
        is_long = one.panel.text.count("\n") + len(one.panel.text) // 80 > _MOST_UNBROKEN
        return {**shown, "kind": "text", "html": _markdown(one.panel.text), "long": is_long}
    if one.answered is None:
        return shown
    answer = one.answered.answer
    shown |= {"kind": _KINDS[type(answer).__name__], "answer": answer, "partial": one.answered.partial}
    shown["approximate"] = one.answered.approximate
    shown["is_empty"] = not getattr(answer, "total", 1)
    if isinstance(answer, ItemsAnswer):
        shown["most"] = max((item.value or 0 for item in answer.items), default=0) or 1
        shown["is_empty"] = not answer.items
        shown["long"] = len(answer.items) > _MOST_UNBROKEN
    if isinstance(answer, TableAnswer):
        shown["long"] = len(answer.rows) > _MOST_UNBROKEN
    if isinstance(answer, TimeAnswer):
        shown["svg"] = series_svg(one.panel, answer, zone)
    if isinstance(answer, HeatAnswer):
        shown |= _heat(one.panel, answer, zone)
    return shown


def _heat(panel: Panel, answer: HeatAnswer, zone: str) -> Mapping[str, Any]:
    counts = {(x, y): count for x, y, count in answer.cells}
    most = max(counts.values(), default=1)
    rows = [
        (key, [(counts.get((x, y), 0), counts.get((x, y), 0) / most) for x in range(len(answer.x))])
        for y, key in enumerate(_keys(panel.y, answer.y, zone))
    ]
    across = _keys(panel.x, answer.x, zone)
    step = max(1, math.ceil(len(across) / max(1, panel.place.w)))
    labels = [(across[at], min(step, len(across) - at)) for at in range(0, len(across), step)]
    return {"across": labels, "rows": rows}


def _keys(side: str, keys: Sequence[str], zone: str) -> Sequence[str]:
    if side != TIME:
        return keys
    clock = zone_of(zone)
    return [to_datetime(int(key)).astimezone(clock).strftime("%m-%d %H:%M") for key in keys]


def _markdown(text: str) -> Markup:
    """Return Markdown as HTML: what is HTML in it is shown as text, and no picture is fetched."""
    reader = MarkdownIt("commonmark", {"html": False}).disable("image")
    return Markup(reader.render(text))  # noqa: S704  the reader escapes and checks links


def _cell(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}..."
