"""Answers to panels as the API shows them. Instants are RFC 3339 text, also where they are a side's keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.core.clock import to_iso
from tocsin.dashboards import model
from tocsin.dashboards.answers import (
    Answer,
    Answered,
    AttackAnswer,
    CountAnswer,
    HeatAnswer,
    ItemsAnswer,
    Row,
    TableAnswer,
    TechniqueCount,
    TimeAnswer,
)
from tocsin.dashboards.model import Panel


def answered_view(panel: Panel, found: Answered) -> dict[str, Any]:
    """Return the document of an answer: its kind, the span it is about, and the figures."""
    return {
        "kind": panel.kind,
        "from": to_iso(found.start),
        "to": to_iso(found.end),
        "partial": found.partial,
        "approximate": found.approximate,
        **_figures(panel, found.answer),
    }


def _figures(panel: Panel, answer: Answer) -> dict[str, Any]:
    match answer:
        case CountAnswer(value, previous, compared):
            return {"value": value, "previous": previous, "compared": compared}
        case TimeAnswer(width, starts, series, total):
            drawn = [{"key": one.key, "values": list(one.values)} for one in series]
            return {"width_us": width, "starts": list(map(to_iso, starts)), "series": drawn, "total": total}
        case ItemsAnswer(items, other, total):
            shown = [{"key": one.key, "count": one.count, "value": one.value} for one in items]
            return {"items": shown, "other": other, "total": total}
        case TableAnswer(columns, rows, total):
            return {"columns": list(columns), "rows": list(map(_row, rows)), "total": total}
        case HeatAnswer(x, y, cells, total):
            sides = {"x": _keys(panel.x, x), "y": _keys(panel.y, y)}
            return {**sides, "cells": [list(cell) for cell in cells], "total": total}
        case AttackAnswer(tactics, total):
            return {"tactics": [_tactic(name, seen) for name, seen in tactics], "total": total}


def _row(row: Row) -> dict[str, Any]:
    return {"id": row.id, "at": to_iso(row.at), "number": row.number, "values": list(row.values)}


def _tactic(name: str, seen: Sequence[TechniqueCount]) -> dict[str, Any]:
    return {"name": name, "techniques": [{"id": t.id, "name": t.name, "count": t.count} for t in seen]}


def _keys(side: str, keys: Sequence[str]) -> list[str]:
    return [to_iso(int(key)) for key in keys] if side == model.TIME else list(keys)
