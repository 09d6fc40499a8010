"""The catalog: what each day's file holds, so that a start need not open them all.

It is a copy: a missing or stale entry is read again from the day's files.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class FieldCounts(msgspec.Struct):
    """How many events hold each field, for the commits up to `through`."""

    through: int = 0
    counts: dict[str, int] = {}
    types: dict[str, str] = {}


class DaySummary(msgspec.Struct):
    """What one day's files hold."""

    events: int = 0
    first_commit: int = 0
    last_commit: int = 0
    marks: dict[str, tuple[int, int]] = {}
    """Per source: the first sequence stored on this day and the last one settled."""
    listed: set[str] = set()
    """Fields that hold a list in some event of the day."""
    fields: FieldCounts = msgspec.field(default_factory=FieldCounts)
    size_bytes: int = -1
    modified_ns: int = -1
    generation: int = 0
    """How often the day was sealed."""
    written_at: int = -1
    """When it was last written to, microseconds; -1: not known."""


class Catalog(msgspec.Struct):
    """The whole log in short."""

    last_commit: int = 0
    acked: dict[str, int] = {}
    days: dict[str, DaySummary] = {}


def load_catalog(path: Path) -> Catalog:
    """Read the catalog; an absent or unreadable one is empty, since it can be made again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Catalog)
    except (FileNotFoundError, msgspec.DecodeError):
        return Catalog()


def save_catalog(path: Path, catalog: Catalog) -> None:
    """Replace the catalog as a whole, durably; raises `OSError`, then the old one stands."""
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(msgspec.json.encode(catalog))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
