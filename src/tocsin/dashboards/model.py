"""What a dashboard is: panels on a grid, each a question to the event log or to the desk.

The JSON form is described in `docs/guide/dashboards.md`; `reading` reads it and `writing` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

FORMAT = 1
"""The version of the JSON form."""

COLUMNS = 12
"""How many columns the grid has; a row is as high as the console says, about 40 pixels."""
MOST_ROWS = 400
MOST_PANELS = 50
MOST_SIZE = 50
MOST_TEXT = 20_000

Kind = Literal["count", "time", "top", "pie", "table", "heatmap", "map", "attack", "markdown"]
Source = Literal["events", "alerts", "cases"]
Style = Literal["bar", "line", "area"]
Order = Literal["newest", "oldest"]
Of = Literal["count", "unique", "sum", "avg", "min", "max", "median", "p95"]

KINDS: tuple[Kind, ...] = get_args(Kind)
SOURCES: tuple[Source, ...] = get_args(Source)
STYLES: tuple[Style, ...] = get_args(Style)
ORDERS: tuple[Order, ...] = get_args(Order)
MEASURES: tuple[Of, ...] = get_args(Of)

HOUR, WEEKDAY, TIME = "hour", "weekday", "time"
PARTS_OF_TIME = (HOUR, WEEKDAY, TIME)
"""What a side of a heatmap may be besides a field."""

OPTIONS: Mapping[Kind, tuple[str, ...]] = {
    "count": ("measure", "compare"),
    "time": ("measure", "style", "stacked", "split", "size"),
    "top": ("measure", "field", "size"),
    "pie": ("measure", "field", "size"),
    "table": ("columns", "size", "order"),
    "heatmap": ("x", "y", "size"),
    "map": ("field",),
    "attack": ("field",),
    "markdown": ("text",),
}
"""What a panel of a kind may say beyond what every panel says."""

EVENTS_ONLY: frozenset[Kind] = frozenset({"map"})

DESK_FIELDS: Mapping[Source, tuple[str, ...]] = {
    "alerts": (
        *("severity", "status", "resolution", "assignee", "rule.id", "rule.name", "rule.kind", "host"),
        *("group_key", "verdict", "tags", "technique", "closed_by"),
    ),
    "cases": ("severity", "status", "resolution", "impact", "assignee", "tags"),
}
"""What alerts and cases can be counted by."""
DESK_FIGURES: Mapping[Source, tuple[str, ...]] = {
    "alerts": ("event_count", "time_to_start_s", "time_to_close_s"),
    "cases": ("time_to_start_s", "time_to_close_s"),
}
"""What of them can be measured: times are seconds since they were opened."""

TECHNIQUE_FIELDS: Mapping[Source, str] = {"events": "threat.technique.id", "alerts": "technique"}
COUNTRY_FIELD = "source.geo.country_iso_code"
TABLE_COLUMNS: Mapping[Source, tuple[str, ...]] = {
    "events": ("host.name", "rule.description", "message"),
    "alerts": ("severity", "status", "rule.name", "group_key"),
    "cases": ("severity", "status", "assignee"),
}
"""The columns of a table that names none."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel lies on the grid, in columns and rows."""

    x: int = 0
    y: int = 0
    w: int = 4
    h: int = 6


@dataclass(frozen=True, slots=True)
class Measure:
    """What is counted or measured; all but `count` of a field."""

    of: Of = "count"
    field: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time as people write it: dates, or arithmetic on `now`."""

    start: str = "now-24h"
    end: str = "now"


@dataclass(frozen=True, slots=True)
class Panel:
    """One question and how its answer is shown. Which options count depends on the kind: see `OPTIONS`."""

    id: str
    kind: Kind
    title: str = ""
    description: str = ""
    source: Source = "events"
    query: str = ""
    place: Place = Place()
    time: Span | None = None
    """A span of its own; None is the dashboard's."""
    measure: Measure = Measure()
    compare: bool = True
    style: Style = "bar"
    stacked: bool = True
    split: str = ""
    size: int = 10
    field: str = ""
    columns: tuple[str, ...] = ()
    order: Order = "newest"
    x: str = HOUR
    y: str = WEEKDAY
    text: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Panels that belong together. `query` narrows every panel over events."""

    title: str
    description: str = ""
    time: Span = Span()
    refresh_s: int = 0
    """The page asks again after so many seconds; 0 never."""
    query: str = ""
    panels: tuple[Panel, ...] = ()
