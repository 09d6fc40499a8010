"""Correlations over the log as it is followed: state kept with the reader's offset, and detections."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from tocsin.core.clock import MINUTE
from tocsin.core.detection import Detection, EventRef
from tocsin.core.event import Event
from tocsin.detect.correlation import Correlated, Correlator, Linked, SnapshotError
from tocsin.detect.rule import MAX_KEY, WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.detect.tables import CorrelationRow

GRACE = MINUTE
"""A timespan is over so long after its end, by the time of the events: what comes later is not counted."""

MAX_EVENTS = 1_000
"""Events a detection names: the newest."""


class Correlating:
    """The correlations of the rules in use. For the one thread that follows the log.

    After a transaction failed, memory is ahead of the database: call `forget`.
    """

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._linked: tuple[Linked, ...] | None = None
        self._correlator = Correlator(())
        self._saved = b""

    @property
    def needs_time(self) -> bool:
        """Whether something may come about by time alone."""
        return self._correlator.waits

    def forget(self) -> None:
        """Drop what is in memory; the next `load` reads the database."""
        self._linked = None

    def begin_empty(self, rules: RuleSet) -> None:
        """Start without a database, to try rules out."""
        self._correlator, self._linked = Correlator(rules.correlations), rules.correlations

    def load(self, tx: Session, rules: RuleSet) -> None:
        """Read the state, unless these rules' is in memory; other rules go on with what is theirs."""
        if self._linked is rules.correlations:
            return
        if self._linked is None:
            row = tx.get(CorrelationRow, self._reader)
            self._saved = row.state if row is not None else b""
        self._correlator = Correlator(rules.correlations)
        self._linked = rules.correlations
        if self._saved:
            try:
                self._correlator.restore(self._saved)
            except SnapshotError:
                self._saved = b""  # of another version of the program: begin anew

    def feed(
        self, rules: RuleSet, matched: Sequence[tuple[WatchRule, Event]], watermark: int
    ) -> list[Detection]:
        """Take the matches of a batch; return what comes about by them and by time."""
        if not rules.correlations:
            return []
        came: list[Correlated] = []
        for rule, event in matched:
            if self._correlator.wants(rule.id):
                came += self._correlator.feed(rule.id, event, event.id)
        came += self._correlator.advance(watermark - GRACE)
        return [_detection(rules.by_id[each.rule_id], each) for each in came]

    def save(self, tx: Session, now: int) -> None:
        """Write the state, when it has changed."""
        if not self._linked and not self._saved:
            return
        state = self._correlator.snapshot()
        if state != self._saved:
            tx.merge(CorrelationRow(reader=self._reader, state=state, updated_at=now))
            self._saved = state


def _detection(rule: WatchRule, came: Correlated) -> Detection:
    correlation = rule.correlation
    events = came.events[-MAX_EVENTS:]
    return Detection(
        rule_id=rule.id,
        rule_name=rule.name,
        rule_kind=rule.kind,
        rule_version=rule.version,
        severity=rule.severity,
        group_key=", ".join(came.group)[:MAX_KEY],
        group_field=",".join(correlation.group_by) if correlation is not None else "",
        title=rule.name[:300],
        description=rule.description,
        at=came.at,
        events=tuple(EventRef(identifier, at) for at, identifier in events),
        tags=rule.tags,
        techniques=rule.techniques,
    )
