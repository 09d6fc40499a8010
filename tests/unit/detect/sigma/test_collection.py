"""Collections of before version 2: what a global document says, every rule after it says."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tocsin.detect.loader import load_folders
from tocsin.hunt.flatten import event_of

GLOBAL = dedent(
    """\
    action: global
    title: Tools
    id: 55555555-5555-4555-8555-555555555555
    level: critical
    detection: {condition: sel}
    ---
    logsource: {product: windows, category: process_creation}
    detection: {sel: {CommandLine|contains: aaa}}
    ---
    logsource: {product: windows, service: system}
    detection: {sel: {EventID: 7045}}
    """
)


@pytest.fixture
def loaded(tmp_path):
    """Load a file's text."""

    def load(text):
        (tmp_path / "r.yml").write_text(text, encoding="utf-8")
        return load_folders([tmp_path])

    return load


def test_what_is_global_is_said_by_every_rule(loaded):
    """Each matches its own events, under an identifier that is the same at every loading."""
    first, second = loaded(GLOBAL).rules
    assert (first.id, first.level, second.level) == (
        "55555555-5555-4555-8555-555555555555",
        "critical",
        "critical",
    )
    assert [rule.id for rule in loaded(GLOBAL).rules] == [first.id, second.id]
    assert first.id != second.id
    started = {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "CommandLine": "x aaa"}
    installed = {"Channel": "System", "EventID": 7045}
    events = [event_of(each, "s", 1) for each in (started, installed)]
    assert [[rule.matches(each) for each in events] for rule in (first, second)] == [
        [True, False],
        [False, True],
    ]


def test_a_repeated_rule_is_the_one_before_with_something_else(loaded):
    """Only what it says differs."""
    repeat = "---\naction: repeat\ndetection: {sel: {EventID: 7036}}\n"
    rules = loaded(GLOBAL + repeat).rules
    assert [rule.logsource for rule in rules[1:]] == ["windows/*/system"] * 2
    event = event_of({"Channel": "System", "EventID": 7036}, "s", 1)
    assert [rule.matches(event) for rule in rules] == [False, False, True]


def test_a_reset_forgets_what_was_global(loaded):
    """And an action nobody knows is refused with its line."""
    found = loaded(
        GLOBAL + "---\naction: reset\n---\ntitle: alone\ndetection: {sel: {a: 1}, condition: sel}\n"
    )
    assert len(found.rules) == 2
    assert "logsource" in found.problems[0].reason
    [problem] = loaded("action: globle\ntitle: x\n---\ntitle: y\n").problems
    assert "not 'globle'" in problem.reason
