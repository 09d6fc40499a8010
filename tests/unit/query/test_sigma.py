"""The Sigma reader: what a rule says, and the tree it means."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tocsin.core.errors import ContentError
from tocsin.query.predicate import compile_predicate
from tocsin.query.sigma import parse_sigma
from tocsin.query.tree import (
    And,
    DatePart,
    Exists,
    InNetwork,
    Node,
    Not,
    Nothing,
    Or,
    Range,
    Regex,
    SameAs,
    Term,
    Wildcard,
)

RULE = r"""
title: Odd shell
id: 12345678-1234-4234-8234-123456789abc
status: test
description: A shell that should not be.
author: us
level: high
references: [https://example.test/a]
falsepositives: [none]
tags: [attack.execution, attack.t1059.001]
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\cmd.exe'
    CommandLine|contains|all: [a, 'b*c']
  filter:
    User: SYSTEM
  condition: selection and not filter
"""
FIELDS = {
    "Image": ["process.executable"],
    "CommandLine": ["process.command_line"],
    "User": ["user.name", "user.id"],
}


def renaming(name: str) -> list[str]:
    return FIELDS.get(name, [])


def detection(items: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "t",
        "logsource": {"product": "linux"},
        "detection": {"selection": items, "condition": "selection"},
    }


def test_reads_a_rule() -> None:
    """Metadata as written; fields mapped; modifiers applied; the condition as a tree."""
    metadata, node = parse_sigma(RULE, renaming)
    assert ("Odd shell", "high", "test") == (metadata.title, metadata.level, metadata.status)
    assert ("windows", "process_creation", "") == (metadata.product, metadata.category, metadata.service)
    assert ("T1059.001",) == metadata.techniques
    assert "12345678-1234-4234-8234-123456789abc" == metadata.id
    selection = And(
        (
            Wildcard("process.executable", r"*\\cmd.exe"),
            And((Wildcard("process.command_line", "*a*"), Wildcard("process.command_line", "*b*c*"))),
        )
    )
    assert And((selection, Not(Term("user.name|user.id", "SYSTEM")))) == node


@pytest.mark.parametrize(
    ("item", "value", "expected"),
    [
        ("f", "x", Term("f", "x")),
        ("f", "x?*", Wildcard("f", "x?*")),
        ("f", r"x\*", Term("f", "x*")),
        ("f", 5, Term("f", 5)),
        ("f", "", Term("f", "")),
        ("f", None, Not(Exists("f"))),
        ("f", ["a", "b"], Or((Term("f", "a"), Term("f", "b")))),
        ("f|exists", True, Exists("f")),
        ("f|exists", False, Not(Exists("f"))),
        ("f|cased", "X", Term("f", "X", cased=True)),
        ("f|startswith", "a*b", Wildcard("f", "a*b*")),
        ("f|cidr", "10.0.0.0/8", InNetwork("f", "10.0.0.0/8")),
        ("f|gte", 5, Range("f", gte=5)),
        ("f|lt", 5, Range("f", lt=5)),
        ("f|neq", 5, Not(Term("f", 5))),
        ("f|hour", 7, DatePart("f", "hour", 7)),
        ("f|fieldref", "g", SameAs("f", "g")),
        ("f|fieldref|endswith", "g", SameAs("f", "g", "endswith")),
        ("f|fieldref|contains", "g", SameAs("f", "g", "contains")),
        ("f|hour|gte", 22, Or((DatePart("f", "hour", 22), DatePart("f", "hour", 23)))),
        ("f|month|lt", 1, Nothing()),
        ("f|contains|expand", "%admins%", Or((Wildcard("f", "*root*"), Wildcard("f", "*a\\*b*")))),
        ("f|wide|base64offset|contains", "ab", None),
        ("f|re", "a.*b?", Regex("f", "(?-s)a.*b?")),
        ("f|re|i|s", "a.b", Regex("f", "(?is)a.b")),
        ("data.srcip", "1.1.1.1", Term("source.ip", "1.1.1.1")),
    ],
)
def test_reads_values(item: str, value: Any, expected: Node) -> None:
    """Each kind of value and modifier means its condition."""
    read = parse_sigma(detection({item: value}), placeholders={"admins": ["root", "a*b"]})[1]
    if expected is None:  # three offsets of a text that is no text any more
        expected = Or((Wildcard("f", "*YQBiA*"), Wildcard("f", "*EAYg*"), Wildcard("f", "*hAGIA*")))
    assert expected == read


def test_placeholders_that_multiply_without_end_are_refused() -> None:
    """Three of a hundred values each are a million texts."""
    names = {"n": [str(number) for number in range(100)]}
    with pytest.raises(ContentError, match="more than 10000 texts"):
        parse_sigma(detection({"f|expand": "%n%/%n%/%n%"}), placeholders=names)


def test_keywords_are_looked_for_in_the_message() -> None:
    """A list of words without fields selects events whose message holds any of them."""
    rule = detection({}) | {"detection": {"keywords": ["foo", "b*r"], "condition": "keywords"}}
    assert Or((Wildcard("message", "*foo*"), Wildcard("message", "*b*r*"))) == parse_sigma(rule)[1]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (detection({"f|year|gt": 2020}), "the year of f can only be equal"),
        (detection({"f|expand": "%admins%"}), "the placeholder %admins% has no value"),
        (detection({"f|re": "(?=a)b"}), "(?=a)b"),
        (detection({"f|nonsense": "x"}), "nonsense"),
        (detection({"f|cidr": "10.0.0.0/99"}), "10.0.0.0/99"),
        ({"title": "t", "correlation": {"type": "event_count"}}, "correlations"),
        ({"title": "t", "logsource": {"product": "x"}}, "detection"),
        (
            detection({"f": "x"}) | {"detection": {"a": {"f": 1}, "condition": "a | count() > 5"}},
            "deprecated",
        ),
        (detection({"f": "x"}) | {"detection": {"a": {"f": 1}, "condition": "nothing"}}, "nothing"),
        ({"title": 5, "logsource": 7, "detection": []}, "odd.yml"),
        ("a: [", "not valid YAML"),
        ("a: &x 1\nb: *x", "aliases"),
        ("- a", "one rule"),
        ("title: a\n---\ntitle: b", "one rule"),
        ("x" * (1 << 21), "longer"),
    ],
)
def test_refuses_with_the_reason(rule: Any, reason: str) -> None:
    """What cannot be said as a tree, or is no rule, is refused and names the file."""
    with pytest.raises(ContentError, match=re.escape(reason)) as caught:
        parse_sigma(rule, path="odd.yml")
    assert caught.value.location is not None
    assert "odd.yml" == caught.value.location.path


def test_keywords_are_also_found_escaped() -> None:
    """A raw line of JSON doubles a backslash, one of XML writes an entity."""
    rule = detection({}) | {"detection": {"keywords": ["C:\\a"], "condition": "keywords"}}
    read = parse_sigma(rule)[1]
    assert Or((Wildcard("message", r"*C:\\a*"), Wildcard("message", r"*C:\\\\a*"))) == read


def test_says_where_yaml_breaks() -> None:
    """An error of the file itself has line and column."""
    with pytest.raises(ContentError) as caught:
        parse_sigma("title: a\nb: *x\n", path="odd.yml")
    assert "odd.yml:2:4" == str(caught.value.location)


def test_reads_rules_of_the_world(real_data: Path) -> None:
    """Of a sample of published rules, nearly all are read and compiled."""
    paths = sorted((real_data / "sigma").rglob("*.yml"))[::40]
    refused = []
    for path in paths:
        try:
            compile_predicate(parse_sigma(path.read_text(encoding="utf-8"), path=path.name)[1])
        except ContentError as error:
            refused.append(str(error))
    assert len(paths) > 50
    assert len(refused) <= 2, refused
