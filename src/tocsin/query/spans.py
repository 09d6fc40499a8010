"""The time a query can be about, so that a store need not look elsewhere."""

from __future__ import annotations

from tocsin.core.fields import TIMESTAMP
from tocsin.query.tree import And, Node, Or, Range
from tocsin.query.values import range_bounds

_EARLIEST = -(2**63)
_LATEST = 2**63 - 1


def time_span(node: Node) -> tuple[int | None, int | None]:
    """Return bounds (`from <= at < to`) outside of which the query selects nothing; None is an open end."""
    first, end = _span(node)
    return (None if first == _EARLIEST else first), (None if end == _LATEST else end)


def _span(node: Node) -> tuple[int, int]:
    match node:
        case Range(field) if field == TIMESTAMP:
            return _of_range(node)
        case And(args):
            spans = [_span(arg) for arg in args]
            firsts, ends = [first for first, _ in spans], [end for _, end in spans]
            return max(firsts, default=_EARLIEST), min(ends, default=_LATEST)
        case Or(args) if args:
            spans = [_span(arg) for arg in args]
            return min(first for first, _ in spans), max(end for _, end in spans)
    return _EARLIEST, _LATEST


def _of_range(node: Range) -> tuple[int, int]:
    first, end = _EARLIEST, _LATEST
    for operator, bound in range_bounds(node):
        match operator:
            case ">":
                first = max(first, bound + 1)
            case ">=":
                first = max(first, bound)
            case "<":
                end = min(end, bound)
            case _:
                end = min(end, bound + 1)
    return first, end
