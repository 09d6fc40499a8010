"""The files of a day and what each is: sealed for good, or open for what comes.

    2026-11-24.duckdb            open: the day has never been sealed
    2026-11-24.sealed1.duckdb    sealed, the first generation
    2026-11-24.late1.duckdb      open: what came after the first generation was sealed
    2026-11-24.2.sealing         a second generation that is being written from both

A sealed file takes its name in one step, when it is whole and durable; from then on it stands for
everything of earlier generations. So the highest generation counts, and the rest are leftovers.
"""

from __future__ import annotations

import re
from pathlib import Path

_DAY = r"(\d{4}-\d\d-\d\d)"
_SEALED = re.compile(_DAY + r"\.sealed([1-9]\d*)\.duckdb")
_OPEN = re.compile(_DAY + r"(?:\.late([1-9]\d*))?\.duckdb")
_ANY = re.compile(_DAY + r"\.(?:(?:sealed|late)?(\d*)\.?duckdb|(\d+)\.sealing)(?:\.wal)?")

STAGING = "backup.staging"
"""Folder beside the days' where sealed files are linked while they are backed up."""


class DayFolder:
    """Where the days' files stand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def opened(self, day: str, generation: int) -> Path:
        """Return the path of the open file that goes with a generation; 0: never sealed."""
        return self.path / (f"{day}.late{generation}.duckdb" if generation else f"{day}.duckdb")

    def sealed(self, day: str, generation: int) -> Path:
        """Return the path of a sealed file."""
        return self.path / f"{day}.sealed{generation}.duckdb"

    def sealing(self, day: str, generation: int) -> Path:
        """Return the path under which a sealed file is written."""
        return self.path / f"{day}.{generation}.sealing"

    def current(self, day: str, generation: int) -> list[Path]:
        """Return the files there are of a day: the sealed one, the open one and its write-ahead log."""
        opened = self.opened(day, generation)
        paths = [opened, wal_of(opened)]
        if generation:
            paths.insert(0, self.sealed(day, generation))
        return [path for path in paths if path.exists()]

    def generations(self) -> dict[str, int]:
        """Return the generation of every day there is a file of.

        A late file without the sealed one it goes with counts too: what is lost is lost, the rest is kept.
        """
        found: dict[str, int] = {}
        for path in self.path.iterdir():
            if match := _SEALED.fullmatch(path.name) or _OPEN.fullmatch(path.name):
                found[match[1]] = max(found.get(match[1], 0), int(match[2] or 0))
        return found

    def leftovers(self) -> list[Path]:
        """Return the files that do not count: of earlier generations, or never finished."""
        current = {path for day, number in self.generations().items() for path in self.current(day, number)}
        found = [path for path in self.path.iterdir() if _ANY.fullmatch(path.name)]
        return [path for path in found if path not in current]

    def all_of(self, day: str) -> list[Path]:
        """Return every file of a day, write-ahead logs first, so that none outlives its file."""
        found = [
            path for path in self.path.iterdir() if (match := _ANY.fullmatch(path.name)) and match[1] == day
        ]
        return sorted(found, key=lambda path: (not path.name.endswith(".wal"), path.name))

    def stamp(self, day: str, generation: int) -> tuple[int, int]:
        """Return size and time of a day's files; a day with a write-ahead log has none to rely on."""
        paths = self.current(day, generation)
        if not paths:
            return -1, -1
        if wal_of(self.opened(day, generation)) in paths:
            return -2, -2
        states = [path.stat() for path in paths]
        return sum(state.st_size for state in states), max(state.st_mtime_ns for state in states)

    def size(self, day: str, generation: int) -> int:
        """Return how many bytes of disk a day takes."""
        return sum(path.stat().st_size for path in self.current(day, generation))


def wal_of(path: Path) -> Path:
    """Return where DuckDB keeps the write-ahead log of a file."""
    return path.with_name(path.name + ".wal")
