"""What a rule may say, and what is refused of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tocsin.rules import Ruleset

GOOD = '<rule id="900" level="3"><match>good</match><description>good</description></rule>'


def _rule(attributes: str = 'id="100" level="3"', inside: str = "", description: str = "d") -> str:
    return f"<rule {attributes}>{inside}<description>{description}</description></rule>"


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ('level="3"', "id '' is no number"),
        ('id="1000000" level="3"', "id '1000000' is no number from 0 to 999999"),
        ('id="x" level="3"', "id 'x'"),
        ('id="100"', "level '' is no number"),
        ('id="100" level="17"', "level '17' is no number from 0 to 16"),
        ('id="100" level="-1"', "level '-1'"),
        ('id="100" level="3" ignore="x"', "ignore 'x'"),
        ('id="100" level="3" noalert="yes"', "noalert 'yes' is neither 1 nor 0"),
        ('id="100" level="3" overwrite="1"', "overwrite '1' is neither yes nor no"),
        ('id="100" level="3" maxsize="big"', "maxsize 'big'"),
        ('id="100" level="3" colour="red"', "unknown attribute 'colour'"),
        ('id="100" level="3" frequency="3"', "frequency needs <if_matched_sid>"),
    ],
)
def test_attributes(make_rules: Callable[..., Ruleset], attributes: str, reason: str) -> None:
    """Numbers have their bounds, switches their two words, and nothing else is an attribute."""
    _is_refused(make_rules(_rule(attributes) + GOOD), reason)


MATCHED = "<if_matched_sid>900</if_matched_sid>"


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<nope>x</nope>", "unknown tag <nope>"),
        ("<mitre><tactic>x</tactic></mitre>", "unknown tag <tactic> in <mitre>"),
        ("<match>a<b>c</b></match>", "unknown tag <b> in <match>"),
        ('<match kind="x">x</match>', "unknown attribute 'kind' of <match>"),
        ('<match negate="maybe">x</match>', "negate 'maybe' is neither yes nor no"),
        ('<match type="glob">x</match>', "'glob' is no pattern type"),
        ('<description lang="en">x</description>', "unknown attribute 'lang'"),
        ("<regex>(a</regex>", "a group is not closed"),
        (r"<regex>\q</regex>", "is no escape"),
        ('<regex type="pcre2">(</regex>', "<regex>"),
        ("<srcip>300.0.0.1</srcip>", "is no address or network"),
        ("<decoded_as>nobody</decoded_as>", "no decoder is named 'nobody'"),
        ("<options>loud</options>", "unknown option 'loud'"),
        ("<category>odd</category>", "unknown category 'odd'"),
        ('<field name="srcip">x</field>', "<field> may not be named 'srcip'"),
        ("<field>x</field>", "<field> needs a name"),
        ("<compiled_rule>nope</compiled_rule>", "no compiled rule is named 'nope'"),
        ('<list field="srcip">etc/lists/none</list>', "no list is named 'etc/lists/none'"),
        ('<list field="srcip" lookup="odd">words</list>', "unknown lookup 'odd'"),
        ("<list>words</list>", "<list> needs a field"),
        ('<list field="srcip" lookup="match_key_value">words</list>', "needs a check_value"),
        ('<info type="song">x</info>', "unknown type 'song' of <info>"),
        ("<if_sid>9x</if_sid>", "is no list of rule ids"),
        ("<if_sid>901</if_sid>", "no rule before this one has the id 901"),
        ("<if_level>high</if_level>", "is no level"),
        ("<if_level>16</if_level>", "no rule before this one has level 16 or more"),
        ("<if_group>nobodys</if_group>", "no rule before this one is of group 'nobodys'"),
        ("<if_matched_sid>9x</if_matched_sid>", "is no rule id"),
        ("<if_matched_regex>(</if_matched_regex>", "<if_matched_regex>"),
        ("<same_srcip/>", "<same_srcip> needs <if_matched_sid>"),
        ("<different_url/>", "<different_url> needs <if_matched_sid>"),
        (f"{MATCHED}<same_field> </same_field>", "<same_field> names no field"),
        (f"{MATCHED}<same_colour/>", "unknown tag <same_colour>"),
    ],
)
def test_tags(make_rules: Callable[..., Ruleset], inside: str, reason: str) -> None:
    """What upstream refuses with its whole file is refused alone, by line, id and reason."""
    _is_refused(make_rules(GOOD + _rule(inside=inside), words="a:b\n"), reason)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ('frequency="1"', "frequency '1' is no number from 2 to 9999"),
        ('frequency="10000"', "frequency '10000'"),
        ('timeframe="100000"', "timeframe '100000' is no number from 1 to 99999"),
    ],
)
def test_bounds_of_composites(make_rules: Callable[..., Ruleset], attributes: str, reason: str) -> None:
    """Frequency and timeframe have theirs."""
    _is_refused(make_rules(GOOD + _rule(f'id="100" level="3" {attributes}', MATCHED)), reason)


def test_the_same_id_twice_is_refused(make_rules: Callable[..., Ruleset]) -> None:
    """The first stands, and the problem says where."""
    ruleset = make_rules(GOOD + GOOD)
    assert ["900"] == [rule.id for rule in ruleset.rules]
    assert "rule 900 stands already" in ruleset.problems[0].reason


def test_a_description_is_needed(make_rules: Callable[..., Ruleset]) -> None:
    """So an empty rule is none."""
    _is_refused(make_rules(GOOD + '<rule id="100" level="3"></rule>'), "a rule needs a <description>")


def test_an_unknown_variable_spoils_its_rule_only(make_rules: Callable[..., Ruleset]) -> None:
    """The file's other rules are in force."""
    text = '</group><var name="A">x</var><group name="g,">' + GOOD + _rule(inside="<match>$B</match>")
    _is_refused(make_rules(text), "unknown variable $B")


