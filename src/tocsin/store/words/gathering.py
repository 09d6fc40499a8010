"""Gathering the words of a day's messages: the rows of the rare ones, and what the common ones are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tocsin.store.words.cutting import LONGEST_WORD, MOST_TEXT, Cut, Cutter, Hashes
from tocsin.store.words.postings import SHORT, Postings, keys_of

Rows = NDArray[np.uint32]
Piece = tuple[Rows, list[bytes]]
"""Rows and their texts, together about `MOST_TEXT` bytes."""

TOO_LONG = b" "
"""Stands in the place of a text that is not cut; told apart by identity."""
_SURELY = 32
_FEWEST_SAMPLED = 2_048
_SLOTS = 44
_MOST_NAMES = 250_000
"""Distinct words that may be names, of a day with a list of them: they are held in memory."""


class Gathered:
    """What the messages hold, as far as they are read.

    `common` has short hashes of words that are common for certain, `names` the distinct words that are no
    hexadecimal numbers unless there are too many, `loose` the rows that are not wholly indexed.
    """

    def __init__(self, cutter: Cutter, postings: Postings) -> None:
        self._cutter = cutter
        self._postings = postings
        self._dropped = np.zeros(1 << (64 - _SLOTS), np.uint64)
        self.common: set[int] = set()
        self.loose: list[int] = []
        self.names: set[bytes] = set()
        self.all_names = True

    def sample(self, pieces: Iterable[Piece]) -> None:
        """Find words in one of 32 sampled messages: the rows of nine words in ten need not be counted."""
        counts: Counter[int] = Counter()
        sampled = 0
        for _, texts in pieces:
            cut = self._cutter.cut(texts)
            seen, places, times = _first_of_each(cut)
            counts.update(dict(zip(seen.tolist(), times.tolist(), strict=True)))
            self._name(cut, places)
            sampled += len(texts)
        if sampled < _FEWEST_SAMPLED:
            return
        surely = np.array([seen for seen, count in counts.items() if count * _SURELY >= sampled], np.uint64)
        self.common.update((surely >> SHORT).tolist())
        self._dropped[_slots(surely)] = surely

    def add(self, rows: Rows, texts: list[bytes]) -> None:
        """Take messages and the rows they stand in."""
        cut = self._cutter.cut(texts)
        lengths = cut.ends - cut.starts
        self.loose += rows[np.unique(cut.rows[lengths > LONGEST_WORD])].tolist()
        self.loose += [row for row, text in zip(rows.tolist(), texts, strict=True) if text is TOO_LONG]
        # By the whole hash: another word with the same slot must not keep this one from being recorded.
        is_dropped = self._dropped[_slots(cut.hashes)] == cut.hashes
        kept = np.flatnonzero(~is_dropped & (lengths <= LONGEST_WORD))
        self._postings.add(keys_of(cut.hashes[kept], rows[cut.rows[kept]]))
        self._name(cut, kept)

    def _name(self, cut: Cut, places: NDArray[np.int64]) -> None:
        if not self.all_names:
            return
        named = places[cut.naming[places] & (cut.ends[places] - cut.starts[places] <= LONGEST_WORD)]
        _, first = np.unique(cut.hashes[named], return_index=True)
        self.names.update(map(cut.word, named[first].tolist()))
        if len(self.names) > _MOST_NAMES:
            self.all_names = False
            self.names.clear()


def _first_of_each(cut: Cut) -> tuple[Hashes, NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct words by hash, a place of each, and in how many messages each is."""
    order = np.lexsort((cut.rows, cut.hashes))
    hashes, rows = cut.hashes[order], cut.rows[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (hashes[1:] != hashes[:-1]) | (rows[1:] != rows[:-1])
    seen, places, times = np.unique(hashes[is_first], return_index=True, return_counts=True)
    return seen, order[is_first][places], times


def _slots(hashes: Hashes) -> NDArray[np.int64]:
    return (hashes >> np.uint64(_SLOTS)).astype(np.int64)


class Pieces:
    """Collects rows and texts into pieces."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._texts: list[bytes] = []
        self._held = 0

    def add(self, row: int, text: str) -> Piece | None:
        """Take a text; returns the piece that is complete with it, if one is."""
        encoded = text.encode()
        self._rows.append(row)
        self._texts.append(encoded if len(encoded) <= MOST_TEXT else TOO_LONG)
        self._held += len(self._texts[-1]) + 1
        return self.rest() if self._held >= MOST_TEXT else None

    def rest(self) -> Piece | None:
        """Return what is left over, if anything is."""
        if not self._rows:
            return None
        piece = np.array(self._rows, np.uint32), self._texts
        self._rows, self._texts, self._held = [], [], 0
        return piece
