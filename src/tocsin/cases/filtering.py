"""Writes a query tree as conditions over the columns of alerts or cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from tocsin.cases.model import SEVERITY_LABELS
from tocsin.cases.tables import Alert, Case, Tag
from tocsin.core.clock import from_iso
from tocsin.core.errors import InvalidError
from tocsin.query.patterns import escape_wildcard, parse_wildcard, wildcard_like
from tocsin.query.tree import (
    And,
    DatePart,
    Everything,
    Exists,
    InNetwork,
    Node,
    Not,
    Nothing,
    OneOf,
    Or,
    Range,
    Regex,
    SameAs,
    Scalar,
    Term,
    Text,
    Wildcard,
)

_MOST_NODES = 200


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be asked for, and how its values compare."""

    column: InstrumentedAttribute[Any]
    kind: Literal["text", "number", "instant", "severity", "tags"] = "text"


@dataclass(frozen=True, slots=True)
class Searchable:
    """What a list can be asked by: fields by name, and the columns that free text looks into."""

    fields: Mapping[str, Column]
    free_text: tuple[InstrumentedAttribute[Any], ...]


ALERT_FIELDS = Searchable(
    {
        "title": Column(Alert.title),
        "description": Column(Alert.description),
        "status": Column(Alert.status),
        "severity": Column(Alert.severity, "severity"),
        "resolution": Column(Alert.resolution),
        "reason": Column(Alert.reason),
        "assignee": Column(Alert.assignee),
        "tags": Column(Alert.id, "tags"),
        "verdict": Column(Alert.verdict),
        "rule.id": Column(Alert.rule_id),
        "rule.name": Column(Alert.rule_name),
        "rule.kind": Column(Alert.rule_kind),
        "group_key": Column(Alert.group_key),
        "group_field": Column(Alert.group_field),
        "host": Column(Alert.host),
        "number": Column(Alert.number, "number"),
        "event_count": Column(Alert.event_count, "number"),
        "first_at": Column(Alert.first_at, "instant"),
        "last_at": Column(Alert.last_at, "instant"),
        "created_at": Column(Alert.created_at, "instant"),
    },
    (Alert.title, Alert.description, Alert.rule_name, Alert.group_key, Alert.host),
)

CASE_FIELDS = Searchable(
    {
        "title": Column(Case.title),
        "description": Column(Case.description),
        "summary": Column(Case.summary),
        "status": Column(Case.status),
        "severity": Column(Case.severity, "severity"),
        "resolution": Column(Case.resolution),
        "impact": Column(Case.impact),
        "assignee": Column(Case.assignee),
        "tags": Column(Case.id, "tags"),
        "number": Column(Case.number, "number"),
        "start_at": Column(Case.start_at, "instant"),
        "created_at": Column(Case.created_at, "instant"),
    },
    (Case.title, Case.description, Case.summary),
)


_EVENTS_ONLY: dict[type, str] = {
    Regex: "regular expressions",
    InNetwork: "networks",
    SameAs: "comparisons of two fields",
    DatePart: "parts of dates",
}


def condition(node: Node, searchable: Searchable) -> ColumnElement[bool]:
    """Return the tree as one condition; raises `InvalidError` for a field or test the list does not have."""
    if _size(node) > _MOST_NODES:
        raise InvalidError(f"the query has more than {_MOST_NODES} conditions")
    return _write(node, searchable)


def _size(node: Node) -> int:
    match node:
        case And(args) | Or(args):
            return 1 + sum(_size(arg) for arg in args)
        case Not(arg):
            return 1 + _size(arg)
        case OneOf():
            return len(node.values)
    return 1


def _write(node: Node, searchable: Searchable) -> ColumnElement[bool]:
    match node:
        case Everything():
            return true()
        case Nothing():
            return false()
        case And(args):
            return and_(true(), *(_write(arg, searchable) for arg in args))
        case Or(args):
            return or_(false(), *(_write(arg, searchable) for arg in args))
        case Not(arg):
            return not_(_write(arg, searchable))
        case Text(text, None):
            return or_(*(_like(column, f"*{escape_wildcard(text)}*") for column in searchable.free_text))
        case Regex() | InNetwork() | SameAs() | DatePart():
            raise InvalidError(f"{_EVENTS_ONLY[type(node)]} are for events, not for this list")
    return _test(node, _column(node.field, searchable))


def _column(name: str | None, searchable: Searchable) -> Column:
    if name is None or name not in searchable.fields:
        raise InvalidError(f"there is no field {name!r} here; known: {', '.join(searchable.fields)}")
    return searchable.fields[name]


def _test(node: Exists | Term | OneOf | Wildcard | Range | Text, column: Column) -> ColumnElement[bool]:
    match node:
        case Exists():
            return _present(column)
        case Term():
            return _equals(column, node.value)
        case OneOf():
            return or_(false(), *(_equals(column, value) for value in node.values))
        case Wildcard():
            return _matches(column, node.pattern)
        case Text():
            return _matches(column, f"*{escape_wildcard(node.text)}*")
    return _in_range(column, node)


def _present(column: Column) -> ColumnElement[bool]:
    if column.kind == "tags":
        return exists().where(Tag.subject_id == column.column)
    present = column.column.is_not(None)
    return and_(present, column.column != "") if column.kind == "text" else present


def _equals(column: Column, value: Scalar) -> ColumnElement[bool]:
    if column.kind in ("text", "tags"):
        return _matches(column, escape_wildcard(str(value)))
    return column.column == _number(column, value)


def _matches(column: Column, pattern: str) -> ColumnElement[bool]:
    if column.kind == "tags":
        return exists().where(Tag.subject_id == column.column, _like(Tag.tag, pattern))
    if column.kind == "text":
        return _like(column.column, pattern)
    if pattern == "*":
        return _present(column)
    raise InvalidError(f"{pattern!r} does not fit the field {column.column.key!r}")


def _like(column: InstrumentedAttribute[Any], pattern: str) -> ColumnElement[bool]:
    like = wildcard_like(parse_wildcard(pattern))
    # An absent value matches nothing, so that its negation is true.
    return func.lower(func.coalesce(column, "")).like(like.lower(), escape="\\") & (
        func.coalesce(column, "") != ""
    )


def _in_range(column: Column, node: Range) -> ColumnElement[bool]:
    if column.kind in ("text", "tags"):
        raise InvalidError(f"the field {column.column.key!r} has no order to ask a range of")
    bounds: list[ColumnElement[bool]] = []
    for value, test in (
        (node.gt, column.column.__gt__),
        (node.gte, column.column.__ge__),
        (node.lt, column.column.__lt__),
        (node.lte, column.column.__le__),
    ):
        if value is not None:
            bounds.append(test(_number(column, value)))
    return and_(true(), *bounds)


def _number(column: Column, value: Scalar) -> int:
    if column.kind == "severity":
        for number, label in SEVERITY_LABELS.items():
            if str(value).lower() in (label, str(number)):
                return number
    if column.kind == "instant" and isinstance(value, str) and not value.isdigit():
        return from_iso(value)
    try:
        number = int(value)
    except (ValueError, OverflowError) as error:
        raise InvalidError(f"{value!r} does not fit the field {column.column.key!r}") from error
    if abs(number) >= 1 << 63:
        raise InvalidError(f"the field {column.column.key!r} holds no number this large")
    return number
