"""Figures and percentiles in Elasticsearch's form; those of dates in milliseconds and as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tocsin.api.elastic.values import milliseconds
from tocsin.query.aggregation import Figures, value_kind
from tocsin.query.date_formats import format_date
from tocsin.query.elasticsearch_aggs import Asked
from tocsin.query.elasticsearch_options import real

_SPREADS = ("", "_population", "_sampling")


def figures_of(asked: Asked, figures: Figures) -> dict[str, Any]:
    """Return the answer to `min`, `max`, `avg`, `sum`, `stats` or `extended_stats`."""
    dated = _is_dated(asked)
    scale = 1_000 if dated else 1
    least, greatest, avg = (
        None if value is None else value / scale if dated else value
        for value in (figures.least, figures.greatest, figures.avg)
    )
    values = {"min": least, "max": greatest, "avg": avg, "sum": figures.sum / scale}
    if asked.clause in values:
        only = {"value": values[asked.clause]}
        return _with_text(asked, only) if dated else only
    shown: dict[str, Any] = {"count": figures.count}
    shown |= _with_text(asked, values) if dated and figures.count else values
    if asked.clause == "extended_stats":
        shown |= _extended(figures, scale, real(asked.body, "sigma", 2))
    return shown


def ranks_of(asked: Asked, values: Mapping[float, float | None]) -> dict[str, Any]:
    """Return the answer to `percentiles`."""
    dated = _is_dated(asked)
    ranks = {
        percent: milliseconds(value) if dated and value is not None else value
        for percent, value in values.items()
    }
    if not asked.body.get("keyed", True):
        return {"values": [{"key": percent, "value": value} for percent, value in ranks.items()]}
    named = {str(percent): value for percent, value in ranks.items()}
    return {"values": _with_text(asked, named) if dated else named}


def _is_dated(asked: Asked) -> bool:
    return hasattr(asked.node.kind, "field") and value_kind(asked.node.kind.field) == "date"


def _with_text(asked: Asked, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return instants in milliseconds, each followed by its text."""
    formats = str(asked.body.get("format") or "")
    shown: dict[str, Any] = {}
    for name, value in values.items():
        shown[name] = value
        if value is not None:
            shown[f"{name}_as_string"] = format_date(int(value * 1_000), formats=formats)
    return shown


def _extended(figures: Figures, scale: int, sigma: float) -> dict[str, Any]:
    count, squares = figures.count, figures.sum_of_squares / scale / scale
    if not count:
        spread_of = {f"{name}{suffix}": None for name in ("variance", "std_deviation") for suffix in _SPREADS}
        bounds = {f"{end}{suffix}": None for end in ("upper", "lower") for suffix in _SPREADS}
        return {"sum_of_squares": None, **spread_of, "std_deviation_bounds": bounds}
    mean = figures.sum / scale / count
    variance = max(0.0, squares / count - mean * mean)
    sampling = variance * count / (count - 1) if count > 1 else math.nan
    spread = {"": math.sqrt(variance), "_population": math.sqrt(variance), "_sampling": math.sqrt(sampling)}
    return {
        "sum_of_squares": squares,
        "variance": variance,
        "variance_population": variance,
        "variance_sampling": _shown(sampling),
        **{f"std_deviation{suffix}": _shown(value) for suffix, value in spread.items()},
        "std_deviation_bounds": {
            f"{end}{suffix}": _shown(mean + sign * sigma * value)
            for suffix, value in spread.items()
            for end, sign in (("upper", 1), ("lower", -1))
        },
    }


def _shown(value: float) -> float | str:
    """Return a figure as JSON can hold it: of one value alone a sample's spread is no number."""
    return "NaN" if math.isnan(value) else value
