"""Edits in the place of files, the rules they correlate, and cases of files with several documents."""

from __future__ import annotations

from pathlib import Path

from tocsin.detect.cases import run_cases
from tocsin.detect.loader import Edit, load_folders
from tocsin.detect.service import RuleBook
from tocsin.detect.subject import subject_of

PAIR = """\
title: Failed login
name: failed_login
id: 2f1f7c7a-6a51-4f0a-9a53-1f6f0c3c7d10
logsource: {product: linux, service: sshd}
detection:
  words: [Failed password]
  condition: words
---
title: Many failed logins
id: 5c0c8a53-0a55-4c6f-8e0e-6a5f0d1b9c21
correlation:
  type: event_count
  rules: failed_login
  group-by: [source.ip]
  timespan: 10m
  condition: {gte: 3}
"""
MANY = "5c0c8a53-0a55-4c6f-8e0e-6a5f0d1b9c21"
CASES = """\
- name: three of one address
  events:
    - {message: Failed password for eve, fields: {source.ip: 192.0.2.1, process.name: sshd}, repeat: 3}
    - {message: Failed password for eve, fields: {source.ip: 192.0.2.2, process.name: sshd}, repeat: 2}
  expect: {192.0.2.1: 3}
"""


def test_cases_of_a_correlation_run_with_the_rules_it_counts(tmp_path: Path):
    """They stand beside the file that holds them all."""
    (tmp_path / "many.yml").write_text(PAIR)
    (tmp_path / "many.cases.yml").write_text(CASES)
    (result,) = run_cases(tmp_path / "many.yml")
    assert result.expected == result.found


def test_an_edit_stands_where_its_file_stood(tmp_path: Path):
    """In the same order; the file's rule is known still, and one without a file comes last."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.yml").write_text(f"name: {name}\ntype: any\nfilter: []\n")
    edits = [
        Edit("new", "saved/new.yml", "name: new\ntype: any\nfilter: []\n"),
        Edit("b", str(tmp_path / "b.yml"), "name: b\ntype: any\nfilter: []\ndescription: edited\n"),
    ]
    loaded = load_folders([tmp_path], edits=edits)
    assert ["a", "b", "c", "new"] == [rule.id for rule in loaded.rules]
    assert "edited" == loaded.rules[1].description
    assert {"b": ""} == {name: rule.description for name, rule in loaded.shadowed.items()}


def test_an_edit_that_cannot_be_read_any_more_leaves_the_file_in_force(tmp_path: Path):
    """It is a problem that names the rule."""
    (tmp_path / "a.yml").write_text("name: a\ntype: any\nfilter: []\n")
    loaded = load_folders([tmp_path], edits=[Edit("a", "a.yml", "type: whatever\nname: a\nfilter: []\n")])
    assert ["a"] == [rule.id for rule in loaded.rules]
    (problem,) = loaded.problems
    assert ("a", True) == (problem.subject, "the edit of a is not in force" in problem.reason)


def test_an_edit_of_a_correlation_is_previewed_with_what_it_counts(tmp_path, database):
    """Although it is not saved; the rules in use stay as they are."""
    (tmp_path / "many.yml").write_text(PAIR)
    text = PAIR.split("---\n")[1].replace("gte: 3", "gte: 9")
    book = RuleBook([tmp_path])
    with database.read() as tx:
        subject = subject_of(book.preview(tx, Edit(MANY, str(tmp_path / "many.yml"), text)), MANY)
        assert "gte: 3" in book.read(tx).by_id[MANY].text
    assert ["Failed login"] == [rule.name for rule in subject.feeding]
    assert "gte: 9" in subject.rule.text
