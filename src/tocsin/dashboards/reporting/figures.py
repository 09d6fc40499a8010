"""Figures as people read them."""

from __future__ import annotations

from tocsin.dashboards.model import Measure

_SPANS = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB")


def figure(value: float | None, measure: Measure) -> str:
    """Return a figure in its unit: names that end in `_s` are seconds, in `.bytes` or `.size` bytes."""
    if value is None:
        return "-"
    if measure.of not in {"count", "unique"}:
        if measure.field.endswith("_s"):
            return _span(value)
        if measure.field.endswith((".bytes", ".size")):
            return _size(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def change(value: float | None, previous: float | None) -> str:
    """Return how a figure stands to the one before, such as `+12 %`; nothing where that says nothing."""
    if value is None or not previous:
        return ""
    return f"{(value - previous) / abs(previous) * 100:+,.0f} %"


def _span(seconds: float) -> str:
    for unit, size in _SPANS:
        if seconds >= 2 * size or unit == "s":
            return f"{seconds / size:,.0f} {unit}"
    raise AssertionError


def _size(value: float) -> str:
    unit = 0
    while value >= 1024 and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {_SIZES[unit]}" if unit else f"{value:.0f} B"
