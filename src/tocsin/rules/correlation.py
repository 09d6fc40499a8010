"""The stateful half of the rules: what earlier events have to say about a later one.

Runs in one place and in event order. `compat`, the default, is Wazuh's way: the last events that
matched a rule are known, and time is that of reception. `keyed` bounds memory by rule and key and goes
by the events' own time, so that a replay counts as the live stream did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from zlib import crc32

from tocsin.core.clock import SECOND
from tocsin.core.event import Classified, Event, Value
from tocsin.decode.naming import readable
from tocsin.decode.patterns import lower
from tocsin.rules.accumulator import Accumulator
from tocsin.rules.deferred import paired, thawed
from tocsin.rules.firings import Firings
from tocsin.rules.firstseen import FirstSeen
from tocsin.rules.memory import Bounded
from tocsin.rules.model import Composite, Rule
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.snapshot import packed, unpacked
from tocsin.rules.tracking import Tracking
from tocsin.rules.verdict import put_verdict
from tocsin.rules.walk import Node
from tocsin.rules.watched import Listener
from tocsin.rules.windows import Key, KeyedWindows, Ring, Sighting, Windows

Mode = Literal["compat", "keyed"]
DEFAULT_MEMORY = 8_192
MAX_REMEMBERED = 100_000
MAX_LOG_BYTES = 64 * 1024 * 1024
"""All the logs together that changes are told from."""
MAX_RESENT = 20_000
"""So many pending events back, a resent one is known."""
MAX_SHOWN = 11
"""So many earlier events stand in `previous_output`."""
MAX_SHOWN_TEXT = 8_192
MAX_REASON = 500


class _Present:
    """The event being decided. Written out as a constructor: a dataclass's is not compiled."""

    __slots__ = (
        *("agent", "at", "before", "category", "counted", "first_seen_key", "host", "ignoring", "log"),
        *("mark", "values"),
    )

    def __init__(self, at: int, facts: list[Any]) -> None:
        agent, host, category, first_seen_key, log, pairs = facts
        self.at = at
        self.agent: str = agent
        self.host: str = host
        self.category: str = category
        self.first_seen_key: str = first_seen_key
        self.log: str = log
        self.values: dict[str, str] = paired(pairs)
        self.mark = -1
        self.ignoring = False
        """A rule that ignores what follows it was met: nothing is stored."""
        self.counted: dict[int, list[Sighting]] | None = None
        """By rule, the earlier events that made it hold, the newest first."""
        self.before: dict[int, str] | None = None
        """By rule, the log that this one differs from."""


class _Outcome:
    """A rule that holds. Written out for the same reason."""

    __slots__ = ("description", "rule")

    def __init__(self, rule: Rule, description: str) -> None:
        self.rule = rule
        self.description = description


