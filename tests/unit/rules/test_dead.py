"""Rules that can never be a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tocsin.core.clock import DAY
from tocsin.rules import load
from tocsin.rules.dead import dead_rules, unseen
from tocsin.rules.options import RulesetOptions
from tocsin.rules.statistics import RuleFigures

_DECODERS = r"""
<decoder name="web"><prematch>^web </prematch></decoder>
<decoder name="web-one"><parent>web</parent><regex>^web (\S+) (\S+)</regex><order>srcip, url</order></decoder>
<decoder name="js"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>
"""


def _dead(folder: Path, rules: str, options: RulesetOptions = RulesetOptions()) -> Mapping[str, str]:  # noqa: B008  # frozen
    for part in ("decoders", "rules", "lists"):
        (folder / part).mkdir(exist_ok=True)
    (folder / "decoders" / "demo.xml").write_text(_DECODERS)
    (folder / "lists" / "none").write_text("# nothing\n")
    (folder / "rules" / "demo.xml").write_text(f'<group name="demo,">{rules}</group>')
    found = dead_rules(load([folder], options), [folder], options)
    return {rule.id: f"{rule.kind}: {rule.reason}" for rule in found}


def _rule(number: int, inner: str, attributes: str = 'level="5"') -> str:
    return f'<rule id="{number}" {attributes}>{inner}<description>d</description></rule>'


_WEB = _rule(100, "<decoded_as>web</decoded_as>", 'level="0"')


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (_WEB + _rule(101, "<if_sid>100</if_sid><user>x</user>"), "field: asks for dstuser or srcuser"),
        (_WEB + _rule(101, '<if_sid>100</if_sid><field name="a">x</field>'), "field: asks for a, which"),
        (_WEB + _rule(101, "<if_sid>100</if_sid><decoded_as>js</decoded_as>"), "contradiction: asks for dec"),
        (
            _rule(100, "<id>^5$|^6$</id>") + _rule(101, "<if_sid>100</if_sid><id>^7$</id>"),
            "contradiction: asks for id '7'",
        ),
        (_rule(100, "<match>a</match>") + _rule(101, "<match>a</match><user>b</user>"), "shadowed: rule 100"),
        (
            _rule(100, "<match>a</match>", 'level="0"')
            + _rule(101, "<if_matched_sid>100</if_matched_sid>", 'level="9" frequency="4"'),
            "counting: counts nothing: rule 100 has level 0",
        ),
        (_rule(101, "<if_matched_group>zzz</if_matched_group><if_sid>1</if_sid>"), "refused: "),
        (_rule(101, '<list field="srcip">lists/none</list>'), "list: the list"),
        (_rule(101, "<srcgeoip>US</srcgeoip>"), "geoip: "),
        (_rule(101, "<category>squid</category><match>x</match>"), "category: no decoder is of type"),
        (_WEB + _rule(101, "<if_sid>100</if_sid><if_fts />"), "first-seen: "),
        (_rule(101, "<if_sid>999</if_sid>"), "refused: no rule before this one"),
    ],
)
def test_each_reason(tmp_path: Path, rules: str, reason: str) -> None:
    """A rule is accused with a reason that can be checked."""
    found = _dead(tmp_path, rules)
    assert ["101"] == list(found)
    assert found["101"].startswith(reason)


@pytest.mark.parametrize(
    "rules",
    [
        _WEB + _rule(101, "<if_sid>100</if_sid><srcip>10.0.0.0/8</srcip><url>x</url>"),
        # What a plugin reads is known to nobody before.
        _rule(101, '<decoded_as>js</decoded_as><field name="a">x</field>'),
        # A sibling that never gives a verdict itself shadows nothing.
        _rule(100, "<match>a</match>", 'level="5" noalert="1"') + _rule(101, "<match>a</match>"),
        # Of two places one is enough.
        _rule(100, "<id>^5$</id>")
        + _rule(102, "<url>x</url>")
        + _rule(101, "<if_sid>100, 102</if_sid><id>^7$</id>"),
        _rule(101, '<list field="srcip" lookup="not_match_key">lists/none</list>'),
        _rule(100, "<match>a</match><match>b</match>") + _rule(101, "<match>a</match><user>x</user>"),
        _rule(100, "<match>a</match>")
        + _rule(101, "<if_matched_sid>100</if_matched_sid>", 'level="9" frequency="4"'),
    ],
)
def test_no_false_accusation(tmp_path: Path, rules: str) -> None:
    """What may hold in any place is left alone."""
    assert {} == _dead(tmp_path, rules)


def test_what_stands_below_a_dead_rule_is_dead(tmp_path: Path) -> None:
    """And so is what counts it."""
    rules = (
        _rule(100, "<match>a</match>")
        + _rule(101, "<match>a</match><user>b</user>")
        + _rule(102, "<if_sid>101</if_sid><match>c</match>")
        + _rule(103, "<if_sid>100</if_sid><if_matched_sid>102</if_matched_sid>", 'level="9" frequency="4"')
    )
    found = _dead(tmp_path, rules)
    assert {"101", "102", "103"} == set(found)
    assert found["102"].startswith("parent: stands only below")
    assert found["103"].startswith("counting: counts nothing: rule 102 is never a verdict")


def test_what_was_not_seen_for_long_is_another_list(tmp_path: Path) -> None:
    """Rules without a hit in so many days, with the last one there was."""
    _dead(tmp_path, _rule(100, "<match>a</match>") + _rule(101, "<match>b</match>"))
    rules = list(load([tmp_path]).tree.rules.values())
    figures = {100: RuleFigures(hits=1, last_hit_at=95 * DAY), 101: RuleFigures(hits=1, last_hit_at=DAY)}
    assert [(101, DAY)] == [(rule.id, last) for rule, last in unseen(rules, figures, 100 * DAY, 30)]


def test_a_frequency_beyond_what_is_remembered(tmp_path: Path) -> None:
    """Accused only where memory has such a bound."""
    counting = _rule(101, "<if_matched_sid>100</if_matched_sid>", 'level="9" frequency="9000"')
    assert {} == _dead(tmp_path, _rule(100, "<match>a</match>") + counting)
    (found,) = dead_rules(load([tmp_path]), [tmp_path], RulesetOptions(), memory_size=8_192)
    assert ("101", "frequency 9000 exceeds the 8192 events remembered") == (found.id, found.reason)
