"""Answers panels over alerts and cases, which are few enough to be counted one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tocsin.core.attack import Technique
from tocsin.core.errors import InvalidError
from tocsin.dashboards import model, steps
from tocsin.dashboards.answers import (
    Answer,
    CountAnswer,
    HeatAnswer,
    Item,
    ItemsAnswer,
    Row,
    Series,
    TableAnswer,
    TimeAnswer,
    matrix,
)
from tocsin.dashboards.heat import Heat, folded
from tocsin.dashboards.log_panels import Question
from tocsin.dashboards.model import Measure
from tocsin.dashboards.ports import Desk, DeskRow

MOST_ROWS = 50_000
"""Of a span with more alerts or cases, the newest are counted, and the answer says that it is partial."""


class DeskPanels:
    """Answers questions about alerts and cases. They lie in time by when they were opened."""

    def __init__(self, desk: Desk, techniques: Mapping[str, Technique]) -> None:
        self._desk = desk
        self._techniques = techniques

    def answer(self, tx: Any, asked: Question) -> tuple[Answer, bool]:
        """Return the answer, and whether it is about a part of the rows only."""
        rows = self._rows(tx, asked, asked.start, asked.end)
        answer = self._of(tx, asked, rows)
        return answer, len(rows) == MOST_ROWS

    def _rows(self, tx: Any, asked: Question, start: int, end: int) -> Sequence[DeskRow]:
        return self._desk.rows(tx, asked.panel.source, asked.query, start, end, most=MOST_ROWS)

    def _of(self, tx: Any, asked: Question, rows: Sequence[DeskRow]) -> Answer:
        match asked.panel.kind:
            case "count":
                return self._count(tx, asked, rows)
            case "time":
                return _over_time(asked, rows)
            case "top" | "pie":
                return _top(asked, rows)
            case "table":
                return _table(asked, rows)
            case "heatmap":
                return _heat(asked, rows)
            case "attack":
                counts = _grouped(rows, asked.panel.field)
                seen = sorted(((key, len(found)) for key, found in counts.items()), key=lambda one: -one[1])
                return matrix(seen, self._techniques, len(rows))
            case kind:
                raise InvalidError(f"a panel of kind {kind} is not for {asked.panel.source}")

    def _count(self, tx: Any, asked: Question, rows: Sequence[DeskRow]) -> CountAnswer:
        value = measured(rows, asked.panel.measure)
        if not asked.panel.compare:
            return CountAnswer(value)
        before = self._rows(tx, asked, asked.start - (asked.end - asked.start), asked.start)
        return CountAnswer(value, measured(before, asked.panel.measure), compared=True)


def measured(rows: Sequence[DeskRow], measure: Measure) -> float | None:
    """Return what is measured of the rows; None where none of them has the figure."""
    if measure.of == "count":
        return len(rows)
    if measure.of == "unique":
        return len({value for row in rows for value in row.values.get(measure.field, ())})
    values = sorted(row.figures[measure.field] for row in rows if measure.field in row.figures)
    return _FIGURES[measure.of](values) if values else None


def _rank(values: Sequence[float], percent: float) -> float:
    """Return a percentile of sorted values, interpolated between neighbours."""
    place = (len(values) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


_FIGURES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": lambda values: values[0],
    "max": lambda values: values[-1],
    "median": lambda values: _rank(values, 50),
    "p95": lambda values: _rank(values, 95),
}


def _grouped(rows: Iterable[DeskRow], field: str) -> dict[str, list[DeskRow]]:
    found: dict[str, list[DeskRow]] = {}
    for row in rows:
        for value in row.values.get(field, ()):
            found.setdefault(value, []).append(row)
    return found


def _first(groups: Mapping[str, Sequence[DeskRow]], measure: Measure, size: int) -> list[str]:
    """Return the keys with most, ties by key."""
    return sorted(groups, key=lambda key: (-(measured(groups[key], measure) or 0), key))[:size]


def _over_time(asked: Question, rows: Sequence[DeskRow]) -> TimeAnswer:
    panel = asked.panel
    wanted = max(1, min(asked.buckets, steps.MOST_STEPS))
    interval = steps.interval_for(asked.start, asked.end, wanted, asked.zone)
    starts = list(steps.starts(interval, asked.start, asked.end))

    def series(key: str | None, some: Sequence[DeskRow]) -> Series:
        at: dict[int, list[DeskRow]] = {start: [] for start in starts}
        for row in some:
            at.setdefault(interval.start(row.at), []).append(row)
        return Series(key, [measured(at[start], panel.measure) for start in starts])

    if not panel.split:
        return TimeAnswer(interval.width, starts, [series(None, rows)], len(rows))
    groups = _grouped(rows, panel.split)
    keys = _first(groups, Measure(), min(panel.size, 20))
    return TimeAnswer(interval.width, starts, [series(key, groups[key]) for key in keys], len(rows))


def _top(asked: Question, rows: Sequence[DeskRow]) -> ItemsAnswer:
    panel, groups = asked.panel, _grouped(rows, asked.panel.field)
    known = {key: group for key, group in groups.items() if measured(group, panel.measure) is not None}
    keys = _first(known, panel.measure, panel.size)
    items = [Item(key, len(groups[key]), measured(groups[key], panel.measure)) for key in keys]
    total = sum(len(group) for group in groups.values())
    return ItemsAnswer(items, total - sum(item.count for item in items), total)


def _table(asked: Question, rows: Sequence[DeskRow]) -> TableAnswer:
    panel = asked.panel
    columns = panel.columns or model.TABLE_COLUMNS[panel.source]
    chosen = rows if panel.order == "newest" else rows[::-1]
    shown = [
        Row(
            row.id,
            row.at,
            [row.title, *(", ".join(row.values.get(name, ())) for name in columns)],
            row.number,
        )
        for row in chosen[: panel.size]
    ]
    return TableAnswer(["title", *columns], shown, len(rows))


def _heat(asked: Question, rows: Sequence[DeskRow]) -> HeatAnswer:
    sides = (asked.panel.x, asked.panel.y)
    wanted = max(1, min(asked.buckets, 100))
    interval = steps.interval_for(asked.start, asked.end, wanted, asked.zone)
    heat = Heat()
    for row in rows:
        for x in _keys(row, sides[0], interval.start(row.at), asked.zone):
            for y in _keys(row, sides[1], interval.start(row.at), asked.zone):
                heat.add(x, y, 1)
    return heat.answer(sides, list(steps.starts(interval, asked.start, asked.end)), asked.panel.size)


def _keys(row: DeskRow, side: str, step: int, zone: str) -> tuple[str, ...]:
    if side in model.PARTS_OF_TIME:
        return (folded(side, step if side == model.TIME else row.at, zone),)
    return row.values.get(side, ())
