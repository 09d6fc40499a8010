"""The aggregation tree: what may be counted and measured over the events of a selection, and the answers.

Field names are canonical. An event that holds a list counts once in the bucket of each of its values. Values
compare as `values` says: numbers as numbers, dates in microseconds. Every store answers exactly, but for
`Cardinality` and `Percentiles` over very many events on a search server: the answer says when it is
`approximate` (`store.opensearch.aggregating` says how near it comes).
Limits hold for a whole tree: `MAX_DEPTH` levels, `MAX_AGGREGATIONS` nodes, `MAX_BUCKETS` buckets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tocsin.core.errors import TocsinError
from tocsin.core.event import Event
from tocsin.core.fields import FieldType, field_type
from tocsin.query.intervals import Interval
from tocsin.query.tree import Node, Scalar

MAX_DEPTH = 6
MAX_AGGREGATIONS = 100
MAX_BUCKETS = 65_536
MAX_HITS = 10_000
_ALL = 2**31
"""Whoever wants all values asks for so many; what is made is bounded by `MAX_BUCKETS`."""

ValueKind = Literal["text", "number", "date", "address"]


class AggregationError(TocsinError):
    """An aggregation cannot be answered; `path` names it, such as `by_user>logins`."""

    code = "invalid"

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(f"aggregation {path}: {message}" if path else message)
        self.path = path


@dataclass(frozen=True, slots=True)
class SortKey:
    """By which value events are ordered; of a list, the least going up and the greatest going down counts.

    `kind` None means as the field is declared, else as text. Events without the field come last, or first.
    """

    field: str
    descending: bool = False
    missing_first: bool = False
    kind: ValueKind | None = None


@dataclass(frozen=True, slots=True)
class BucketOrder:
    """How buckets are ordered: by `_count`, by `_key`, or by a metric below.

    A metric is named by its aggregation and, of `Stats`, the figure: `("sizes", "avg")`.
    """

    path: tuple[str, ...] = ("_count",)
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """A bucket for each value of a field, `size` of them. Ties are settled by key, going up.

    `include` and `exclude` are values, or one RE2 pattern that must match the whole value. `missing` is the
    value that events without the field are counted under. Keys are ordered as values of `kind`; None means
    as the field is declared.
    """

    field: str
    size: int = 10
    order: tuple[BucketOrder, ...] = (BucketOrder(),)
    min_count: int = 1
    include: tuple[str, ...] | str | None = None
    exclude: tuple[str, ...] | str | None = None
    missing: Scalar | None = None
    kind: ValueKind | None = None


@dataclass(frozen=True, slots=True)
class DateHistogram:
    """A bucket for each step of time; keys are microseconds, oldest first.

    `min_count` 0 adds the empty steps between the first and the last, and out to `bounds` (first and last
    instant) where given. `hard_bounds` leaves out what lies beyond.
    """

    field: str
    interval: Interval
    min_count: int = 1
    bounds: tuple[int, int] | None = None
    hard_bounds: tuple[int | None, int | None] | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Histogram:
    """A bucket for each `width` of a number; keys are the lower ends. Otherwise as `DateHistogram`."""

    field: str
    width: float
    offset: float = 0.0
    min_count: int = 1
    bounds: tuple[float, float] | None = None
    hard_bounds: tuple[float | None, float | None] | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """One range: `lower <= value < upper`; None is an open end."""

    key: str
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Ranges:
    """A bucket for each span of numbers, or of microseconds on a date; spans may overlap."""

    field: str
    spans: tuple[Span, ...]
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """A bucket for each query, under its name; `other` names one for the events none selects."""

    queries: tuple[tuple[str, Node], ...]
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """One bucket, key `missing`: the events without the field."""

    field: str


@dataclass(frozen=True, slots=True)
class CompositeSource:
    """One part of a composite's key. With `with_missing`, events without the field have the part None."""

    name: str
    by: Terms | DateHistogram | Histogram
    descending: bool = False
    with_missing: bool = False


