"""The children of a rule, indexed so that an event meets only those it can match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tocsin.decode.patterns import lower
from tocsin.decode.prefilter import FEW, Candidates
from tocsin.decode.subject import Subject
from tocsin.rules.model import Rule

_REMEMBERED = 4_096


class Siblings:
    """Rules in the order they are tried: by decoder name, then by a field's value, then by literals."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._known: dict[str, _ByValue] = {}

    def of(self, subject: Subject) -> Sequence[Rule]:
        """Return, in order, the rules the subject may match; their decoder condition holds."""
        known = self._known.get(subject.decoder)
        if known is None:
            fitting = [r for r in self._rules if r.decoded_as is None or r.decoded_as == subject.decoder]
            known = _ByValue(fitting)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[subject.decoder] = known
        return known.of(subject)


class _ByValue:
    """Rules for one decoder, divided by the values of the field that most of them bind."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._field = _commonest(rules) if len(rules) > FEW else ""
        self._others = _ByLiteral([r for r in rules if self._field not in dict(r.equals)])
        self._known: dict[str, _ByLiteral] = {}

    def of(self, subject: Subject) -> Sequence[Rule]:
        if not self._field:
            return self._others.of(subject)
        value = subject.values.get(self._field)
        if value is None:
            return self._others.of(subject)
        low = lower(value)
        known = self._known.get(low)
        if known is None:
            known = _ByLiteral([r for r in self._rules if low in dict(r.equals).get(self._field, (low,))])
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[low] = known
        return known.of(subject)


class _ByLiteral:
    """Rules of which only those are tried whose text stands in the log."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._candidates = Candidates(self._rules, [r.literals for r in rules]) if len(rules) > FEW else None

    def of(self, subject: Subject) -> Sequence[Rule]:
        return self._rules if self._candidates is None else self._candidates.of(subject.low)


def _commonest(rules: Sequence[Rule]) -> str:
    """Return the field that most rules bind to values, or nothing when few do."""
    counts = Counter(name for rule in rules for name, _ in rule.equals)
    name, count = counts.most_common(1)[0] if counts else ("", 0)
    return name if count > FEW else ""