class Correlation:
    """Memory of earlier events for one ruleset. Not thread safe: one caller at a time, in event order."""

    def __init__(
        self,
        ruleset: Ruleset,
        *,
        mode: Mode = "compat",
        memory_size: int = DEFAULT_MEMORY,
        logtest: bool = False,
    ) -> None:
        """`memory_size` is the number of events that `compat` knows.

        With `logtest` a rule that is ignored for a while is reported all the same, as upstream's does.
        """
        self.mode = mode
        self._keyed = mode == "keyed"
        self.failed = 0
        """Events that could not be settled; they say why."""
        self._logtest = logtest
        self._ruleset = ruleset
        self._rules = ruleset.tree.rules
        self._watched = ruleset.watched
        self._windows: Windows = Ring(memory_size) if mode == "compat" else KeyedWindows()
        self._firings = Firings()
        self._first_seen = FirstSeen()
        self._accumulator = Accumulator()
        self._tracking = Tracking()
        self._last_logs: Bounded[tuple[str, int], str] = Bounded(
            MAX_REMEMBERED, weight=MAX_LOG_BYTES, weigh=len
        )
        self._remembered: Bounded[Key, bool] = Bounded(MAX_REMEMBERED)
        self._settled: Bounded[tuple[str, int], tuple[int, dict[str, Value]]] = Bounded(MAX_RESENT)
        self._ignored_until: dict[int, int] = {}

    def use(self, ruleset: Ruleset) -> None:
        """Go on with another ruleset and all that is remembered.

        A rule of the same id keeps its windows, what it ignores and what it compares; what was seen a
        first time stays seen. What was remembered for a rule that has gone is never asked for again and
        is forgotten as any other key.
        """
        self._ruleset = ruleset
        self._rules = ruleset.tree.rules
        self._watched = ruleset.watched

    def settle(self, batch: Sequence[Classified]) -> list[Event]:
        """Return the events with their final verdicts, in the order given.

        A recent event that comes again, as after a failed commit, gets its verdict again and changes nothing.
        One that cannot be settled says why in `error.message`; the others go on.
        """
        for classified in batch:
            event = classified.event
            again = not self._firings.is_new(event)
            if classified.pending is None:
                self._pass(event, again=again)
            elif not (again and self._settle_again(event)):
                try:
                    self._settle(event, classified.pending)
                except Exception as error:  # noqa: BLE001  # a supervised edge: one event must not stop its batch
                    self.failed += 1
                    reason = f"rules across events failed: {type(error).__name__}: {error}"
                    event.fields["error.message"] = reason[:MAX_REASON]
        return [classified.event for classified in batch]

    def _pass(self, event: Event, *, again: bool) -> None:
        """Count an event whose verdict needed no memory."""
        fields = event.fields
        rule_id = fields.get("rule.id")
        if rule_id is None:
            return
        times = self._firings.count(rule_id, event.received_at, again=again)
        if rule_id not in self._watched.uncounted:
            fields["rule.firedtimes"] = times
        if not again and fields["rule.level"] != 0:
            self._windows.passed(1)

    def _settle_again(self, event: Event) -> bool:
        """Give an event that is sent again what it got, if it is known to be the same."""
        known = self._settled.get((event.source, event.seq))
        if known is None or known[0] != _sum(event):
            return False
        self._tracking.again(event)
        event.fields.update(known[1])
        return True

    def _settle(self, event: Event, pending: list[Any]) -> None:
        added: dict[str, Value] = {}
        nodes, facts = self._understood(event, pending, added)
        at: int = event.at if self._keyed else event.received_at // SECOND * SECOND
        present = _Present(at, facts)
        outcome = self._first(nodes, None, present)
        if outcome is not None:
            self._put(event, outcome, present, added)
        event.fields.update(added)
        self._settled.put((event.source, event.seq), (_sum(event), added))

    def _understood(
        self, event: Event, pending: list[Any], added: dict[str, Value]
    ) -> tuple[list[Node], list[Any]]:
        """Return what may hold and the facts; for some events both follow from earlier ones."""
        nodes, facts, *asked = pending
        if nodes is None:
            subject = thawed(facts)
            added.update(self._accumulator.fill(subject, event.received_at))
            nodes, facts = self._ruleset.pending(subject)
        elif asked:
            nodes = self._tracking.choose(event, asked[0])
        return nodes, facts

    def _put(self, event: Event, outcome: _Outcome, present: _Present, added: dict[str, Value]) -> None:
        """Write the verdict and what led to it, and remember the event."""
        rule = outcome.rule
        put_verdict(added, rule, outcome.description)
        times = self._firings.count(added["rule.id"], event.received_at, again=False)
        if "no_counter" not in rule.options:
            added["rule.firedtimes"] = times
        earlier = present.counted.get(rule.id) if present.counted else None
        if earlier is not None and len(earlier) > 1:
            added["previous_output"] = "\n".join(one.text for one in earlier[:MAX_SHOWN])
        if present.before and rule.id in present.before:
            added["previous_log"] = present.before[rule.id]
        if rule.level > 0 and not present.ignoring:
            self._remember(rule, present, event.message)

    def _first(self, nodes: list[Node], parent: _Outcome | None, present: _Present) -> _Outcome | None:
        """Return the first node that holds, as upstream would walk; a child wins over its parent."""
        for rule_id, description, inner in nodes:
            rule = self._rules.get(rule_id)
            if rule is None or (rule.guarded and not self._holds(rule, present)):
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
            if self._logtest:
                return here
            return None if parent is None or parent.rule.noalert else parent
        self._ignored_until[here.rule.id] = present.at + here.rule.ignore
        return here

    def _holds(self, rule: Rule, present: _Present) -> bool:
        """Whether memory lets the rule hold."""
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
        if before is None or before == present.log:
            return False
        present.before = {**(present.before or {}), rule.id: readable(before)}
        return True

    def _first_time(self, present: _Present) -> bool:
        key = present.first_seen_key
        return bool(key) and self._first_seen.is_first(key, present.category)

    def _is_remembered(self, rule: Rule, present: _Present) -> bool:
        values = _all_of(rule.unless_remembered, present.values)
        return values is not None and (rule.unless_remembered, values) in self._remembered

    def _counted(self, rule: Rule, composite: Composite, present: _Present) -> bool:
        """Whether enough earlier events fit; then the newest of them and this one are used up."""
        key = _key(rule, composite, present)
        if key is None:
            return False
        found: list[Sighting] = []
        oldest = present.at - composite.timeframe
        unlike = [(name, present.values[name]) for name in composite.different if name in present.values]
        name, value = unlike[0] if unlike else ("", "")
        for earlier in self._windows.of(key):
            if earlier.at < oldest:
                break
            # A flood of equal values passes here thousands of times an event, so the first is written out.
            if unlike and (earlier.values.get(name) == value or _any_equal(unlike[1:], earlier.values)):
                continue
            if earlier.mark >= rule.level:
                break
            found.append(earlier)
            if len(found) >= composite.frequency - 1:
                if composite.uses_up:
                    found[0].mark = max(found[0].mark, rule.level)
                    present.mark = max(present.mark, rule.level)
                present.counted = {**(present.counted or {}), rule.id: found}
                return True
        return False

    def _remember(self, rule: Rule, present: _Present, message: str) -> None:
        keys = [
            (key, one.composite.timeframe, one.composite.frequency, one.times)
            for one in (*self._watched.listeners(rule.id), *self._on_logs(present))
            if (key := _key(one.rule, one.composite, present)) is not None
        ]
        if keys:
            text = message[:MAX_SHOWN_TEXT]
            self._windows.add(Sighting(present.at, present.values, text, present.mark), keys)
        else:
            self._windows.passed(1)
        if rule.remember:
            values = _all_of(rule.remember, present.values)
            if values is not None:
                self._remembered.put((rule.remember, values), True)

    def _on_logs(self, present: _Present) -> list[Listener]:
        """Return the rules that count the event for what its log says."""
        if not self._watched.on_logs:
            return []
        log, low = present.log, lower(present.log)
        return [
            one
            for one in self._watched.on_logs
            if (test := one.composite.by_log) is not None and test(log, low)
        ]

    def close(self) -> None:
        """End; there is nothing to do, as what is remembered here goes with the process."""

    def snapshot(self) -> bytes:
        """Return all that is remembered, for `restore`."""
        return packed(
            {
                "mode": self.mode,
                "windows": self._windows.state(),
                "firings": self._firings.state(),
                "first_seen": self._first_seen.state(),
                "accumulated": self._accumulator.state(),
                "tracked": self._tracking.state(),
                "last_logs": [[*key, log] for key, log in self._last_logs],
                "remembered": [[list(names), list(values)] for (names, values), _ in self._remembered],
                "settled": [[*key, *found] for key, found in self._settled],
                "ignored_until": list(self._ignored_until.items()),
            }
        )

    def restore(self, snapshot: bytes) -> None:
        """Remember what a snapshot holds, instead of what is remembered now.

        Windows of another mode are not taken over. Raises `InvalidError` for anything but a snapshot.
        """
        state = unpacked(snapshot)
        if state["mode"] == self.mode:
            self._windows.restore(state["windows"])
        self._firings.restore(state["firings"])
        self._first_seen.restore(state["first_seen"])
        self._accumulator.restore(state["accumulated"])
        self._tracking.restore(state["tracked"])
        self._last_logs.fill(((host, rule), log) for host, rule, log in state["last_logs"])
        self._remembered.fill(((tuple(names), tuple(values)), True) for names, values in state["remembered"])
        self._settled.fill(((source, seq), (sum_, added)) for source, seq, sum_, added in state["settled"])
        self._ignored_until = dict(state["ignored_until"])


def _sum(event: Event) -> int:
    """Return what tells an event that is sent again from another under its number."""
    return crc32(event.message.encode("utf-8", "replace"))


def _key(rule: Rule, composite: Composite, present: _Present) -> Key | None:
    """Return what events must share to count together; None when a value they must share is absent."""
    same = _all_of(composite.same, present.values)
    if same is None:
        return None
    if composite.by_log is not None:
        same = (present.category, *same)
    return (rule.id, "" if composite.every_agent else present.agent, same)


def _all_of(names: Sequence[str], values: dict[str, str]) -> tuple[str, ...] | None:
    if not names:
        return ()
    found = []
    for name in names:
        value = values.get(name)
        if value is None:
            return None
        found.append(value)
    return tuple(found)


def _any_equal(pairs: Sequence[tuple[str, str]], values: dict[str, str]) -> bool:
    return any(values.get(name) == value for name, value in pairs) if pairs else False
