"""Gathers the cells of a heatmap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.dashboards import model, steps
from tocsin.dashboards.answers import HeatAnswer


def folded(side: str, at: int, zone: str) -> str:
    """Return the key of an instant on a side that is a part of time."""
    if side == model.TIME:
        return str(at)
    hour, weekday = steps.hour_and_weekday(at, zone)
    return steps.HOURS[hour] if side == model.HOUR else steps.WEEKDAYS[weekday]


@dataclass(slots=True)
class Heat:
    """Counts by the keys of two sides."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, x: str, y: str, count: int) -> None:
        """Add to a cell."""
        self.counts[x, y] = self.counts.get((x, y), 0) + count

    def answer(self, sides: tuple[str, str], starts: Sequence[int], most: int) -> HeatAnswer:
        """Return the cells; `starts` are the steps of a side of time, `most` the values a field shows."""
        x, y = (self._keys(side, at, starts, most) for at, side in enumerate(sides))
        places = ({key: at for at, key in enumerate(x)}, {key: at for at, key in enumerate(y)})
        cells = [
            (places[0][one], places[1][two], count)
            for (one, two), count in sorted(self.counts.items())
            if one in places[0] and two in places[1]
        ]
        return HeatAnswer(x, y, cells, sum(self.counts.values()))

    def _keys(self, side: str, at: int, starts: Sequence[int], most: int) -> Sequence[str]:
        fixed = {model.HOUR: steps.HOURS, model.WEEKDAY: steps.WEEKDAYS}
        if side in fixed:
            return fixed[side]
        if side == model.TIME:
            return [str(start) for start in starts]
        totals: dict[str, int] = {}
        for keys, count in self.counts.items():
            totals[keys[at]] = totals.get(keys[at], 0) + count
        return sorted(totals, key=lambda key: (-totals[key], key))[:most]
