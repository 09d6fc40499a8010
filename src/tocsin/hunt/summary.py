"""The figures of a hunt: per rule, severity, technique and file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.core.errors import Location, Problem
from tocsin.detect.rule import WatchRule
from tocsin.hunt.inputs import Input
from tocsin.hunt.levels import LEVELS, level_of
from tocsin.hunt.messages import Correlated, Faulty, Finished, Found, Message

_MAX_PROBLEMS = 1_000


@dataclass(slots=True)
class RuleFigures:
    """What one rule found."""

    rule: WatchRule
    matches: int = 0
    first_at: int = 0
    last_at: int = 0
    files: set[int] = field(default_factory=set)

    def add(self, file: int, at: int) -> None:
        """Count a match."""
        self.matches += 1
        self.files.add(file)
        if at:
            self.first_at = min(self.first_at or at, at)
            self.last_at = max(self.last_at, at)


@dataclass(slots=True)
class Summary:
    """What became of a hunt."""

    rules: Sequence[WatchRule]
    correlations: dict[str, WatchRule]
    inputs: Sequence[Input]
    found: dict[str, RuleFigures] = field(default_factory=dict)
    events: int = 0
    files_read: int = 0
    files_failed: int = 0
    faults: int = 0
    problems: list[Problem] = field(default_factory=list)

    def add(self, message: Message) -> None:
        """Count what a hunt said."""
        if isinstance(message, Found):
            self._figures(self.rules[message.rule]).add(message.file, message.at)
        elif isinstance(message, Correlated):
            rule = self.correlations[message.came.rule_id]
            self._figures(rule).add(message.matches[-1].file, message.came.at)
        elif isinstance(message, Faulty):
            self._fault(message)
        elif isinstance(message, Finished):
            self._finish(message)

    def _figures(self, rule: WatchRule) -> RuleFigures:
        return self.found.setdefault(rule.id, RuleFigures(rule))

    def _fault(self, message: Faulty) -> None:
        self.faults += 1
        if len(self.problems) < _MAX_PROBLEMS:
            place = Location(self.inputs[message.file].name, max(0, message.record))
            self.problems.append(Problem(place, message.reason))

    def _finish(self, message: Finished) -> None:
        self.events += message.events
        if message.problem:
            self.files_failed += 1
            self.problems.append(Problem(Location(self.inputs[message.file].name), message.problem))
        else:
            self.files_read += 1
        self.problems += [Problem(Location(self.inputs[message.file].name), each) for each in message.failed]

    @property
    def matches(self) -> int:
        """All matches together."""
        return sum(figures.matches for figures in self.found.values())

    def levels(self) -> dict[str, tuple[int, int]]:
        """Return per level, the gravest first, how many rules matched and how often."""
        rules: Counter[str] = Counter()
        matches: Counter[str] = Counter()
        for figures in self.found.values():
            level = level_of(figures.rule)
            rules[level] += 1
            matches[level] += figures.matches
        return {level: (rules[level], matches[level]) for level in reversed(LEVELS) if rules[level]}

    def techniques(self) -> list[tuple[str, int, int]]:
        """Return ATT&CK techniques with how many rules matched and how often, the most frequent first."""
        rules: Counter[str] = Counter()
        matches: Counter[str] = Counter()
        for figures in self.found.values():
            for technique in figures.rule.techniques:
                rules[technique] += 1
                matches[technique] += figures.matches
        order = sorted(matches, key=lambda technique: (-matches[technique], technique))
        return [(technique, rules[technique], matches[technique]) for technique in order]

    def tactics(self) -> list[tuple[str, int, int]]:
        """Return ATT&CK tactics with how many rules matched and how often, in the order of an attack."""
        rules: Counter[str] = Counter()
        matches: Counter[str] = Counter()
        for figures in self.found.values():
            for tactic in tactics_of(figures.rule):
                rules[tactic] += 1
                matches[tactic] += figures.matches
        order = sorted(matches, key=lambda tactic: (_TACTICS.get(tactic, 99), tactic))
        return [(tactic, rules[tactic], matches[tactic]) for tactic in order]


_TACTICS = {
    tactic: place
    for place, tactic in enumerate(
        (
            *("reconnaissance", "resource-development", "initial-access", "execution", "persistence"),
            *("privilege-escalation", "defense-evasion", "stealth", "defense-impairment"),
            *("credential-access", "discovery"),
            *("lateral-movement", "collection", "command-and-control", "exfiltration", "impact"),
        )
    )
}


def tactics_of(rule: WatchRule) -> list[str]:
    """Return the tactics among a rule's tags, as ATT&CK writes them."""
    names = (
        tag.lower().removeprefix("attack.").replace("_", "-")
        for tag in rule.tags
        if tag.startswith("attack.")
    )
    return [name for name in names if name in _TACTICS]
