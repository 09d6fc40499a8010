"""What the data lacks that the rules need: looked at for all of them, and kept for a while."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tocsin.core.clock import MINUTE, Clock
from tocsin.detect.coverage import Coverage, coverage_of
from tocsin.detect.rule import WatchRule
from tocsin.detect.ruleset import RuleSet
from tocsin.query.tree import Node

FRESH = 5 * MINUTE
"""For so long an answer stands, in microseconds."""

_WRITTEN = frozenset({"elastalert", "sigma"})
"""Rules that somebody wrote; the built-in ones wait for what ingest adds."""

Seen = Callable[[], Collection[str]]
"""The fields that events of the log have."""

Exists = Callable[[Node], bool]
"""Whether any event of the log fulfils a condition."""


@dataclass(frozen=True, slots=True)
class RuleGap:
    """A rule that no event of the data can fulfil."""

    rule: WatchRule
    enabled: bool
    missing: tuple[str, ...]
    """The fields it needs and the data never had."""


@dataclass(frozen=True, slots=True)
class MissingField:
    """A field the data never had, and how many rules cannot match that ask for it."""

    name: str
    rules: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """What the rules need and the data does not have."""

    at: int
    rules: int
    dead: tuple[RuleGap, ...]
    fields: tuple[MissingField, ...]


class Census:
    """Asks the log for its fields and holds them against the rules. Thread safe."""

    def __init__(self, rules: Callable[[], RuleSet], seen: Seen, exists: Exists, clock: Clock) -> None:
        self._rules = rules
        self._seen = seen
        self._exists = exists
        self._clock = clock
        self._lock = threading.Lock()
        self._of: RuleSet | None = None
        self._gaps: Gaps | None = None
        self._dead: dict[str, RuleGap] = {}

    def coverage(self, rule: WatchRule) -> Coverage:
        """Return what one rule needs, with a look for events of its log source."""
        return coverage_of(rule, self._seen(), self._exists)

    def gaps(self) -> Gaps:
        """Return what all rules lack; by their fields alone, as of some minutes ago at most."""
        with self._lock:
            rules, now = self._rules(), self._clock.now()
            if self._gaps is None or self._of is not rules or now - self._gaps.at > FRESH:
                self._of, self._gaps = rules, _gaps(rules, self._seen(), now)
                self._dead = {gap.rule.id: gap for gap in self._gaps.dead}
            return self._gaps

    def dead(self) -> dict[str, RuleGap]:
        """Return the rules that cannot match, by identifier."""
        self.gaps()
        with self._lock:
            return self._dead


def _gaps(rules: RuleSet, seen: Collection[str], now: int) -> Gaps:
    dead = []
    asked = [rule for rule in rules.all if rule.kind in _WRITTEN and rule.correlation is None]
    for rule in asked:
        coverage = coverage_of(rule, seen)
        if not coverage.can_match:
            names = tuple(field.name for field in coverage.missing if not field.excludes)
            dead.append(RuleGap(rule, rules.is_enabled(rule), names))
    counts = Counter(name for gap in dead for name in gap.missing)
    fields = tuple(MissingField(name, count) for name, count in counts.most_common())
    return Gaps(now, len(asked), tuple(dead), fields)
