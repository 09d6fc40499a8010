"""Counting events per rule and key in event time, kept in the database with the reader's offset.

ElastAlert's `frequency`, exact per event: a window never spans `timeframe` or more, a late event within
the window counts, and a match drops the whole window, so seven events with `num_events: 3` match twice.
"""

from __future__ import annotations

from bisect import insort
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
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
        """Write what changed: changed rows are deleted and written anew, many at a time."""
        held = self._held()
        if self._dirty:
            tx.connection().execute(_DELETE_WINDOW, [_named(key) for key in self._dirty])
        rows = [_row(key, held[key]) for key in self._dirty if held[key]]
        if rows:
            tx.execute(insert(WindowRow), rows)
        for key in self._dirty:
            if not held[key]:
                del held[key]
        if self._dirty_silences:
            silences = [
                {"rule_id": rule_id, "group_key": group_key, "until_at": self._silences[rule_id, group_key]}
                for rule_id, group_key in self._dirty_silences
            ]
            keys = [{"b_rule": each["rule_id"], "b_group": each["group_key"]} for each in silences]
            tx.connection().execute(_DELETE_SILENCE, keys)
            tx.execute(insert(SilenceRow), silences)
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
        if stale:
            tx.connection().execute(_DELETE_WINDOW, [_named(key) for key in stale])
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


def _row(key: Key, seen: list[Seen]) -> dict[str, Any]:
    rule_id, version, group_key = key
    return {
        "rule_id": rule_id,
        "version": version,
        "group_key": group_key,
        "events": [list(entry) for entry in seen],
        "newest_at": seen[-1][0],
    }


def _named(key: Key) -> dict[str, str]:
    return {"b_rule": key[0], "b_version": key[1], "b_group": key[2]}


_DELETE_WINDOW = delete(WindowRow).where(
    WindowRow.rule_id == bindparam("b_rule"),
    WindowRow.version == bindparam("b_version"),
    WindowRow.group_key == bindparam("b_group"),
)
_DELETE_SILENCE = delete(SilenceRow).where(
    SilenceRow.rule_id == bindparam("b_rule"), SilenceRow.group_key == bindparam("b_group")
)
