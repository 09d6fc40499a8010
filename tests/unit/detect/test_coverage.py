"""What a rule needs, said against what the data has."""

from __future__ import annotations

import pytest

from tocsin.detect.coverage import coverage_of
from tocsin.detect.loader import read_text

RULE = """\
title: r
logsource: {product: windows, category: process_creation}
detection:
  s: {Image|endswith: a, CommandLine|contains: b}
  other: {Hashes|contains: c}
  benign: {Company: d}
  condition: (s or other) and not benign
"""


@pytest.fixture
def watched():
    return read_text("r.yml", RULE).rule


SCOPE = {"Channel", "EventID"}


@pytest.mark.parametrize(
    ("seen", "can_match"),
    [
        (SCOPE | {"Image", "CommandLine"}, True),
        (SCOPE | {"Image"}, False),
        (SCOPE | {"winlog.event_data.Hashes"}, True),
        (SCOPE | {"Company"}, False),
        ({"Image", "CommandLine"}, False),
    ],
)
def test_a_rule_can_match_with_the_fields_of_one_branch(watched, seen, can_match):
    """Under any of their names; what only excludes is not needed; the log source is."""
    assert can_match is coverage_of(watched, seen).can_match


def test_it_is_said_field_by_field(watched):
    """What the data has and what it never had; an exclusion is not asked for."""
    said = coverage_of(watched, SCOPE | {"Image", "process.command_line"}).sentences()
    assert [
        "needs field Image of windows/process_creation/*; your data has it",
        "needs field CommandLine of windows/process_creation/*; your data has it",
        "needs field Hashes of windows/process_creation/*; your data never had it",
    ] == said
    assert ["Hashes", "Company"] == [
        each.name for each in coverage_of(watched, {"Image", "CommandLine"}).missing
    ]


def test_logs_that_never_came_are_said_first(watched):
    """Whatever the fields, a rule without its logs is dead."""
    seen = SCOPE | {"Image", "CommandLine"}
    asked = []
    found = coverage_of(watched, seen, lambda scope: bool(asked.append(scope)))
    assert [watched.scope] == asked
    assert (False, False) == (found.logs_seen, found.can_match)
    assert "needs events of windows/process_creation/*; your data never had any" == found.sentences()[0]
