"""In which state each day of the log is, and whether what is sealed is still what it was.

Needs no open log: it reads the folder and the journal, so it works beside a running platform.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tocsin.store.base import StoreError
from tocsin.store.catalog import DaySummary, load_catalog
from tocsin.store.holds import Holds
from tocsin.store.journal import FILE, Journal, Seal
from tocsin.store.parts import DayFolder
from tocsin.store.sealing import sha256_of

State = Literal["open", "sealed", "sealed, late events beside it"]


@dataclass(frozen=True, slots=True)
class DayState:
    """One day: what is known of it without reading it; `events` is None when only the platform knows."""

    day: str
    state: State
    events: int | None
    size_bytes: int
    sha256: str | None
    sealed_at: int | None
    adopted: bool
    holds: Sequence[int]

    @property
    def bytes_per_event(self) -> float | None:
        """Disk the day takes for each event."""
        return round(self.size_bytes / self.events, 1) if self.events else None


@dataclass(frozen=True, slots=True)
class Checked:
    """A sealed file and the checksum found; None when there is no such file, or none is known of it."""

    day: str
    file: str
    expected: str | None
    found: str | None

    @property
    def is_sound(self) -> bool:
        """Whether the file is what it was when it was sealed."""
        return self.expected is not None and self.expected == self.found


def journal_of(root: Path) -> Journal:
    """Open the journal of a log; raises `StoreError` when there is none."""
    if not (root / FILE).exists():
        raise StoreError(f"there is no log under {root}")
    return Journal(root)


def states(
    folder: DayFolder, journal: Journal, summaries: Mapping[str, DaySummary] | None = None
) -> list[DayState]:
    """Return the state of every day, oldest first.

    `summaries` are those of an open log; without them the catalog is asked, where it is not stale.
    """
    if summaries is None:
        catalog = load_catalog(folder.path.parent / "catalog.json").days
        stamps = {day: (one.generation, one.size_bytes, one.modified_ns) for day, one in catalog.items()}
        summaries = {
            day: catalog[day]
            for day, generation in folder.generations().items()
            if stamps.get(day) == (generation, *folder.stamp(day, generation))
        }
    seals, holds = journal.seals(), Holds(journal).in_force()
    return [
        _state(
            folder,
            (day, generation),
            seals.get((day, generation)),
            summaries.get(day),
            [hold.id for hold in holds if hold.touches(day)],
        )
        for day, generation in sorted(folder.generations().items())
    ]


def _state(
    folder: DayFolder,
    key: tuple[str, int],
    seal: Seal | None,
    summary: DaySummary | None,
    holds: Sequence[int],
) -> DayState:
    day, generation = key
    late = folder.opened(day, generation).exists()
    state: State = "open" if not generation else "sealed, late events beside it" if late else "sealed"
    return DayState(
        day=day,
        state=state,
        events=summary.events if summary else seal.events if seal and state == "sealed" else None,
        size_bytes=folder.size(day, generation),
        sha256=seal.sha256 if seal else None,
        sealed_at=seal.sealed_at if seal else None,
        adopted=seal.adopted if seal else False,
        holds=holds,
    )


def to_verify(folder: DayFolder, journal: Journal) -> list[str]:
    """Return the days that are sealed, or that the journal says are."""
    found = folder.generations()
    sealed = {day for day, generation in found.items() if generation}
    return sorted(sealed | {day for day, _ in journal.seals() if day not in found})


def verify(
    folder: DayFolder, journal: Journal, heard: Callable[[int], None] = lambda _: None
) -> Iterator[Checked]:
    """Yield what is found of each sealed file, oldest first; `heard` is told the bytes read as it goes."""
    for day in to_verify(folder, journal):
        checked = _checked(folder, journal, day, heard)
        while not checked.is_sound and _generation(folder, journal, day) != _number(checked):
            checked = _checked(folder, journal, day, heard)  # it was sealed anew meanwhile
        if _generation(folder, journal, day):
            yield checked


def _checked(folder: DayFolder, journal: Journal, day: str, heard: Callable[[int], None]) -> Checked:
    generation = _generation(folder, journal, day)
    path = folder.sealed(day, generation)
    seal = journal.seals().get((day, generation))
    try:
        found = sha256_of(path, heard)
    except FileNotFoundError:
        found = None
    return Checked(day, path.name, seal.sha256 if seal else None, found)


def _generation(folder: DayFolder, journal: Journal, day: str) -> int:
    """Return the generation of a day; without a file the newest sealed, or 0 when it was dropped."""
    found = folder.generations().get(day)
    if found is not None:
        return found
    return max((number for sealed, number in journal.seals() if sealed == day), default=0)


def _number(checked: Checked) -> int:
    return int(checked.file.split(".sealed")[1].split(".")[0])
