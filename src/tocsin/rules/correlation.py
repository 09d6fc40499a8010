"""The stateful half of the rules: what earlier events have to say about a later one.

Runs in one place and in event order. Time is the events' own, so that a replay counts as the live
stream did; Wazuh counts by the time of reception, which can be chosen. Memory is bounded by the
number of keys and of events a key, oldest forgotten first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tocsin.core.event import Classified, Event
from tocsin.rules.memory import Bounded
from tocsin.rules.model import Composite, Rule
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.tracking import Tracking
from tocsin.rules.verdict import put_verdict
from tocsin.rules.walk import Node

MAX_KEYS = 50_000
MAX_PER_KEY = 512
MAX_REMEMBERED = 100_000
MAX_RESENT = 20_000
"""So many pending events back, a resent one is known."""


@dataclass(slots=True)
class _Sighting:
    """An earlier event as later rules see it. `mark` is the level of the highest rule that used it."""

    at: int
    values: dict[str, str]
    mark: int = -1


@dataclass(slots=True)
class _Present:
    """The event being decided."""

    at: int
    agent: str
    host: str
    first_seen_key: str
    log: str
    values: dict[str, str]
    mark: int = -1
    ignoring: bool = False
    """A rule that ignores what follows it was met: nothing is stored."""


@dataclass(slots=True)
class _Outcome:
    rule: Rule
    description: str


class Correlation:
    """Memory of earlier events for one ruleset. Not thread safe: one caller at a time, in event order."""

    def __init__(self, ruleset: Ruleset, *, time: Literal["event", "received"] = "event") -> None:
        self._by_reception = time == "received"
        self._rules = ruleset.tree.rules
        self._watched = ruleset.watched
        self._windows: Bounded[tuple[Any, ...], list[_Sighting]] = Bounded(MAX_KEYS)
        self._seen: Bounded[str, None] = Bounded(MAX_REMEMBERED)
        self._last_logs: Bounded[tuple[str, int], str] = Bounded(MAX_REMEMBERED)
        self._remembered: Bounded[tuple[Any, ...], None] = Bounded(MAX_REMEMBERED)
        self._settled: Bounded[str, _Outcome | None] = Bounded(MAX_RESENT)
        self._ignored_until: dict[int, int] = {}
        self._tracking = Tracking()

    def use(self, ruleset: Ruleset) -> None:
        """Go on with another ruleset and all that is remembered.

        A rule of the same id keeps its windows, what it ignores and what it compares; what was seen a
        first time stays seen. What was remembered for a rule that has gone is never asked for again and
        is forgotten as any other key.
        """
        self._rules = ruleset.tree.rules
        self._watched = ruleset.watched

    def settle(self, batch: Sequence[Classified]) -> list[Event]:
        """Return the events with their final verdicts, in the order given.

        A recent event that comes again, as after a failed commit, gets its verdict again and changes nothing.
        """
        for classified in batch:
            if classified.pending is None:
                continue
            if classified.event.id in self._settled:
                self._settle_again(classified.event)
            else:
                self._settle(classified.event, classified.pending)
        return [classified.event for classified in batch]

    def _settle_again(self, event: Event) -> None:
        """Give an event that is sent again the verdict it had, and let it count no second time."""
        outcome = self._settled.get(event.id)
        self._tracking.again(event)
        if outcome is not None:
            put_verdict(event.fields, outcome.rule, outcome.description)

    def _settle(self, event: Event, pending: list[Any]) -> None:
        nodes, facts, *asked = pending
        if asked:
            nodes = self._tracking.choose(event, asked[0])
        agent, host, first_seen_key, log, pairs = facts
        values = dict(zip(pairs[::2], pairs[1::2], strict=True))
        at = event.received_at if self._by_reception else event.at
        present = _Present(at, agent, host, first_seen_key, log, values)
        outcome = self._first(nodes, None, present)
        self._settled.put(event.id, outcome)
        if outcome is None:
            return
        put_verdict(event.fields, outcome.rule, outcome.description)
        if outcome.rule.level > 0 and not present.ignoring:
            self._remember(outcome.rule, present)

    def _first(self, nodes: list[Node], parent: _Outcome | None, present: _Present) -> _Outcome | None:
        """Return the first node that holds, as upstream would walk; a child wins over its parent."""
        for rule_id, description, inner in nodes:
            rule = self._rules.get(rule_id)
            if rule is None or not self._holds(rule, present):
                continue
            here = _Outcome(rule, description)
            found = self._first(inner, here, present) if inner else None
            if found is None and rule.noalert:
                continue
            found = found or here
            if found is here and rule.ignore:
                return self._unless_ignored(here, parent, present)
            return found
        return None

    def _unless_ignored(self, here: _Outcome, parent: _Outcome | None, present: _Present) -> _Outcome | None:
        """Return the rule, or for some time after it fired its parent."""
        if present.at < self._ignored_until.get(here.rule.id, 0):
            present.ignoring = True
            return None if parent is None or parent.rule.noalert else parent
        self._ignored_until[here.rule.id] = present.at + here.rule.ignore
        return here

    def _holds(self, rule: Rule, present: _Present) -> bool:
        if not rule.guarded:
            return True
        if rule.check_diff and not self._changed(rule, present):
            return False
        if rule.first_time_only and not self._first_time(present):
            return False
        if rule.unless_remembered and self._is_remembered(rule, present):
            return False
        return rule.composite is None or self._counted(rule, rule.composite, present)

    def _changed(self, rule: Rule, present: _Present) -> bool:
        key = (present.host, rule.id)
        before = self._last_logs.get(key)
        self._last_logs.put(key, present.log)
        return before is not None and before != present.log

    def _first_time(self, present: _Present) -> bool:
        key = present.first_seen_key
        if not key or key in self._seen:
            return False
        self._seen.put(key, None)
        return True

    def _is_remembered(self, rule: Rule, present: _Present) -> bool:
        values = _all_of(rule.unless_remembered, present.values)
        return values is not None and (rule.unless_remembered, values) in self._remembered

    def _counted(self, rule: Rule, composite: Composite, present: _Present) -> bool:
        """Whether enough earlier events fit; then the newest of them and this one are used up."""
        key = _key(rule, composite, present)
        window = self._windows.get(key) if key is not None else None
        newest: _Sighting | None = None
        missing = composite.frequency - 1
        for earlier in reversed(window or ()):
            if earlier.at < present.at - composite.timeframe or earlier.mark >= rule.level:
                break
            if any(_equal(name, earlier.values, present.values) for name in composite.different):
                continue
            newest = newest or earlier
            missing -= 1
            if missing <= 0:
                if composite.uses_up:
                    newest.mark = max(newest.mark, rule.level)
                    present.mark = max(present.mark, rule.level)
                return True
        return False

    def _remember(self, rule: Rule, present: _Present) -> None:
        sighting = _Sighting(present.at, present.values, present.mark)
        for listener in self._watched.listeners(rule.id):
            if listener.composite is not None:
                self._append(listener, listener.composite, present, sighting)
        if rule.remember:
            values = _all_of(rule.remember, present.values)
            if values is not None:
                self._remembered.put((rule.remember, values), None)

    def _append(self, listener: Rule, composite: Composite, present: _Present, sighting: _Sighting) -> None:
        key = _key(listener, composite, present)
        if key is None:
            return
        window = self._windows.get(key)
        if window is None:
            window = []
        window.append(sighting)
        _trim(window, present.at - composite.timeframe, max(MAX_PER_KEY, 2 * composite.frequency))
        self._windows.put(key, window)


def _trim(window: list[_Sighting], oldest: int, most: int) -> None:
    """Drop what is older than the timeframe, and the oldest half of a window twice as long as it may be."""
    expired = 0
    while window[expired].at < oldest:  # ends at the latest at the present event
        expired += 1
    if len(window) - expired > 2 * most:
        expired = len(window) - most
    if expired:
        del window[:expired]


def _key(rule: Rule, composite: Composite, present: _Present) -> tuple[Any, ...] | None:
    """Return what events must share to count together; None when a value they must share is absent."""
    same = _all_of(composite.same, present.values)
    return None if same is None else (rule.id, "" if composite.every_agent else present.agent, same)


def _all_of(names: Sequence[str], values: dict[str, str]) -> tuple[str, ...] | None:
    found = tuple(values[name] for name in names if name in values)
    return found if len(found) == len(names) else None


def _equal(name: str, earlier: dict[str, str], present: dict[str, str]) -> bool:
    return name in earlier and name in present and earlier[name] == present[name]
