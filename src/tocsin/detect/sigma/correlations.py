"""Read Sigma correlation rules, and bind them to the rules they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

import msgspec
from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.exceptions import SigmaError

from tocsin.core.clock import SECOND
from tocsin.core.errors import ContentError, Problem
from tocsin.core.severity import Severity
from tocsin.core.yaml_source import Source
from tocsin.detect.correlation import BooleanTerm, Correlation, Feed, Linked, Operator
from tocsin.detect.lazy import LazyPredicate
from tocsin.detect.rule import WatchRule, version_of
from tocsin.detect.sigma.mapping import LogSource, Taxonomy
from tocsin.detect.sigma.rule import LEVELS, OFF
from tocsin.query.tree import SEPARATOR, Nothing

Bounds = tuple[tuple[Operator, float], ...]

_OPERATORS = frozenset(get_args(Operator))
_MAX_RULES = 100
_MOST_SECONDS = 366 * 86_400


def read_correlation(source: Source, default_name: str) -> WatchRule:
    """Return the rule, which matches no event by itself; raises `ContentError` with line and reason."""
    values, bounds = _without_bounds(source)
    try:
        read = SigmaCorrelationRule.from_dict(values)
        correlation = msgspec.structs.replace(_correlation(read), bounds=bounds)
    except SigmaError as error:
        raise source.refuse(str(error), "correlation") from error
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        # pySigma lets these escape for documents of the wrong shape.
        raise source.refuse(f"this is not a Sigma correlation: {error}", "correlation") from error
    _check(correlation, source)
    level = read.level.name.lower() if read.level else "medium"
    status = read.status.name.lower() if read.status else ""
    tags = tuple(str(tag) for tag in read.tags)
    return WatchRule(
        id=str(read.id or read.name or default_name),
        name=read.title or default_name,
        kind="sigma",
        version=version_of(source.text),
        severity=int(LEVELS.get(level, Severity.MEDIUM)),
        node=Nothing(),
        matches=LazyPredicate(Nothing()),
        location=source.at("correlation"),
        text=source.text,
        description=read.description or "",
        tags=tags,
        techniques=tuple(
            tag.partition(".")[2].upper() for tag in tags if tag.lower().startswith("attack.t1")
        ),
        enabled=status not in OFF,
        level=level,
        status=status,
        reference=str(read.name or ""),
        correlation=correlation,
    )


def _without_bounds(source: Source) -> tuple[dict[str, Any], Bounds]:
    """Return the rule with one comparison in its condition, which is all pySigma reads, and the others."""
    body = source.values["correlation"]
    condition = body.get("condition") if isinstance(body, Mapping) else None
    if not isinstance(condition, Mapping):
        return dict(source.values), ()
    _first, *others = [key for key in condition if key in _OPERATORS] or [""]
    for key in others:
        if isinstance(condition[key], bool) or not isinstance(condition[key], int | float):
            raise source.refuse(f"{key} is a number, not {condition[key]!r}", "correlation")
    left = {key: value for key, value in condition.items() if key not in others}
    bounds = tuple((key, condition[key]) for key in others)
    return {**source.values, "correlation": {**body, "condition": left}}, bounds


def _correlation(read: SigmaCorrelationRule) -> Correlation:
    kind: Any = read.type.name.lower()
    rules = tuple(reference.reference for reference in read.rules or ())
    condition = read.condition
    if isinstance(condition, SigmaExtendedCorrelationCondition):
        return Correlation(
            type=kind,
            rules=rules or tuple(condition.get_referenced_rules()),
            timespan=read.timespan.seconds * SECOND,
            group_by=tuple(read.group_by or ()),
            condition=_boolean(condition.parsed),
            aliases=_aliases(read),
            generate=read.generate,
        )
    return Correlation(
        type=kind,
        rules=rules,
        timespan=read.timespan.seconds * SECOND,
        group_by=tuple(read.group_by or ()),
        op=condition.op.name.lower(),  # type: ignore[arg-type]  # its names are those of `Operator`
        count=condition.count,
        fields=_fields(condition),
        percentile=50 if condition.percentile is None else condition.percentile,
        aliases=_aliases(read),
        generate=read.generate,
    )


def _fields(condition: SigmaCorrelationCondition) -> tuple[str, ...]:
    named = condition.fieldref
    return tuple(named) if isinstance(named, list) else (named,) if named else ()


def _aliases(read: SigmaCorrelationRule) -> dict[str, dict[str, str]]:
    return {
        alias.alias: {reference.reference: str(name) for reference, name in alias.mapping.items()}
        for alias in read.aliases
    }


def _boolean(parsed: Any) -> BooleanTerm:
    match parsed:
        case SigmaRuleReference():
            return BooleanTerm("rule", parsed.reference)
        case CorrelationConditionNOT():
            return BooleanTerm("not", args=(_boolean(parsed.args[0]),))
        case CorrelationConditionAND():
            return BooleanTerm("and", args=tuple(map(_boolean, parsed.args)))
        case CorrelationConditionOR():
            return BooleanTerm("or", args=tuple(map(_boolean, parsed.args)))
    raise ValueError(f"{type(parsed).__name__} is not understood")


def _check(correlation: Correlation, source: Source) -> None:
    if not 1 <= len(correlation.rules) <= _MAX_RULES:
        raise source.refuse(f"a correlation names 1 to {_MAX_RULES} rules", "correlation")
    if correlation.timespan > _MOST_SECONDS * SECOND:
        raise source.refuse("the timespan is longer than a year", "correlation")
    if correlation.type == "temporal_ordered" and correlation.op not in {"gte", "eq"}:
        raise source.refuse("temporal_ordered is counted with gte or eq", "correlation")


def bind(
    rules: Sequence[WatchRule], taxonomy: Taxonomy
) -> tuple[list[Linked], list[WatchRule], list[Problem]]:
    """Return the correlations with what feeds them, all rules that stay, and what is wrong with the rest.

    Rules that a correlation names open no alerts of their own unless it says `generate`.
    """
    named = {name: rule for rule in rules for name in (rule.reference, rule.id) if name}
    linked: list[Linked] = []
    problems: list[Problem] = []
    refused: set[str] = set()
    for rule in rules:
        if rule.correlation is None:
            continue
        try:
            linked.append(_link(rule, rule.correlation, named, taxonomy))
        except ContentError as error:
            refused.add(rule.id)
            problems.append(Problem(rule.location, error.message))
    silent = {rule_id for each in linked if not each.correlation.generate for rule_id in each.feeds}
    kept = [
        replace(rule, alerts=False) if rule.id in silent else rule for rule in rules if rule.id not in refused
    ]
    return linked, kept, problems


def _link(
    rule: WatchRule, correlation: Correlation, named: Mapping[str, WatchRule], taxonomy: Taxonomy
) -> Linked:
    feeds = {}
    for number, name in enumerate(correlation.rules):
        base = named.get(name)
        if base is None:
            raise ContentError(f"the rule {name!r} that it correlates is not there")
        if _reaches(base, rule.id, named):
            raise ContentError(f"it correlates itself, by way of {name!r}")
        feeds[base.id] = Feed(
            number,
            tuple(_field(each, base, correlation, taxonomy) for each in correlation.group_by),
            tuple(_field(each, base, correlation, taxonomy) for each in correlation.fields),
        )
    return Linked(rule.id, rule.version, correlation, feeds)


def _reaches(rule: WatchRule, target: str, named: Mapping[str, WatchRule]) -> bool:
    """Say whether a rule is, or correlates over any number of steps, the target."""
    waiting, seen = [rule], set()
    while waiting:
        each = waiting.pop()
        if each.id == target:
            return True
        if each.id in seen or each.correlation is None:
            continue
        seen.add(each.id)
        waiting += [named[name] for name in each.correlation.rules if name in named]
    return False


def _field(name: str, base: WatchRule, correlation: Correlation, taxonomy: Taxonomy) -> str:
    """Return the field of the base rule's events that `name` means."""
    aliases = correlation.aliases.get(name, {})
    meant = next((aliases[key] for key in (base.reference, base.id) if key in aliases), name)
    if base.correlation is not None:
        return meant
    return SEPARATOR.join(_names(meant, base.logsource, taxonomy))


def _names(name: str, logsource: str, taxonomy: Taxonomy) -> Iterable[str]:
    if not logsource:
        return (name,)
    parts = ["" if part == "*" else part for part in logsource.split("/")]
    return taxonomy.names(LogSource(*parts))(name)
