"""Read when an ElastAlert rule asks, over which span, and what becomes of its matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.clock import MINUTE
from tocsin.core.schedule import is_schedule
from tocsin.core.yaml_source import Source
from tocsin.detect.kinds.settings import TIME, PollSettings
from tocsin.detect.reading import typed


def read_poll(source: Source, defaults: PollSettings) -> PollSettings:
    """Return how the rule is polled; what it leaves out is as in `defaults`."""
    aggregation, schedule = _aggregation(source)
    readable = bool(source.values.get("match_enhancements"))
    gathers = bool(aggregation or schedule)
    return PollSettings(
        run_every=typed.span(source, "run_every", defaults.run_every) or defaults.run_every,
        piece=defaults.run_every,
        buffer_time=typed.span(source, "buffer_time", defaults.buffer_time) or defaults.buffer_time,
        query_delay=typed.span(source, "query_delay", defaults.query_delay),
        scan_timeframe=_scan(source),
        run_sized=typed.flag(source, "use_run_every_query_size"),
        overlap=typed.flag(source, "allow_buffer_time_overlap"),
        alert_time_limit=typed.span(source, "alert_time_limit", defaults.alert_time_limit),
        old_query_limit=typed.span(source, "old_query_limit", defaults.old_query_limit),
        realert=typed.span(source, "realert", 0 if gathers else MINUTE),
        realert_key=typed.text(source, "realert_key"),
        exponential_realert=typed.span(source, "exponential_realert"),
        aggregation=aggregation,
        aggregation_schedule=schedule,
        aggregation_fields=typed.names(source, "aggregation_key"),
        aggregate_by_match_time=typed.flag(source, "aggregate_by_match_time"),
        compare_match_time=typed.flag(source, "aggregation_alert_time_compared_with_timestamp_field"),
        top_fields=typed.names(source, "top_count_keys"),
        top_suffix=".keyword" if typed.flag(source, "raw_count_keys", True) else "",
        top_number=typed.whole(source, "top_count_number", 5, 1, 1_000),
        in_root=typed.flag(source, "include_match_in_root"),
        readable_times=readable,
        loses_seconds=readable and typed.text(source, "timestamp_field", TIME) == TIME,
        readable_first=typed.flag(source, "run_enhancements_first"),
        limit_execution=_cron(source, "limit_execution", source.values.get("limit_execution")),
        limit_coverage=typed.flag(source, "limit_execution_coverage"),
    )


def _scan(source: Source) -> bool:
    wanted = typed.flag(source, "scan_entire_timeframe")
    if wanted and "timeframe" not in source.values:
        raise source.refuse("scan_entire_timeframe needs a timeframe", "scan_entire_timeframe")
    return wanted


def _aggregation(source: Source) -> tuple[int, str]:
    given = source.values.get("aggregation")
    if isinstance(given, Mapping) and "schedule" in given:
        return 0, _cron(source, "aggregation", given["schedule"])
    return typed.span(source, "aggregation"), ""


def _cron(source: Source, key: str, given: Any) -> str:
    if given is None or given == "":
        return ""
    if not isinstance(given, str) or not is_schedule(given):
        raise source.refuse(f"{key}: {given!r} is no cron schedule of five fields", key)
    return given
