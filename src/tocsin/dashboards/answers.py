"""The answers to panels: what a picture is drawn from, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.core.attack import Technique


@dataclass(frozen=True, slots=True)
class CountAnswer:
    """One figure, and that of the span of the same length before; None where there was nothing to measure.

    Here and below, `approximate` says that some of the figures are estimates of the log's.
    """

    value: float | None
    previous: float | None = None
    compared: bool = False
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time; `key` is the value of the field it is split by, None for all."""

    key: str | None
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """Series over common steps, of which `starts` are the beginnings (microseconds)."""

    width: int
    starts: Sequence[int]
    series: Sequence[Series]
    total: int
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A value, how often it occurs, and what was measured."""

    key: str
    count: int
    value: float | None


@dataclass(frozen=True, slots=True)
class ItemsAnswer:
    """The first values of a field of which something was measured; `other` counts what has another value."""

    items: Sequence[Item]
    other: int
    total: int
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `number` is that of an alert or case."""

    id: str
    at: int
    values: Sequence[Any]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """Rows with the values of the columns, and how many there are in all."""

    columns: Sequence[str]
    rows: Sequence[Row]
    total: int


@dataclass(frozen=True, slots=True)
class HeatAnswer:
    """Counts over two sides: `cells` are `(x, y, count)` with positions, empty ones left out.

    A key of time is text of digits: microseconds.
    """

    x: Sequence[str]
    y: Sequence[str]
    cells: Sequence[tuple[int, int, int]]
    total: int


@dataclass(frozen=True, slots=True)
class TechniqueCount:
    """A technique and how often it was seen."""

    id: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class AttackAnswer:
    """By tactic, in the order of ATT&CK, the techniques seen; one may serve several tactics."""

    tactics: Sequence[tuple[str, Sequence[TechniqueCount]]]
    total: int


Answer = CountAnswer | TimeAnswer | ItemsAnswer | TableAnswer | HeatAnswer | AttackAnswer


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with the span it is about; `partial` when there was more than could be looked at."""

    start: int
    end: int
    answer: Answer
    partial: bool = field(default=False)

    @property
    def approximate(self) -> bool:
        """Whether some of the figures are estimates."""
        return isinstance(self.answer, CountAnswer | TimeAnswer | ItemsAnswer) and self.answer.approximate


TACTICS = (
    *("Reconnaissance", "Resource Development", "Initial Access", "Execution", "Persistence"),
    *("Privilege Escalation", "Defense Evasion", "Credential Access", "Discovery", "Lateral Movement"),
    *("Collection", "Command and Control", "Exfiltration", "Impact"),
)


def matrix(counts: Sequence[tuple[str, int]], known: Mapping[str, Technique], total: int) -> AttackAnswer:
    """Sort techniques into their tactics; those nobody knows stand under `Other`."""
    columns: dict[str, list[TechniqueCount]] = {}
    for identifier, count in counts:
        technique = known.get(identifier.upper())
        seen = TechniqueCount(identifier, technique.name if technique else identifier, count)
        for tactic in technique.tactics if technique else ("Other",):
            columns.setdefault(tactic, []).append(seen)
    order = [*(t for t in TACTICS if t in columns), *sorted(t for t in columns if t not in TACTICS)]
    return AttackAnswer([(tactic, columns[tactic]) for tactic in order], total)
