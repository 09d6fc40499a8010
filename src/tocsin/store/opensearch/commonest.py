"""The commonest values of a field, exactly, from what each shard says of its own commonest ones.

A shard gives its first values with their counts, and the server says how many events a value may have at
most on the shards that did not give it. Where the wanted ones are ahead of all that, the first answer settles
which they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.query.values import text_of

LEAST_PER_SHARD = 1_000

Counted = tuple[Any, int]
CountOf = Callable[[Sequence[Any]], Mapping[Any, int]]


def commonest_terms(name: str, size: int) -> dict[str, Any]:
    """Return the aggregation that `settle` reads."""
    many = max(LEAST_PER_SHARD, 2 * size)
    terms = {
        "field": name,
        "size": many,
        "shard_size": many,
        "show_term_doc_count_error": True,
        "order": [{"_count": "desc"}, {"_key": "asc"}],
    }
    return {"terms": terms}


def settle(found: Mapping[str, Any], size: int, count_of: CountOf) -> list[Counted] | None:
    """Return the commonest values, ties by key; None when the answer leaves open which these are.

    `count_of` counts values that some shard did not give.
    """
    buckets = found["buckets"]
    missed = found["doc_count_error_upper_bound"]
    if not missed:
        return [(one["key"], one["doc_count"]) for one in buckets[:size]]
    if len(buckets) < size:
        return None
    least = buckets[size - 1]["doc_count"]
    if least <= missed + (buckets[-1]["doc_count"] if len(buckets) >= max(LEAST_PER_SHARD, 2 * size) else 0):
        return None
    hopeful = [one for one in buckets if one["doc_count"] + _error(one) >= least]
    unsure = [one["key"] for one in hopeful if _error(one)]
    counts = {one["key"]: one["doc_count"] for one in hopeful} | (dict(count_of(unsure)) if unsure else {})
    return sorted(counts.items(), key=lambda one: (-one[1], text_of(one[0])))[:size]


def _error(bucket: Mapping[str, Any]) -> int:
    error: int = bucket["doc_count_error_upper_bound"]
    return error
