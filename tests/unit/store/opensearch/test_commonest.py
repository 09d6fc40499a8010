"""The commonest values from what shards give, against counting them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.store.opensearch import commonest
from tocsin.store.opensearch.commonest import settle

SHARDS = st.lists(st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 9)), min_size=1, max_size=4)


def first(counts: Mapping[str, int], size: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:size]


def answer(shards: Sequence[Mapping[str, int]], many: int) -> dict[str, Any]:
    """Return what a server with these shards says: each gives its first values, the first of all remain."""
    given_ = [dict(first(shard, many)) for shard in shards]
    least = [
        min(part.values()) if len(part) < len(shard) else 0
        for part, shard in zip(given_, shards, strict=True)
    ]
    counts: Counter[str] = Counter()
    for part in given_:
        counts.update(part)
    buckets = [
        {
            "key": key,
            "doc_count": count,
            "doc_count_error_upper_bound": sum(
                bound for part, bound in zip(given_, least, strict=True) if key not in part
            ),
        }
        for key, count in first(counts, many)
    ]
    return {"buckets": buckets, "doc_count_error_upper_bound": sum(least)}


@given(SHARDS, st.integers(1, 3))
def test_what_is_settled_is_right(shards: list[dict[str, int]], size: int) -> None:
    """Whatever shards left out: the answer is that of counting every value, or none at all."""
    whole: Counter[str] = Counter()
    for shard in shards:
        whole.update(shard)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commonest, "LEAST_PER_SHARD", 4)
        found = settle(answer(shards, max(4, 2 * size)), size, lambda keys: {key: whole[key] for key in keys})
    assert found in (None, first(whole, size))


def test_values_far_ahead_are_settled_at_once() -> None:
    """Where the first values are far ahead on every shard nothing else is asked."""
    shard = {"a": 900, "b": 500} | {f"v{n}": 1 for n in range(3_000)}

    def never(_: Sequence[Any]) -> Mapping[Any, int]:
        raise AssertionError

    assert [("a", 1_800), ("b", 1_000)] == settle(answer([shard, shard], 1_000), 2, never)


def test_values_that_one_shard_left_out_are_counted() -> None:
    """A value ahead as a whole is counted where some shard did not give it."""
    noise = {f"v{n:04}": 3 for n in range(2_000)}
    shards = [noise | {"a": 900, "b": 500}, noise | {"a": 900, "b": 2}]
    asked: list[Any] = []

    def count_of(keys: Sequence[Any]) -> Mapping[Any, int]:
        asked.extend(keys)
        return {"b": 502}

    assert [("a", 1_800), ("b", 502)] == settle(answer(shards, 1_000), 2, count_of)
    assert ["b"] == asked
    assert settle(answer([noise, noise], 1_000), 2, count_of) is None
