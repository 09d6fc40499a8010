"""Read an ElastAlert rule of any of its types, for mode `exact` (the default) or `compat`.

Our own option `tocsin` (severity, title and more) is ignored by ElastAlert, so a rule can serve both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tocsin.core.errors import InvalidError, Problem
from tocsin.core.fields import canonical
from tocsin.core.severity import Severity
from tocsin.core.yaml_source import Source
from tocsin.detect.elastalert_options import REFUSED, unknown_options
from tocsin.detect.kinds.settings import BASELINES, KindSettings, PollSettings
from tocsin.detect.reading import typed
from tocsin.detect.reading.alerters import alerter_remarks, read_alerters
from tocsin.detect.reading.imports import with_imports
from tocsin.detect.reading.kinds import read_kind
from tocsin.detect.reading.notes import differences
from tocsin.detect.reading.polls import read_poll
from tocsin.detect.reading.words import read_wording, told_options
from tocsin.detect.rule import Mode, Title, Watch, WatchRule, Window, version_of
from tocsin.query.elasticsearch_dsl import read_filter
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import Node

_DEFAULTS = PollSettings()

_ENHANCEMENTS = frozenset(
    {"elastalert.enhancements.TimeEnhancement", "elastalert_modules.TimeEnhancement", "TimeEnhancement"}
)
"""Known by name, and done here."""

_OURS = frozenset({"severity", "title", "title_fields", "techniques", "tags", "id", "replaces", "mode"})


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule, and remarks on options that do not do what their author may think."""

    rule: WatchRule
    remarks: tuple[Problem, ...] = ()


def read_elastalert(source: Source, default_name: str, defaults: PollSettings = _DEFAULTS) -> ReadRule:
    """Return the rule; raises `ContentError` with line and reason when it cannot be kept to its meaning.

    `defaults` are ElastAlert's own settings (`run_every`, `buffer_time` and so on) for rules without theirs.
    """
    source = with_imports(source)
    _refuse_unsafe(source)
    _refuse_modules(source)
    kind = read_kind(source)
    poll = read_poll(source, defaults)
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
        tags=typed.texts(source, "tocsin", ours.get("tags", [])),
        techniques=typed.texts(source, "tocsin", ours.get("techniques", [])),
        replaces=typed.texts(source, "tocsin", ours.get("replaces", [])),
        key_fields=tuple(canonical(each) for each in kind.keys),
        grouped=bool(kind.query_key),
        window=Window(kind.num_events, kind.timeframe) if kind.kind == "frequency" else None,
        realert=poll.realert,
        watch=_watch(source, ours, kind, poll, name),
        enabled=typed.flag(source, "is_enabled", True),
    )
    notify = rule.watch.notify if rule.watch else ()
    return ReadRule(rule, (*_remarks(source), *alerter_remarks(source, notify)))


def _watch(
    source: Source, ours: Mapping[str, Any], kind: KindSettings, poll: PollSettings, name: str
) -> Watch:
    mode = _mode(source, ours, kind)
    return Watch(
        mode=mode,
        kind=replace(kind, whole_values=mode == "compat"),
        poll=poll,
        wording=read_wording(source, name, poll),
        include=typed.names(source, "include"),
        told_options=told_options(source, name, poll),
        told_once=typed.flag(source, "include_rule_params_in_first_match_only"),
        notify=read_alerters(source),
        notes=differences(kind, poll),
    )


def _refuse_modules(source: Source) -> None:
    """Refuse enhancements but the one that writes times for people: it alone needs no code of strangers."""
    for name in typed.names(source, "match_enhancements"):
        if name not in _ENHANCEMENTS:
            raise source.refuse(
                f"enhancement {name!r} names a Python module, and rules do not load code; "
                f"let a playbook change or close the alert",
                "match_enhancements",
            )


def _mode(source: Source, ours: Mapping[str, Any], kind: KindSettings) -> Mode:
    mode = ours.get("mode", "exact")
    if mode not in ("exact", "compat"):
        raise source.refuse(f"mode is exact or compat, not {mode!r}", "tocsin")
    if mode == "compat" and kind.kind in BASELINES:
        raise source.refuse(f"ElastAlert has no type {kind.kind}, so there is no mode compat of it", "tocsin")
    return "compat" if mode == "compat" else "exact"


def _refuse_unsafe(source: Source) -> None:
    for option in source.values:
        if reason := REFUSED.get(option):
            raise source.refuse(f"option {option!r} is refused: {reason}", option)
        if option.endswith("_expr"):
            raise source.refuse(f"option {option!r} is refused: it is Python that would be executed", option)


def _node(source: Source) -> Node:
    try:
        return read_filter(source.values.get("filter") or [])
    except InvalidError as error:
        raise source.refuse(error.message, "filter") from error


def _ours(source: Source) -> Mapping[str, Any]:
    ours = source.values.get("tocsin") or {}
    if not isinstance(ours, Mapping):
        raise source.refuse("tocsin holds a mapping of options", "tocsin")
    if unknown := sorted(map(str, set(ours) - _OURS)):
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
    return Title(str(template), tuple(canonical(name) for name in typed.texts(source, key, fields)))


def _remarks(source: Source) -> tuple[Problem, ...]:
    remarks = []
    for option, hint in unknown_options(source.values).items():
        reason = f"option {option!r} is unknown to ElastAlert and has no effect{hint}"
        remarks.append(Problem(source.at(option), reason, str(source.values.get("name", ""))))
    return tuple(remarks)
