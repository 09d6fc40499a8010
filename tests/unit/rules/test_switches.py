"""Rules that are switched off."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.core.errors import InvalidError
from tocsin.core.record import Record
from tocsin.rules import Correlation, Ruleset, load
from tocsin.rules.options import RulesetOptions
from tocsin.rules.switches import Switches

_RULES = """<group name="demo,">
  <rule id="100" level="3"><match>login</match><description>Login.</description></rule>
  <rule id="101" level="5"><if_sid>100</if_sid><match>failed</match><description>Failed.</description>
    <group>authentication_failed,</group></rule>
  <rule id="102" level="8"><if_sid>101</if_sid><match>root</match><description>As root.</description></rule>
  <rule id="103" level="2"><match>failed</match><description>Something failed.</description></rule>
</group>"""


def _loaded(folder: Path, off: Switches) -> Ruleset:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "demo.xml").write_text(_RULES)
    return load([folder], RulesetOptions(off=off))


def _verdict(ruleset: Ruleset, line: str) -> object:
    record = Record("test", 1, line.encode(), 1)
    return Correlation(ruleset).settle(ruleset.classify([record]))[0].fields.get("rule.id")


def test_a_parent_that_is_off_still_leads_to_its_children(tmp_path: Path) -> None:
    """A rule that is off gives no verdict itself, and the rules below it work as before."""
    ruleset = _loaded(tmp_path, Switches(rules=frozenset({101})))
    assert "102" == _verdict(ruleset, "login failed for root")
    assert "100" == _verdict(ruleset, "login failed for bob")
    assert ruleset.problems == ()


def test_a_rule_without_children_never_holds_when_it_is_off(tmp_path: Path) -> None:
    """The event has the verdict it would have without the rule, which is still there to be listed."""
    ruleset = _loaded(tmp_path, Switches(rules=frozenset({102})))
    assert "101" == _verdict(ruleset, "login failed for root")
    assert "102" in {rule.id for rule in ruleset.rules}


def test_a_whole_file_or_group_can_be_off(tmp_path: Path) -> None:
    """Switching a file or a group off is switching off each rule of it."""
    assert _verdict(_loaded(tmp_path, Switches(files=frozenset({"demo.xml"}))), "login failed") is None
    group = Switches(groups=frozenset({"authentication_failed"}))
    assert "100" == _verdict(_loaded(tmp_path, group), "login failed")


def test_a_rule_kept_on_outlives_its_group(tmp_path: Path) -> None:
    """A rule switched on by itself stays on when its group is off."""
    off = Switches().turned("group", "demo", enabled=False).turned("rule", "101", enabled=True)
    assert "101" == _verdict(_loaded(tmp_path, off), "login failed")
    assert "101" == _verdict(_loaded(tmp_path, off), "login failed for root")


def test_turning_back_on_leaves_no_trace(tmp_path: Path) -> None:
    """Off and on again is as it was."""
    off = Switches().turned("file", "a.xml", enabled=False).turned("file", "a.xml", enabled=True)
    assert Switches() == off


def test_what_is_no_rule_id_is_refused() -> None:
    """A switch for a rule names it by its number."""
    with pytest.raises(InvalidError):
        Switches().turned("rule", "55x", enabled=False)
