"""Writing the index of a sealed day's words into the day's file, before the file counts."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from tocsin.store.words.cutting import SEED_BYTES, TEXT, Cutter
from tocsin.store.words.gathering import Gathered, Piece, Pieces
from tocsin.store.words.postings import SHORT, Postings, rows_of

VERSION = 1
_RARE = 64
"""A word in more than one of so many rows is common: none of its rows is recorded."""
_FEW = 64
"""A word in no more rows than this is never common, however small the day."""
_SAMPLED = 10_000
_ROWS = 1_024
_SPARE_BITS = 2
"""Bits of a bucket beyond those that tell the words apart: the fewer, the more words share a bucket."""
_LEAST_BITS = 20
_HASH_BITS = 32

DDL = (
    "CREATE TABLE {day}.word_rows (bucket UINTEGER NOT NULL, rows UINTEGER[] NOT NULL)",
    "CREATE TABLE {day}.word_common (hash UINTEGER NOT NULL)",
    "CREATE TABLE {day}.word_names (word VARCHAR NOT NULL)",
    "CREATE TABLE {day}.word_loose (row UINTEGER NOT NULL)",
    (
        "CREATE TABLE {day}.word_layout (version INTEGER NOT NULL, seed BLOB NOT NULL,"
        " shift INTEGER NOT NULL, all_names BOOLEAN NOT NULL)"
    ),
)
"""What the index is. `word_rows`: the rows of a word by its bucket, a hash without its last `shift` bits.
`word_common`: hashes of words of which no rows are recorded. A word that is in neither is in no row.
`word_names`: every word that is not a hexadecimal number, if `all_names`. `word_loose`: rows whose message is
not wholly indexed, since it or a word of it is too long; any word may be in them. A row is the `rowid` of
`events`, which stays, as nothing is ever deleted from a sealed file. `seed` is what words are hashed with.
"""

Alive = Callable[[], None]
"""Is called now and then; raises what ends the writing."""


def write_index(
    cursor: duckdb.DuckDBPyConnection, alias: str, events: int, folder: Path, alive: Alive
) -> None:
    """Write the index of the events of an attached file, in the caller's transaction.

    What does not fit into memory goes to `folder`. Raises `duckdb.Error`, `OSError` and what `alive` raises.
    """
    seed = secrets.token_bytes(SEED_BYTES)
    for statement in DDL:
        cursor.execute(statement.format(day=alias))
    with Postings(folder) as postings:
        found = Gathered(Cutter(seed), postings)
        found.sample(_pieces(cursor, alias, max(1, events // _SAMPLED)))
        for rows, texts in _pieces(cursor, alias):
            alive()
            found.add(rows, texts)
        shift = _write_rows(cursor, alias, found, postings, max(_FEW, events // _RARE))
    names = [word.decode() for word in sorted(found.names)]
    _insert(cursor, f"{alias}.word_common", hash=np.array(sorted(found.common), np.uint32))
    _insert(cursor, f"{alias}.word_names", word=np.array(names, object))
    _insert(cursor, f"{alias}.word_loose", row=np.unique(np.array(found.loose, np.uint32)))
    layout = [VERSION, seed, shift, found.all_names]
    cursor.execute(f"INSERT INTO {alias}.word_layout VALUES ($1, $2, $3, $4)", layout)


def _pieces(cursor: duckdb.DuckDBPyConnection, alias: str, step: int = 1) -> Iterator[Piece]:
    chosen = f" WHERE rowid % {step} = 0" if step > 1 else ""
    pieces = Pieces()
    read = cursor.execute(f"SELECT rowid, {TEXT} FROM {alias}.events{chosen}")
    while fetched := read.fetchmany(_ROWS):
        for row, text in fetched:
            if piece := pieces.add(row, text):
                yield piece
    if piece := pieces.rest():
        yield piece


def _write_rows(
    cursor: duckdb.DuckDBPyConnection, alias: str, found: Gathered, postings: Postings, most: int
) -> int:
    """Write the rows of each word that is in no more than `most`; returns the shift of buckets."""
    shift: int | None = None
    for keys in postings.sorted():
        hashes, counts = np.unique(keys >> SHORT, return_counts=True)
        is_rare = counts <= most
        found.common.update(hashes[~is_rare].tolist())
        if shift is None:
            # Hashes are spread evenly, so the first part of them tells how many there are.
            shift = _shift(int(is_rare.sum()), (int(hashes[-1]) + 1) / (1 << _HASH_BITS))
        kept = keys[np.repeat(is_rare, counts)]
        buckets = (kept >> (SHORT + np.uint64(shift))).astype(np.uint32)
        _insert(
            cursor,
            f"{alias}.word_rows",
            "bucket, list(row) FROM incoming_words GROUP BY bucket ORDER BY bucket",
            bucket=buckets,
            row=rows_of(kept).astype(np.uint32),
        )
    return shift or 0


def _shift(words: int, share: float) -> int:
    bits = max(_LEAST_BITS, int(words / share).bit_length() + _SPARE_BITS)
    return max(0, _HASH_BITS - bits)


def _insert(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    selected: str = "* FROM incoming_words",
    **columns: NDArray[Any],
) -> None:
    if len(next(iter(columns.values()))):
        cursor.register("incoming_words", columns)
        try:
            cursor.execute(f"INSERT INTO {table} SELECT {selected}")
        finally:
            cursor.unregister("incoming_words")
