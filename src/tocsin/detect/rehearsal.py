"""Backtests of any rule over the log as it is kept, before the rule alerts anybody."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace

import msgspec

from tocsin.core.clock import DAY, Clock
from tocsin.core.database import Database
from tocsin.core.detection import Detection
from tocsin.core.errors import ContentError, InvalidError, TocsinError
from tocsin.core.event import Event
from tocsin.detect.backtest import Backtest
from tocsin.detect.comparison import Comparison, compare
from tocsin.detect.exceptions import Exceptions
from tocsin.detect.loader import read_text
from tocsin.detect.ports import History
from tocsin.detect.report import MAX_ALERTS, Bounds, Counting, Progress, Report, StoppedBy
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.subject import Subject, in_batches, subject_of
from tocsin.detect.survey import Survey, survey
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import And, Everything, Node, Not, Term

LONGEST = 400 * DAY
LEVEL_RULE = "rule-level"
"""The detection that opens alerts by the level of the rules that classify."""

ASKED_KEYS = 2_000
"""Keys whose closed alerts are looked up."""

Steps = Generator[Progress | Report, None, None]
"""Progress and, last, the report."""

ClosedAs = Callable[[Sequence[str]], Mapping[str, str]]
"""Given keys of alerts, what the last closed alert of each was closed as; keys without one are left out."""


class BusyError(TocsinError):
    """Another backtest runs: one at a time, so that events keep coming in."""

    code = "too-many-requests"


def none_closed(_keys: Sequence[str]) -> Mapping[str, str]:
    """Know of no closed alert."""
    return {}


class Rehearsals:
    """Tries rules on the log. Thread safe; one backtest at a time besides those of the budget."""

    def __init__(
        self,
        history: History,
        rules: Callable[[], RuleSet],
        database: Database,
        clock: Clock,
        *,
        closed_as: ClosedAs = none_closed,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._history = history
        self._rules = rules
        self._database = database
        self._clock = clock
        self._closed_as = closed_as
        self._monotonic = monotonic
        self._turn = threading.Lock()

    def stored(self, rule_id: str) -> Subject:
        """Return a stored rule, switched on or not; raises `NotFoundError`."""
        return subject_of(self._rules(), rule_id)

    def written(self, text: str, name: str = "rule") -> Subject:
        """Return a rule from its text; raises `ContentError` that says where it is bad."""
        rule = read_text(name, text).rule
        if rule.correlation is not None:
            raise ContentError(
                "a correlation is tried together with the rules it names: store it, then try it by its id",
                location=rule.location,
            )
        return Subject(rule)

    def run(self, subject: Subject, bounds: Bounds) -> Steps:
        """Yield progress and, last, the report. Close the iterator to stop.

        Raises `BusyError` at the first step while another one runs, `InvalidError` for bounds that make none.
        """
        if not self._turn.acquire(blocking=False):
            raise BusyError("another backtest is running: wait for its end or stop it")
        try:
            yield from self.steps(subject, bounds)
        finally:
            self._turn.release()

    def steps(self, subject: Subject, bounds: Bounds) -> Steps:
        """Do what `run` does without waiting for a turn."""
        _check(bounds)
        rehearsal = _Rehearsal(subject, bounds, self._history, self._exceptions())
        events = self._history(Everything(), bounds.from_at, bounds.to_at)
        until = self._monotonic() + bounds.max_seconds
        yield rehearsal.progress()
        for part in in_batches(events, bounds.max_events + 1):
            if rehearsal.events + len(part) > bounds.max_events:
                part = part[: bounds.max_events - rehearsal.events]  # noqa: PLW2901 - what is over the bound
                rehearsal.stopped_by = "events"
            rehearsal.take(part)
            yield rehearsal.progress()
            if rehearsal.counting.alerts > MAX_ALERTS:
                rehearsal.stopped_by = "alerts"
            elif not rehearsal.stopped_by and self._monotonic() > until:
                rehearsal.stopped_by = "time"
            if rehearsal.stopped_by:
                break
        else:
            rehearsal.end()
        yield rehearsal.report(self._closed_as(rehearsal.counting.keys(ASKED_KEYS)))

    def survey(self, subjects: Sequence[Subject], bounds: Bounds) -> Survey:
        """Try many rules in one pass; raises `InvalidError` for bounds that make none."""
        _check(bounds)
        return survey(subjects, bounds, self._history, self._exceptions(), self._monotonic)

    def compare(self, before: Subject, after: Subject, bounds: Bounds) -> Comparison:
        """Run two wordings of a rule over the same events; raises `BusyError`, `InvalidError`."""
        _check(bounds)
        if not self._turn.acquire(blocking=False):
            raise BusyError("another backtest is running: wait for its end or stop it")
        try:
            return compare(
                before,
                after,
                bounds,
                self._history,
                exceptions=self._exceptions,
                monotonic=self._monotonic,
            )
        finally:
            self._turn.release()

    def without(self, rule_id: str, condition: Node, bounds: Bounds) -> tuple[Comparison, Mapping[str, int]]:
        """Try an exception of a rule: what it would remove, and what the like of it was closed as last.

        The number of a rule that classifies stands for the alerts by its level. Raises what `compare` does,
        and `NotFoundError`.
        """
        subject = self._scoped(rule_id)
        node = And((subject.rule.node, Not(condition)))
        narrowed = replace(subject.rule, node=node, matches=compile_predicate(node))
        found = self.compare(subject, replace(subject, rule=narrowed), bounds)
        known = self._closed_as(list(dict.fromkeys(found.gone_keys)))
        return found, Counter(known[key] for key in found.gone_keys if key in known)

    def _scoped(self, rule_id: str) -> Subject:
        if not rule_id.isdigit():
            return self.stored(rule_id)
        rule = self.stored(LEVEL_RULE).rule
        node = And((rule.node, Term("rule.id", rule_id)))
        return Subject(replace(rule, node=node, matches=compile_predicate(node)))

    def _exceptions(self) -> Exceptions:
        exceptions = Exceptions()
        with self._database.read() as tx:
            exceptions.load(tx, self._clock.now())
        return exceptions


class _Rehearsal:
    """One backtest on its way."""

    def __init__(self, subject: Subject, bounds: Bounds, history: History, exceptions: Exceptions) -> None:
        self._rule, self._bounds = subject.rule, bounds
        self._compat = subject.rule.watch is not None and subject.rule.watch.mode == "compat"
        rules = [replace(each, enabled=True) for each in (subject.rule, *subject.feeding)]
        self._test = Backtest(
            rules, history=history, correlations=subject.correlations, exceptions=exceptions
        )
        self.counting = Counting(bounds.samples)
        self.events = 0
        self.stopped_by: StoppedBy = ""
        self._reached_at = bounds.from_at
        self._cpu_s = 0.0

    def take(self, events: list[Event]) -> None:
        """Look at events, the oldest first."""
        if not events:
            return
        if self._compat:
            events = [msgspec.structs.replace(event, received_at=event.at) for event in events]
        began = time.thread_time()
        found = self._test.take(events)
        self._cpu_s += time.thread_time() - began
        self.events += len(events)
        self._reached_at = events[-1].at
        self._count(found)

    def end(self) -> None:
        """Let time come to the end of the range."""
        self._count(self._test.move(self._bounds.to_at))
        self._reached_at = self._bounds.to_at

    def _count(self, found: list[Detection]) -> None:
        """Count what this rule told and took back; a correlation's others are not asked about."""
        taken_back = self._test.withdrawn
        self.counting.take_back([each for each in taken_back if each.rule_id == self._rule.id])
        taken_back.clear()
        alone = self._rule.correlation is None
        self.counting.take(self._rule, [each for each in found if alone or each.rule_id == self._rule.id])

    def progress(self) -> Progress:
        """Return how far it has come."""
        return Progress(self.events, self.counting.alerts, self._reached_at)

    def report(self, closed: Mapping[str, str]) -> Report:
        """Return what was found."""
        rule, bounds = self._rule, self._bounds
        return Report(
            rule_id=rule.id,
            rule_name=rule.name,
            rule_version=rule.version,
            from_at=bounds.from_at,
            to_at=bounds.to_at,
            reached_at=self._reached_at,
            stopped_by=self.stopped_by,
            events=self.events,
            matched=self._test.matched,
            held_back=self._test.held_back,
            alerts=self.counting.alerts,
            days=self.counting.days(bounds.from_at, self._reached_at),
            top_keys=self.counting.top(),
            samples=self.counting.samples(),
            closed_as=self.counting.closed_as(closed),
            cpu_s=self._cpu_s,
            notes=self._notes(),
        )

    def _notes(self) -> tuple[str, ...]:
        notes = [f"the rule failed and stood still: {error}" for error in self._test.broken.values()]
        if self._compat:
            notes.append("in mode compat, every event is taken to have come at its own time")
        return tuple(notes)


def _check(bounds: Bounds) -> None:
    if not 0 < bounds.to_at - bounds.from_at <= LONGEST:
        raise InvalidError(f"a backtest goes from a time to a later one, over up to {LONGEST // DAY} days")
