"""Read the options of each kind of ElastAlert rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from tocsin.core.errors import InvalidError
from tocsin.core.yaml_source import Source
from tocsin.detect.kinds.settings import TIME, KindName, KindSettings, Metric, Question
from tocsin.detect.reading import typed
from tocsin.detect.reading.baselines import first_seen, silent_source, usual_count
from tocsin.detect.rule_source import MAX_BYTES
from tocsin.detect.wording.templates import check_width, fill
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.predicate import compile_predicate

KINDS: tuple[KindName, ...] = get_args(KindName)

MAX_EVENTS = 10_000
"""The most `num_events` may ask for: a window keeps that many entries per key."""

MAX_VALUES = 100_000
"""Of a list."""

_METRICS = ("min", "max", "avg", "sum", "cardinality", "value_count", "percentiles")
_AGGREGATIONS = frozenset({"metric_aggregation", "percentage_match", "spike_aggregation"})
_COUNTED = frozenset({"frequency", "spike", "flatline", "new_term"})

_Found = dict[str, Any]


def read_kind(source: Source) -> KindSettings:
    """Return what the rule's kind is set to; raises `ContentError` with line and reason."""
    kind = source.values.get("type")
    if kind not in KINDS:
        raise source.refuse(_type_reason(kind), "type")
    keys = typed.names(source, "query_key")
    found: _Found = {
        "kind": kind,
        "question": _question(source, kind, keys),
        "timestamp_field": typed.text(source, "timestamp_field", TIME),
        "query_key": ",".join(keys),
        "key_fields": keys if len(keys) > 1 else (),
        "time_format": typed.text(source, "custom_pretty_ts_format")[:200],
        "terms_size": typed.whole(source, "terms_size", 50, 1, 100_000),
        **_READERS[kind](source),
    }
    return KindSettings(**found)


def _type_reason(kind: Any) -> str:
    if isinstance(kind, str) and "." in kind:
        return f"type {kind!r} names a Python module, and rules do not load code"
    return f"type must be one of {', '.join(KINDS)}, not {kind!r}"


def _question(source: Source, kind: str, keys: tuple[str, ...]) -> Question:
    if kind in _AGGREGATIONS:
        return "aggregation"
    count, terms = typed.flag(source, "use_count_query"), typed.flag(source, "use_terms_query")
    if (count or terms) and kind not in _COUNTED:
        key = "use_count_query" if count else "use_terms_query"
        raise source.refuse(f"type {kind} needs the events themselves, so {key} cannot be used", key)
    if terms and not keys and kind != "new_term":
        raise source.refuse("use_terms_query needs a query_key", "use_terms_query")
    return "count" if count else "terms" if terms else "documents"


def _nothing(_source: Source) -> _Found:
    return {}


def _blacklist(source: Source) -> _Found:
    return {"compare_fields": _compared(source), "values": _values(source, "blacklist")}


def _whitelist(source: Source) -> _Found:
    return {
        "compare_fields": _compared(source),
        "values": _values(source, "whitelist"),
        "ignore_null": typed.flag(source, "ignore_null"),
    }


def _compared(source: Source) -> tuple[str, ...]:
    found = typed.names(source, "compare_key")
    if not found:
        raise source.refuse(f"type {source.values.get('type')} needs a compare_key", "type")
    return found


def _values(source: Source, key: str) -> frozenset[Any]:
    """Return a list's values; an entry `!file path` stands for the lines of a file."""
    given = source.values.get(key)
    if not isinstance(given, list):
        raise source.refuse(f"type {key} needs a list under {key}", key if key in source.values else "type")
    found: set[Any] = set()
    for entry in given:
        if isinstance(entry, str) and entry.startswith("!file"):
            found.update(_lines(source, key, entry.removeprefix("!file").strip()))
        elif isinstance(entry, str | int | float | bool):
            found.add(entry)
        else:
            raise source.refuse(f"{key} holds values, not {entry!r}", key)
    if len(found) > MAX_VALUES:
        raise source.refuse(f"{key} has more than {MAX_VALUES} values", key)
    return frozenset(found)


def _lines(source: Source, key: str, name: str) -> list[str]:
    """Read a list's file; it must stand in the rule's folder or below."""
    folder = Path(source.path).resolve().parent
    path = (folder / name).resolve()
    if not Path(source.path).is_file():
        raise source.refuse(f"{key}: only a rule that is read from a file can name a file", key)
    if not path.is_relative_to(folder):
        raise source.refuse(f"{key}: {name!r} lies outside the rule's folder", key)
    try:
        if path.stat().st_size > 16 * MAX_BYTES:
            raise source.refuse(f"{key}: {name!r} is too large for a list", key)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise source.refuse(f"{key}: {name!r} cannot be read: {error}", key) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _change(source: Source) -> _Found:
    if "query_key" not in source.values:
        raise source.refuse("type change needs a query_key", "type")
    return {
        "compare_fields": _compared(source),
        "ignore_null": typed.flag(source, "ignore_null"),
        "timeframe": typed.span(source, "timeframe"),
    }


def _frequency(source: Source) -> _Found:
    if "num_events" not in source.values:
        raise source.refuse("type frequency needs num_events", "type")
    return {
        "num_events": typed.whole(source, "num_events", 1, 1, MAX_EVENTS),
        "timeframe": typed.needed_span(source, "timeframe"),
        "attach_related": typed.flag(source, "attach_related"),
    }


