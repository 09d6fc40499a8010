"""The children of a rule, indexed so that an event meets only those it can match.

First by decoder and by what rules ask of the program's name, then by the values of the field that most
rules ask for, then by the atoms of the log. What an index has decided is not tested again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tocsin.decode.patterns import lower
from tocsin.decode.scan import UNKNOWN, Candidates, LogScan
from tocsin.decode.subject import Subject
from tocsin.rules.conditions import OnField, OnProgram
from tocsin.rules.entries import Entry, Level, Room, entry_of
from tocsin.rules.model import Rule

_REMEMBERED = 1_024
"""So many values of a field, or program names, are known at a time."""
_FEW = 3
"""A field that fewer rules ask for does not divide them."""
_DEPTH = 3
"""So many fields divide a list, one after the other."""
_TRIAL = 256
"""After so many values it shows whether they repeat."""
_REPEAT = 16
"""So many times as often as it is new a value must be known for a field to go on dividing."""


class Siblings(Level):
    """The rules below one, indexed by what all events are told apart by."""

    __slots__ = ("_answers", "_asking", "_entries", "_known", "_room", "_rules", "_scan", "_waits")

    def __init__(self, rules: Sequence[Rule], scan: LogScan, room: Room) -> None:
        self._rules = rules
        self._scan = scan
        self._entries: list[Entry] | None = None
        self._waits: bool | None = None
        self._asking = [test for rule in rules for test in rule.tests if isinstance(test, OnProgram)]
        self._answers: dict[str, int] = {}
        self._known: dict[tuple[str, int], Divided] = {}
        self._room = room
        room.join(self)

    def forget(self) -> None:
        """Let go of what was worked out for the events so far."""
        self._known.clear()

    def of(self, subject: Subject, hits: set[int]) -> list[Entry]:
        """Return, in order, the rules the subject may match; their decoder condition holds."""
        return self._divided(subject).of(subject, hits)

    def fitting(self, subject: Subject) -> list[Entry]:
        """Return, in order, the rules that decoder and program allow."""
        return self._divided(subject).entries

    def waits(self) -> bool:
        """Return whether memory has a say in a rule here or further below."""
        if self._waits is None:
            self._waits = any(
                rule.guarded or (rule.siblings is not None and rule.siblings.waits()) for rule in self._rules
            )
        return self._waits

    def _divided(self, subject: Subject) -> Divided:
        key = (subject.decoder, self._answer(subject) if self._asking else 0)
        known = self._known.get(key)
        if known is None:
            self._room.take()
            known = self._known[key] = Divided(self._fitting(subject), self._room, _DEPTH)
        return known

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
        if self._entries is None:  # not before every rule below has an index of its own
            self._entries = [entry_of(rule, self._scan) for rule in self._rules]
        entries = []
        for entry in self._entries:
            if entry.rule.decoded_as not in (None, subject.decoder):
                continue
            tests = [test for test in entry.checks if isinstance(test, OnProgram)]
            if all(test(subject) for test in tests):
                entries.append(entry.without(tests))
        return entries


class Divided(Level):
    """Entries divided by the values of one field. A field whose values do not repeat gives way to another."""

    __slots__ = (
        *("_depth", "_field", "_known", "_misses", "_others", "_poor", "_room", "_tests"),
        *("_tried", "entries"),
    )

    def __init__(
        self, entries: list[Entry], room: Room, depth: int, poor: frozenset[str] = frozenset()
    ) -> None:
        self.entries = entries
        self._room = room
        self._depth = depth
        self._poor = poor
        self._choose()

    def _choose(self) -> None:
        self._field = field = _commonest(self.entries, self._poor) if self._depth else ""
        self._tests = [_asking(entry, field) for entry in self.entries] if field else []
        rest = [entry for entry in self.entries if not field or not _asking(entry, field)]
        self._others = _by_atom(rest)
        self._known: dict[str, Divided] = {}
        self._tried = self._misses = 0

    def of(self, subject: Subject, hits: set[int]) -> list[Entry]:
        """Return the entries that the subject's values allow, without the tests that these pass."""
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

    def _add(self, value: str) -> Divided:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._room.take()
        low = lower(value)
        fitting = [
            entry.without(tests) if tests else entry
            for entry, tests in zip(self.entries, self._tests, strict=True)
            if _all_hold(tests, value, low)
        ]
        known = self._known[value] = Divided(fitting, self._room, self._depth - 1, self._poor)
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
