"""Reader: a Sigma rule about single events as its metadata and a query tree.

pySigma reads the rule and applies its modifiers; nothing is fetched from the network. What a tree cannot
say (correlations, field references, placeholders, look-around in regular expressions) is refused with
the reason. Format: the Sigma specification 2.0, https://github.com/SigmaHQ/sigma-specification.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule
from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from tocsin.core.errors import ContentError, InvalidError, Location
from tocsin.core.fields import MESSAGE, canonical
from tocsin.query.patterns import QueryError, compile_regex, escape_wildcard
from tocsin.query.tree import And, Exists, InNetwork, Node, Not, Or, Range, Regex, Scalar, Term, Wildcard
from tocsin.query.values import network_bounds

_LONGEST = 1 << 20

FieldMapping = Mapping[str, str | Sequence[str]]
"""Sigma's field names to ours; several stand for each other. Others keep their name (`canonical`)."""


class SigmaMetadata(msgspec.Struct, frozen=True):
    """What a rule says about itself; absent texts are empty."""

    id: str
    title: str
    description: str
    level: str
    status: str
    author: str
    category: str
    product: str
    service: str
    tags: tuple[str, ...]
    techniques: tuple[str, ...]
    """ATT&CK techniques from the tags, such as `T1059.001`."""
    references: tuple[str, ...]
    falsepositives: tuple[str, ...]


def parse_sigma(
    rule: str | Mapping[str, Any], fields: FieldMapping | None = None, *, path: str = "sigma"
) -> tuple[SigmaMetadata, Node]:
    """Return a rule's metadata and its condition; keywords are looked for anywhere in the message.

    The log source is part of the metadata only: which events it means is the caller's to say.
    Raises `ContentError` with the place (`path` is the file's name) and the reason.
    """
    document = _load(rule, path) if isinstance(rule, str) else rule
    location = Location(path)
    if "correlation" in document or "action" in document:
        raise ContentError(
            "only rules about single events are understood, no correlations", location=location
        )
    try:
        read = SigmaRule.from_dict(dict(document))
        walker = _Walker(fields or {})
        conditions = [walker.node(condition.parsed) for condition in read.detection.parsed_condition]
    except (SigmaError, QueryError, InvalidError) as error:
        raise ContentError(str(error), location=location) from error
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
        # pySigma lets these escape for documents of the wrong shape.
        raise ContentError(f"this is not a Sigma rule: {error}", location=location) from error
    return _metadata(read), conditions[0] if len(conditions) == 1 else Or(tuple(conditions))