def _spike(source: Source) -> _Found:
    height = typed.number(source, "spike_height")
    if height is None or height <= 0:
        raise source.refuse("spike_height needs a number above 0", "spike_height")
    if "spike_type" not in source.values:
        raise source.refuse(f"type {source.values.get('type')} needs a spike_type", "type")
    return {
        "timeframe": typed.needed_span(source, "timeframe"),
        "spike_height": height,
        "spike_type": typed.choice(source, "spike_type", ("up", "down", "both"), "both"),
        "threshold_ref": typed.number(source, "threshold_ref", 0),
        "threshold_cur": typed.number(source, "threshold_cur", 0),
        "alert_on_new_data": typed.flag(source, "alert_on_new_data"),
        "field_value": typed.text(source, "field_value"),
    }


def _flatline(source: Source) -> _Found:
    if "threshold" not in source.values:
        raise source.refuse("type flatline needs a threshold", "type")
    return {
        "timeframe": typed.needed_span(source, "timeframe"),
        "threshold": typed.whole(source, "threshold", 1),
        "forget_keys": typed.flag(source, "forget_keys"),
    }


def _new_term(source: Source) -> _Found:
    given = source.values.get("fields", source.values.get("query_key"))
    return {
        "fields": typed.fields(source, given),
        "alert_on_missing_field": typed.flag(source, "alert_on_missing_field"),
        "terms_window": typed.span(source, "terms_window_size", 30 * typed.UNITS["days"]),
    }


def _cardinality(source: Source) -> _Found:
    name = typed.text(source, "cardinality_field")
    given = {"max_cardinality", "min_cardinality"} & set(source.values)
    if not name or not given:
        raise source.refuse(
            "type cardinality needs cardinality_field and max_cardinality or min_cardinality", "type"
        )
    return {
        "cardinality_field": name,
        "timeframe": typed.needed_span(source, "timeframe"),
        "most": typed.whole(source, "max_cardinality", 0) if "max_cardinality" in given else None,
        "fewest": typed.whole(source, "min_cardinality", 0) if "min_cardinality" in given else None,
    }


def _buckets(source: Source) -> _Found:
    return {
        "bucket_interval": typed.span(source, "bucket_interval"),
        "sync_bucket_interval": typed.flag(source, "sync_bucket_interval"),
        "min_doc_count": typed.whole(source, "min_doc_count", 1),
    }


def _metric(source: Source) -> Metric:
    name = typed.text(source, "metric_agg_key")
    if not name or "metric_agg_type" not in source.values:
        raise source.refuse(f"type {source.values['type']} needs metric_agg_key and metric_agg_type", "type")
    if "metric_agg_script" in source.values:
        raise source.refuse(
            "metric_agg_script is Painless, which only Elasticsearch runs", "metric_agg_script"
        )
    return Metric(
        field=name,
        function=typed.choice(source, "metric_agg_type", _METRICS, ""),
        percent=typed.number(source, "percentile_range", 95.0) or 95.0,
        least=typed.number(source, "min_threshold"),
        most=typed.number(source, "max_threshold"),
        format=_format(source, "metric_format_string"),
    )


def _format(source: Source, key: str) -> str:
    """Return a format of one number, tried out once."""
    template = typed.text(source, key)
    if template:
        try:
            check_width(template)
            _ = template % 1.0 if "%" in template and "{" not in template else fill(template, [1.0])
        except (InvalidError, ValueError, TypeError) as error:
            raise source.refuse(f"{key} does not format a number: {error}", key) from error
    return template


def _metric_aggregation(source: Source) -> _Found:
    if not {"max_threshold", "min_threshold"} & set(source.values):
        raise source.refuse("type metric_aggregation needs max_threshold or min_threshold", "type")
    return {"metric": _metric(source), **_buckets(source)}


def _spike_aggregation(source: Source) -> _Found:
    return {"metric": _metric(source), **_spike(source), **_buckets(source)}


def _percentage(source: Source) -> _Found:
    if not {"max_percentage", "min_percentage"} & set(source.values):
        raise source.refuse("type percentage_match needs max_percentage or min_percentage", "type")
    if "match_bucket_filter" not in source.values:
        raise source.refuse("type percentage_match needs a match_bucket_filter", "type")
    if len(typed.names(source, "query_key")) > 1:
        raise source.refuse("ElastAlert has no compound query_key for percentage_match", "query_key")
    try:
        node = read_filter(source.values["match_bucket_filter"])
    except InvalidError as error:
        raise source.refuse(error.message, "match_bucket_filter") from error
    return {
        "percentage_filter": compile_predicate(node),
        "percentage_format": _format(source, "percentage_format_string"),
        "least_percentage": typed.number(source, "min_percentage"),
        "most_percentage": typed.number(source, "max_percentage"),
        "min_denominator": typed.whole(source, "min_denominator", 0),
        **_buckets(source),
    }


_READERS: dict[KindName, Callable[[Source], _Found]] = {
    "any": _nothing,
    "blacklist": _blacklist,
    "whitelist": _whitelist,
    "change": _change,
    "frequency": _frequency,
    "spike": _spike,
    "flatline": _flatline,
    "new_term": _new_term,
    "cardinality": _cardinality,
    "metric_aggregation": _metric_aggregation,
    "percentage_match": _percentage,
    "spike_aggregation": _spike_aggregation,
    "first_seen": first_seen,
    "usual_count": usual_count,
    "silent_source": silent_source,
}
