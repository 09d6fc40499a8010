"""Two wordings of a rule over the same events: which alerts and events are new, which vanish."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from tocsin.core.clock import day_of
from tocsin.core.detection import Detection
from tocsin.core.event import Event
from tocsin.detect.backtest import Backtest
from tocsin.detect.exceptions import Exceptions
from tocsin.detect.ports import History
from tocsin.detect.report import MAX_ALERTS, Bounds, StoppedBy
from tocsin.detect.subject import Subject, in_batches
from tocsin.query.tree import Everything

MAX_SAMPLES = 50
"""Alerts shown of those that are new, and of those that vanish."""

MAX_KEYS = 2_000
"""Alerts that vanish whose keys are kept, to ask what such alerts were closed as."""

MAX_EVENTS = 500_000
"""Events remembered of each side."""


@dataclass(frozen=True, slots=True)
class Change:
    """An alert that one wording opens and the other does not."""

    group_key: str
    day: str
    title: str
    severity: int
    at: int
    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one wording says."""

    version: str
    alerts: int
    events: int
    """Events its alerts stand on."""
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an edit changes. An alert is counted for each key and day (UTC)."""

    rule_id: str
    from_at: int
    to_at: int
    events: int
    stopped_by: StoppedBy
    before: Side
    after: Side
    new_alerts: int
    gone_alerts: int
    same_alerts: int
    new_events: int
    gone_events: int
    new: tuple[Change, ...]
    gone: tuple[Change, ...]
    gone_keys: tuple[str, ...]
    """The key of each alert that vanishes, up to a bound."""
    days: Mapping[str, tuple[int, int]]
    """Alerts by day, before and after."""

    @property
    def complete(self) -> bool:
        """Say whether all events of the range were looked at."""
        return not self.stopped_by


def compare(
    before: Subject,
    after: Subject,
    bounds: Bounds,
    history: History,
    *,
    exceptions: Callable[[], Exceptions],
    monotonic: Callable[[], float] = time.monotonic,
) -> Comparison:
    """Run both over the events of the range, each event taken to have come at its own time."""
    sides = [_Side(each, history, exceptions()) for each in (before, after)]
    until = monotonic() + bounds.max_seconds
    seen = 0
    stopped: StoppedBy = ""
    for part in in_batches(history(Everything(), bounds.from_at, bounds.to_at), bounds.max_events + 1):
        room = bounds.max_events - seen
        taken = [msgspec.structs.replace(each, received_at=each.at) for each in part[:room]]
        seen += len(taken)
        for side in sides:
            side.take(taken)
        stopped = _stop(sides, over=len(part) > room, late=monotonic() > until)
        if stopped:
            break
    else:
        for side in sides:
            side.end(bounds.to_at)
    return _comparison(sides[0], sides[1], bounds, seen, stopped)


def _stop(sides: Sequence[_Side], *, over: bool, late: bool) -> StoppedBy:
    if over:
        return "events"
    if any(len(side.alerts) > MAX_ALERTS for side in sides):
        return "alerts"
    return "time" if late else ""


@dataclass(slots=True)
class _Alert:
    first: Detection
    event_ids: dict[str, None] = field(default_factory=dict)


class _Side:
    """One wording on its way."""

    def __init__(self, subject: Subject, history: History, exceptions: Exceptions) -> None:
        self.rule = subject.rule
        rules = [replace(each, enabled=True) for each in (subject.rule, *subject.feeding)]
        self._test = Backtest(
            rules, history=history, correlations=subject.correlations, exceptions=exceptions
        )
        self.alerts: dict[tuple[str, str], _Alert] = {}
        self.cpu_s = 0.0

    def take(self, events: list[Event]) -> None:
        if not events:
            return
        began = time.thread_time()
        found = self._test.take(events)
        self.cpu_s += time.thread_time() - began
        self._keep(found)

    def end(self, to_at: int) -> None:
        self._keep(self._test.move(to_at))

    def event_ids(self) -> set[str]:
        """Return the events of all alerts, up to a bound."""
        found: set[str] = set()
        for alert in self.alerts.values():
            found.update(alert.event_ids)
            if len(found) > MAX_EVENTS:
                break
        return found

    def _keep(self, found: Sequence[Detection]) -> None:
        for gone in self._test.withdrawn:
            self._take_back(gone)
        self._test.withdrawn.clear()
        for detection in found:
            if self.rule.correlation is not None and detection.rule_id != self.rule.id:
                continue
            for day, ids in _by_day(detection).items():
                alert = self.alerts.setdefault((detection.group_key, day), _Alert(detection))
                alert.event_ids.update(dict.fromkeys(ids))

    def _take_back(self, detection: Detection) -> None:
        for day, ids in _by_day(detection).items():
            alert = self.alerts.get((detection.group_key, day))
            if alert is None:
                continue
            for each in ids:
                alert.event_ids.pop(each, None)
            if not alert.event_ids:
                del self.alerts[detection.group_key, day]


def _by_day(detection: Detection) -> dict[str, list[str]]:
    days: dict[str, list[str]] = {}
    for each in detection.events:
        days.setdefault(day_of(each.at), []).append(each.id)
    return days or {day_of(detection.at): []}


def _comparison(before: _Side, after: _Side, bounds: Bounds, events: int, stopped: StoppedBy) -> Comparison:
    old, new = before.event_ids(), after.event_ids()
    gone_keys = [key for key in before.alerts if key not in after.alerts]
    new_keys = [key for key in after.alerts if key not in before.alerts]
    return Comparison(
        rule_id=before.rule.id,
        from_at=bounds.from_at,
        to_at=bounds.to_at,
        events=events,
        stopped_by=stopped,
        before=Side(before.rule.version, len(before.alerts), len(old), before.cpu_s),
        after=Side(after.rule.version, len(after.alerts), len(new), after.cpu_s),
        new_alerts=len(new_keys),
        gone_alerts=len(gone_keys),
        same_alerts=len(after.alerts) - len(new_keys),
        new_events=len(new - old),
        gone_events=len(old - new),
        new=_changes(after, new_keys),
        gone=_changes(before, gone_keys),
        gone_keys=tuple(key for key, _ in gone_keys[:MAX_KEYS]),
        days=_days(before, after),
    )


def _changes(side: _Side, keys: Sequence[tuple[str, str]]) -> tuple[Change, ...]:
    found = []
    for key, day in keys[:MAX_SAMPLES]:
        alert = side.alerts[key, day]
        first = alert.first
        ids = tuple(alert.event_ids)[-20:]
        found.append(Change(key, day, first.title, first.severity, first.at, ids))
    return tuple(found)


def _days(before: _Side, after: _Side) -> dict[str, tuple[int, int]]:
    counts: dict[str, list[int]] = {}
    for position, side in enumerate((before, after)):
        for _, day in side.alerts:
            counts.setdefault(day, [0, 0])[position] += 1
    return {day: (pair[0], pair[1]) for day, pair in sorted(counts.items())}
