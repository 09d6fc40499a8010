"""Many rules tried on the log in one pass: what each would have said, so that many can be switched on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from tocsin.core.detection import Detection
from tocsin.core.event import Event
from tocsin.detect.backtest import Backtest
from tocsin.detect.correlation import Linked
from tocsin.detect.exceptions import Exceptions
from tocsin.detect.ports import History
from tocsin.detect.report import MAX_ALERTS, Bounds, Counting, StoppedBy
from tocsin.detect.rule import WatchRule
from tocsin.detect.subject import Subject, in_batches
from tocsin.query.tree import Everything


@dataclass(frozen=True, slots=True)
class RuleSurvey:
    """What one rule would have said."""

    alerts: int
    busiest_day: str
    busiest: int
    """Alerts on that day."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What each rule would have said."""

    rules: dict[str, RuleSurvey]
    events: int
    stopped_by: StoppedBy
    busiest: int
    """The most alerts of a day by all the rules together."""

    @property
    def complete(self) -> bool:
        """Say whether all events of the range were looked at."""
        return not self.stopped_by


def survey(
    subjects: Sequence[Subject],
    bounds: Bounds,
    history: History,
    exceptions: Exceptions,
    monotonic: Callable[[], float] = time.monotonic,
) -> Survey:
    """Try the rules of the subjects on the events of the range, each taken to have come at its own time."""
    taken = _Taken(subjects, history, exceptions, bounds)
    events = history(Everything(), bounds.from_at, bounds.to_at)
    until = monotonic() + bounds.max_seconds
    for part in in_batches(events, bounds.max_events + 1):
        room = bounds.max_events - taken.events
        taken.take(part[:room])
        if len(part) > room:
            return taken.survey("events")
        if taken.alerts > MAX_ALERTS:
            return taken.survey("alerts")
        if monotonic() > until:
            return taken.survey("time")
    taken.end()
    return taken.survey("")


class _Taken:
    """A survey on its way."""

    def __init__(
        self, subjects: Sequence[Subject], history: History, exceptions: Exceptions, bounds: Bounds
    ) -> None:
        self._asked = {subject.rule.id: subject.rule for subject in subjects}
        rules: dict[str, WatchRule] = {}
        links: dict[str, Linked] = {}
        for subject in subjects:
            rules |= {rule.id: replace(rule, enabled=True) for rule in (subject.rule, *subject.feeding)}
            links |= {link.id: link for link in subject.correlations}
        self._test = Backtest(
            rules.values(), history=history, correlations=links.values(), exceptions=exceptions
        )
        self._counts = {rule_id: Counting(0) for rule_id in self._asked}
        self._bounds = bounds
        self._reached = bounds.from_at
        self.events = 0

    @property
    def alerts(self) -> int:
        """Alerts of all rules so far."""
        return sum(each.alerts for each in self._counts.values())

    def take(self, events: Sequence[Event]) -> None:
        """Look at events, the oldest first."""
        if events:
            self._count(
                self._test.take([msgspec.structs.replace(each, received_at=each.at) for each in events])
            )
            self.events += len(events)
            self._reached = events[-1].at

    def end(self) -> None:
        """Let time come to the end of the range."""
        self._count(self._test.move(self._bounds.to_at))
        self._reached = self._bounds.to_at

    def survey(self, stopped: StoppedBy) -> Survey:
        """Return what was found."""
        together: Counter[str] = Counter()
        rules = {}
        for rule_id, counts in self._counts.items():
            days = {each.day: each.alerts for each in counts.days(self._bounds.from_at, self._reached)}
            together.update(days)
            day = max(days, key=lambda each: days[each])
            rules[rule_id] = RuleSurvey(counts.alerts, day, days[day])
        return Survey(rules, self.events, stopped, max(together.values(), default=0))

    def _count(self, found: Sequence[Detection]) -> None:
        for detection in self._test.withdrawn:
            if detection.rule_id in self._counts:
                self._counts[detection.rule_id].take_back([detection])
        self._test.withdrawn.clear()
        for detection in found:
            if detection.rule_id in self._counts:
                self._counts[detection.rule_id].take(self._asked[detection.rule_id], [detection])
