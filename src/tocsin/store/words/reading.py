"""Reading the index of a sealed day's words: which rows a condition can select at most."""

# ruff: noqa: S608  # names of days and columns are ours; every value from outside is a parameter
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.query.fragments import AllOf, AnyOf, Fragment, Need
from tocsin.store.words.cutting import LONGEST_WORD, Cutter, names
from tocsin.store.words.postings import SHORT
from tocsin.store.words.writing import VERSION

Rows = NDArray[np.int64]
Ask = Callable[[str, list[Any]], list[Any]]
"""Runs a statement and returns its rows."""

_MOST_WORDS = 500
"""Words of the list that one fragment may be in."""
_IS_WORD = r"SELECT regexp_full_match($1, '[\pL\pN_]+')"


@dataclass(frozen=True, slots=True)
class WordIndex:
    """The index of one attached file."""

    alias: str
    cutter: Cutter
    shift: int
    all_names: bool
    common: frozenset[int]
    loose: Rows
    """Rows whose message may hold any word."""

    def rows(self, need: Need, ask: Ask) -> Rows | None:
        """Return the rows, sorted, that any message with what is needed is in; None when it may be any."""
        match need:
            case AllOf(parts):
                return self._all_of(parts, ask)
            case AnyOf(parts):
                each = [self.rows(part, ask) for part in parts]
                known = [rows for rows in each if rows is not None]
                return reduce(np.union1d, known, _NOTHING) if len(known) == len(each) else None
            case Fragment():
                words = self._words(need, ask)
                return None if words is None else self._of(words, ask)

    def _all_of(self, parts: Sequence[Need], ask: Ask) -> Rows | None:
        found: Rows | None = None
        for part in parts:
            rows = self.rows(part, ask)
            if rows is not None:
                found = rows if found is None else _common(found, rows)
            if found is not None and not len(found):
                break
        return found

    def _words(self, fragment: Fragment, ask: Ask) -> list[bytes] | None:
        """Return the words of the day a fragment can be in; None when they are not known, or too many."""
        encoded = fragment.text.encode()
        if fragment.is_whole:
            # What another version of Unicode takes for a word, the database may have cut in two.
            is_word = fragment.text.isascii() or ask(_IS_WORD, [fragment.text])[0][0]
            return [encoded] if is_word and len(encoded) <= LONGEST_WORD else None
        if not (self.all_names and names(encoded)):
            return None
        sql = f"SELECT word FROM {self.alias}.word_names WHERE {_form(fragment)} LIMIT {_MOST_WORDS + 1}"
        found = [word.encode() for (word,) in ask(sql, [fragment.text])]
        return found if len(found) <= _MOST_WORDS else None

    def _of(self, words: list[bytes], ask: Ask) -> Rows | None:
        hashes = [self.cutter.hash_of(word) >> int(SHORT) for word in words]
        if not self.common.isdisjoint(hashes):
            return None
        buckets = sorted({value >> self.shift for value in hashes})
        if not buckets:
            return self.loose
        among = ", ".join(map(str, buckets))
        sql = f"SELECT unnest(rows) FROM {self.alias}.word_rows WHERE bucket IN ({among})"
        return np.union1d(np.array(ask(sql, []), np.int64), self.loose)


_NOTHING: Rows = np.empty(0, np.int64)


def index_of(alias: str, ask: Ask) -> WordIndex | None:
    """Return the index of an attached file; None when it has none that this version reads."""
    exists = "SELECT count(*) FROM duckdb_tables() WHERE database_name = $1 AND table_name = 'word_layout'"
    if not ask(exists, [alias])[0][0]:
        return None
    version, seed, shift, all_names = ask(f"SELECT * FROM {alias}.word_layout", [])[0]
    if version != VERSION:
        return None
    common = frozenset(value for (value,) in ask(f"SELECT hash FROM {alias}.word_common", []))
    loose = np.array(ask(f"SELECT row FROM {alias}.word_loose ORDER BY row", []), np.int64).reshape(-1)
    return WordIndex(alias, Cutter(seed), shift, all_names, common, loose)


def _common(one: Rows, other: Rows) -> Rows:
    both: Rows = np.intersect1d(one, other, assume_unique=True)
    return both


def _form(fragment: Fragment) -> str:
    if not fragment.open_left:
        return "starts_with(word, $1)"
    return "contains(word, $1)" if fragment.open_right else "suffix(word, $1)"
