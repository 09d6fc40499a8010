"""Clauses of Elasticsearch's query language about whole values: `term`, `range`, `exists` and their like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID
from tocsin.query.date_formats import parse_date
from tocsin.query.elasticsearch_fields import (
    IGNORED,
    Reading,
    Target,
    one_field,
    options,
    scalar,
    shown,
    target,
)
from tocsin.query.lucene_values import Written, regex_node, value_node
from tocsin.query.patterns import compile_regex, escape_wildcard
from tocsin.query.tree import (
    Exists,
    InNetwork,
    Node,
    Nothing,
    OneOf,
    Or,
    Range,
    Regex,
    Scalar,
    Term,
    Text,
    Wildcard,
)
from tocsin.query.values import text_of

MAX_VALUES = 10_000
_BOUNDS = ("gt", "gte", "lt", "lte")
_DATES = re.compile(r"now|.*\|\|")
_CASED = frozenset({"case_insensitive", "rewrite"})


def _term(reading: Reading, body: Any) -> Node:
    aimed, value = one_field(body, "term")
    given = options(value, f"term on {aimed.field}", "value", _CASED)
    value = scalar(given["value"], f"term on {aimed.field}")
    return term_node(reading, aimed, value, cased=not given.get("case_insensitive", False))


def term_node(reading: Reading, aimed: Target, value: Scalar, *, cased: bool = True) -> Node:
    """Return the condition that a field is a value, by the rules of its type."""
    if aimed.is_text:
        return Text(text_of(value), aimed.field)
    if aimed.type == "date":
        first, end = _date(reading, aimed.field, value)
        return Term(aimed.field, first) if end - first == 1 else Range(aimed.field, gte=first, lt=end)
    if aimed.type == "ip" and "/" in str(value):
        return InNetwork(aimed.field, str(value))
    if aimed.type == "long" and isinstance(value, float) and value.is_integer():
        value = int(value)
    return Term(aimed.field, value, cased)


def _terms(reading: Reading, body: Any) -> Node:
    aimed, values = one_field(body, "terms")
    if isinstance(values, Mapping):
        raise InvalidError(f"terms on {aimed.field}: a lookup in another document is not supported")
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise InvalidError(f"terms on {aimed.field} needs a list of at most {MAX_VALUES} values")
    scalars = tuple(scalar(value, f"terms on {aimed.field}") for value in values)
    special = aimed.type in {"date", "text"} or any("/" in str(value) for value in scalars)
    if special and (aimed.type in {"date", "text", "ip"}):
        return Or(tuple(term_node(reading, aimed, value) for value in scalars))
    return OneOf(aimed.field, scalars, cased=True) if scalars else Nothing()


def _range(reading: Reading, body: Any) -> Node:
    aimed, bounds = one_field(body, "range")
    if not isinstance(bounds, Mapping):
        raise InvalidError(f"range on {aimed.field} needs bounds such as gte and lt")
    bounds = _modern(bounds)
    known = {*_BOUNDS, "format", "time_zone", "relation"} | IGNORED
    if unknown := set(map(str, bounds)) - known:
        raise InvalidError(f"range on {aimed.field} does not know {shown(min(unknown))}")
    given = {key: bounds[key] for key in _BOUNDS if bounds.get(key) is not None}
    if not given:
        return Exists(aimed.field)
    if aimed.type == "date" or any(
        isinstance(value, str) and _DATES.match(value) for value in given.values()
    ):
        return _date_range(reading, aimed.field, given, bounds)
    return Range(
        aimed.field, **{key: scalar(value, f"range on {aimed.field}") for key, value in given.items()}
    )


def _modern(bounds: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the bounds with the old `from`, `to`, `include_lower`, `include_upper` as today's."""
    found = dict(bounds)
    lower, upper = found.pop("include_lower", True), found.pop("include_upper", True)
    if "from" in found:
        found["gte" if lower else "gt"] = found.pop("from")
    if "to" in found:
        found["lte" if upper else "lt"] = found.pop("to")
    return found


