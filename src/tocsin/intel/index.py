"""The index that says at once whether a value may be an indicator.

A sorted array of 64-bit hashes in a memory-mapped file (8 bytes per indicator, shared between processes),
a small array of what was added since, and the networks. It may say yes wrongly (a removed or expired
indicator, a collision), never no wrongly: who gets a yes reads the row.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tocsin.core.database import Database
from tocsin.intel.networks import Networks
from tocsin.intel.tables import IndicatorRow, RevisionRow

Hashes = NDArray[np.uint64]

_MAX_DELTA = 20_000
_CHUNK = 50_000


def _none() -> Hashes:
    return np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the index; never changes once made, so a reader may hold it while a newer is built."""

    revision: int = 0
    base_revision: int = 0
    base: Hashes = field(default_factory=_none)
    delta: Hashes = field(default_factory=_none)
    networks: Networks = field(default_factory=Networks)

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to match."""
        return not (len(self.base) or len(self.delta) or len(self.networks))

    def may_hold(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Return for each hash whether an indicator may have it."""
        return _held(self.base, hashes) | _held(self.delta, hashes)


class IndicatorIndex:
    """Keeps the newest snapshot. `refresh` after every change and at the start. Thread safe."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._lock = threading.Lock()
        self._snapshot = Snapshot()

    @property
    def snapshot(self) -> Snapshot:
        """The newest state."""
        return self._snapshot

    def refresh(self) -> Snapshot:
        """Bring the index up to the database; cheap when nothing changed. Returns the snapshot in use."""
        with self._lock, self._db.read() as tx:
            revision = tx.scalar(select(RevisionRow.number)) or 0
            if revision != self._snapshot.revision:
                self._snapshot = self._built(tx, revision)
            return self._snapshot

    def _built(self, tx: Session, revision: int) -> Snapshot:
        base_revision, base = self._base(revision)
        added = tx.scalar(
            select(func.count()).select_from(IndicatorRow).where(IndicatorRow.revision > base_revision)
        )
        if base_revision == 0 or (added or 0) > _MAX_DELTA:
            base_revision, base = revision, self._write(revision, _read_hashes(tx, 0))
        return Snapshot(
            revision,
            base_revision,
            base,
            _read_hashes(tx, base_revision),
            Networks(tx.scalars(select(IndicatorRow.value).where(IndicatorRow.kind == "cidr"))),
        )

    def _base(self, revision: int) -> tuple[int, Hashes]:
        """Return the newest file that is not newer than the database, or nothing (revision 0)."""
        if 0 < self._snapshot.base_revision <= revision:
            return self._snapshot.base_revision, self._snapshot.base
        for number, path in sorted(self._files(), reverse=True):
            if number <= revision and (hashes := _mapped(path)) is not None:
                return number, hashes
        return 0, _none()

    def _files(self) -> list[tuple[int, Path]]:
        found = (
            (path.stem.removeprefix("indicators-"), path) for path in self._folder.glob("indicators-*.npy")
        )
        return [(int(number), path) for number, path in found if number.isdigit()]

    def _write(self, revision: int, hashes: Hashes) -> Hashes:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"indicators-{revision}.npy"
        temporary = path.with_suffix(f".{os.getpid()}.tmp")  # another process may build the same
        with temporary.open("wb") as file:
            np.save(file, hashes)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        for number, old in self._files():
            if number != revision:
                old.unlink(missing_ok=True)  # whoever still maps it keeps it
        mapped = _mapped(path)
        return hashes if mapped is None else mapped


def _read_hashes(tx: Session, after: int) -> Hashes:
    rows = tx.scalars(
        select(IndicatorRow.key_hash).where(IndicatorRow.revision > after).execution_options(yield_per=_CHUNK)
    )
    return np.unique(np.fromiter(rows, dtype=np.int64).view(np.uint64))


def _mapped(path: Path) -> Hashes | None:
    """Return the file's hashes, or None when it is not one of ours whole: it is then built again."""
    try:
        hashes: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return hashes if hashes.dtype == np.uint64 and hashes.ndim == 1 else None


def _held(table: Hashes, hashes: Hashes) -> NDArray[np.bool_]:
    if not len(table):
        return np.zeros(len(hashes), dtype=np.bool_)
    places = np.searchsorted(table, hashes)
    places[places == len(table)] = 0
    found: NDArray[np.bool_] = table[places] == hashes
    return found
