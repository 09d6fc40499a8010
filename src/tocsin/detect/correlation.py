"""Correlation of rules: what it asks, and the state that answers it, in event time.

A correlation looks at occurrences (matches of the rules it names, and of other correlations) that agree
in the fields of `group_by`, within a `timespan`: the first and last of them are at most that far apart.
Conditions that more occurrences can only fulfil (at least so many, this after that) are answered at once,
and what they used is used up. All others (fewer than, averages, `not`) are answered when the timespan
that began with a group's first occurrence is over, and the next one begins after it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import Literal, NamedTuple

import msgspec

from tocsin.core.clock import HOUR
from tocsin.core.errors import TocsinError
from tocsin.core.event import Event
from tocsin.query.predicate import reader

CorrelationType = Literal[
    "event_count",
    "value_count",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
    "temporal",
    "temporal_ordered",
]
Operator = Literal["gt", "gte", "lt", "lte", "eq", "neq"]

MAX_GROUP = 10_000
"""Occurrences kept of one group; beyond it the oldest are dropped, and counted."""

MAX_GROUPS = 100_000
"""Groups in all; beyond it the stalest are dropped, and counted."""

LATENESS = HOUR
"""Occurrences are kept so much longer than the timespan, for those that arrive late."""

_MAX_VALUE = 256
_OPERATORS = {"gt": gt, "gte": ge, "lt": lt, "lte": le, "eq": eq, "neq": ne}


class BooleanTerm(msgspec.Struct, frozen=True):
    """A boolean condition over rules: `rule` names one, else `args` are joined by `join`."""

    join: Literal["and", "or", "not", "rule"]
    rule: str = ""
    args: tuple[BooleanTerm, ...] = ()


class Correlation(msgspec.Struct, frozen=True):
    """What a correlation rule asks. Rules are named by identifier or by `name`."""

    type: CorrelationType
    rules: tuple[str, ...]
    timespan: int
    """In microseconds."""
    group_by: tuple[str, ...] = ()
    op: Operator = "gte"
    count: float = 1
    bounds: tuple[tuple[Operator, float], ...] = ()
    """Further comparisons that must hold too, as of a range."""
    fields: tuple[str, ...] = ()
    percentile: float = 50
    condition: BooleanTerm | None = None
    aliases: Mapping[str, Mapping[str, str]] = {}
    """The field a rule of that name has in place of one in `group_by`."""
    generate: bool = False
    """The rules it names keep opening alerts of their own."""

    @property
    def at_once(self) -> bool:
        """Whether more occurrences can only fulfil the condition."""
        if self.condition is not None:
            return not _negates(self.condition)
        growing = {"event_count", "value_count", "value_sum", "temporal", "temporal_ordered"}
        return self.type in growing and {self.op, *(op for op, _ in self.bounds)} <= {"gt", "gte"}


def _negates(term: BooleanTerm) -> bool:
    return term.join == "not" or any(map(_negates, term.args))


class Feed(NamedTuple):
    """How occurrences of one rule enter a correlation."""

    number: int
    """Of the rule among `Correlation.rules`."""
    group_by: tuple[str, ...]
    """The fields of the rule's events, as the query tree names them."""
    fields: tuple[str, ...]


class Occurrence(NamedTuple):
    """A match that counts: its time, which rule, its values and the events behind it."""

    at: int
    number: int
    value: tuple[str, ...]
    events: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Correlated:
    """A correlation that came about: in which group, at which time, by which events."""

    rule_id: str
    group: tuple[str, ...]
    at: int
    events: tuple[tuple[int, str], ...]
    """Time and identifier, in order."""


class SnapshotError(TocsinError):
    """The kept state cannot be read."""

    code = "correlation-snapshot"


@dataclass(frozen=True, slots=True)
class Linked:
    """A correlation with what feeds it; `feeds` by the identifier of rule or correlation."""

    id: str
    version: str
    correlation: Correlation
    feeds: Mapping[str, Feed]


class _Kept(msgspec.Struct, array_like=True):
    rule_id: str
    version: str
    group: tuple[str, ...]
    seen: list[Occurrence]


@dataclass(slots=True)
class _Group:
    seen: list[Occurrence] = field(default_factory=list)


