"""Reader: a Sigma rule about single events as its metadata and a query tree.

pySigma reads the rule and applies its modifiers; nothing is fetched from the network. What a tree cannot
say (placeholders without values, look-around in regular expressions) is refused with the reason.
Format: the Sigma specification 2.0, https://github.com/SigmaHQ/sigma-specification.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from operator import ge, gt, le, lt, ne
from typing import Any, Literal
from xml.sax.saxutils import escape

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
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)
from sigma.types import Placeholder as SigmaPlaceholder

from tocsin.core.errors import ContentError, InvalidError, Location
from tocsin.core.fields import MESSAGE, canonical
from tocsin.query.patterns import QueryError, compile_regex, escape_wildcard
from tocsin.query.tree import (
    SEPARATOR,
    And,
    DatePart,
    Exists,
    InNetwork,
    Node,
    Not,
    Nothing,
    Or,
    Range,
    Regex,
    SameAs,
    Scalar,
    Term,
    Wildcard,
)
from tocsin.query.values import network_bounds

_LONGEST = 1 << 20

_MOST_FILLED = 10_000
"""Texts one value with placeholders may stand for: each of them multiplies."""

Renaming = Callable[[str], Sequence[str]]
"""Gives the names an event may hold a Sigma field under; no name at all keeps it as it is."""

Placeholders = Mapping[str, Sequence[str]]
"""What stands for a placeholder of `expand`, by its name without the percent signs."""


def _kept(_field: str) -> tuple[str, ...]:
    return ()


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
    rule: str | Mapping[str, Any],
    renaming: Renaming = _kept,
    *,
    path: str = "sigma",
    placeholders: Placeholders | None = None,
) -> tuple[SigmaMetadata, Node]:
    """Return a rule's metadata and its condition; keywords are looked for anywhere in the message.

    The log source is part of the metadata only: which events it means is the caller's to say. Field
    names given by `renaming` are joined to one field with several names (`tree.alternatives`).
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
        walker = _Walker(renaming, placeholders or {})
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

    renaming: Renaming
    placeholders: Placeholders
    _names: dict[str, str] = field(default_factory=dict)

    def node(self, condition: Any) -> Node:
        match condition:
            case ConditionAND(args=args):
                return And(tuple(self.node(arg) for arg in args))
            case ConditionOR(args=args):
                return Or(tuple(self.node(arg) for arg in args))
            case ConditionNOT(args=args):
                return Not(self.node(args[0]))
            case ConditionFieldEqualsValueExpression(field=name, value=value):
                return self._value(self._renamed(name), value)
            case ConditionValueExpression(value=value):
                return self._keyword(value)
        raise QueryError(f"{type(condition).__name__} is not understood")

    def _renamed(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            names = self.renaming(name) or (name,)
            known = self._names[name] = SEPARATOR.join(dict.fromkeys(canonical(each) for each in names))
        return known

    def _value(self, name: str, value: Any) -> Node:
        match value:
            case SigmaExpansion(values=values):
                return Or(tuple(self._value(name, each) for each in values))
            case SigmaString():
                return _either(_string(name, each, value) for each in self._filled(value))
            case SigmaFieldReference():
                return _same(name, self._renamed(value.field), value)
        return _plain_value(name, value)

    def _keyword(self, value: Any) -> Node:
        match value:
            case SigmaString():
                return _either(
                    Wildcard(MESSAGE, f"*{_wildcard(each)}*", isinstance(value, SigmaCasedString))
                    for parts in self._filled(value)
                    for each in _as_logged(parts)
                )
            case SigmaNumber(number=number):
                return Wildcard(MESSAGE, f"*{number}*")
            case SigmaRegularExpression():
                return _regex(MESSAGE, value)
            case SigmaExpansion(values=values):
                return Or(tuple(self._keyword(each) for each in values))
        raise QueryError(f"a keyword is a {_name(value)}, which is not understood")

    def _filled(self, value: SigmaString) -> Iterable[_Parts]:
        """Yield the string's parts with each combination of values in the place of its placeholders."""
        choices = [self._values_of(p) if isinstance(p, SigmaPlaceholder) else (p,) for p in value.s]
        if prod(map(len, choices)) > _MOST_FILLED:
            raise QueryError(f"the placeholders of {value} stand for more than {_MOST_FILLED} texts together")
        return product(*choices)

    def _values_of(self, placeholder: SigmaPlaceholder) -> Sequence[str]:
        values = self.placeholders.get(placeholder.name)
        if not values:
            raise QueryError(f"the placeholder %{placeholder.name}% has no value: name some in a mapping")
        return values


_Parts = tuple[Any, ...]
"""Of a Sigma string: text and wildcards."""


def _either(nodes: Iterable[Node]) -> Node:
    found = tuple(nodes)
    return found[0] if len(found) == 1 else Or(found)


def _as_logged(parts: _Parts) -> list[_Parts]:
    """Return the ways a keyword may stand in a raw line: as it is, and escaped in JSON and XML."""
    ways = [parts]
    for escaped in (lambda text: json.dumps(text, ensure_ascii=False)[1:-1], escape):
        way = tuple(escaped(part) if isinstance(part, str) else part for part in parts)
        if way not in ways:
            ways.append(way)
    return ways


def _plain_value(field: str, value: Any) -> Node:
    match value:
        case SigmaTimestampPart():
            part = value.timestamp_part.name.lower()  # its names are those of `DatePart`
            return DatePart(field, part, int(value.number))  # type: ignore[arg-type]
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
            if isinstance(number, SigmaTimestampPart):
                return _compared_part(field, operator, number)
            return _compared(field, operator, number.number)
        case SigmaNull():
            return Not(Exists(field))
        case SigmaExists(exists=exists):
            return Exists(field) if exists else Not(Exists(field))
    raise QueryError(f"the value of {field} is a {_name(value)}, which is not understood")


def _string(field: str, parts: _Parts, value: SigmaString) -> Node:
    cased = isinstance(value, SigmaCasedString)
    if all(isinstance(part, str) for part in parts):
        return Term(field, "".join(parts), cased)
    return Wildcard(field, _wildcard(parts), cased)


def _same(field: str, other: str, value: SigmaFieldReference) -> Node:
    return SameAs(field, other, _SAME[value.starts_with, value.ends_with])


_SAME: dict[tuple[bool, bool], Literal["equals", "startswith", "endswith", "contains"]] = {
    (False, False): "equals",
    (True, False): "startswith",
    (False, True): "endswith",
    (True, True): "contains",
}
"""By pySigma's marks of a reference: begins with it, ends with it."""


def _wildcard(parts: _Parts) -> str:
    """Return the string as a wildcard."""
    return "".join(_PLAIN[part] if part in _PLAIN else escape_wildcard(part) for part in parts)


_PLAIN: dict[Any, str] = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}


