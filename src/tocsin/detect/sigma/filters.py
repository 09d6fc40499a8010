"""Sigma filters: conditions added to rules from outside, for all rules of a log source or those named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tocsin.core.errors import ContentError, Problem
from tocsin.core.yaml_source import Source
from tocsin.detect.lazy import LazyPredicate
from tocsin.detect.rule import WatchRule, version_of
from tocsin.detect.sigma.mapping import LogSource, Taxonomy
from tocsin.query.sigma import parse_sigma
from tocsin.query.tree import And, Node


@dataclass(frozen=True, slots=True)
class SigmaFilter:
    """A filter as written: to which rules it is added, and its detection."""

    source: Source
    title: str
    logsource: LogSource
    rules: tuple[str, ...]
    """Identifiers or names; empty for every rule of the log source."""
    detection: Mapping[str, Any]

    def covers(self, rule: WatchRule) -> bool:
        """Say whether the filter is added to the rule."""
        if not rule.logsource or not self.logsource.covers(source_of(rule)):
            return False
        return (
            not self.rules or rule.id in self.rules or bool(rule.reference and rule.reference in self.rules)
        )


def source_of(rule: WatchRule) -> LogSource:
    """Return the log source of a rule that has one."""
    return LogSource(*("" if part == "*" else part for part in rule.logsource.split("/")))


def read_filter(source: Source) -> SigmaFilter:
    """Return the filter; raises `ContentError` with line and reason."""
    body, logs = source.values.get("filter"), source.values.get("logsource")
    if not isinstance(body, Mapping) or not isinstance(logs, Mapping):
        raise source.refuse("a Sigma filter has a `logsource` and a `filter`", "filter")
    rules = body.get("rules")
    if rules is None:
        raise source.refuse("a filter names its `rules`, or says `any`", "filter")
    named = [] if rules in ("any", []) else rules if isinstance(rules, list) else [rules]
    if not isinstance(body.get("condition"), str):
        raise source.refuse("a filter has one condition", "filter")
    read = SigmaFilter(
        source,
        str(source.values.get("title", "")),
        LogSource(**{key: str(logs.get(key) or "").lower() for key in ("product", "category", "service")}),
        tuple(map(str, named)),
        {key: value for key, value in body.items() if key != "rules"},
    )
    _node(read, lambda _name: ())  # what is bad in it is bad for every rule
    return read


def _node(read: SigmaFilter, names: Any, placeholders: Mapping[str, Sequence[str]] | None = None) -> Node:
    document = {"title": read.title or "filter", "logsource": {"product": "any"}, "detection": read.detection}
    try:
        return parse_sigma(document, names, path=read.source.path, placeholders=placeholders)[1]
    except ContentError as error:
        raise read.source.refuse(error.message, "filter") from error


def apply(
    rules: Sequence[WatchRule], filters: Sequence[SigmaFilter], taxonomy: Taxonomy
) -> tuple[list[WatchRule], list[Problem]]:
    """Return the rules with the filters that cover them; a filter that covers none is a problem."""
    used: set[int] = set()
    filtered = [_filtered(rule, filters, taxonomy, used) for rule in rules] if filters else list(rules)
    problems = [
        Problem(read.source.at("filter"), "the filter is about no rule that is loaded")
        for number, read in enumerate(filters)
        if number not in used
    ]
    return filtered, problems


def _filtered(
    rule: WatchRule, filters: Sequence[SigmaFilter], taxonomy: Taxonomy, used: set[int]
) -> WatchRule:
    for number, read in enumerate(filters):
        if not read.covers(rule):
            continue
        used.add(number)
        extra = _node(read, taxonomy.names(source_of(rule)), taxonomy.placeholders)
        args = rule.node.args if isinstance(rule.node, And) else (rule.node,)
        node = And((*args, extra))
        version = version_of(rule.version + read.source.text)
        rule = replace(rule, node=node, matches=LazyPredicate(node), version=version)
    return rule