NAMES = (
    *("srcip", "dstip", "srcport", "dstport", "srcuser", "user", "protocol", "action", "url", "data"),
    *("extra_data", "status", "system_name", "id", "location", "srcgeoip", "dstgeoip"),
)
OLD_NAMES = (
    "same_source_ip",
    "same_src_port",
    "same_dst_port",
    "same_src_ip",
    "same_dst_ip",
    "same_systemname",
)


@pytest.mark.parametrize(
    "tag",
    [
        *(f"{word}_{name}" for name in NAMES for word in ("same", "different", "not_same")),
        *OLD_NAMES,
        *("not_same_source_ip", "not_same_src_port", "not_same_dst_port", "global_frequency"),
    ],
)
def test_every_comparison_has_its_tag(make_rules: Callable[..., Ruleset], tag: str) -> None:
    """All names with a place of their own can be compared, under old spellings too."""
    ruleset = make_rules(GOOD + _rule(inside=f"{MATCHED}<{tag}/>"))
    assert () == ruleset.problems


def test_what_is_noted_about_a_rule_is_kept(make_rules: Callable[..., Ruleset]) -> None:
    """Options, kinds of information and CVE numbers belong to the rule."""
    inside = (
        "<options>no_full_log, no_counter</options><info type='link'>https://example.com</info>"
        "<info>plain</info><cve>CVE-2026-1</cve><info type='osvdb'>7</info>"
    )
    rule = make_rules(_rule(inside=inside)).tree.rules[100]
    assert frozenset({"no_full_log", "no_counter"}) == rule.options
    assert (
        ("link", "https://example.com"),
        ("text", "plain"),
        ("osvdb", "7"),
        ("cve", "CVE-2026-1"),
    ) == rule.info


def test_repeated_texts_are_one_and_conditions_add_up(make_rules: Callable[..., Ruleset]) -> None:
    """Texts of a tag are joined, its last attributes count; the group string takes outer and inner names."""
    ruleset = make_rules(
        _rule(inside="<match>^kv 19</match><match>2.0.2</match><group>a,</group><group>b,</group>")
        + _rule('id="101" level="5"', "<match>never</match><match negate='yes'>x</match>")
    )
    assert ("local", "a", "b") == ruleset.tree.rules[100].groups
    assert () == ruleset.problems


def _is_refused(ruleset: Any, reason: str) -> None:
    assert [reason] == [reason for problem in ruleset.problems if reason in problem.reason]
    assert 1 == len(ruleset.problems)
    assert ruleset.problems[0].location.line > 0
    assert ["900"] == [rule.id for rule in ruleset.rules]
