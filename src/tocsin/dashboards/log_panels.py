"""Answers panels over the event log, by the aggregation tree that every store answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin.core.attack import Technique
from tocsin.core.clock import HOUR
from tocsin.core.errors import InvalidError
from tocsin.core.event import value_of
from tocsin.core.fields import TIMESTAMP
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
from tocsin.dashboards.model import Measure, Panel
from tocsin.dashboards.ports import Log
from tocsin.query.aggregation import (
    Aggregation,
    Bucket,
    BucketOrder,
    Buckets,
    Cardinality,
    DateHistogram,
    Figures,
    MetricKind,
    Number,
    Percentiles,
    Ranks,
    Result,
    Stats,
    Terms,
    is_estimated,
)
from tocsin.query.intervals import Interval
from tocsin.query.tree import Node

_MOST_TECHNIQUES = 300
_MOST_COUNTRIES = 260


@dataclass(frozen=True, slots=True)
class Question:
    """A panel with its query, the span, the zone of days and hours, and about how many steps fit."""

    panel: Panel
    query: Node
    start: int
    end: int
    zone: str = "UTC"
    buckets: int = 60


class LogPanels:
    """Answers questions to the event log."""

    def __init__(self, log: Log, techniques: Mapping[str, Technique]) -> None:
        self._log = log
        self._techniques = techniques

    def answer(self, asked: Question) -> Answer:
        """Return the answer; raises the errors of the log for what is too large or takes too long."""
        match asked.panel.kind:
            case "count":
                return self._count(asked)
            case "time":
                return self._over_time(asked)
            case "top" | "pie":
                return self._top(asked, asked.panel.size)
            case "map":
                return self._top(asked, _MOST_COUNTRIES)
            case "table":
                return self._table(asked)
            case "heatmap":
                return self._heat(asked)
            case "attack":
                return self._attack(asked)
            case "markdown":
                raise InvalidError("a panel of text asks nothing")

    def _count(self, asked: Question) -> CountAnswer:
        value, approximate = self._measured(asked, asked.start, asked.end)
        if not asked.panel.compare:
            return CountAnswer(value, approximate=approximate)
        before, also = self._measured(asked, asked.start - (asked.end - asked.start), asked.start)
        return CountAnswer(value, before, compared=True, approximate=approximate or also)

    def _measured(self, asked: Question, start: int, end: int) -> tuple[float | None, bool]:
        measure = asked.panel.measure
        if measure.of == "count":
            return self._log.count(asked.query, start, end), False
        found = self._log.aggregate(asked.query, start, end, [_metric(measure)])
        return figure(found["measure"], measure), is_estimated(found)

    def _over_time(self, asked: Question) -> TimeAnswer:
        panel = asked.panel
        steps_asked = max(1, min(asked.buckets, steps.MOST_STEPS))
        interval = steps.interval_for(asked.start, asked.end, steps_asked, asked.zone)
        starts = list(steps.starts(interval, asked.start, asked.end))
        over = Aggregation("over", DateHistogram(TIMESTAMP, interval), _inner(panel.measure))
        wanted = [over]
        if panel.split:
            wanted.append(Aggregation("split", Terms(panel.split, size=min(panel.size, 20)), (over,)))
        found = self._log.aggregate(asked.query, asked.start, asked.end, wanted)
        whole = buckets_of(found["over"])
        total = sum(bucket.count for bucket in whole)
        series = [_series(None, whole, starts, panel.measure)]
        if panel.split:
            parts = buckets_of(found["split"])
            series = [
                _series(_text(p.key), buckets_of(p.results["over"]), starts, panel.measure) for p in parts
            ]
        return TimeAnswer(interval.width, starts, series, total, is_estimated(found))

    def _top(self, asked: Question, size: int) -> ItemsAnswer:
        panel, measure = asked.panel, asked.panel.measure
        kind = Terms(panel.field, size=size, order=(_order(measure),))
        found = self._log.aggregate(
            asked.query, asked.start, asked.end, [Aggregation("top", kind, _inner(measure))]
        )["top"]
        all_ = [Item(_text(b.key), b.count, _value(b, measure)) for b in buckets_of(found)]
        items = [item for item in all_ if item.value is not None]
        if _order(measure).path == ("_count",) and measure.of != "count":
            items.sort(key=lambda item: -(item.value or 0))
        other = found.other if isinstance(found, Buckets) else 0
        total = sum(item.count for item in all_) + other
        return ItemsAnswer(items, other, total, is_estimated({"top": found}))

    def _table(self, asked: Question) -> TableAnswer:
        panel = asked.panel
        columns = panel.columns or model.TABLE_COLUMNS["events"]
        events = self._log.first(asked.query, asked.start, asked.end, panel.order, panel.size)
        rows = [Row(event.id, event.at, [value_of(event, name) for name in columns]) for event in events]
        return TableAnswer(columns, rows, self._log.count(asked.query, asked.start, asked.end))

    def _attack(self, asked: Question) -> Answer:
        kind = Terms(asked.panel.field, size=_MOST_TECHNIQUES)
        found = self._log.aggregate(asked.query, asked.start, asked.end, [Aggregation("seen", kind)])["seen"]
        counts = [(_text(bucket.key), bucket.count) for bucket in buckets_of(found)]
        return matrix(counts, self._techniques, sum(count for _, count in counts))

    def _heat(self, asked: Question) -> HeatAnswer:
        """Count over two sides: fields as terms, the outer first; hours and weekdays as steps of time."""
        sides = (asked.panel.x, asked.panel.y)
        fields = [side for side in sides if side not in model.PARTS_OF_TIME]
        interval = self._heat_interval(asked, sides)
        innermost = () if interval is None else (Aggregation("over", DateHistogram(TIMESTAMP, interval)),)
        for name in reversed(fields):
            innermost = (Aggregation(name, Terms(name, size=asked.panel.size), innermost),)
        found = self._log.aggregate(asked.query, asked.start, asked.end, innermost)
        heat = Heat()
        for keys, at, count in _leaves(found, fields, interval is not None):
            given = dict(zip(fields, keys, strict=True))
            x, y = (given[side] if side in given else folded(side, at, asked.zone) for side in sides)
            heat.add(x, y, count)
        steps_kept = [] if interval is None else list(steps.starts(interval, asked.start, asked.end))
        return heat.answer(sides, steps_kept, asked.panel.size)

    def _heat_interval(self, asked: Question, sides: tuple[str, str]) -> Interval | None:
        if model.HOUR in sides or model.WEEKDAY in sides:
            if (asked.end - asked.start) // HOUR > steps.MOST_HOURS:
                raise InvalidError("a heatmap by hours looks at five years at most")
            if model.TIME in sides:
                raise InvalidError("a heatmap has either steps of time, or hours and weekdays")
            return Interval(HOUR, zone=asked.zone)
        if model.TIME in sides:
            return steps.interval_for(asked.start, asked.end, min(asked.buckets, 100), asked.zone)
        return None


def buckets_of(result: Result) -> Sequence[Bucket]:
    """Return the buckets of an answer that has some."""
    return result.buckets if isinstance(result, Buckets) else ()


def figure(result: Result, measure: Measure) -> float | None:
    """Return the figure that was asked for; None where no event has a value, but for sums."""
    match result:
        case Number(value):
            return value
        case Ranks(values):
            return next(iter(values.values()), None)
        case Figures() if measure.of == "sum":
            return result.sum
        case Figures():
            least, greatest = result.least, result.greatest
            found = {"avg": result.avg, "min": least, "max": greatest}
            return found[measure.of] if result.count else None
    return None


def _metric(measure: Measure) -> Aggregation:
    kind: MetricKind = Stats(measure.field)
    if measure.of == "unique":
        kind = Cardinality(measure.field)
    elif measure.of in {"median", "p95"}:
        kind = Percentiles(measure.field, (50.0 if measure.of == "median" else 95.0,))
    return Aggregation("measure", kind)


def _inner(measure: Measure) -> tuple[Aggregation, ...]:
    return () if measure.of == "count" else (_metric(measure),)


def _order(measure: Measure) -> BucketOrder:
    """Order by what is measured; buckets cannot be ordered by percentiles, so those go by count."""
    if measure.of == "unique":
        return BucketOrder(("measure",))
    if measure.of in {"sum", "avg", "min", "max"}:
        return BucketOrder(("measure", measure.of))
    return BucketOrder()


def _value(bucket: Bucket, measure: Measure) -> float | None:
    return bucket.count if measure.of == "count" else figure(bucket.results["measure"], measure)


def _series(key: str | None, buckets: Sequence[Bucket], starts: Sequence[int], measure: Measure) -> Series:
    values = {int(str(bucket.key)): _value(bucket, measure) for bucket in buckets}
    empty = 0 if measure.of in {"count", "unique", "sum"} else None
    return Series(key, [values.get(start, empty) for start in starts])


def _text(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _leaves(
    found: Mapping[str, Result], fields: Sequence[str], dated: bool
) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield the keys of the fields, the step of time (0 without) and the count of each innermost bucket."""
    if not fields:
        for bucket in buckets_of(found["over"]) if dated else ():
            yield (), int(str(bucket.key)), bucket.count
        return
    for bucket in buckets_of(found[fields[0]]):
        if len(fields) == 1 and not dated:
            yield (_text(bucket.key),), 0, bucket.count
            continue
        for keys, at, count in _leaves(bucket.results, fields[1:], dated):
            yield (_text(bucket.key), *keys), at, count
