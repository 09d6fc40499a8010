"""The rule tree cut down to what logs alike can match."""

from __future__ import annotations

import pytest

from tocsin.decode.patterns import compile_pattern
from tocsin.decode.scan import LogScan
from tocsin.decode.subject import Subject
from tocsin.rules import shortlists
from tocsin.rules.conditions import OnField, OnLog
from tocsin.rules.entries import Room
from tocsin.rules.model import Rule, Test
from tocsin.rules.shortlists import Shortlists
from tocsin.rules.siblings import Siblings
from tocsin.rules.walk import walk


def _rule(number: int, *tests: Test, noalert: bool = False) -> Rule:
    rule = Rule(id=number, level=3, description="d", path="p", line=1, tests=tests)
    rule.noalert = noalert
    return rule


def _on_log(text: str, *, negate: bool = False) -> OnLog:
    return OnLog(compile_pattern(text, "osmatch"), negate=negate)


def _on_field(name: str, text: str) -> OnField:
    return OnField(name, compile_pattern(text, "osmatch"), negate=False)


class _Tree:
    """Rules, indexed; `children` by the number of the rule they stand below."""

    def __init__(
        self,
        rules: list[Rule],
        children: dict[int, list[Rule]] | None = None,
        credit: int = shortlists.CREDIT,
    ) -> None:
        below = children or {}
        every = [*rules, *(rule for found in below.values() for rule in found)]
        tests = [test for rule in every for test in rule.tests if isinstance(test, OnLog)]
        self.scan, room = LogScan([test.pattern for test in tests]), Room()
        for rule in every:
            rule.guarded = rule.asks_memory
            rule.children = below.get(rule.id, [])
            rule.siblings = Siblings(rule.children, self.scan, room) if rule.children else None
        self.shortlists = Shortlists(Siblings(rules, self.scan, room), room, credit)

    def verdicts(self, log: str, count: int = 3, program: str = "", **values: str) -> list[object]:
        """Walk a log as often as `count` says; return the ids of the rules or the nodes."""
        subject = Subject(log)
        subject.program, subject.values = program, dict(values)
        hits = self.scan.hits(log)
        found = [walk(self.shortlists, subject, hits) for _ in range(count)]
        return [one.id if isinstance(one, Rule) else one for one in found]


def test_a_combination_that_repeats_leads_to_the_same_rule() -> None:
    """Levels below rules that are sure to hold are joined, and what stands behind them stays unreached."""
    tree = _Tree(
        [_rule(1, _on_log("alpha")), _rule(2)],
        {1: [_rule(3, _on_log("beta")), _rule(4, _on_log("gamma"), _on_field("user", "root"))]},
    )
    assert [3] * 3 == tree.verdicts("alpha beta")
    assert [4] * 3 == tree.verdicts("alpha gamma", user="root")
    assert [1] * 3 == tree.verdicts("alpha gamma", user="guest")
    assert [2] * 3 == tree.verdicts("nothing known")


def test_a_rule_without_alert_lets_the_next_be_tried() -> None:
    """One that is sure to hold and never a verdict itself is passed when none below it holds."""
    tree = _Tree([_rule(1, noalert=True), _rule(2)], {1: [_rule(3, _on_log("alpha"))]})
    assert [3] * 3 == tree.verdicts("alpha")
    assert [2] * 3 == tree.verdicts("nothing known")


def test_what_memory_decides_stays_in_its_place() -> None:
    """A rule that asks memory is a node below its parent, however often the combination came."""
    waiting = _rule(3)
    waiting.first_time_only = True
    tree = _Tree([_rule(1, _on_log("alpha"))], {1: [waiting, _rule(4, _on_log("beta"))]})
    assert [[[1, "d", [[3, "d", []], [4, "d", []]]]]] * 3 == tree.verdicts("alpha beta")
    assert [[[1, "d", [[3, "d", []]]]]] * 3 == tree.verdicts("alpha")


@pytest.mark.parametrize("count", [shortlists.FEW + 1, shortlists.MAX_LEFT + 1])
def test_long_lists_are_indexed_by_field(count: int) -> None:
    """Of many rules that ask for a field, those of the value are met."""
    tree = _Tree([_rule(number, _on_field("id", f"^v{number}$")) for number in range(count)])
    for number in range(count):
        assert [number] * 3 == tree.verdicts("log", id=f"v{number}")
    assert [None] * 3 == tree.verdicts("log", id="other")


def test_combinations_that_never_repeat_enough_are_left_to_the_index() -> None:
    """A sender who makes up programs does not have the tree cut out for each of them; verdicts stay."""
    tree = _Tree([_rule(1, _on_log("alpha"))], credit=10 * shortlists.COST)
    for number in range(100):
        assert [1, 1] == tree.verdicts("alpha", 2, program=f"made-up-{number}")
    assert 10 == tree.shortlists.cut_out()


def test_events_that_find_a_combination_pay_for_others() -> None:
    """A stream of lines alike has the tree cut out for further ones again."""
    tree = _Tree([_rule(1, _on_log("alpha"))], credit=shortlists.COST)
    tree.verdicts("alpha", 2 + shortlists.COST, program="often")
    assert [1, 1] == tree.verdicts("alpha", 2, program="seldom")
    assert 2 == tree.shortlists.cut_out()


def test_what_is_remembered_is_bounded() -> None:
    """Combinations made up anew in every line do not fill memory, and odd ones are not remembered."""
    tree = _Tree([_rule(1, _on_log("alpha"))])
    for number in range(3 * shortlists.MAX_KNOWN):
        assert [1] == tree.verdicts("alpha", 1, program=f"made-up-{number}")
        assert len(tree.shortlists) <= shortlists.MAX_KNOWN
    known = len(tree.shortlists)
    assert [1] * 3 == tree.verdicts("alpha", program="x" * (shortlists.MAX_PROGRAM + 1))
    subject = Subject("alpha")
    assert walk(tree.shortlists, subject, set(range(shortlists.MAX_ATOMS + 1))) is not None
    assert known == len(tree.shortlists)
