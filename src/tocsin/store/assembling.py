"""The answer of a bucket aggregation, of its rows: keys as they are shown, empty buckets where wanted."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.query.aggregation import (
    Aggregation,
    Bucket,
    BucketKind,
    Buckets,
    Filters,
    Missing,
    Ranges,
    Result,
    Terms,
    nothing,
)
from tocsin.store.grouping import Row
from tocsin.store.keys import shown, with_gaps

Holder = dict[str, Result]


def assembled(one: Aggregation, kind: BucketKind, mine: Sequence[tuple[Row, Holder]]) -> Buckets:
    """Return the answer of one aggregation in one parent, of its rows in order and what stands below each."""
    found = {row.key: Bucket(shown(kind, row.key), row.count, holder) for row, holder in mine}
    for bucket in found.values():
        for child in one.inner:
            if child.name not in bucket.results:
                assert isinstance(bucket.results, dict)  # noqa: S101  a `Holder`, see above
                bucket.results[child.name] = nothing(child)
    if isinstance(kind, Ranges | Filters | Missing):
        empty = nothing(one)
        assert isinstance(empty, Buckets)  # noqa: S101  these are bucket aggregations
        return Buckets([found.get((place,), bucket) for place, bucket in enumerate(empty.buckets)])
    other = mine[0][0].total - sum(row.count for row, _ in mine) if mine and isinstance(kind, Terms) else 0
    return Buckets(with_gaps(one, kind, list(found.values())), other)
