"""Keys by way of a file: sorted, each once, and those of one hash together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tocsin.store.words import postings
from tocsin.store.words.postings import Postings, keys_of, rows_of


@pytest.mark.parametrize(("run", "merged"), [(10, 50), (1_000, 1), (7, 100_000), (1 << 40, 1 << 40)])
def test_keys_come_back_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: int, merged: int
) -> None:
    """However many are held at a time; rows of one hash are never torn apart."""
    monkeypatch.setattr(postings, "_RUN", run)
    monkeypatch.setattr(postings, "_MERGED", merged)
    drawn = np.random.default_rng(3)
    hashes = drawn.integers(0, 1 << 63, 40, dtype=np.uint64)[drawn.integers(0, 40, 2_000)] * np.uint64(2)
    rows = drawn.integers(0, 50, 2_000).astype(np.uint32)
    with Postings(tmp_path) as kept:
        for start in range(0, 2_000, 90):
            kept.add(keys_of(hashes[start : start + 90], rows[start : start + 90]))
        parts = list(kept.sorted())
    expected = {(int(one) >> 32, int(row)) for one, row in zip(hashes, rows, strict=True)}
    found = [
        (int(key) >> 32, int(row)) for part in parts for key, row in zip(part, rows_of(part), strict=True)
    ]
    assert sorted(expected) == found
    seen = [set((part >> np.uint64(32)).tolist()) for part in parts]
    assert sum(map(len, seen)) == len(set().union(*seen))
    assert [] == list(tmp_path.iterdir())


def test_no_keys_give_none(tmp_path: Path) -> None:
    """Not even an empty part."""
    with Postings(tmp_path) as kept:
        kept.add(np.empty(0, np.uint64))
        assert [] == list(kept.sorted())
