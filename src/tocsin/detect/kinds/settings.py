"""What the kinds of rules are set to: one frozen record per rule, read once by the rule's reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tocsin.core.clock import DAY, HOUR, MINUTE
from tocsin.core.event import Event

KindName = Literal[
    "any",
    "blacklist",
    "whitelist",
    "change",
    "frequency",
    "spike",
    "flatline",
    "new_term",
    "cardinality",
    "metric_aggregation",
    "percentage_match",
    "spike_aggregation",
    "first_seen",
    "usual_count",
    "silent_source",
]

Question = Literal["documents", "count", "terms", "aggregation"]
"""What a rule asks of the log: the events, their number, their number per key, or a figure of them."""


TIME = "@timestamp"
"""The field that holds the time of an event, unless a rule says otherwise."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure over the events of a bucket."""

    field: str
    function: str
    """min, max, avg, sum, cardinality, value_count or percentiles."""
    percent: float = 95.0
    least: float | None = None
    most: float | None = None
    format: str = ""

    @property
    def key(self) -> str:
        """The field of a match that holds the figure."""
        return f"metric_{self.field}_{self.function}"


BASELINES = frozenset({"first_seen", "usual_count", "silent_source"})
"""The kinds that learn what is usual: ours, which ElastAlert does not have."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a kind that learns what is usual is set to. Spans are microseconds."""

    window: int = 30 * DAY
    """How far back reaches what is remembered."""
    learn: int = 7 * DAY
    """Nothing is told of what is known for less."""
    rare_below: int = 0
    """Of first_seen: the value must be one that fewer others have; 0 for any."""
    compare: int = 7 * DAY
    """Of usual_count: the step from an hour to those it is compared with."""
    deviation: float = 5.0
    """Of usual_count: robust standard deviations from which on an hour is told."""
    least_difference: int = 10
    """Of usual_count: events from which on a difference is told."""
    direction: Literal["up", "down", "both"] = "both"
    silence: int = HOUR
    """Of silent_source: shorter silences are never told."""
    factor: float = 2.0
    """Of silent_source: times the longest usual gap."""


_NO_BASELINE = Baseline()


@dataclass(frozen=True, slots=True)
class KindSettings:
    """The options of a rule's kind. Spans are microseconds."""

    kind: KindName
    question: Question = "documents"
    timestamp_field: str = TIME
    query_key: str = ""
    """The key's name; for several fields their names joined by a comma."""
    key_fields: tuple[str, ...] = ()
    """The several fields of a compound key; empty for a single one."""
    compare_fields: tuple[str, ...] = ()
    values: frozenset[Any] = frozenset()
    """The list of a blacklist or whitelist."""
    ignore_null: bool = False
    timeframe: int = 0
    num_events: int = 1
    attach_related: bool = False
    spike_height: float = 1.0
    spike_type: str = "both"
    threshold_ref: float = 0
    threshold_cur: float = 0
    alert_on_new_data: bool = False
    field_value: str = ""
    whole_values: bool = False
    """Of the field only what stands before the decimal point counts, as ElastAlert takes it."""
    threshold: int = 0
    forget_keys: bool = False
    fields: tuple[str | tuple[str, ...], ...] = ()
    """Of a new_term rule; a tuple is a composite."""
    alert_on_missing_field: bool = False
    terms_window: int = 30 * DAY
    cardinality_field: str = ""
    most: int | None = None
    fewest: int | None = None
    metric: Metric | None = None
    bucket_interval: int = 0
    sync_bucket_interval: bool = False
    min_doc_count: int = 1
    terms_size: int = 50
    percentage_filter: Callable[[Event], bool] | None = None
    percentage_format: str = ""
    least_percentage: float | None = None
    most_percentage: float | None = None
    min_denominator: int = 0
    time_format: str = ""
    """How times are written in sentences, as `strftime` takes it; empty: `2024-03-01 00:01 UTC`."""
    baseline: Baseline = _NO_BASELINE

    @property
    def learns(self) -> bool:
        """The kind begins with what the log already holds of `terms_window`."""
        return self.kind == "new_term" or self.kind in BASELINES

    @property
    def keys(self) -> tuple[str, ...]:
        """The fields of the key, whether one or several."""
        return self.key_fields or ((self.query_key,) if self.query_key else ())


def minute_of(at: int) -> int:
    """Return the minute a time lies in."""
    return at // MINUTE * MINUTE


@dataclass(frozen=True, slots=True)
class PollSettings:
    """When ElastAlert would ask, over which span, and what becomes of a match. Spans are microseconds."""

    run_every: int = MINUTE
    piece: int = MINUTE
    """Rules that ask for numbers ask for so much at a time: `run_every` of ElastAlert's own settings."""
    buffer_time: int = 15 * MINUTE
    query_delay: int = 0
    scan_timeframe: bool = False
    run_sized: bool = False
    """Aggregations look back `run_every` instead of `buffer_time`."""
    overlap: bool = False
    """Aggregations may look at a span again, so that their windows slide."""
    old_query_limit: int = 7 * DAY
    alert_time_limit: int = 2 * DAY
    realert: int = MINUTE
    realert_key: str = ""
    exponential_realert: int = 0
    aggregation: int = 0
    aggregation_schedule: str = ""
    aggregation_fields: tuple[str, ...] = ()
    aggregate_by_match_time: bool = False
    compare_match_time: bool = False
    """A gathering takes matches up to its end in event time, not until the end has come."""
    top_fields: tuple[str, ...] = ()
    """A match tells the most frequent values of these around its time."""
    top_number: int = 5
    top_suffix: str = ".keyword"
    """What the name of a told field ends in."""
    in_root: bool = False
    """A gathered match is written down with its own time as that of the record: they are told by it."""
    readable_times: bool = False
    """The `@timestamp` of a match is written for people when it is told."""
    loses_seconds: bool = False
    """That is the time the rule goes by, which keeps its minute only."""
    readable_first: bool = False
    """So it is before anything else is done with the match."""
    limit_execution: str = ""
    limit_coverage: bool = False

    def moment(self, at: int) -> int:
        """Return the time of a match as far as what is done with it can tell."""
        return minute_of(at) if self.loses_seconds and self.readable_first else at

    @property
    def aggregates(self) -> bool:
        """Matches are gathered before they are told."""
        return bool(self.aggregation or self.aggregation_schedule)
