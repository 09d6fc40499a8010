"""Which rules a choice means."""

from __future__ import annotations

import pytest

from tocsin.core.errors import InvalidError
from tocsin.detect.choosing import RuleQuery


@pytest.mark.parametrize(
    ("wanted", "selected"),
    [
        ({"logsource": "windows"}, True),
        ({"logsource": "Windows/process_creation/"}, True),
        ({"logsource": "*/process_creation"}, True),
        ({"logsource": "windows/dns_query"}, False),
        ({"logsource": "*/*/sysmon"}, False),
        ({"tags": ("T1059",)}, True),
        ({"tags": ("attack.t1059.001",)}, True),
        ({"tags": ("t105",)}, False),
        ({"tags": ("nothing", "execution")}, True),
        ({"levels": ("high",)}, True),
        ({"levels": ("medium",)}, False),
        ({"kinds": ("elastalert",)}, False),
        ({"types": ("any",)}, False),
        ({"text": "SHELL"}, True),
        ({"path": "rules/r1"}, True),
        ({"ids": ("r1",), "levels": ("low",)}, False),
        ({"ids": ("r1",), "levels": ("low", "high")}, True),
    ],
)
def test_a_rule_must_fulfil_all_that_is_given(rule, wanted, selected):
    """Of several values of one kind, one is enough."""
    made = rule(
        kind="sigma",
        name="Odd Shell",
        level="high",
        logsource="windows/process_creation/*",
        tags=("attack.execution", "attack.t1059.001"),
        techniques=("T1059.001",),
    )
    assert selected == RuleQuery(**wanted).selects(made)


def test_built_in_rules_are_meant_only_by_name(rule):
    """Nobody switches off what watches rule levels by choosing a severity."""
    built_in = rule(kind="level", id="rule-level", severity=3)
    assert not RuleQuery(levels=("high",)).selects(built_in)
    assert RuleQuery(ids=("rule-level",)).selects(built_in)


def test_a_level_there_is_none_of_is_refused():
    """With the nearest there is."""
    with pytest.raises(InvalidError, match="did you mean 'critical'"):
        RuleQuery(levels=("critcal",))
