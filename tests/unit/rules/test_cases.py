"""Cases beside content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tocsin.core.errors import Problem
from tocsin.rules.cases import case_files, read_cases, run_cases

RULE = '<rule id="10" level="3"><match>kv</match><description>d</description></rule>'


def _write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "rules" / "r.cases.yml"
    file.write_text(text)
    return file


def test_cases_pass_and_fail_with_reasons(make_rules: Any, tmp_path: Path) -> None:
    """A failure names the field, what was expected and what was found, and the case's line."""
    ruleset = make_rules(RULE)
    file = _write(
        tmp_path,
        """# cases
- name: good
  line: "Nov 24 10:00:00 h app: kv 192.0.2.1 bob open red"
  expect: {rule: "10", level: 3, decoder: app, fields: {source.ip: 192.0.2.1, url.original: null}}
- name: none
  lines: ["Nov 24 10:00:00 h app: kv", "Nov 24 10:00:00 h app: x"]
  expect: {rule: null}
- name: wrong
  line: "Nov 24 10:00:00 h app: kv"
  expect: {rule: 11, level: 4}
""",
    )
    outcomes, problems = run_cases(ruleset, case_files(tmp_path))
    assert [] == problems
    assert [("good", 2, ()), ("none", 5, ())] == [(o.name, o.line, o.failures) for o in outcomes[:2]]
    assert (8, str(file)) == (outcomes[2].line, outcomes[2].file)
    assert ("rule.id: expected '11', found '10'", "rule.level: expected 4, found 3") == outcomes[2].failures


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- {name: x, line: a}", "expect"),
        ("- {name: x, expect: {}}", "`line` or `lines`"),
        ("- {name: x, line: a, lines: [b], expect: {}}", "`line` or `lines`"),
        ("- {name: x, line: a, expect: {rule: '1'}, kind: odd}", "odd"),
        ("- {name: x, line: a, expect: {odd: 1}}", "odd"),
        ("a: 1", "a list of cases"),
        ("- [", "cannot be read"),
        ("- !!python/object/apply:os.system [true]", "constructor"),
    ],
)
def test_malformed_cases_are_problems(make_rules: Any, tmp_path: Path, text: str, reason: str) -> None:
    """What is no case is refused with file and line, and nothing in it is executed."""
    make_rules(RULE)
    found = [case for _, case in read_cases(_write(tmp_path, text))]
    assert 1 == len(found)
    assert isinstance(found[0], Problem)
    assert reason in found[0].reason


def test_cases_of_one_file(make_rules: Any, tmp_path: Path) -> None:
    """Content, cases or a whole folder may be named; content without cases has none."""
    make_rules(RULE)
    file = _write(tmp_path, "")
    assert [file] == case_files(tmp_path / "rules" / "r.xml") == case_files(file) == case_files(tmp_path)
    assert [] == case_files(tmp_path / "decoders" / "d.xml")


@pytest.mark.parametrize(("minute", "rule"), [("00", "20"), ("05", "10")])
def test_lines_are_read_when_they_say_they_were_written(
    make_rules: Any, tmp_path: Path, minute: str, rule: str
) -> None:
    """Lines that state times are as far apart as they say."""
    ruleset = make_rules(
        RULE + '<rule id="20" level="9" frequency="2" timeframe="60"><if_matched_sid>10</if_matched_sid>'
        "<description>two</description></rule>"
    )
    line = "Nov 24 10:{}:00 h app: kv"
    case = {"name": "x", "lines": [line.format("00"), line.format(minute)], "expect": {"rule": rule}}
    outcomes, _ = run_cases(ruleset, [_write(tmp_path, f"- {case}")])
    assert () == outcomes[0].failures