@dataclass(frozen=True, slots=True)
class Composite:
    """A bucket for each combination of values, in order of the keys; `after` is the last key of a page.

    Of a source's `Terms` only `field` counts, of its histograms the field and the steps. None sorts first.
    """

    sources: tuple[CompositeSource, ...]
    size: int = 10
    after: tuple[Scalar | None, ...] | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """Count, least, greatest, sum and sum of squares of the numbers in a field (microseconds of dates)."""

    field: str


@dataclass(frozen=True, slots=True)
class ValueCount:
    """How many values the field holds."""

    field: str


@dataclass(frozen=True, slots=True)
class Cardinality:
    """How many different values the field holds."""

    field: str


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Percentiles (0 to 100) of the numbers in a field, interpolated between neighbours."""

    field: str
    percents: tuple[float, ...] = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)


@dataclass(frozen=True, slots=True)
class TopHits:
    """The first events of a bucket in the order given; ties by time, newest first."""

    size: int = 3
    start: int = 0
    sort: tuple[SortKey, ...] = ()


BucketKind = Terms | DateHistogram | Histogram | Ranges | Filters | Missing | Composite
MetricKind = Stats | ValueCount | Cardinality | Percentiles | TopHits
BUCKETS = (Terms, DateHistogram, Histogram, Ranges, Filters, Missing, Composite)


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What to count or measure, under a name; `inner` are answered for each of its buckets."""

    name: str
    kind: BucketKind | MetricKind
    inner: tuple[Aggregation, ...] = ()