def _date_range(reading: Reading, field: str, given: Mapping[str, Any], bounds: Mapping[Any, Any]) -> Node:
    formats, zone = str(bounds.get("format") or ""), str(bounds.get("time_zone") or "UTC")
    found: dict[str, Scalar] = {}
    for key, value in given.items():
        first, end = _date(reading, field, scalar(value, f"range on {field}"), formats, zone)
        match key:
            case "gte" | "lt":
                found[key] = first
            case "gt":
                found["gte"] = max(end, int(found.get("gte", end)))
            case _:
                found["lt"] = min(end, int(found.get("lt", end)))
    return Range(field, **found)


def _date(
    reading: Reading, field: str, value: Scalar, formats: str = "", zone: str = "UTC"
) -> tuple[int, int]:
    if reading.now is None and isinstance(value, str) and value.strip().startswith("now"):
        raise InvalidError(f"range on {field}: {value!r} depends on the time of the search, a rule has none")
    try:
        return parse_date(value, now=reading.now or 0, formats=formats, zone=zone)
    except InvalidError as error:
        raise InvalidError(f"{field}: {error.message}") from error


def _exists(_reading: Reading, body: Any) -> Node:
    if not isinstance(body, Mapping) or set(body) - IGNORED != {"field"}:
        raise InvalidError("exists holds `field`")
    return Exists(target(body["field"], "exists").field)


def _wildcard(reading: Reading, body: Any) -> Node:
    aimed, value = one_field(body, "wildcard")
    key = "wildcard" if isinstance(value, Mapping) and "wildcard" in value else "value"
    given = options(value, f"wildcard on {aimed.field}", key, _CASED)
    pattern = str(scalar(given[key], f"wildcard on {aimed.field}"))
    return _patterned(reading, aimed, pattern, cased=not given.get("case_insensitive", False))


def _prefix(reading: Reading, body: Any) -> Node:
    aimed, value = one_field(body, "prefix")
    given = options(value, f"prefix on {aimed.field}", "value", _CASED)
    text = str(scalar(given["value"], f"prefix on {aimed.field}"))
    return _patterned(
        reading, aimed, escape_wildcard(text) + "*", cased=not given.get("case_insensitive", False)
    )


def _patterned(reading: Reading, aimed: Target, pattern: str, *, cased: bool) -> Node:
    """Return the condition that a keyword matches a wildcard as a whole, or that a word of a text does."""
    if aimed.is_text:
        return value_node(aimed.field, Written(pattern, pattern), reading.dates())
    return Wildcard(aimed.field, pattern, cased)


def _regexp(_reading: Reading, body: Any) -> Node:
    aimed, value = one_field(body, "regexp")
    known = _CASED | {"flags", "max_determinized_states", "flags_value"}
    given = options(value, f"regexp on {aimed.field}", "value", known)
    pattern = _re2(str(scalar(given["value"], f"regexp on {aimed.field}")), aimed.field)
    compile_regex(pattern)
    if aimed.is_text:
        return regex_node(aimed.field, f"(?i:{pattern})")
    return Regex(aimed.field, rf"\A(?:{pattern})\z", not given.get("case_insensitive", False))


def _re2(pattern: str, field: str) -> str:
    """Return a pattern of Lucene's as RE2's: there `^` and `$` are characters like others."""
    written: list[str] = []
    letters = iter(pattern)
    inside = False
    for letter in letters:
        if letter == "\\":
            following = next(letters, "\\")
            written.append(f"\\{following}" if following.isalnum() or not following.isspace() else following)
            continue
        if not inside and letter in '~&<>@#"':
            raise InvalidError(f"regexp on {field}: the operators ~ & < > @ # of Lucene are not supported")
        inside = letter == "[" or (inside and letter != "]")
        written.append(f"\\{letter}" if not inside and letter in "^$" else letter)
    return "".join(written)


def _ids(_reading: Reading, body: Any) -> Node:
    values = body.get("values") if isinstance(body, Mapping) else None
    if not isinstance(values, list) or len(values) > MAX_VALUES:
        raise InvalidError(f"ids needs a list of at most {MAX_VALUES} `values`")
    ids = tuple(str(scalar(value, "ids")) for value in values)
    return OneOf(EVENT_ID, ids, cased=True) if ids else Nothing()


TERM_CLAUSES: Mapping[str, Callable[[Reading, Any], Node]] = {
    "term": _term,
    "terms": _terms,
    "range": _range,
    "exists": _exists,
    "wildcard": _wildcard,
    "prefix": _prefix,
    "regexp": _regexp,
    "ids": _ids,
}