class Correlator:
    """The state of all correlations. Not thread safe; one reader of events owns it."""

    def __init__(self, correlations: Iterable[Linked]) -> None:
        self._by_feed: dict[str, list[Linked]] = {}
        self._all = {linked.id: linked for linked in correlations}
        for linked in self._all.values():
            for rule_id in linked.feeds:
                self._by_feed.setdefault(rule_id, []).append(linked)
        self._groups: dict[tuple[str, tuple[str, ...]], _Group] = {}
        self.dropped = 0
        """Occurrences forgotten because a group or the whole grew too large."""

    def wants(self, rule_id: str) -> bool:
        """Say whether matches of the rule matter to any correlation."""
        return rule_id in self._by_feed

    @property
    def waits(self) -> bool:
        """Whether a timespan is open whose end decides."""
        return any(not self._all[rule_id].correlation.at_once for rule_id, _ in self._groups)

    def feed(self, rule_id: str, event: Event, reference: str) -> list[Correlated]:
        """Take a match of a rule; return the correlations that come about by it."""
        found: list[Correlated] = []
        for linked in self._by_feed.get(rule_id, ()):
            feed = linked.feeds[rule_id]
            group = tuple(_value(event, name) for name in feed.group_by)
            value = tuple(_value(event, name) for name in feed.fields)
            seen = Occurrence(event.at, feed.number, value, ((event.at, reference),))
            found += self._take(linked, group, seen)
        return found

    def advance(self, watermark: int) -> list[Correlated]:
        """Close the timespans that are over at this time of the events; drop what is stale."""
        found: list[Correlated] = []
        for (rule_id, group), state in list(self._groups.items()):
            linked = self._all[rule_id]
            span = linked.correlation.timespan
            if not linked.correlation.at_once:
                while state.seen and state.seen[0].at + span < watermark:
                    found += self._close(linked, group, state)
            elif state.seen and state.seen[-1].at < watermark - span - LATENESS:
                state.seen.clear()
            if not state.seen:
                del self._groups[rule_id, group]
        return found

    def finish(self) -> list[Correlated]:
        """Close every timespan: no more events will come."""
        return self.advance(1 << 62)

    def _take(self, linked: Linked, group: tuple[str, ...], seen: Occurrence) -> list[Correlated]:
        state = self._groups.setdefault((linked.id, group), _Group())
        insort(state.seen, seen, key=itemgetter(0))
        self._bound(state)
        correlation = linked.correlation
        if not correlation.at_once:
            found = []
            while state.seen[-1].at > state.seen[0].at + correlation.timespan + LATENESS:
                found += self._close(linked, group, state)
            return found
        for first, last in _windows(state.seen, seen.at, correlation.timespan):
            window = state.seen[first:last]
            if holds(correlation, window):
                del state.seen[:last]
                return self._came_about(linked, group, window)
        horizon = state.seen[-1].at - correlation.timespan - LATENESS
        del state.seen[: bisect_left(state.seen, horizon, key=itemgetter(0))]
        return []

    def _close(self, linked: Linked, group: tuple[str, ...], state: _Group) -> list[Correlated]:
        last = bisect_right(state.seen, state.seen[0].at + linked.correlation.timespan, key=itemgetter(0))
        window = state.seen[:last]
        del state.seen[:last]
        return self._came_about(linked, group, window) if holds(linked.correlation, window) else []

    def _came_about(
        self, linked: Linked, group: tuple[str, ...], window: Sequence[Occurrence]
    ) -> list[Correlated]:
        events = tuple(sorted({event for seen in window for event in seen.events}))
        found = [Correlated(linked.id, group, window[-1].at, events)]
        for other in self._by_feed.get(linked.id, ()):
            feed = other.feeds[linked.id]
            named = dict(zip(linked.correlation.group_by, group, strict=True))
            above = tuple(named.get(name, "") for name in feed.group_by)
            value = tuple(named.get(name, "") for name in feed.fields)
            found += self._take(other, above, Occurrence(window[-1].at, feed.number, value, events))
        return found

    def _bound(self, state: _Group) -> None:
        if len(state.seen) > MAX_GROUP:
            self.dropped += len(state.seen) - MAX_GROUP
            del state.seen[:-MAX_GROUP]
        if len(self._groups) > MAX_GROUPS:
            stale = sorted(self._groups, key=lambda key: _newest(self._groups[key]))[: MAX_GROUPS // 10]
            for key in stale:
                self.dropped += len(self._groups.pop(key).seen)

    def snapshot(self) -> bytes:
        """Return the state as bytes that `restore` reads."""
        return msgspec.msgpack.encode(
            [
                _Kept(rule_id, self._all[rule_id].version, group, state.seen)
                for (rule_id, group), state in self._groups.items()
            ]
        )

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot; what rules that are gone or reworded had seen is left out.

        Raises `SnapshotError` for bytes that are none.
        """
        try:
            kept = msgspec.msgpack.decode(state, type=list[_Kept])
        except msgspec.MsgspecError as error:
            raise SnapshotError(f"the kept state of correlations cannot be read: {error}") from error
        self._groups = {
            (each.rule_id, each.group): _Group(each.seen)
            for each in kept
            if each.rule_id in self._all and self._all[each.rule_id].version == each.version
        }


def _newest(state: _Group) -> int:
    return state.seen[-1].at if state.seen else 0


def _value(event: Event, name: str) -> str:
    texts = reader(name)(event)
    return texts[0][:_MAX_VALUE] if texts else ""


def _windows(seen: Sequence[Occurrence], at: int, span: int) -> Iterable[tuple[int, int]]:
    """Yield the stretches of at most the span that hold an occurrence at that time, the earliest first."""
    first = bisect_left(seen, at - span, key=itemgetter(0))
    until = bisect_right(seen, at, key=itemgetter(0))
    before = -1
    for start in range(first, until):
        last = bisect_right(seen, seen[start].at + span, key=itemgetter(0))
        if last > before:  # a later start with the same end sees less
            yield start, last
        before = last


def holds(correlation: Correlation, window: Sequence[Occurrence]) -> bool:
    """Say whether the occurrences fulfil the condition."""
    if correlation.condition is not None:
        return _boolean(correlation, window)
    if correlation.type == "temporal_ordered":
        return _in_order(window, len(correlation.rules)) >= correlation.count
    figure = _figure(correlation, window)
    if figure is None:
        return False
    compared = ((correlation.op, correlation.count), *correlation.bounds)
    return all(_OPERATORS[op](figure, count) for op, count in compared)


def _boolean(correlation: Correlation, window: Sequence[Occurrence]) -> bool:
    there = {correlation.rules[seen.number] for seen in window}
    if not _true(correlation.condition, there):
        return False
    if correlation.type != "temporal_ordered":
        return True
    first: dict[int, int] = {}
    for seen in window:
        first.setdefault(seen.number, seen.at)
    order = sorted(first)
    return _in_order([each for each in window if each.number in first], len(order), order) == len(order)


def _true(term: BooleanTerm | None, there: set[str]) -> bool:
    if term is None:
        return True
    if term.join == "rule":
        return term.rule in there
    if term.join == "not":
        return not _true(term.args[0], there)
    return (all if term.join == "and" else any)(_true(arg, there) for arg in term.args)


def _in_order(window: Sequence[Occurrence], rules: int, order: Sequence[int] = ()) -> int:
    """Return how many rules, from the first on, occur one after the other."""
    wanted = list(order) or list(range(rules))
    reached = 0
    for seen in window:
        if reached < rules and seen.number == wanted[reached]:
            reached += 1
    return reached


def _figure(correlation: Correlation, window: Sequence[Occurrence]) -> float | None:
    match correlation.type:
        case "event_count":
            return len(window)
        case "value_count":
            return len({seen.value for seen in window if any(seen.value)})
        case "temporal":
            return len({seen.number for seen in window})
    numbers = sorted(number for seen in window if (number := _number(seen.value)) is not None)
    if not numbers:
        return None
    match correlation.type:
        case "value_sum":
            return math.fsum(numbers)
        case "value_avg":
            return math.fsum(numbers) / len(numbers)
        case "value_percentile":
            return _percentile(numbers, correlation.percentile)
    return _percentile(numbers, 50)


def _number(value: tuple[str, ...]) -> float | None:
    try:
        number = float(value[0])
    except (ValueError, IndexError):
        return None
    return number if math.isfinite(number) else None


def _percentile(numbers: Sequence[float], percentile: float) -> float:
    """Return the percentile, between the two nearest values in proportion."""
    place = (len(numbers) - 1) * min(max(percentile, 0.0), 100.0) / 100
    low = math.floor(place)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - low)