def _load(text: str, path: str) -> Mapping[str, Any]:
    if len(text) > _LONGEST:
        raise ContentError(f"the rule is longer than {_LONGEST} characters", location=Location(path))
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                raise ContentError(  # aliases of aliases grow without bound
                    "YAML aliases (*name) are not allowed", location=_place(path, token.start_mark)
                )
        documents = list(yaml.safe_load_all(text))
    except yaml.MarkedYAMLError as error:
        raise ContentError(
            f"not valid YAML: {error.problem}", location=_place(path, error.problem_mark)
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContentError(f"not valid YAML: {error}", location=Location(path)) from error
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise ContentError("a file must hold one rule", location=Location(path))
    return documents[0]


def _place(path: str, mark: Any) -> Location:
    return Location(path, mark.line + 1, mark.column + 1) if mark is not None else Location(path)


def _metadata(rule: SigmaRule) -> SigmaMetadata:
    tags = tuple(str(tag) for tag in rule.tags)
    source = rule.logsource
    return SigmaMetadata(
        id=str(rule.id or ""),
        title=rule.title or "",
        description=rule.description or "",
        level=rule.level.name.lower() if rule.level else "",
        status=rule.status.name.lower() if rule.status else "",
        author=rule.author or "",
        category=source.category or "",
        product=source.product or "",
        service=source.service or "",
        tags=tags,
        techniques=tuple(_technique(tag) for tag in tags if tag.lower().startswith("attack.t1")),
        references=tuple(map(str, rule.references or ())),
        falsepositives=tuple(map(str, rule.falsepositives or ())),
    )


def _technique(tag: str) -> str:
    return tag.partition(".")[2].upper()


@dataclass(frozen=True, slots=True)
class _Walker:
    """Turns pySigma's parsed condition into a tree."""

    fields: FieldMapping

    def node(self, condition: Any) -> Node:
        match condition:
            case ConditionAND(args=args):
                return And(tuple(self.node(arg) for arg in args))
            case ConditionOR(args=args):
                return Or(tuple(self.node(arg) for arg in args))
            case ConditionNOT(args=args):
                return Not(self.node(args[0]))
            case ConditionFieldEqualsValueExpression(field=field, value=value):
                names = self._names(field)
                nodes = tuple(_value_node(name, value) for name in names)
                return nodes[0] if len(nodes) == 1 else _either(nodes)
            case ConditionValueExpression(value=value):
                return _keyword(value)
        raise QueryError(f"{type(condition).__name__} is not understood")

    def _names(self, field: str) -> tuple[str, ...]:
        mapped = self.fields.get(field, field)
        names = (mapped,) if isinstance(mapped, str) else tuple(mapped)
        return tuple(canonical(name) for name in names) or (canonical(field),)


def _either(nodes: tuple[Node, ...]) -> Node:
    """Any of several names may hold the value; that none is there means that all are absent."""
    absent = all(isinstance(node, Not) for node in nodes)
    return And(nodes) if absent else Or(nodes)


def _value_node(field: str, value: Any) -> Node:
    match value:
        case SigmaCasedString():
            return _string(field, value, cased=True)
        case SigmaString():
            return _string(field, value, cased=False)
        case SigmaNumber(number=number):
            return Term(field, number)
        case SigmaBool(boolean=boolean):
            return Term(field, boolean)
        case SigmaRegularExpression():
            return _regex(field, value)
        case SigmaCIDRExpression(cidr=cidr):
            network_bounds(cidr)
            return InNetwork(field, cidr)
        case SigmaCompareExpression(number=number, op=operator):
            return _compared(field, operator, number.number)
        case SigmaNull():
            return Not(Exists(field))
        case SigmaExists(exists=exists):
            return Exists(field) if exists else Not(Exists(field))
        case SigmaExpansion(values=values):
            return Or(tuple(_value_node(field, each) for each in values))
    raise QueryError(f"the value of {field} is a {_name(value)}, which is not understood")


def _keyword(value: Any) -> Node:
    match value:
        case SigmaString():
            pattern = f"*{_pattern(value)}*"
            return Wildcard(MESSAGE, pattern, cased=isinstance(value, SigmaCasedString))
        case SigmaNumber(number=number):
            return Wildcard(MESSAGE, f"*{number}*")
        case SigmaRegularExpression():
            return _regex(MESSAGE, value)
        case SigmaExpansion(values=values):
            return Or(tuple(_keyword(each) for each in values))
    raise QueryError(f"a keyword is a {_name(value)}, which is not understood")


def _string(field: str, value: SigmaString, *, cased: bool) -> Node:
    if all(isinstance(part, str) for part in value.s):
        return Term(field, "".join(map(str, value.s)), cased)
    return Wildcard(field, _pattern(value), cased)


def _pattern(value: SigmaString) -> str:
    """Return the string as a wildcard; placeholders have no value here and are refused."""
    parts: list[str] = []
    for part in value.s:
        match part:
            case str():
                parts.append(escape_wildcard(part))
            case SpecialChars.WILDCARD_MULTI:
                parts.append("*")
            case SpecialChars.WILDCARD_SINGLE:
                parts.append("?")
            case _:
                raise QueryError(f"the placeholder in {value} has no value")
    return "".join(parts)


def _regex(field: str, value: SigmaRegularExpression) -> Node:
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    pattern = "".join(part if isinstance(part, str) else _WILDCARDS[part] for part in value.regexp.s)
    # Sigma's `.` does not match a line break unless the flag `s` says so; ours does unless told.
    prefix = ("(?" + flags + ")" if flags else "") + ("" if "s" in flags else "(?-s)")
    compile_regex(prefix + pattern)
    return Regex(field, prefix + pattern)


_WILDCARDS: dict[Any, str] = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}


def _compared(field: str, operator: CompareOperators, number: Scalar) -> Node:
    match operator:
        case CompareOperators.LT:
            return Range(field, lt=number)
        case CompareOperators.LTE:
            return Range(field, lte=number)
        case CompareOperators.GT:
            return Range(field, gt=number)
        case CompareOperators.GTE:
            return Range(field, gte=number)
    raise QueryError(f"the comparison {operator.name.lower()} on {field} is not understood")


def _name(value: Any) -> str:
    return type(value).__name__.removeprefix("Sigma")
