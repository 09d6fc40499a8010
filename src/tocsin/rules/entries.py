"""A rule in its place among others, and what is left to decide of it once an index has decided the rest."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.decode.scan import UNKNOWN, LogScan
from tocsin.decode.subject import Subject
from tocsin.rules.conditions import OnLog
from tocsin.rules.model import Rule, Test

ROOM = 8_192
"""So many indexes are known at a time in a whole tree: senders choose what they are made for."""


class Level:
    """Rules in the order they are tried, below the one that holds."""

    __slots__ = ()

    def of(self, subject: Subject, hits: set[int]) -> list[Entry]:
        """Return, in order, the rules the subject may match; what their entries do not ask holds."""
        raise NotImplementedError

    def waits(self) -> bool:
        """Return whether memory has a say in a rule here or further below."""
        raise NotImplementedError

    def forget(self) -> None:
        """Let go of what was worked out for the events so far."""


class Entry:
    """A rule and what is left to decide of it.

    `needs`: atoms that the log must have. `never`: atoms that it must not have. `checks`: tests to run.
    `asks`: whether there are any of these. `below`: the rules that refine it.
    """

    __slots__ = ("asks", "below", "checks", "guarded", "needs", "never", "noalert", "rule")

    def __init__(
        self,
        rule: Rule,
        needs: tuple[int, ...],
        never: tuple[int, ...],
        checks: tuple[Test, ...],
        below: Level | None,
    ) -> None:
        self.rule = rule
        self.needs = needs
        self.never = never
        self.checks = checks
        self.below = below
        self.asks = bool(needs or never or checks)
        self.guarded = rule.guarded
        self.noalert = rule.noalert

    def without(self, decided: Iterable[Test]) -> Entry:
        """Return the entry with fewer tests to run."""
        gone = set(map(id, decided))
        left = tuple(test for test in self.checks if id(test) not in gone)
        return Entry(self.rule, self.needs, self.never, left, self.below)

    def possible(self, hits: frozenset[int]) -> bool:
        """Return whether a log with these atoms may match."""
        return hits.issuperset(self.needs) and hits.isdisjoint(self.never)

    def holds(self, subject: Subject, hits: set[int]) -> bool:
        """Return whether all that is left holds."""
        for atom in self.needs:
            if atom not in hits:
                return False
        for atom in self.never:
            if atom in hits:
                return False
        for test in self.checks:  # noqa: SIM110  # all() makes a generator for each of many events
            if not test(subject):
                return False
        return True


def entry_of(rule: Rule, scan: LogScan) -> Entry:
    """Divide a rule's tests into what the pass over the log decides and what has to be run."""
    needs: list[int] = []
    never: list[int] = []
    checks: list[Test] = []
    for test in rule.tests:
        if not isinstance(test, OnLog):
            checks.append(test)
            continue
        atom, decided = scan.atom(test.pattern, whole=True)
        if atom == UNKNOWN:
            checks.append(test)
            continue
        absent = test.negate != test.pattern.inverted
        if absent and decided:
            never.append(atom)
        elif not absent:
            needs.append(atom)
        if not decided:
            checks.append(test)
    return Entry(rule, tuple(needs), tuple(never), tuple(checks), rule.siblings)


class Room:
    """Bounds what the indexes of a tree remember together: when it is full, all begin anew."""

    __slots__ = ("_left", "_size", "_users")

    def __init__(self, size: int = ROOM) -> None:
        self._size = self._left = size
        self._users: list[Level] = []

    def join(self, user: Level) -> None:
        """Have some rules' index live here."""
        self._users.append(user)

    def take(self) -> None:
        """Make room for one index more."""
        self._left -= 1
        if self._left < 0:
            self._left = self._size
            for user in self._users:
                user.forget()
