"""Clauses of OpenSearch's query DSL put together, with what is always or never true left out."""

from __future__ import annotations

from typing import Any

Clause = dict[str, Any]

ALL: Clause = {"match_all": {}}
NONE: Clause = {"match_none": {}}


def both(*clauses: Clause) -> Clause:
    """Return the clause for what all of the clauses select."""
    if NONE in clauses:
        return NONE
    parts = [clause for clause in clauses if clause != ALL]
    if len(parts) == 1:
        return parts[0]
    return {"bool": {"filter": parts}} if parts else ALL


def either(*clauses: Clause) -> Clause:
    """Return the clause for what any of the clauses selects."""
    if ALL in clauses:
        return ALL
    parts = [clause for clause in clauses if clause != NONE]
    if len(parts) == 1:
        return parts[0]
    return {"bool": {"should": parts, "minimum_should_match": 1}} if parts else NONE


def negated(clause: Clause) -> Clause:
    """Return the clause for what the clause does not select."""
    if clause == ALL:
        return NONE
    return ALL if clause == NONE else {"bool": {"must_not": [clause]}}


def measured(clause: Clause) -> tuple[int, int]:
    """Return how many clauses other than `bool` there are, and how many of those stand within each other."""
    if "bool" not in clause:
        return 1, 0
    kinds = (clause["bool"].get(kind, ()) for kind in ("filter", "should", "must_not"))
    inner = [measured(one) for clauses in kinds for one in clauses]
    return sum(number for number, _ in inner), 1 + max(depth for _, depth in inner)
