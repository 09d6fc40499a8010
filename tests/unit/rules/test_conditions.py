"""The conditions of a rule."""

from __future__ import annotations

from typing import Any

import pytest

KV = "kv 192.0.2.7 bob open red"


def _rule(inside: str, attributes: str = "") -> str:
    return f'<rule id="100" level="5" {attributes}>{inside}<description>d</description></rule>'


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("<match>BOB</match>", True),
        ("<match>bo</match><match>x</match>", False),  # texts join: box
        ("<match>nobody|bo</match><match>b</match>", True),
        ('<match negate="yes">alice</match>', True),
        (r"<regex>kv \d+.\d+</regex>", True),
        ('<regex type="pcre2">^kv [0-9.]+ BOB</regex>', False),
        ('<regex type="pcre2">(?i)^kv [0-9.]+ BOB</regex>', True),
        ("<decoded_as>app</decoded_as>", True),
        ("<decoded_as>web</decoded_as>", False),
        ("<program_name>^app</program_name>", True),
        ("<hostname>^h$</hostname>", True),
        ("<user>^bob$</user>", True),
        ("<action>open</action>", True),
        ("<action>OPEN</action>", False),  # an exact text unless a type is given
        ('<action type="osmatch">OPEN|x</action>', True),
        ("<id>1</id>", False),
        ('<id negate="yes">1</id>', False),  # an absent field fails, also negated
        ('<field name="colour">^red$</field>', True),
        ('<field name="COLOUR">^RED$</field>', True),
        ('<field name="colour" negate="yes">^red$</field>', False),
        ('<field name="none">.</field>', False),
        ("<srcip>192.0.2.0/24</srcip>", True),
        ("<srcip>192.0.2.</srcip>", True),
        ("<srcip>!192.0.2.0/24</srcip>", False),
        ("<srcip>198.51.100.1</srcip><srcip>192.0.2.7</srcip>", True),
        ("<srcip>192.0.0.0/255.255.0.0</srcip>", True),
        ('<srcip negate="yes">192.0.2.7</srcip>', False),
        ("<dstip>any</dstip>", False),
        ("<srcip>any</srcip>", True),
        ("<srcip>2001:db8::/32</srcip>", False),
        ("<time>11:00-13:00</time>", True),
        ("<time>!11 am - 1 pm</time>", False),
        ("<time>22:00-6:00</time>", False),
        ("<weekday>tuesday</weekday>", True),
        ("<weekday>weekends</weekday>", False),
        ("<weekday>!mon, wed</weekday>", True),
        ('<list field="srcip" lookup="match_key">etc/lists/bad</list>', True),
        ('<list field="user" lookup="not_match_key">lists/bad</list>', True),
        ('<list field="srcip" lookup="match_key_value" check_value="^worm">bad</list>', True),
        ('<list field="srcip" lookup="match_key_value" check_value="^bot">bad</list>', False),
        ('<list field="srcip" lookup="address_match_key">nets</list>', True),
        ('<list field="srcip" lookup="not_address_match_key">nets</list>', False),
        ('<list field="srcip" lookup="address_match_key_value" check_value="office">nets</list>', True),
        ('<list field="none" lookup="not_match_key">bad</list>', False),
    ],
)
def test_condition(make_player: Any, condition: str, holds: bool) -> None:
    """Each condition holds for what it describes, and not for an absent field."""
    player = make_player(_rule(condition), bad='192.0.2.7:worm x\n"a:b":c\nnocolon\n', nets="192.0.:office\n")
    assert (["100"] if holds else [""]) == player.rules(KV)


def test_maxsize_means_at_least(make_player: Any) -> None:
    """Despite its name, maxsize holds for logs of at least that size."""
    assert ["", "100"] == make_player(_rule("", 'maxsize="60"')).rules("short", "long" * 30)


def test_compiled_rules(make_player: Any) -> None:
    """The functions upstream has compiled in are there by name."""
    assert [""] == make_player(_rule("<compiled_rule>is_simple_http_request</compiled_rule>")).rules(KV)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<nope/>", "unknown tag <nope>"),
        ("<regex>(a</regex>", "a group is not closed"),
        ('<field name="srcip">x</field>', "may not be named 'srcip'"),
        ("<field>x</field>", "needs a name"),
        ("<srcip>1.2.3.4.5</srcip>", "no address or network"),
        ("<time>noon</time>", "no span of hours"),
        ("<time>25:00-26:00</time>", "no time of day"),
        ("<weekday>someday</weekday>", "no day of the week"),
        ("<decoded_as>nobody</decoded_as>", "no decoder is named 'nobody'"),
        ("<compiled_rule>nope</compiled_rule>", "no compiled rule"),
        ("<options>nope</options>", "unknown option"),
        ("<category>nope</category>", "unknown category"),
        ('<list field="srcip" lookup="odd">bad</list>', "unknown lookup"),
        ('<list field="srcip">gone</list>', "no list is named 'gone'"),
        ("<if_sid>1|2</if_sid>", "no list of rule ids"),
        ("<if_level>x</if_level>", "no level"),
        ("<same_source_ip/>", "needs <if_matched_sid>"),
        ("<if_matched_sid>x</if_matched_sid>", "no rule id"),
        ('<regex type="pcre2">\\p{L}</regex>', "\\p is not supported"),
    ],
)
def test_what_is_malformed_is_refused_by_line(make_rules: Any, inside: str, reason: str) -> None:
    """A bad rule is one problem with file, line, rule and reason; the others are in force."""
    ruleset = make_rules(
        f'{_rule(inside)}\n<rule id="7000" level="1"><description>ok</description></rule>', bad="a:b"
    )
    assert 1 == len(ruleset.problems)
    problem = ruleset.problems[0]
    assert reason in problem.reason
    assert ("100", 1, "r.xml") == (problem.subject, problem.location.line, problem.location.path[-5:])
    assert ["7000"] == [rule.id for rule in ruleset.rules]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ('<rule id="x" level="1"><description>d</description></rule>', "id 'x' is no number"),
        ('<rule id="1000000" level="1"><description>d</description></rule>', "is no number from 0"),
        ('<rule id="10" level="17"><description>d</description></rule>', "level '17' is no number"),
        ('<rule id="10"><description>d</description></rule>', "level '' is no number"),
        ('<rule id="10" level="1" odd="1"><description>d</description></rule>', "unknown attribute 'odd'"),
        ('<rule id="10" level="1"><match>x</match></rule>', "needs a <description>"),
        ('<rule id="10" level="1" frequency="3"><description>d</description></rule>', "frequency needs"),
        ("<other/>", "stands where <rule>"),
    ],
)
def test_malformed_attributes_are_refused(make_rules: Any, rule: str, reason: str) -> None:
    """Attributes are checked like conditions."""
    ruleset = make_rules(rule)
    assert [True] == [reason in problem.reason for problem in ruleset.problems]
