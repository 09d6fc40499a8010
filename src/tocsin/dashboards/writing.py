"""Writes dashboards as plain JSON values; what is as it would be anyway is left out."""

from __future__ import annotations

import json
import re
from typing import Any

from tocsin.dashboards import model
from tocsin.dashboards.model import Dashboard, Panel, Span

_PLAIN = Panel("", "count")
_SMALL = re.compile(
    r"(?P<open>[\[{])\n\s*(?P<inner>(?:\"(?:[^\"\\]|\\.)*\"|[\w.,:\s-])*?)\s+(?P<close>[\]}])"
)
_MOST_ON_A_LINE = 100


def document_of(dashboard: Dashboard) -> dict[str, Any]:
    """Return the document that `reading.read_dashboard` reads back as the same dashboard."""
    document: dict[str, Any] = {"version": model.FORMAT, "title": dashboard.title}
    if dashboard.description:
        document["description"] = dashboard.description
    document["time"] = _span(dashboard.time)
    if dashboard.refresh_s:
        document["refresh_s"] = dashboard.refresh_s
    if dashboard.query:
        document["query"] = dashboard.query
    return {**document, "panels": [panel_document(panel) for panel in dashboard.panels]}


def panel_document(panel: Panel) -> dict[str, Any]:
    """Return the document of one panel."""
    document: dict[str, Any] = {"id": panel.id, "kind": panel.kind}
    document |= {
        name: value
        for name in ("title", "description", "query")
        if (value := getattr(panel, name)) != getattr(_PLAIN, name)
    }
    if panel.source != "events":
        document["source"] = panel.source
    if panel.time is not None:
        document["time"] = _span(panel.time)
    for name in model.OPTIONS[panel.kind]:
        value = getattr(panel, name)
        if value != getattr(_PLAIN, name) or (panel.kind == "heatmap" and name in {"x", "y"}):
            document[name] = _plain(panel, name, value)
    place = panel.place
    return {**document, "place": {"x": place.x, "y": place.y, "w": place.w, "h": place.h}}


def _plain(panel: Panel, name: str, value: Any) -> Any:
    if name == "measure":
        return {"of": panel.measure.of, "field": panel.measure.field}
    return list(value) if isinstance(value, tuple) else value


def _span(span: Span) -> dict[str, str]:
    return {"from": span.start, "to": span.end}


def text_of(document: dict[str, Any]) -> str:
    """Return a document as text for people: indented, with small lists and objects on one line."""
    return _SMALL.sub(_on_one_line, json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _on_one_line(found: re.Match[str]) -> str:
    inner = re.sub(r"\n\s*", " ", found["inner"])
    if len(inner) > _MOST_ON_A_LINE:
        return found[0]
    space = " " if found["open"] == "{" else ""
    return f"{found['open']}{space}{inner}{space}{found['close']}"
