"""Events as Parquet: types where every value has them, text where one has not."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tocsin.core.event import Event
from tocsin.store.base import FieldSeen, StoreError
from tocsin.store.parquet import write_parquet

SEEN = [
    FieldSeen("n", "long", 3),
    FieldSeen("mixed", "long", 3),
    FieldSeen("ok", "boolean", 1),
    FieldSeen('x"y', "keyword", 1),
]
EVENTS = [
    Event("s", 1, 1_700_000_000_000_000, 0, "=1+1", {"n": 5, "mixed": 7, "tags": ["a", "b"], "ok": True}),
    Event("s", 2, 1_700_000_000_000_001, 0, "two", {"n": -3, "mixed": "eight", 'x"y': "quoted"}),
    Event("s", 3, 1_700_000_000_000_002, 0, "three", {}),
]


def test_values_keep_their_types_and_none_is_lost(tmp_path: Path) -> None:
    """Numbers are numbers, a column with one text is text, lists are JSON, absent is null; order is kept."""
    path = tmp_path / "e.parquet"
    heard: list[int] = []
    names = ["@timestamp", "_id", "message", "event.sequence", "n", "mixed", "tags", "ok", 'x"y']
    assert 3 == write_parquet(path, [EVENTS[:2], EVENTS[2:]], names, SEEN, heard.append)
    found = duckdb.sql(f"SELECT * FROM '{path}'")
    assert [
        "timestamp",
        "_id",
        "message",
        "event.sequence",
        "n",
        "mixed",
        "tags",
        "ok",
        'x"y',
    ] == found.columns
    kinds = dict(zip(found.columns, map(str, found.types), strict=True))
    assert ("TIMESTAMP", "BIGINT", "VARCHAR", "BOOLEAN") == (
        kinds["timestamp"],
        kinds["n"],
        kinds["mixed"],
        kinds["ok"],
    )
    rows = found.fetchall()
    assert ("s~1", "=1+1", 1, 5, "7", '["a","b"]', True, None) == rows[0][1:]
    assert ("s~2", "two", 2, -3, "eight", None, None, "quoted") == rows[1][1:]
    assert (None,) * 5 == rows[2][4:]
    assert [2, 3] == heard
    assert ["e.parquet"] == [left.name for left in tmp_path.iterdir()]


def test_no_events_make_a_file_without_rows(tmp_path: Path) -> None:
    """With its columns."""
    assert 0 == write_parquet(tmp_path / "e.parquet", [], ["@timestamp", "n"], SEEN)
    assert ["timestamp", "n"] == duckdb.sql(f"SELECT * FROM '{tmp_path / 'e.parquet'}'").columns


def test_a_place_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    """As an error of the store."""
    with pytest.raises(StoreError, match="could not be written"):
        write_parquet(tmp_path / "none" / "e.parquet", [], ["n"], SEEN)
