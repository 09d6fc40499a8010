"""Sigma filters are added to the rules they cover, and only to those."""

from __future__ import annotations

import pytest

from tocsin.core.event import Event
from tocsin.detect.loader import load_folders

RULE = (
    "title: r\nid: 11111111-1111-4111-8111-111111111111\nname: shell\n"
    "logsource: {product: linux, service: sshd}\ndetection: {s: {event.code: 1}, condition: s}\n"
)


def load(folder, body, logsource="{product: linux}"):
    text = f"---\ntitle: f\nlogsource: {logsource}\nfilter:\n  {body}\n"
    (folder / "r.yml").write_text(RULE + text, encoding="utf-8")
    return load_folders([folder])


def matches(rule, user):
    fields = {"event.code": "1", "process.name": "sshd", "user.name": user}
    return rule.matches(Event("s", 1, 0, 0, "", fields))


@pytest.mark.parametrize("rules", ["any", "[shell]", "11111111-1111-4111-8111-111111111111"])
def test_a_filter_narrows_the_rules_it_names(tmp_path, rules):
    """By log source, by name, by identifier; a filtered rule is another version."""
    loaded = load(tmp_path, f"rules: {rules}\n  ours: {{User: backup}}\n  condition: not ours")
    [rule] = loaded.rules
    assert () == loaded.problems
    assert [True, False] == [matches(rule, user) for user in ("root", "backup")]
    plain = load_folders([tmp_path / "r.yml"]).rules[0]
    (tmp_path / "r.yml").write_text(RULE, encoding="utf-8")
    assert plain.version != load_folders([tmp_path]).rules[0].version


@pytest.mark.parametrize(
    ("logsource", "rules"), [("{product: windows}", "any"), ("{product: linux}", "[other]")]
)
def test_a_filter_for_no_rule_is_said(tmp_path, logsource, rules):
    """It may be a typing error."""
    loaded = load(tmp_path, f"rules: {rules}\n  a: {{User: b}}\n  condition: not a", logsource)
    assert ["the filter is about no rule that is loaded"] == [each.reason for each in loaded.problems]
    assert matches(loaded.rules[0], "b")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("a: {User: b}\n  condition: not a", "names its `rules`"),
        ("rules: any\n  a: {User: b}", "one condition"),
        ("rules: any\n  a: {User: b}\n  condition: not c", "c"),
    ],
)
def test_a_bad_filter_is_refused(tmp_path, body, reason):
    """And the rules run without it."""
    loaded = load(tmp_path, body)
    assert 1 == len(loaded.rules)
    [problem] = loaded.problems
    assert reason in problem.reason
    assert problem.location.line > 5
