"""Exceptions at work: a match whose event satisfies one does not count for the rule.

That is what adding `AND NOT condition` to the rule's own condition would do, for every kind of rule: an event
held back opens no alert, fills no window and feeds no correlation. The event itself stays in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from tocsin.core.errors import InvalidError, TocsinError
from tocsin.core.event import Event
from tocsin.detect.match import rule_id_of
from tocsin.detect.rule import WatchRule
from tocsin.detect.tables import ExceptionRow
from tocsin.query.dates import Dates
from tocsin.query.lucene import parse_lucene
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import Everything, Node

Predicate = Callable[[Event], bool]

log = structlog.get_logger("tocsin.detect")


@dataclass(frozen=True, slots=True)
class Held:
    """An exception ready to be asked; an empty `rule_id` is every rule."""

    id: str
    rule_id: str
    holds: Predicate

    def covers(self, rule: WatchRule, event: Event) -> bool:
        """Say whether the rule's match of the event is held back."""
        if self.rule_id and self.rule_id not in (rule.id, rule_id_of(rule, event)):
            return False
        return self.holds(event)


@dataclass(slots=True)
class Hits:
    """What an exception held back."""

    count: int = 0
    last_at: int = 0


def condition_of(text: str) -> Predicate:
    """Return an exception's condition, compiled; raises what `node_of` does."""
    return compile_predicate(node_of(text))


def node_of(text: str) -> Node:
    """Return an exception's condition; raises `InvalidError` for one that holds for everything."""
    node = parse_lucene(text, dates=Dates(None))  # it holds for long: `now` would stand still
    if isinstance(node, Everything):
        raise InvalidError("an exception needs a condition, such as source.ip: 192.0.2.7")
    return node


def _kept_condition(exception_id: str, text: str) -> Predicate:
    """Return a stored condition; one that is understood no more holds for nothing, lest it stop detection."""
    try:
        return condition_of(text)
    except TocsinError:
        log.exception("exception_unreadable", exception=exception_id)
        return _never


def _never(_event: Event) -> bool:
    return False


def watches_for_silence(rule: WatchRule) -> bool:
    """Say whether a rule alerts on what does not come: leaving events out would make it louder."""
    if rule.watch is None:
        return False
    kind = rule.watch.kind
    if kind.kind == "usual_count":
        return kind.baseline.direction != "up"
    return kind.kind in ("flatline", "silent_source")


class Exceptions:
    """The exceptions in force, and what they held back since the last save. For one thread."""

    def __init__(self, held: Iterable[Held] = ()) -> None:
        self._held = tuple(held)
        self._compiled: dict[tuple[str, str], Predicate] = {}
        self.hits: dict[str, Hits] = {}

    def load(self, tx: Session, now: int) -> None:
        """Read the exceptions that have not expired at `now`."""
        rows = tx.execute(
            select(ExceptionRow.id, ExceptionRow.rule_id, ExceptionRow.condition)
            .where(ExceptionRow.expires_at > now)
            .order_by(ExceptionRow.created_at, ExceptionRow.id)
        ).all()
        known = self._compiled
        self._compiled = {
            (each.id, each.condition): known.get((each.id, each.condition))
            or _kept_condition(each.id, each.condition)
            for each in rows
        }
        self._held = tuple(
            Held(each.id, each.rule_id, self._compiled[each.id, each.condition]) for each in rows
        )

    def sieve(self, matched: Sequence[tuple[WatchRule, Event]]) -> list[tuple[WatchRule, Event]]:
        """Return the matches that no exception holds back, and count those that one does."""
        if not self._held:
            return list(matched)
        return [(rule, event) for rule, event in matched if not self.hold(rule, event)]

    def hold(self, rule: WatchRule, event: Event) -> bool:
        """Say whether an exception holds the match back; the first that does is counted."""
        if not self._held or watches_for_silence(rule):
            return False
        for held in self._held:
            if held.covers(rule, event):
                hits = self.hits.setdefault(held.id, Hits())
                hits.count += 1
                hits.last_at = max(hits.last_at, event.at)
                return True
        return False

    def save(self, tx: Session) -> None:
        """Add what was held back to the exceptions' figures; one that was removed meanwhile is left out."""
        for identifier, hits in self.hits.items():
            row = tx.get(ExceptionRow, identifier)
            if row is not None:
                row.hits += hits.count
                row.last_hit_at = max(row.last_hit_at or 0, hits.last_at)
        self.hits = {}

    def forget(self) -> None:
        """Drop what was counted and not saved: the batch is taken again."""
        self.hits = {}
