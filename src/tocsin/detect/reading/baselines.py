"""Read the options of the kinds that learn what is usual."""

from __future__ import annotations

from typing import Any

from tocsin.core.clock import DAY, HOUR
from tocsin.core.yaml_source import Source
from tocsin.detect.kinds.settings import Baseline
from tocsin.detect.kinds.usual_count import LEAST_PAST
from tocsin.detect.reading import typed

_COMPARED = {"week": 7 * DAY, "day": DAY}


def first_seen(source: Source) -> dict[str, Any]:
    """Return what type first_seen is set to; raises `ContentError` with line and reason."""
    if not typed.names(source, "query_key"):
        raise source.refuse("type first_seen needs a query_key: whose values are new", "type")
    window = _window(source, 30)
    return {
        "fields": typed.fields(source, source.values.get("fields")),
        "terms_window": window,
        "baseline": Baseline(
            window=window,
            learn=_learn(source, window),
            rare_below=typed.whole(source, "rare_below", 0),
        ),
    }


def usual_count(source: Source) -> dict[str, Any]:
    """Return what type usual_count is set to; raises `ContentError` with line and reason."""
    window = _window(source, 28)
    compare = _COMPARED[typed.choice(source, "compare", tuple(_COMPARED), "week")]
    if window < LEAST_PAST * compare:
        raise source.refuse(
            f"window must hold {LEAST_PAST} hours to compare with: {LEAST_PAST * compare // DAY} days",
            "window" if "window" in source.values else "type",
        )
    deviation = typed.number(source, "deviation", 5.0) or 0.0
    if not 1 <= deviation <= 1_000:
        raise source.refuse("deviation needs a number from 1 to 1000", "deviation")
    direction: Any = typed.choice(source, "direction", ("up", "down", "both"), "both")
    return {
        "terms_window": window,
        "baseline": Baseline(
            window=window,
            compare=compare,
            deviation=deviation,
            least_difference=typed.whole(source, "least_difference", 10, 1),
            direction=direction,
        ),
    }


def silent_source(source: Source) -> dict[str, Any]:
    """Return what type silent_source is set to; raises `ContentError` with line and reason."""
    window = _window(source, 14)
    factor = typed.number(source, "factor", 2.0) or 0.0
    if not 1 <= factor <= 100:
        raise source.refuse("factor needs a number from 1 to 100", "factor")
    silence = typed.span(source, "silence", HOUR)
    if not 0 < silence < window:
        raise source.refuse("silence must be longer than nothing and shorter than window", "silence")
    return {
        "terms_window": window,
        "baseline": Baseline(window=window, learn=_learn(source, window), silence=silence, factor=factor),
    }


def _window(source: Source, days: int) -> int:
    window = typed.span(source, "window", days * DAY)
    if window < DAY:
        raise source.refuse("window is a day or longer", "window")
    return window


def _learn(source: Source, window: int) -> int:
    learn = typed.span(source, "learn", min(7 * DAY, window // 2))
    if learn >= window:
        raise source.refuse("learn must be shorter than window", "learn")
    return learn
