"""The children of a rule, indexed so that an event meets only those it can match.

First by decoder and by what rules ask of the program's name, then by the values of the field that most
rules ask for, then by the atoms of the log. What an index has decided is not tested again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tocsin.decode.patterns import lower
from tocsin.decode.scan import UNKNOWN, Candidates, LogScan
from tocsin.decode.subject import Subject
from tocsin.rules.conditions import OnField, OnLog, OnProgram
from tocsin.rules.model import Rule, Test

_REMEMBERED = 1_024
"""So many values of a field, or program names, are known at a time."""
_ROOM = 8_192
"""So many indexes of a value are known at a time in a whole tree: senders choose the values."""
_FEW = 3
"""A field that fewer rules ask for does not divide them."""
_DEPTH = 3
"""So many fields divide a list, one after the other."""
_TRIAL = 256
"""After so many values it shows whether they repeat."""
_REPEAT = 16
"""So many times as often as it is new a value must be known for a field to go on dividing."""


class Entry:
    """A rule and what is left to decide of it.

    `needs`: atoms that the log must have. `never`: atoms that it must not have. `checks`: tests to run.
    """

    __slots__ = ("checks", "guarded", "needs", "never", "noalert", "rule")

    def __init__(
        self, rule: Rule, needs: tuple[int, ...], never: tuple[int, ...], checks: tuple[Test, ...]
    ) -> None:
        self.rule = rule
        self.needs = needs
        self.never = never
        self.checks = checks
        self.guarded = rule.guarded
        self.noalert = rule.noalert

    def without(self, decided: Iterable[Test]) -> Entry:
        """Return the entry with fewer tests to run."""
        gone = set(map(id, decided))
        return Entry(
            self.rule, self.needs, self.never, tuple(test for test in self.checks if id(test) not in gone)
        )

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
    return Entry(rule, tuple(needs), tuple(never), tuple(checks))


class Room:
    """Bounds what the indexes of a tree remember together: when it is full, all begin anew."""

    __slots__ = ("_left", "_size", "_users")

    def __init__(self, size: int = _ROOM) -> None:
        self._size = self._left = size
        self._users: list[Siblings] = []

    def join(self, user: Siblings) -> None:
        """Have some rules' index live here."""
        self._users.append(user)

    def take(self) -> None:
        """Make room for one index more."""
        self._left -= 1
        if self._left < 0:
            self._left = self._size
            for user in self._users:
                user.forget()


class Siblings:
    """Rules in the order they are tried."""

    __slots__ = ("_answers", "_asking", "_entries", "_known", "_room")

    def __init__(self, rules: Sequence[Rule], scan: LogScan, room: Room) -> None:
        self._entries = [entry_of(rule, scan) for rule in rules]
        self._asking = [test for rule in rules for test in rule.tests if isinstance(test, OnProgram)]
        self._answers: dict[str, int] = {}
        self._known: dict[tuple[str, int], _Divided] = {}
        self._room = room
        room.join(self)

    def forget(self) -> None:
        """Let go of what was worked out for the events so far."""
        self._known.clear()

    def of(self, subject: Subject, hits: set[int]) -> list[Entry]:
        """Return, in order, the rules the subject may match; their decoder condition holds."""
        key = (subject.decoder, self._answer(subject) if self._asking else 0)
        known = self._known.get(key)
        if known is None:
            self._room.take()
            known = self._known[key] = _Divided(self._fitting(subject), self._room, _DEPTH)
        return known.of(subject, hits)

    def _answer(self, subject: Subject) -> int:
        """Return which conditions on the program hold, one bit each: names alike in that share an index."""
        answer = self._answers.get(subject.program)
        if answer is None:
            answer = sum(1 << bit for bit, test in enumerate(self._asking) if test(subject))
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            self._answers[subject.program] = answer
        return answer

    def _fitting(self, subject: Subject) -> list[Entry]:
        entries = []
        for entry in self._entries:
            if entry.rule.decoded_as not in (None, subject.decoder):
                continue
            tests = [test for test in entry.checks if isinstance(test, OnProgram)]
            if all(test(subject) for test in tests):
                entries.append(entry.without(tests))
        return entries


class _Divided:
    """Entries divided by the values of one field. A field whose values do not repeat gives way to another."""

    __slots__ = (
        *("_depth", "_entries", "_field", "_known", "_misses", "_others", "_poor", "_room", "_tests"),
        "_tried",
    )

    def __init__(
        self, entries: list[Entry], room: Room, depth: int, poor: frozenset[str] = frozenset()
    ) -> None:
        self._entries = entries
        self._room = room
        self._depth = depth
        self._poor = poor
        self._choose()

    def _choose(self) -> None:
        self._field = field = _commonest(self._entries, self._poor) if self._depth else ""
        self._tests = [_asking(entry, field) for entry in self._entries] if field else []
        rest = [entry for entry in self._entries if not field or not _asking(entry, field)]
        self._others = _by_atom(rest)
        self._known: dict[str, _Divided] = {}
        self._tried = self._misses = 0

    def of(self, subject: Subject, hits: set[int]) -> list[Entry]:
        if not self._field:
            return self._others.of(hits)
        value = subject.values.get(self._field)
        if value is None:
            return self._others.of(hits)
        self._tried += 1
        known = self._known.get(value)
        if known is not None:
            return known.of(subject, hits)
        self._misses += 1
        if self._misses > _TRIAL and self._misses * _REPEAT > self._tried:
            self._poor |= {self._field}
            self._choose()
            return self.of(subject, hits)
        return self._add(value).of(subject, hits)

    def _add(self, value: str) -> _Divided:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._room.take()
        low = lower(value)
        fitting = [
            entry.without(tests) if tests else entry
            for entry, tests in zip(self._entries, self._tests, strict=True)
            if _all_hold(tests, value, low)
        ]
        known = self._known[value] = _Divided(fitting, self._room, self._depth - 1, self._poor)
        return known


def _all_hold(tests: list[OnField], value: str, low: str) -> bool:
    for test in tests:  # noqa: SIM110  # see above
        if test.pattern.test(value, low) == test.negate:
            return False
    return True


def _asking(entry: Entry, field: str) -> list[OnField]:
    return [test for test in entry.checks if isinstance(test, OnField) and test.key == field]


def _by_atom(entries: list[Entry]) -> Candidates[Entry]:
    return Candidates(entries, [entry.needs[0] if entry.needs else UNKNOWN for entry in entries])


def _commonest(entries: list[Entry], poor: frozenset[str]) -> str:
    """Return the field that most rules ask for, or nothing when few do; not one of the poor."""
    if len(entries) < _FEW:
        return ""
    fields = ({test.key for test in entry.checks if isinstance(test, OnField)} for entry in entries)
    counts = Counter(name for names in fields for name in names if name not in poor)
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    return name if count >= _FEW else ""