def _regex(field: str, value: SigmaRegularExpression) -> Node:
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    pattern = "".join(part if isinstance(part, str) else _PLAIN[part] for part in value.regexp.s)
    # Sigma's `.` does not match a line break unless the flag `s` says so; ours does unless told.
    prefix = ("(?" + flags + ")" if flags else "") + ("" if "s" in flags else "(?-s)")
    compile_regex(prefix + pattern)
    return Regex(field, prefix + pattern)


_PARTS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "week": (1, 53), "month": (1, 12)}
"""The least and the greatest number each part of a time can be."""


def _compared_part(field: str, operator: CompareOperators, number: SigmaTimestampPart) -> Node:
    """Return that a part of a time compares so with a number, as the numbers that it may be."""
    part: Any = number.timestamp_part.name.lower()  # its names are those of `DatePart`
    if part not in _PARTS or operator.name not in _ORDER:
        raise QueryError(f"the {part} of {field} can only be equal to a number")
    least, most = _PARTS[part]
    fitting = [each for each in range(least, most + 1) if _ORDER[operator.name](each, number.number)]
    return Or(tuple(DatePart(field, part, each) for each in fitting)) if fitting else Nothing()


_ORDER = {"LT": lt, "LTE": le, "GT": gt, "GTE": ge, "NEQ": ne}


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
        case CompareOperators.NEQ:
            return Not(Term(field, number))
    raise QueryError(f"the comparison {operator.name.lower()} on {field} is not understood")


def _name(value: Any) -> str:
    return type(value).__name__.removeprefix("Sigma")
