"""Writes a report: one HTML page without scripts, pictures or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, Template
from markdown_it import MarkdownIt
from markupsafe import Markup

from tocsin.core.clock import to_datetime
from tocsin.dashboards.answers import Answered, HeatAnswer, ItemsAnswer, TimeAnswer
from tocsin.dashboards.model import TIME, Dashboard, Panel
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
        panels=[_shown(one, report.zone) for one in ordered],
        moment=moment,
        colours=COLOURS,
        figure=figure,
        change=change,
        cell=_cell,
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    text = files("tocsin.dashboards.reporting").joinpath("report.html").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)


def _shown(one: Reported, zone: str) -> Mapping[str, Any]:
    shown: dict[str, Any] = {"panel": one.panel, "refused": one.refused, "kind": "refused"}
    if one.panel.kind == "markdown":
        return {**shown, "kind": "text", "html": _markdown(one.panel.text)}
    if one.answered is None:
        return shown
    answer = one.answered.answer
    shown |= {"kind": _KINDS[type(answer).__name__], "answer": answer, "partial": one.answered.partial}
    shown["is_empty"] = not getattr(answer, "total", 1)
    if isinstance(answer, ItemsAnswer):
        shown["most"] = max((item.value or 0 for item in answer.items), default=0) or 1
        shown["is_empty"] = not answer.items
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
    return {"across": _keys(panel.x, answer.x, zone), "rows": rows}


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
