"""Read an ElastAlert rule: types `any` and `frequency`, with ElastAlert's meaning per event.

Realert is counted in event time, so that a rule gives the same alerts live and over history. Our own
option `tocsin` (severity, title and more) is ignored by ElastAlert, so a rule can serve both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin.core.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from tocsin.core.errors import InvalidError, Problem
from tocsin.core.fields import canonical
from tocsin.core.severity import Severity
from tocsin.detect.elastalert_options import REFUSED, TYPES_LATER, UNSAFE_ALERTERS, unknown_options
from tocsin.detect.rule import Title, WatchRule, Window, version_of
from tocsin.detect.yaml_source import Source
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import Node

_UNITS = {
    "milliseconds": MILLISECOND,
    "seconds": SECOND,
    "minutes": MINUTE,
    "hours": HOUR,
    "days": DAY,
    "weeks": 7 * DAY,
}
_REALERT = MINUTE
"""ElastAlert's own default."""

MAX_EVENTS = 10_000
"""The most `num_events` may ask for: a window keeps that many identifiers per key."""

_OURS = frozenset({"severity", "title", "title_fields", "techniques", "tags", "id", "replaces"})


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule, and remarks on options that do not do what their author may think."""

    rule: WatchRule
    remarks: tuple[Problem, ...] = ()


def read_elastalert(source: Source, default_name: str) -> ReadRule:
    """Return the rule; raises `ContentError` with line and reason when it cannot be kept to its meaning."""
    _refuse_unsafe(source)
    kind = source.values.get("type")
    if kind not in {"any", "frequency"}:
        raise source.refuse(_type_reason(kind), "type")
    name = str(source.values.get("name") or default_name)
    node = _node(source)
    ours = _ours(source)
    rule = WatchRule(
        id=str(ours.get("id") or name)[:200].replace("/", "-"),  # it stands in addresses
        name=name,
        kind="elastalert",
        version=version_of(source.text),
        severity=_severity(source, ours),
        node=node,
        matches=compile_predicate(node),
        location=source.at(),
        text=source.text,
        description=str(source.values.get("description") or ""),
        title=_title(source, ours),
        tags=_texts(source, "tocsin", ours.get("tags", [])),
        techniques=_texts(source, "tocsin", ours.get("techniques", [])),
        replaces=_texts(source, "tocsin", ours.get("replaces", [])),
        key_fields=_keys(source),
        grouped="query_key" in source.values,
        window=_window(source) if kind == "frequency" else None,
        realert=_span(source, "realert", _REALERT),
        enabled=bool(source.values.get("is_enabled", True)),
    )
    return ReadRule(rule, _remarks(source))


def _type_reason(kind: Any) -> str:
    if kind in TYPES_LATER:
        return f"rules of type {kind} are not supported yet (supported: any, frequency)"
    if isinstance(kind, str) and "." in kind:
        return f"type {kind!r} names a Python module, and rules do not load code"
    return f"type must be any or frequency, not {kind!r}"


def _refuse_unsafe(source: Source) -> None:
    for option in source.values:
        if reason := REFUSED.get(option):
            raise source.refuse(f"option {option!r} is refused: {reason}", option)
        if option.endswith("_expr"):
            raise source.refuse(f"option {option!r} is refused: it is Python that would be executed", option)
    alerts = source.values.get("alert", [])
    for alert in alerts if isinstance(alerts, list) else [alerts]:
        name = next(iter(alert), "") if isinstance(alert, Mapping) else str(alert)
        if reason := UNSAFE_ALERTERS.get(str(name)):
            raise source.refuse(f"alert {name!r} is refused: {reason}", "alert")
        if "." in str(name):
            raise source.refuse(f"alert {name!r} names a Python module, and rules do not load code", "alert")


def _node(source: Source) -> Node:
    try:
        return read_filter(source.values.get("filter") or [])
    except InvalidError as error:
        raise source.refuse(error.message, "filter") from error


def _ours(source: Source) -> Mapping[str, Any]:
    ours = source.values.get("tocsin") or {}
    if not isinstance(ours, Mapping):
        raise source.refuse("tocsin holds a mapping of options", "tocsin")
    if unknown := sorted(set(ours) - _OURS):
        raise source.refuse(
            f"tocsin does not know {unknown[0]!r} (known: {', '.join(sorted(_OURS))})", "tocsin"
        )
    return ours


def _severity(source: Source, ours: Mapping[str, Any]) -> int:
    given = ours.get("severity")
    if given is None:
        priority = source.values.get("priority", Severity.MEDIUM)
        return priority if isinstance(priority, int) and 1 <= priority <= 4 else int(Severity.MEDIUM)
    try:
        return int(Severity[str(given).upper()])
    except KeyError as error:
        raise source.refuse(f"severity is low, medium, high or critical, not {given!r}", "tocsin") from error


def _title(source: Source, ours: Mapping[str, Any]) -> Title | None:
    template, key = ours.get("title"), "title_fields"
    fields = ours.get(key, [])
    if template is None:
        template, key = source.values.get("alert_subject"), "alert_subject_args"
        fields = source.values.get(key, [])
    if template is None:
        return None
    return Title(str(template), tuple(canonical(name) for name in _texts(source, key, fields)))


def _texts(source: Source, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str | int) for each in value):
        raise source.refuse(f"{key} needs a list of texts", key)
    return tuple(str(each) for each in value)


def _keys(source: Source) -> tuple[str, ...]:
    keys = source.values.get("query_key", [])
    listed = keys if isinstance(keys, list) else [keys]
    return tuple(canonical(name) for name in _texts(source, "query_key", listed))


def _window(source: Source) -> Window:
    count = source.values.get("num_events")
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_EVENTS:
        raise source.refuse(f"num_events needs a whole number from 1 to {MAX_EVENTS}", "num_events")
    if "timeframe" not in source.values:
        raise source.refuse("type frequency needs a timeframe", "type")
    span = _span(source, "timeframe", 0)
    if span <= 0:
        raise source.refuse("timeframe must be longer than nothing", "timeframe")
    return Window(count, span)


def _span(source: Source, key: str, default: int) -> int:
    given = source.values.get(key)
    if given is None:
        return default
    if given == 0:
        return 0
    if not isinstance(given, Mapping) or not given:
        raise source.refuse(f"{key} is written as a unit and a number, such as `minutes: 5`", key)
    total = 0
    for unit, number in given.items():
        if (
            unit not in _UNITS
            or isinstance(number, bool)
            or not isinstance(number, int | float)
            or number < 0
        ):
            raise source.refuse(f"{key}: {unit!r}: {number!r} is no span of time", key)
        total += int(number * _UNITS[unit])
    return total


def _remarks(source: Source) -> tuple[Problem, ...]:
    remarks = []
    for option, likely in unknown_options(map(str, source.values)).items():
        hint = f"; did you mean {likely!r}?" if likely else ""
        reason = f"option {option!r} is unknown to ElastAlert and has no effect{hint}"
        remarks.append(Problem(source.at(option), reason, str(source.values.get("name", ""))))
    return tuple(remarks)
