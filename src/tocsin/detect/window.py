"""Counting events per rule and key in event time, kept in the database with the reader's offset.

ElastAlert's `frequency`, exact per event: a window never spans `timeframe` or more, a late event within
the window counts, and a match drops the whole window, so seven events with `num_events: 3` match twice.
"""

from __future__ import annotations

from bisect import insort
from operator import itemgetter

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from tocsin.core.clock import HOUR
from tocsin.detect.rule import WatchRule, Window
from tocsin.detect.tables import SilenceRow, WindowRow

Seen = tuple[int, str]
"""Time and identifier of an event."""

Key = tuple[str, str, str]
"""Rule, its version, group key."""

LATENESS = HOUR
"""A window is kept so much longer than its span, for events that arrive late."""

MAX_KEYS = 200_000
"""Open windows in all; beyond it the stalest are dropped, and counted."""


def advance(window: Window, seen: list[Seen], event: Seen) -> list[Seen] | None:
    """Add an event to a window in place; return the whole window, now emptied, when it matches."""
    insort(seen, event, key=itemgetter(0))  # equal times keep their order of arrival
    while seen[-1][0] - seen[0][0] >= window.span:
        seen.pop(0)
    if len(seen) < window.count:
        return None
    matched = list(seen)
    seen.clear()
    return matched


class WindowState:
    """Windows and silences in memory, written through in the transaction that carries the offset.

    After a transaction failed, memory is ahead of the database: call `forget`.
    """

    def __init__(self) -> None:
        self._windows: dict[Key, list[Seen]] | None = None
        self._silences: dict[tuple[str, str], int] = {}
        self._dirty: set[Key] = set()
        self._dirty_silences: set[tuple[str, str]] = set()
        self._pruned_at = 0
        self.overflowed = 0

    def forget(self) -> None:
        """Drop what is in memory; the next `load` reads the database."""
        self._windows = None

    def begin_empty(self) -> None:
        """Start with no state and no database, to try rules out."""
        self._windows = {}

    def load(self, tx: Session) -> None:
        """Read the state unless it is in memory."""
        if self._windows is not None:
            return
        self._windows = {
            (row.rule_id, row.version, row.group_key): [(at, identifier) for at, identifier in row.events]
            for row in tx.scalars(select(WindowRow))
        }
        self._silences = {
            (row.rule_id, row.group_key): row.until_at for row in tx.scalars(select(SilenceRow))
        }
        self._dirty.clear()
        self._dirty_silences.clear()

    def count(self, rule: WatchRule, group_key: str, event: Seen) -> list[Seen] | None:
        """Count an event of a rule with a window; return the events of the match it completes."""
        if rule.window is None:
            return [event]
        key = (rule.id, rule.version, group_key)
        self._dirty.add(key)
        return advance(rule.window, self._held().setdefault(key, []), event)

    def silent(self, rule: WatchRule, group_key: str, at: int) -> bool:
        """Say whether a match at `at` falls into a silence; if not, begin the rule's next one."""
        if not rule.realert:
            return False
        key = (rule.id, group_key)
        if at < self._silences.get(key, 0):
            return True
        self._silences[key] = at + rule.realert
        self._dirty_silences.add(key)
        return False

    def save(self, tx: Session) -> None:
        """Write what changed."""
        held = self._held()
        for key in self._dirty:
            seen = held.get(key)
            if seen:
                tx.merge(
                    WindowRow(
                        rule_id=key[0],
                        version=key[1],
                        group_key=key[2],
                        events=[list(entry) for entry in seen],
                        newest_at=seen[-1][0],
                    )
                )
            else:
                held.pop(key, None)
                tx.execute(delete(WindowRow).where(*_same(key)))
        for rule_id, group_key in self._dirty_silences:
            until = self._silences[rule_id, group_key]
            tx.merge(SilenceRow(rule_id=rule_id, group_key=group_key, until_at=until))
        self._dirty.clear()
        self._dirty_silences.clear()

    def prune(self, tx: Session, rules: dict[str, WatchRule], watermark: int) -> None:
        """Drop windows of rules that are gone or reworded, and those no late event can complete any more."""
        held = self._held()
        if watermark - self._pruned_at < HOUR // 4 and len(held) <= MAX_KEYS:
            return
        self._pruned_at = watermark
        stale = [key for key, seen in held.items() if _is_stale(key, seen, rules, watermark)]
        excess = len(held) - len(stale) - MAX_KEYS
        if excess > 0:
            self.overflowed += excess
            kept = sorted(set(held) - set(stale), key=lambda key: held[key][-1][0] if held[key] else 0)
            stale += kept[:excess]
        for key in stale:
            del held[key]
            tx.execute(delete(WindowRow).where(*_same(key)))
        self._prune_silences(tx, watermark)

    def _prune_silences(self, tx: Session, watermark: int) -> None:
        over = [key for key, until in self._silences.items() if until < watermark - LATENESS]
        for key in over:
            del self._silences[key]
        tx.execute(delete(SilenceRow).where(SilenceRow.until_at < watermark - LATENESS))

    def _held(self) -> dict[Key, list[Seen]]:
        if self._windows is None:
            raise RuntimeError("window state is used before load")
        return self._windows


def _is_stale(key: Key, seen: list[Seen], rules: dict[str, WatchRule], watermark: int) -> bool:
    rule = rules.get(key[0])
    if rule is None or rule.version != key[1] or rule.window is None or not seen:
        return True
    return seen[-1][0] < watermark - rule.window.span - LATENESS


def _same(key: Key) -> tuple[ColumnElement[bool], ...]:
    return (WindowRow.rule_id == key[0], WindowRow.version == key[1], WindowRow.group_key == key[2])
