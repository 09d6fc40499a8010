"""Cutting messages into words, and the hash of each: whole arrays at a time.

A word is what the conditions of searches take for one: a run of letters, digits and `_` in lower case.
Texts of ASCII alone are cut here; others the database cuts, since only it knows what it takes for letters.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST_WORD = 63
"""Bytes of the longest word that is indexed; a message with a longer one may hold anything."""
MOST_TEXT = 1 << 18
"""Bytes cut at a time, and the longest message that is cut at all."""
SEED_BYTES = 16

TEXT = (
    "CASE WHEN strlen(message) = length(message) THEN message"
    r" ELSE array_to_string(regexp_extract_all(lower(message), '[\pL\pN_]+'), ' ') END"
)
"""What is cut: a message of ASCII as it is, of others the words with a blank between them."""

_HEX = b"0123456789abcdef"
_LETTERS = b"ghijklmnopqrstuvwxyz_"
_NAMING = 2
_ROOM = 2 * MOST_TEXT + 8
_WIDE = 1 << 64
_FACTOR = 0x9E3779B97F4A7C15

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]


def names(word: bytes) -> bool:
    """Say whether a word holds more than the digits of hexadecimal numbers, and so may be a name."""
    return bool(word.strip(_HEX))


@dataclass(frozen=True, slots=True)
class Cut:
    """The words of some messages: the hash of each, in which message and where in `text` it stands."""

    text: bytes
    hashes: Hashes
    rows: NDArray[np.uint32]
    starts: Places
    ends: Places
    naming: NDArray[np.bool_]
    """Which words `names` is true of."""

    def word(self, place: int) -> bytes:
        """Return a word in lower case."""
        return self.text[self.starts[place] : self.ends[place]].lower()


class Cutter:
    """Cuts and hashes by a secret of its file, so that nobody can make a word that hides behind another."""

    def __init__(self, seed: bytes) -> None:
        drawn = hashlib.shake_256(seed).digest(8 * 257)
        codes = np.frombuffer(drawn, "<u8").astype(np.uint64)
        self._base = int(codes[256]) | 1
        self._codes, self._kinds = _tables(codes[:256])
        self._powers = self._inverses = np.empty(0, np.uint64)

    def hash_of(self, word: bytes) -> int:
        """Return the hash of a word in lower case."""
        total = 0
        for place, letter in enumerate(word):
            total += int(self._codes[letter]) * pow(self._base, place, _WIDE)
        return int(_mixed(np.array([total % _WIDE], np.uint64))[0])

    def cut(self, texts: Sequence[bytes]) -> Cut:
        """Return the words of texts that take `MOST_TEXT` bytes together, or a little more."""
        joined = b"\n".join(texts) + b"\n"
        letters = np.frombuffer(joined, np.uint8)
        kinds = self._kinds[letters]
        borders = np.flatnonzero(np.diff((kinds != 0).view(np.int8), prepend=np.int8(0)))
        starts, ends = borders[::2], borders[1::2]
        if not len(starts):
            nothing = np.empty(0, np.uint64)
            return Cut(joined, nothing, nothing.astype(np.uint32), starts, ends, nothing.astype(np.bool_))
        lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        first = np.searchsorted(starts, np.concatenate(([0], np.cumsum(lengths))))
        rows = np.repeat(np.arange(len(texts), dtype=np.uint32), np.diff(first))
        naming = np.bitwise_or.reduceat(kinds, starts) >= _NAMING
        return Cut(joined, self._hashes(letters, starts), rows, starts, ends, naming)

    def _hashes(self, letters: NDArray[np.uint8], starts: Places) -> Hashes:
        """Return the hash of each word: the sum of its letters' codes times powers of a base, modulo 2**64.

        The powers go on from word to word; the inverse of the first letter's brings each back to its start.
        """
        if not len(self._powers):
            self._powers = _powers(self._base)
            self._inverses = _powers(pow(self._base, -1, _WIDE))
        terms = self._codes[letters]
        terms *= self._powers[: len(terms)]
        sums: Hashes = np.add.reduceat(terms, starts)
        sums *= self._inverses[starts]
        return _mixed(sums)


def _mixed(sums: Hashes) -> Hashes:
    """Return the sums with their low bits spread over the high ones, in place."""
    sums ^= sums >> np.uint64(32)
    sums *= np.uint64(_FACTOR)
    sums ^= sums >> np.uint64(29)
    return sums


def _powers(base: int) -> Hashes:
    steps = np.full(_ROOM, base, np.uint64)
    steps[0] = 1
    return np.multiply.accumulate(steps)


def _tables(drawn: Any) -> tuple[Hashes, NDArray[np.uint8]]:
    """Return a code for each byte, 0 between words, capitals as small letters; and its kind."""
    kinds = np.zeros(256, np.uint8)
    kinds[list(_HEX)] = 1
    kinds[list(_LETTERS)] = _NAMING
    kinds[0x80:] = _NAMING
    codes = np.where(kinds > 0, drawn | np.uint64(1), np.uint64(0))
    small = np.arange(ord("a"), ord("z") + 1)
    codes[small - 32] = codes[small]
    kinds[small - 32] = kinds[small]
    return codes, kinds
