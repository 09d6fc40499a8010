"""Which word stands in which row: more than fits in memory, sorted by way of a file without a name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
"""Hash of 32 bits above, row of 32 bits below."""

_RUN = 500_000
_MERGED = 500_000
_PARTS = 256
_BORDERS = np.arange(_PARTS, dtype=np.uint64) << np.uint64(56)
_ROW = np.uint64(0xFFFFFFFF)
SHORT = np.uint64(32)
"""Bits by which a hash of 64 bits is shortened."""


def keys_of(hashes: Keys, rows: NDArray[np.uint32]) -> Keys:
    """Return the keys of words, by their hashes of 64 bits, and rows."""
    return (hashes & ~_ROW) | rows.astype(np.uint64)


def rows_of(keys: Keys) -> Keys:
    """Return the rows of keys."""
    return keys & _ROW


class Postings:
    """Takes keys in any order and gives them back sorted, each once; the file goes with the block."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed by __exit__
        self._held: list[Keys] = []
        self._count = 0
        self._runs: list[tuple[int, list[int]]] = []
        self._written = 0

    def __enter__(self) -> Postings:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, keys: Keys) -> None:
        """Take keys; raises `OSError` when the disk has no room for them."""
        self._held.append(keys)
        self._count += len(keys)
        if self._count >= _RUN:
            self._write()

    def sorted(self) -> Iterator[Keys]:
        """Yield the keys in order, some at a time, those of one hash always together; nothing empty."""
        self._write()
        sizes = sum((np.diff(borders) for _, borders in self._runs), np.zeros(_PARTS, np.int64))
        first = held = 0
        for part, size in enumerate(sizes.tolist()):
            if held and held + size > _MERGED:
                yield self._merged(first, part)
                first, held = part, 0
            held += size
        if held:
            yield self._merged(first, _PARTS)

    def _write(self) -> None:
        if not self._count:
            return
        run = _sorted_once(np.concatenate(self._held))
        self._runs.append((self._written, [*np.searchsorted(run, _BORDERS).tolist(), len(run)]))
        self._file.seek(self._written)
        self._file.write(run.tobytes())
        self._written += run.nbytes
        self._held, self._count = [], 0

    def _merged(self, first: int, end: int) -> Keys:
        found = [np.empty(0, np.uint64)]
        for start, borders in self._runs:
            self._file.seek(start + 8 * borders[first])
            data = self._file.read(8 * (borders[end] - borders[first]))
            found.append(np.frombuffer(data, np.uint64))
        return _sorted_once(np.concatenate(found))


def _sorted_once(keys: Keys) -> Keys:
    """Return the keys sorted and each once; `numpy.unique` takes several times as long for so many."""
    keys.sort()
    is_new = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_new[1:])
    return keys[is_new]
