"""Draws series as SVG. Everything written into it is a number or escaped text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from tocsin.core.clock import DAY, to_datetime
from tocsin.dashboards.answers import TimeAnswer
from tocsin.dashboards.model import Measure, Panel
from tocsin.dashboards.reporting.figures import figure
from tocsin.query.intervals import zone_of

COLOURS = (
    *("#5c7cfa", "#f59f00", "#12b886", "#ae3ec9", "#15aabf"),
    *("#e8590c", "#82c91e", "#f783ac", "#0b7285", "#868e96"),
)
"""As in the console."""

_COLUMN, _HEIGHT, _LEFT, _BOTTOM, _TOP = 96, 180, 64, 20, 8
"""Of a picture: the width it has for each column of its panel, and its height and edges, all in pixels."""


def series_svg(panel: Panel, answer: TimeAnswer, zone: str) -> Markup:
    """Return the picture of a panel over time: stacked bars, or a line for each series."""
    adds = panel.measure.of in {"count", "sum"}
    stacked = panel.style != "line" and adds and (panel.stacked or len(answer.series) == 1)
    top = _greatest(answer, stacked=stacked) or 1
    width = _COLUMN * panel.place.w
    step = (width - _LEFT) / max(1, len(answer.starts))
    parts = [_grid(top, panel.measure, width), _dates(answer, zone, step, most=max(2, panel.place.w))]
    parts += _bars(answer, top, step) if stacked else _lines(answer, top, step)
    size = f'viewBox="0 0 {width} {_HEIGHT}" width="100%"'
    return Markup('<svg {} role="img">{}</svg>').format(Markup(size), Markup("").join(parts))  # noqa: S704


def _greatest(answer: TimeAnswer, *, stacked: bool) -> float:
    columns = zip(*(one.values for one in answer.series), strict=True)
    heights = ((sum if stacked else max)([value or 0 for value in column]) for column in columns)
    return max(heights, default=0)


def _y(value: float, top: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / top)


def _grid(top: float, measure: Measure, width: int) -> Markup:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _y(top * share, top)
        lines.append(
            Markup(
                '<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" stroke="#e3e6ec"/>'
                '<text x="{}" y="{:.1f}" text-anchor="end">{}</text>'
            ).format(_LEFT, width, y, y, _LEFT - 6, y + 4, figure(top * share, measure))
        )
    return Markup("").join(lines)


def _dates(answer: TimeAnswer, zone: str, step: float, *, most: int) -> Markup:
    clock = zone_of(zone)
    long = "%m-%d" if answer.width >= DAY else "%m-%d %H:%M"
    is_short = answer.width * len(answer.starts) <= DAY
    every = max(1, math.ceil(len(answer.starts) / most))
    labels = [
        Markup('<text x="{:.1f}" y="{}">{}</text>').format(
            _LEFT + at * step,
            _HEIGHT - 5,
            to_datetime(start).astimezone(clock).strftime("%H:%M" if is_short else long),
        )
        for at, start in enumerate(answer.starts)
        if at % every == 0
    ]
    return Markup("").join(labels)


def _bars(answer: TimeAnswer, top: float, step: float) -> list[Markup]:
    found = []
    for at in range(len(answer.starts)):
        below = 0.0
        for place, one in enumerate(answer.series):
            value = one.values[at] or 0
            if value:
                y, height = _y(below + value, top), _y(below, top) - _y(below + value, top)
                found.append(_bar(_LEFT + at * step, y, step, height, place))
            below += value
    return found


def _bar(x: float, y: float, step: float, height: float, place: int) -> Markup:
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}"/>').format(
        x, y, max(0.5, step - 1), height, COLOURS[place % len(COLOURS)]
    )


def _lines(answer: TimeAnswer, top: float, step: float) -> list[Markup]:
    return [
        Markup('<polyline fill="none" stroke-width="1.5" stroke="{}" points="{}"/>').format(
            COLOURS[place % len(COLOURS)], _points(one.values, step, top)
        )
        for place, one in enumerate(answer.series)
    ]


def _points(values: Sequence[float | None], step: float, top: float) -> Markup:
    return escape(
        " ".join(
            f"{_LEFT + (at + 0.5) * step:.1f},{_y(value, top):.1f}"
            for at, value in enumerate(values)
            if value is not None
        )
    )
