"""The ten questions that the log is measured by, over a span of time or over all of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from log_events import NEEDLE
from tocsin.core.clock import HOUR
from tocsin.query.aggregation import Aggregation, Cardinality, Percentiles, Terms
from tocsin.query.lucene import parse_lucene
from tocsin.store.base import EventStore, Selection

Ask = Callable[[], object]


def questions(store: EventStore, last_day: int, from_at: int | None = None) -> dict[str, Ask]:
    """Return them by name, about events from `from_at` on; one is about those of the last day."""

    def selected(text: str = "", since: int | None = None) -> Selection:
        return Selection(parse_lucene(text), from_at if since is None else since)

    def aggregated(kind: Any) -> Ask:
        return partial(store.aggregate, selected(), [Aggregation("a", kind)])

    middle = store.last_commit() // 2
    return {
        "last 100 by time": partial(store.search, selected(), limit=100),
        "term and range": partial(store.search, selected("user.name:user77 AND rule.level:>=5", last_day)),
        "rare substring": partial(store.search, selected(f"*{NEEDLE}*")),
        "wildcard": partial(store.count, selected("url.path:*/v2/1?7")),
        "phrase": partial(store.count, selected('"Failed password for user77"')),
        "histogram by level": partial(store.histogram, selected("rule.level:>=5"), width=HOUR),
        "top 20 addresses": partial(store.top, selected(), field="source.ip", size=20),
        "distinct users": aggregated(Cardinality("user.name")),
        "percentile": aggregated(Percentiles("http.response.bytes", (50.0, 95.0, 99.0))),
        "follow from offset": partial(store.follow, middle, 5_000),
        "(levels by term)": aggregated(Terms("rule.level", size=20)),
    }
