"""Gives the fields of a query and of aggregations the names the log has them under."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tocsin.core.fields import MESSAGE
from tocsin.query.aggregation import (
    Aggregation,
    BucketKind,
    Composite,
    CompositeSource,
    Filters,
    MetricKind,
    SortKey,
    Terms,
    TopHits,
    ValueKind,
)
from tocsin.query.tree import And, Everything, Node, Not, Nothing, Or, SameAs, Text

Rename = Callable[[str], str]
KindOf = Callable[[str], ValueKind | None]
"""Gives how the values of a field are ordered; None: as it is declared."""


def renamed(node: Node, rename: Rename) -> Node:
    """Return the tree with other names for its fields."""
    match node:
        case And(args):
            return And(tuple(renamed(arg, rename) for arg in args))
        case Or(args):
            return Or(tuple(renamed(arg, rename) for arg in args))
        case Not(arg):
            return Not(renamed(arg, rename))
        case Everything() | Nothing() | Text(_, None):
            return node
        case SameAs(field, other):
            return replace(node, field=rename(field), other=rename(other))
        case _:
            return replace(node, field=rename(node.field or MESSAGE))


def renamed_sort(key: SortKey, rename: Rename, kind_of: KindOf) -> SortKey:
    """Return a sort key by another name, with the kind of its values."""
    name = rename(key.field)
    return replace(key, field=name, kind=key.kind or kind_of(name))


def renamed_aggregation(one: Aggregation, rename: Rename, kind_of: KindOf) -> Aggregation:
    """Return an aggregation, and those below it, with fields' other names and the kinds of their values."""
    inner = tuple(renamed_aggregation(child, rename, kind_of) for child in one.inner)
    return replace(one, kind=_kind(one.kind, rename, kind_of), inner=inner)


def _kind(kind: BucketKind | MetricKind, rename: Rename, kind_of: KindOf) -> BucketKind | MetricKind:
    if isinstance(kind, Filters):
        return replace(kind, queries=tuple((name, renamed(query, rename)) for name, query in kind.queries))
    if isinstance(kind, Composite):
        return replace(kind, sources=tuple(_source(source, rename) for source in kind.sources))
    if isinstance(kind, TopHits):
        return replace(kind, sort=tuple(renamed_sort(key, rename, kind_of) for key in kind.sort))
    found: BucketKind | MetricKind = _field(kind, rename)
    return replace(found, kind=kind_of(found.field)) if isinstance(found, Terms) else found


def _source(source: CompositeSource, rename: Rename) -> CompositeSource:
    return replace(source, by=_field(source.by, rename))


def _field(kind: Any, rename: Rename) -> Any:
    return replace(kind, field=rename(kind.field))
