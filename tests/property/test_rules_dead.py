"""The report of dead rules accuses none that is known to be met."""

from __future__ import annotations

import json
from pathlib import Path

from tocsin.rules import load
from tocsin.rules.dead import dead_rules
from tocsin.rules.options import RulesetOptions

_OPTIONS = RulesetOptions(left_out=frozenset({"0215-policy_rules.xml"}), json_as_eventchannel=True)


def test_no_rule_that_a_case_expects_is_dead(real_data: Path) -> None:
    """Of the stock rules that upstream's cases lead to, none is accused; some others are, with a reason."""
    folder = real_data / "wazuh"
    lines = (folder / "cases.jsonl").read_text("utf-8").splitlines()
    met = {case["rule"] for case in map(json.loads, lines) if case["pass"] and not case["geoip"]}
    dead = {rule.id: rule for rule in dead_rules(load([folder], _OPTIONS), [folder], _OPTIONS)}
    assert met & dead.keys() == set()
    # Found by hand: a second rule of the same words, level 0 that is counted, ids that exclude each other.
    assert ["shadowed", "counting", "contradiction"] == [dead[i].kind for i in ("24039", "60207", "18143")]
    assert all(rule.reason for rule in dead.values())
