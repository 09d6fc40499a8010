"""Follow the commit log from a persisted offset, and turn matches into alerts exactly once.

A batch's alerts, window state, figures and the new offset are one transaction. Killed before its commit,
the batch is evaluated again and nothing of the first try remains; killed after, it is not looked at again.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.orm import Session

from tocsin.core.announce import Announcer
from tocsin.core.clock import MILLISECOND, SECOND, Clock
from tocsin.core.database import Database
from tocsin.core.detection import Detection
from tocsin.core.errors import TocsinError
from tocsin.core.event import Event
from tocsin.detect.correlating import Correlating
from tocsin.detect.cost import RuleCost
from tocsin.detect.exceptions import Exceptions
from tocsin.detect.match import Matches
from tocsin.detect.mutes import Mutes
from tocsin.detect.ports import AlertSink, Amender, CommitLog, History, LoggedEvent, OutcomeHook, Teller
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.runs.book import RuleChanges, RunBook
from tocsin.detect.runs.past import Past, no_history
from tocsin.detect.tables import OffsetRow
from tocsin.detect.tally import Tally, save
from tocsin.detect.telling import detection_of, notice_of, withdrawn
from tocsin.detect.window import WindowState

POLL_S = 0.25
"""A commit that nobody notified about is seen after so long."""

MOST_EVENTS = 10_000
"""In one batch, unless one commit has more: a batch's own cost is small beside that of its events."""

IDLE = 5 * SECOND
"""Behind the clock that event time is taken to be when nothing is left to read, and between such looks."""

_LONGEST_WAIT_S = 5.0
"""Between tries of a batch that fails."""

log = structlog.get_logger("tocsin.detect")


class OffsetMovedError(TocsinError):
    """Another reader under the same name has moved the offset: this one starts over from there."""

    code = "detect-offset-moved"


@dataclass(frozen=True, slots=True)
class DetectStatus:
    """How far detection is behind the log; the lag is zero when it has seen everything."""

    offset: int
    last_commit: int
    lag_commits: int
    lag_ms: int
    failures: int
    """Batches that had to be tried again since the start."""
    last_error: str


@dataclass(frozen=True, slots=True)
class _Moment:
    """How far time has come by the clock of collection and by that of events; where a new rule begins."""

    seen: int
    watermark: int
    began: int


def _moment(watermark: int, batch: Sequence[LoggedEvent]) -> _Moment:
    """Return how far a batch brings time. An event's own claim to be from the future is not believed."""
    times = [min(logged.event.at, logged.event.received_at) for logged in batch]
    seen = max(logged.event.received_at for logged in batch)
    return _Moment(seen, max(watermark, *times), watermark or min(times))


