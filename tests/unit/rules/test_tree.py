"""The rule tree: placing, order, overwriting, and the verdict in an event."""

from __future__ import annotations

from typing import Any

from tocsin.core.record import Record


def _rule(number: int, level: int, inside: str, attributes: str = "") -> str:
    described = f"{inside}<description>r{number}</description>"
    return f'<rule id="{number}" level="{level}" {attributes}>{described}</rule>'


def test_the_most_special_rule_wins(make_player: Any) -> None:
    """A child that holds goes before its parent; a parent without one is the verdict itself."""
    player = make_player(
        _rule(10, 0, "<match>a</match>") + _rule(11, 5, "<if_sid>10</if_sid><match>b</match>")
    )
    assert ["10", "11", ""] == player.rules("a", "ab", "x")


def test_siblings_are_tried_by_level_and_level_0_first(make_player: Any) -> None:
    """Level 0 is tried first, then from high to low; equal levels as loaded; accuracy 0 last."""
    rules = (
        _rule(10, 3, "<match>a</match>", 'accuracy="0"')
        + _rule(11, 3, "<match>a</match>")
        + _rule(12, 3, "<match>a</match>")
        + _rule(13, 9, "<match>ab</match>")
        + _rule(14, 0, "<match>abc</match>")
    )
    assert ["11", "13", "14"] == make_player(rules).rules("a", "ab", "abc")
    assert ["10"] == make_player(_rule(10, 3, "<match>a</match>", 'accuracy="0"')).rules("a")


def test_noalert_never_is_the_verdict(make_player: Any) -> None:
    """A rule with noalert only leads to its children; without one the walk goes on."""
    rules = (
        _rule(10, 9, "<match>a</match>", 'noalert="1"')
        + _rule(11, 5, "<if_sid>10</if_sid><match>b</match>")
        + _rule(12, 3, "<match>a</match>")
    )
    assert ["12", "11"] == make_player(rules).rules("a", "ab")


def test_several_parents(make_player: Any) -> None:
    """A rule stands below each of its parents, by id, by group and by level."""
    rules = (
        _rule(10, 3, "<match>a</match>")
        + _rule(11, 3, "<match>b</match><group>special,</group>")
        + _rule(12, 5, "<if_sid>10, 11</if_sid><match>x</match>")
        + _rule(13, 6, "<if_group>special</if_group><match>y</match>")
        + _rule(14, 7, "<if_level>3</if_level><match>z</match>")
    )
    found = make_player(rules).rules("ax", "bx", "ay", "by", "az", "bz", "axz")
    assert ["12", "12", "10", "13", "14", "14", "14"] == found


def test_categories_divide_the_tree(make_rules: Any) -> None:
    """A rule of one category never sees events of another."""
    ruleset = make_rules(
        _rule(10, 3, "<category>web-log</category><url>^/x</url>") + _rule(11, 3, "<match>GET</match>")
    )
    events = [c.event for c in ruleset.classify([Record("s", 1, b"GET /x HTTP", 10**15)])]
    assert ["10"] == [event.fields.get("rule.id") for event in events]


def test_only_earlier_rules_are_parents(make_rules: Any) -> None:
    """A parent that comes later, or not at all, is a problem and the rule is left out."""
    ruleset = make_rules(_rule(10, 3, "<if_sid>11</if_sid>") + _rule(11, 3, "<if_group>none</if_group>"))
    assert ["10", "11"] == [problem.subject for problem in ruleset.problems]
    assert () == ruleset.rules


def test_a_second_rule_of_an_id_is_refused_unless_it_overwrites(make_rules: Any) -> None:
    """The first stays in force."""
    ruleset = make_rules(_rule(10, 3, "<match>a</match>") + "\n" + _rule(10, 9, "<match>b</match>"))
    assert ["rule 10 stands already at"] == [p.reason[:25] for p in ruleset.problems]
    assert [3] == [rule.level for rule in ruleset.rules]


def test_overwrite_replaces_in_place(make_player: Any) -> None:
    """Level and conditions are new; children stay, and what is not repeated is lost."""
    rules = (
        _rule(10, 3, "<match>a</match><group>g,</group>")
        + _rule(11, 5, "<if_sid>10</if_sid><match>x</match>")
        + _rule(10, 7, "<match>b</match>", 'overwrite="yes"')
        + _rule(12, 4, "<match>new</match>", 'overwrite="yes"')
    )
    player = make_player(rules)
    assert ["", "10", "11", "12"] == player.rules("a", "b", "bx", "new")
    fields = player.play("b")[0].fields
    assert (7, ["local"]) == (fields["rule.level"], fields["rule.groups"])


def test_the_verdict_names_rule_groups_and_techniques(make_player: Any) -> None:
    """Description with values, groups and compliance apart, ATT&CK ids; all as the catalogue types them."""
    player = make_player(
        '<rule id="10" level="5"><decoded_as>app</decoded_as>'
        "<match>kv</match><description>$(srcip) as $(user) $(none)$(program_name): ü</description>"
        "<group>auth,pci_dss_10.2.4,</group><mitre><id>T1110</id><id>T1078</id></mitre></rule>"
    )
    fields = player.play("kv 192.0.2.7 bob open red")[0].fields
    assert "192.0.2.7 as bob app: ü" == fields["rule.description"]
    assert ("10", 5) == (fields["rule.id"], fields["rule.level"])
    assert (["local", "auth"], ["10.2.4"]) == (fields["rule.groups"], fields["rule.pci_dss"])
    assert ["T1110", "T1078"] == fields["threat.technique.id"]


def test_many_siblings_are_indexed_without_changing_the_outcome(make_player: Any) -> None:
    """Among many siblings an index chooses who is tried; the outcome is the same."""
    rules = "".join(
        _rule(100 + n, 3, f'<decoded_as>app</decoded_as><field name="colour">^c{n}$</field>')
        for n in range(40)
    )
    rules += "".join(_rule(200 + n, 2, f"<match>word{n}!</match>") for n in range(40))
    rules += _rule(300, 1, r'<field name="colour">\.</field>')
    found = make_player(rules).rules(
        "kv 192.0.2.7 bob open c7", "kv 192.0.2.7 bob open C39", "kv 1 b o word3!", "word12!", "kv 1 b o zz"
    )
    assert ["107", "139", "203", "212", "300"] == found
