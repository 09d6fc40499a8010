"""The index of a rule's children."""

from __future__ import annotations

import itertools
import tracemalloc

from tocsin.decode.patterns import compile_pattern
from tocsin.decode.scan import LogScan
from tocsin.decode.subject import Subject
from tocsin.rules.conditions import OnField, OnProgram
from tocsin.rules.model import Rule
from tocsin.rules.siblings import Room, Siblings


def _rule(number: int, program: str, *, negate: bool = False) -> Rule:
    test = OnProgram(compile_pattern(program, "osmatch"), negate=negate)
    return Rule(id=number, level=3, description="d", path="p", line=1, tests=(test,))


def _subject(program: str) -> Subject:
    subject = Subject("log")
    subject.program = program
    return subject


def test_programs_that_rules_take_alike_share_an_index() -> None:
    """A sender who makes up a program's name for every line does not have the rules indexed for each."""
    siblings = Siblings([_rule(1, "^su"), _rule(2, "^sshd$", negate=True)], LogScan(), Room())
    first = siblings.of(_subject("made-up-1"), set())
    assert [2] == [entry.rule.id for entry in first]
    assert first[0] is siblings.of(_subject("made-up-2"), set())[0]


def test_programs_that_rules_tell_apart_meet_other_rules() -> None:
    """Names, and the lack of one, are told apart as far as a rule asks, in whichever order they come."""
    siblings = Siblings([_rule(1, "^su"), _rule(2, "^sshd$", negate=True)], LogScan(), Room())
    for _ in range(2):
        found = [
            [entry.rule.id for entry in siblings.of(_subject(program), set())]
            for program in ("su", "sudo", "sshd", "cron", "")
        ]
        assert [[1, 2], [1, 2], [], [2], []] == found


def test_what_is_remembered_of_values_is_bounded() -> None:
    """Values that a sender combines anew in every line do not fill memory; the rules stay the same."""
    rules = [_on_field(number, key) for number in range(8) for key in "abc"]
    siblings = Siblings(rules, LogScan(), Room(100))
    early = late = 0
    tracemalloc.start()
    for count, values in enumerate(itertools.product(range(24), repeat=3)):
        subject = Subject("log")
        subject.values = {key: f"v{number}" for key, number in zip("abc", values, strict=True)}
        found = sorted(entry.rule.id for entry in siblings.of(subject, set()))
        assert found == sorted(number for number in values if number < 8)
        if count % 500 == 499:
            early, late = (early, max(late, _used())) if early else (_used(), 0)
    tracemalloc.stop()
    assert late < 4 * early


def _used() -> int:
    """Bytes held by rules; threads of other tests hold some too."""
    ours = [tracemalloc.Filter(True, pattern) for pattern in (__file__, "*/rules/*", "*/decode/*")]
    return sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(ours).traces)


def _on_field(number: int, key: str) -> Rule:
    test = OnField(key, compile_pattern(f"^v{number}$", "osmatch"), negate=False)
    return Rule(id=number, level=3, description="d", path="p", line=1, tests=(test,))
