"""Follow the commit log from a persisted offset, and turn matches into alerts exactly once.

A batch's alerts, window state, figures and the new offset are one transaction. Killed before its commit,
the batch is evaluated again and nothing of the first try remains; killed after, it is not looked at again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from tocsin.core.announce import Announcer
from tocsin.core.clock import MILLISECOND, Clock
from tocsin.core.database import Database
from tocsin.core.errors import TocsinError
from tocsin.core.event import Event
from tocsin.detect.match import Matches, Tally
from tocsin.detect.ports import AlertSink, CommitLog, LoggedEvent, OutcomeHook
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.tables import OffsetRow, RuleRow
from tocsin.detect.window import WindowState

POLL_S = 0.25
"""A commit that nobody notified about is seen after so long."""

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


@dataclass(slots=True)
class RuleCost:
    """What evaluating a rule has cost this process."""

    evaluations: int = 0
    errors: int = 0
    ns: int = 0


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
        reader: str = "main",
        batch: int = 5_000,
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
        self._state = WindowState()
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
        self._offset = None
        self._state.forget()
        log.error("detect_batch_failed", error=self._last_error, failures=self._failures)

    def step(self) -> int:
        """Take the next batch through the rules and commit the result; return how many events it had."""
        offset = self._read_offset() if self._offset is None else self._offset
        batch = self._commits.follow(offset, self._batch)
        if not batch:
            self._offset, self._behind_since = offset, 0
            return 0
        self._behind_since = self._behind_since or self._clock.now()
        rules = self._rules
        matched = self._evaluate(rules, batch)
        changed = self._commit(rules, batch, matched, offset)
        for alert_id in changed:
            self._announcer.tell("alert", alert_id)
        return len(batch)

    def _evaluate(self, rules: RuleSet, batch: Sequence[LoggedEvent]) -> list[tuple[WatchRule, Event]]:
        found = []
        for logged in batch:
            event = logged.event
            found += [(rule, event) for rule in rules.index.candidates(event) if self._holds(rule, event)]
        return found

    def _holds(self, rule: WatchRule, event: Event) -> bool:
        cost = self.costs.get(rule.id)
        if cost is None:
            cost = self.costs[rule.id] = RuleCost()
        cost.evaluations += 1
        began = time.perf_counter_ns()
        try:
            return rule.matches(event)
        except Exception:  # supervised edge: one rule's fault must not stop the others
            cost.errors += 1
            log.exception("rule_failed", rule=rule.id, event_id=event.id)
            return False
        finally:
            cost.ns += time.perf_counter_ns() - began

    def _commit(
        self,
        rules: RuleSet,
        batch: Sequence[LoggedEvent],
        matched: list[tuple[WatchRule, Event]],
        offset: int,
    ) -> list[str]:
        try:
            with self._database.write() as tx:
                self._check_offset(tx, offset)
                changed = self._record(tx, rules, matched)
                watermark = max(self._watermark, *(min(e.event.at, e.event.received_at) for e in batch))
                self._state.prune(tx, rules.by_id, watermark)
                self._save_offset(tx, batch[-1].commit, watermark)
        except BaseException:
            self._state.forget()
            self._offset = None
            raise
        self._offset, self._watermark = batch[-1].commit, watermark
        return changed

    def _record(self, tx: Session, rules: RuleSet, matched: list[tuple[WatchRule, Event]]) -> list[str]:
        self._state.load(tx)
        matches = Matches(self._state, rules.explanations)
        for rule, event in matched:
            matches.add(rule, event)
        changed = []
        for detection in matches.detections():
            outcome = self._sink.record(tx, detection)
            for hook in self._hooks:
                hook.on_outcome(tx, outcome, detection)
            changed.append(outcome.alert_id)
        self._state.save(tx)
        for rule_id, tally in matches.tallies.items():
            _count(tx, rule_id, tally)
        return changed

    def _read_offset(self) -> int:
        with self._database.read() as tx:
            row = tx.get(OffsetRow, self._reader)
            return row.commit_number if row else 0

    def _check_offset(self, tx: Session, offset: int) -> None:
        row = tx.get(OffsetRow, self._reader)
        if (row.commit_number if row else 0) != offset:
            raise OffsetMovedError(f"the offset of reader {self._reader!r} was moved by another process")
        if row and not self._watermark:
            self._watermark = row.watermark_at

    def _save_offset(self, tx: Session, commit: int, watermark: int) -> None:
        tx.merge(
            OffsetRow(
                reader=self._reader,
                commit_number=commit,
                watermark_at=watermark,
                updated_at=self._clock.now(),
            )
        )


def _count(tx: Session, rule_id: str, tally: Tally) -> None:
    row = tx.get(RuleRow, rule_id)
    if row is None:
        row = RuleRow(rule_id=rule_id, matches=0, silenced=0, errors=0)
        tx.add(row)
    row.matches += tally.matches
    row.silenced += tally.silenced
    if tally.last_match_at:
        row.last_match_at = max(row.last_match_at or 0, tally.last_match_at)