Key = Scalar | None | tuple[Scalar | None, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """The events of one key: how many, and the answers below it. Composite keys are tuples."""

    key: Key
    count: int
    results: Mapping[str, Result] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Buckets:
    """A bucket aggregation's answer. `other` counts events in the buckets left out by `size`."""

    buckets: Sequence[Bucket]
    other: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """The answer to `Stats`; without values everything but `count` and `sum` is None."""

    count: int = 0
    least: float | None = None
    greatest: float | None = None
    sum: float = 0.0
    sum_of_squares: float = 0.0

    @property
    def avg(self) -> float | None:
        """The mean of the values."""
        return self.sum / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Number:
    """The answer to `ValueCount` and `Cardinality`; `approximate` when it is an estimate."""

    value: int = 0
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Ranks:
    """The answer to `Percentiles`: percent to value; None without values. `approximate` when estimated."""

    values: Mapping[float, float | None]
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Hits:
    """The answer to `TopHits`: how many events the bucket has, and the first of them."""

    total: int = 0
    events: Sequence[Event] = ()


Result = Buckets | Figures | Number | Ranks | Hits


def walk(aggregations: Sequence[Aggregation], path: str = "") -> Iterator[tuple[str, Aggregation]]:
    """Yield every aggregation of a tree with its path, outer ones first."""
    for one in aggregations:
        here = f"{path}>{one.name}" if path else one.name
        yield here, one
        yield from walk(one.inner, here)


def check(aggregations: Sequence[Aggregation]) -> None:
    """Raise `AggregationError` for a tree that is too large or makes no sense, naming where."""
    found = list(walk(aggregations))
    if len(found) > MAX_AGGREGATIONS:
        raise AggregationError(f"more than {MAX_AGGREGATIONS} aggregations")
    for path, one in found:
        if path.count(">") >= MAX_DEPTH:
            raise AggregationError(f"more than {MAX_DEPTH} levels", path=path)
        if one.inner and not isinstance(one.kind, BUCKETS):
            raise AggregationError("a metric has no buckets that others could be in", path=path)
        names = [child.name for child in one.inner]
        if len(set(names)) < len(names):
            raise AggregationError("two aggregations have one name", path=path)
        _check_kind(one, path)


def _check_kind(one: Aggregation, path: str) -> None:
    kind = one.kind
    if isinstance(kind, Terms | Composite) and not 0 < kind.size < _ALL:
        raise AggregationError(f"size {kind.size} is not within 1 to {_ALL - 1}", path=path)
    if isinstance(kind, Histogram) and not kind.width > 0:
        raise AggregationError("the interval must be above zero", path=path)
    if isinstance(kind, Composite):
        if not kind.sources:
            raise AggregationError("a composite needs a source", path=path)
        if kind.after is not None and len(kind.after) != len(kind.sources):
            raise AggregationError("`after` must have a value for each source", path=path)
    if isinstance(kind, Percentiles) and not all(0 <= percent <= 100 for percent in kind.percents):
        raise AggregationError("percents lie within 0 and 100", path=path)
    if isinstance(kind, TopHits) and not (kind.start >= 0 and 0 <= kind.size <= MAX_HITS - kind.start):
        raise AggregationError(f"at most {MAX_HITS} hits", path=path)
    if isinstance(kind, Stats | Percentiles) and field_type(kind.field) in _NOT_NUMBERS:
        declared = field_type(kind.field)
        raise AggregationError(f"{kind.field} is of type {declared}, which has no numbers", path=path)
    if isinstance(kind, Terms):
        for order in kind.order:
            _check_order(order, one, path)


_NOT_NUMBERS: frozenset[FieldType] = frozenset({"ip", "boolean"})


def _check_order(order: BucketOrder, one: Aggregation, path: str) -> None:
    if order.path in {("_count",), ("_key",)}:
        return
    below = {child.name: child.kind for child in one.inner}
    kind = below.get(order.path[0])
    figure = order.path[1] if len(order.path) > 1 else ""
    if isinstance(kind, ValueCount | Cardinality) and figure in {"", "value"}:
        return
    if isinstance(kind, Stats) and figure in FIGURES:
        return
    raise AggregationError(f"cannot be ordered by {'.'.join(order.path)!r}", path=path)


FIGURES = ("count", "min", "max", "sum", "avg")
"""Figures of `Stats` that buckets may be ordered by."""


def value_kind(name: str) -> ValueKind:
    """Return how the values of a field are ordered, by its declared type; text when it has none."""
    declared = field_type(name)
    if declared == "date":
        return "date"
    if declared == "ip":
        return "address"
    return "number" if declared in {"long", "double"} else "text"


def order_kind(by: SortKey | Terms) -> ValueKind:
    """Return how values are ordered: as the question says, else as their field is declared."""
    return by.kind or value_kind(by.field)


def step_start(kind: DateHistogram | Histogram, at: float) -> float:
    """Return the key of the bucket that a value lies in."""
    if isinstance(kind, DateHistogram):
        return kind.interval.start(int(at))
    return (at - kind.offset) // kind.width * kind.width + kind.offset


def nothing(one: Aggregation) -> Result:
    """Return the answer of an aggregation over no events at all."""
    match one.kind:
        case Stats():
            return Figures()
        case ValueCount() | Cardinality():
            return Number()
        case Percentiles(_, percents):
            return Ranks(dict.fromkeys(percents))
        case TopHits():
            return Hits()
        case Ranges() | Filters() | Missing():
            return Buckets([empty_bucket(key, one) for key in fixed_keys(one.kind)])
        case _:
            return Buckets([])


def fixed_keys(kind: Ranges | Filters | Missing) -> list[str]:
    """Return the keys of a kind whose buckets are known beforehand."""
    match kind:
        case Ranges(_, spans):
            return [span.key for span in spans]
        case Filters(queries, other):
            return [*(name for name, _ in queries), *([] if other is None else [other])]
        case Missing():
            return ["missing"]


def is_estimated(results: Mapping[str, Result]) -> bool:
    """Say whether some of the answers, or of those below them, are `approximate`."""
    for result in results.values():
        if isinstance(result, Number | Ranks) and result.approximate:
            return True
        if isinstance(result, Buckets) and any(is_estimated(bucket.results) for bucket in result.buckets):
            return True
    return False


def empty_bucket(key: Key, one: Aggregation) -> Bucket:
    """Return a bucket of no events, with what stands below it."""
    return Bucket(key, 0, {child.name: nothing(child) for child in one.inner})