class Detector:
    """Evaluates the rules over the log. One thread calls `run` (or `step`); the rest is thread safe."""

    def __init__(
        self,
        commits: CommitLog,
        database: Database,
        sink: AlertSink,
        rules: RuleSet,
        *,
        clock: Clock,
        announcer: Announcer,
        hooks: Sequence[OutcomeHook] = (),
        amender: Amender | None = None,
        history: History = no_history,
        teller: Teller | None = None,
        reader: str = "main",
        batch: int = MOST_EVENTS,
    ) -> None:
        self._commits = commits
        self._database = database
        self._sink = sink
        self._rules = rules
        self._clock = clock
        self._announcer = announcer
        self._hooks = tuple(hooks)
        self._reader = reader
        self._batch = batch
        self._amender = amender
        self._teller = teller
        self._state = WindowState()
        self._runs = RunBook(Past(history))
        self._correlating = Correlating(reader)
        self._mutes = Mutes()
        self._exceptions = Exceptions()
        self._running: RuleSet | None = None
        self._idled_at = 0
        self._offset: int | None = None
        self._watermark = 0
        self._behind_since = 0
        self._wake = threading.Event()
        self._failures = 0
        self._last_error = ""
        self.costs: dict[str, RuleCost] = {}

    def use(self, rules: RuleSet) -> None:
        """Go on with other rules from the next batch."""
        self._rules = rules

    @property
    def rules(self) -> RuleSet:
        """The rules in use."""
        return self._rules

    def notify(self) -> None:
        """Say that there may be a new commit."""
        self._wake.set()

    @property
    def clock(self) -> Clock:
        """Where detection gets the time from."""
        return self._clock

    def cost(self, rule_id: str) -> RuleCost:
        """Return what a rule has cost this process."""
        spent = self.costs.get(rule_id) or RuleCost()
        held, too_late = self._runs.figures(rule_id)
        return replace(
            spent,
            errors=spent.errors + (rule_id in self._runs.broken),
            cpu_ns=self._runs.cpu_ns.get(rule_id, 0),
            held=held,
            too_late=too_late,
            fault=self._runs.broken.get(rule_id, ""),
        )

    def status(self) -> DetectStatus:
        """Return how far behind the log detection is now."""
        offset = self._read_offset()
        last = self._commits.last_commit()
        behind = max(0, last - offset)
        lag = self._lag(behind)
        return DetectStatus(offset, last, behind, lag // MILLISECOND, self._failures, self._last_error)

    def _lag(self, behind: int) -> int:
        """Return for how long there has been something unread, in microseconds."""
        if not behind:
            self._behind_since = 0
            return 0
        now = self._clock.now()
        self._behind_since = self._behind_since or now
        return max(0, now - self._behind_since)

    def run(self, stop: threading.Event) -> None:
        """Follow the log until `stop` is set; a batch that fails is tried again, never skipped."""
        wait = POLL_S
        while not stop.is_set():
            try:
                busy = self.step() > 0
                wait = POLL_S
            except Exception as error:  # noqa: BLE001 - supervised edge: counted, logged, tried again
                self._failed(error)
                busy, wait = False, min(wait * 2, _LONGEST_WAIT_S)
            if not busy:
                self._wake.wait(wait)
                self._wake.clear()

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._last_error = f"{type(error).__name__}: {error}"
        self._forget()
        log.error("detect_batch_failed", error=self._last_error, failures=self._failures)

    def step(self) -> int:
        """Take the next batch through the rules and commit the result; return how many events it had."""
        offset = self._resume() if self._offset is None else self._offset
        batch = self._commits.follow(offset, self._batch)
        if not batch:
            self._offset, self._behind_since = offset, 0
            self._idle(offset)
            return 0
        self._behind_since = self._behind_since or self._clock.now()
        rules = self._rules
        matched = self._evaluate(rules, batch)
        moment = _moment(self._watermark, batch)
        self._prepare(rules, moment.began)
        changed = self._commit(rules, matched, moment, (offset, batch[-1].commit))
        for alert_id in changed:
            self._announcer.tell("alert", alert_id)
        return len(batch)

    def _evaluate(self, rules: RuleSet, batch: Sequence[LoggedEvent]) -> list[tuple[WatchRule, Event]]:
        found: list[tuple[WatchRule, Event]] = []
        for logged in batch:
            event = logged.event
            for rule in rules.index.matching(event, self._rule_failed):
                found.append((rule, event))  # noqa: PERF401 - most events match nothing
        for rule, evaluations, ns in rules.index.spent():
            cost = self._cost_of(rule.id)
            cost.evaluations += evaluations
            cost.ns += ns
        return found

    def _cost_of(self, rule_id: str) -> RuleCost:
        return self.costs.setdefault(rule_id, RuleCost())

    def _rule_failed(self, rule: WatchRule, event: Event, error: Exception) -> None:
        """Note a rule's fault, which must not stop the others."""
        self._cost_of(rule.id).errors += 1
        log.error("rule_failed", rule=rule.id, event_id=event.id, exc_info=error)

    def _prepare(self, rules: RuleSet, began: int) -> None:
        """Let new rules learn from the past, while others may write."""
        if self._running is not rules:
            with self._database.read() as tx:
                stored = self._runs.stored(tx)
            self._runs.prepare(rules.running, stored, began)

    def _commit(
        self,
        rules: RuleSet,
        matched: list[tuple[WatchRule, Event]],
        moment: _Moment,
        offsets: tuple[int, int],
    ) -> list[str]:
        """Write what comes of the matches; `offsets` are that of before and the new one."""
        before, after = offsets
        try:
            with self._database.write() as tx:
                self._check_offset(tx, before)
                changed = self._record(tx, rules, matched, moment)
                self._state.prune(tx, rules.by_id, moment.watermark)
                self._save_offset(tx, after, moment.watermark)
        except BaseException:
            self._forget()
            raise
        self._offset, self._watermark = after, moment.watermark
        return changed

    def _forget(self) -> None:
        """Read everything again: memory is ahead of the database."""
        self._offset = None
        self._state.forget()
        self._runs.forget()
        self._correlating.forget()
        self._exceptions.forget()
        self._running = None

    def _idle(self, offset: int) -> None:
        """Let time come to just behind the clock, since there is nothing left to read."""
        now = self._clock.now()
        if now - self._idled_at < IDLE or not (self._runs.needs_time or self._correlating.needs_time):
            return
        self._idled_at = now
        rules, watermark = self._rules, max(self._watermark, now - IDLE)
        self._prepare(rules, watermark)
        moment = _Moment(now - IDLE, watermark, watermark)
        for alert_id in self._commit(rules, [], moment, (offset, offset)):
            self._announcer.tell("alert", alert_id)

    def _record(
        self,
        tx: Session,
        rules: RuleSet,
        matched: list[tuple[WatchRule, Event]],
        moment: _Moment,
    ) -> list[str]:
        self._load(tx, rules, moment.began)
        matched = self._exceptions.sieve(matched)
        matches = Matches(self._state, rules.explanations)
        for rule, event in matched:
            if rule.id in rules.silent:
                continue
            if rule.watch is not None:
                self._runs.add(rule, rule.watch, event)
            else:
                matches.add(rule, event)
        changed = [
            self._tell(tx, detection) for detection in matches.detections() if not self._is_muted(detection)
        ]
        tallies = defaultdict(Tally, matches.tallies)
        for detection in self._correlating.feed(rules, matched, moment.watermark):
            if self._is_muted(detection):
                continue
            tallies[detection.rule_id].match(detection.at)
            changed.append(self._tell(tx, detection))
        for each in self._runs.advance(rules.by_id, moment.seen, moment.watermark):
            changed += self._told(tx, rules, each, tallies[each.rule.id])
        self._state.save(tx)
        self._runs.save(tx, self._clock.now())
        self._correlating.save(tx, self._clock.now())
        self._exceptions.save(tx)
        save(tx, tallies)
        return changed

    def _load(self, tx: Session, rules: RuleSet, began: int) -> None:
        self._state.load(tx)
        self._runs.load(tx, rules.by_id, began)
        if self._running is not rules:
            self._runs.use(tx, rules.running, began)
            self._running = rules
        self._correlating.load(tx, rules)
        self._mutes.load(tx, self._clock.now())
        self._exceptions.load(tx, self._clock.now())

    def _is_muted(self, detection: Detection) -> bool:
        """Say whether an operator silenced the rule, or this key of it."""
        return self._mutes.covers(detection.rule_id, detection.group_key)

    def _tell(self, tx: Session, detection: Detection) -> str:
        outcome = self._sink.record(tx, detection)
        for hook in self._hooks:
            hook.on_outcome(tx, outcome, detection)
        return outcome.alert_id

    def _told(self, tx: Session, rules: RuleSet, found: RuleChanges, tally: Tally) -> list[str]:
        """Record what a rule told, take back what it took back, and count both."""
        rule, watch = found.rule, found.watch
        for telling in found.changes.withdrawn:
            tally.withdrawn += 1
            if self._amender is not None:
                self._amender.withdraw(tx, withdrawn(rule, watch, telling))
        changed = []
        for telling in found.changes.told:
            detection = detection_of(rule, watch, telling, rules.explanations[rule.id])
            if self._is_muted(detection):
                tally.silenced += 1
                continue
            tally.match(detection.at, len(telling.matches))
            changed.append(self._tell(tx, detection))
            if self._teller is not None and watch.notify:
                self._teller.tell(tx, notice_of(rule, watch, telling, changed[-1]))
        return changed

    def _read_offset(self) -> int:
        with self._database.read() as tx:
            row = tx.get(OffsetRow, self._reader)
            return row.commit_number if row else 0

    def _resume(self) -> int:
        """Return the offset to go on from, and take over how far time had come by it."""
        with self._database.read() as tx:
            row = tx.get(OffsetRow, self._reader)
            if row is None:
                return 0
            self._watermark = row.watermark_at
            return row.commit_number

    def _check_offset(self, tx: Session, offset: int) -> None:
        row = tx.get(OffsetRow, self._reader)
        if (row.commit_number if row else 0) != offset:
            raise OffsetMovedError(f"the offset of reader {self._reader!r} was moved by another process")

    def _save_offset(self, tx: Session, commit: int, watermark: int) -> None:
        tx.merge(
            OffsetRow(
                reader=self._reader,
                commit_number=commit,
                watermark_at=watermark,
                updated_at=self._clock.now(),
            )
        )
