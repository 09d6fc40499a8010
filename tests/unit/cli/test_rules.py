"""`tocsin rules`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.cli.rules import app
from tocsin.core.errors import NotFoundError


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A folder of content with one rule and one case that passes."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.xml").write_text(
        '<group name="g,"><rule id="10" level="3"><match>hello</match><description>d</description>'
        "</rule></group>"
    )
    (tmp_path / "rules" / "a.cases.yml").write_text('- {name: greets, line: hello, expect: {rule: "10"}}')
    return tmp_path


def test_passing_cases_are_counted(content: Path) -> None:
    """Status 0 and a count."""
    result = CliRunner().invoke(app, ["test", str(content)])
    assert (0, "1 of 1 cases passed\n") == (result.exit_code, result.output)


def test_a_failing_case_is_named_with_file_and_line(content: Path) -> None:
    """Status 1, and where the case stands and what differed."""
    file = content / "rules" / "a.cases.yml"
    file.write_text('\n- {name: greets, line: bye, expect: {rule: "10"}}')
    result = CliRunner().invoke(app, ["test", str(content / "rules" / "a.xml")])
    assert 1 == result.exit_code
    assert f"{file}:2: greets" in result.output
    assert "rule.id: expected '10', found None" in result.output


def test_no_cases_at_all_is_a_failure(content: Path) -> None:
    """A run that tested nothing does not pass."""
    (content / "rules" / "a.cases.yml").unlink()
    assert 1 == CliRunner().invoke(app, ["test", str(content)]).exit_code


def test_json(content: Path) -> None:
    """Cases and problems come as JSON when asked for."""
    result = CliRunner().invoke(app, ["test", str(content), "--json"])
    document = json.loads(result.output)
    assert [("greets", 1, [])] == [(c["name"], c["line"], c["failures"]) for c in document["cases"]]
    assert [] == document["problems"]


def test_check_names_what_is_refused(content: Path) -> None:
    """Status 1 with file, line, rule and reason; the rest is counted as in force."""
    file = content / "rules" / "b.xml"
    file.write_text('<group name="g,">\n<rule id="11" level="99"><description>d</description></rule></group>')
    result = CliRunner().invoke(app, ["check", str(content)])
    assert 1 == result.exit_code
    assert f"{file}:2 [11]: level '99' is no number from 0 to 16" in result.output
    assert "1 rules in force, 1 problems" in result.output
    document = json.loads(CliRunner().invoke(app, ["check", str(content), "--json"]).output)
    assert (1, 2) == (document["rules"], document["problems"][0]["line"])


def test_check_notes_what_sees_the_beginning_of_a_text_only(content: Path) -> None:
    """A note is no problem: the status stays 0."""
    rule = (
        '<rule id="11" level="3"><match type="pcre2">a(?!b)\\w+c</match><description>d</description></rule>'
    )
    (content / "rules" / "b.xml").write_text(f'<group name="g,">{rule}</group>')
    result = CliRunner().invoke(app, ["check", str(content)])
    assert 0 == result.exit_code
    assert "b.xml:1 [11]: only the first" in result.output
    document = json.loads(CliRunner().invoke(app, ["check", str(content), "--json"]).output)
    assert ("11", []) == (document["notes"][0]["subject"], document["problems"])


def test_a_path_that_is_not_there_is_an_error(content: Path) -> None:
    """A mistyped path is not an empty success."""
    result = CliRunner().invoke(app, ["test", str(content / "nope")])
    assert isinstance(result.exception, NotFoundError)


DETECTION = """name: Many
type: frequency
index: tocsin-*
num_events: 2
timeframe: {minutes: 1}
query_key: source.ip
filter: [{term: {rule.id: "10"}}]
alert: debug
tocsin: {id: many}
"""


def test_cases_of_detections_run_too(content: Path) -> None:
    """A detection's cases count with the others, and a failing one says what was expected and found."""
    (content / "detections").mkdir()
    (content / "detections" / "many.yml").write_text(DETECTION)
    case = '- {name: twice, events: [{repeat: 2, fields: {rule.id: "10", source.ip: a}}], expect: {a: %d}}'
    cases = content / "detections" / "many.cases.yml"
    cases.write_text(case % 2)
    assert "2 of 2 cases passed\n" == CliRunner().invoke(app, ["test", str(content)]).output

    cases.write_text(case % 3)
    failed = CliRunner().invoke(app, ["test", str(content)])
    assert 1 == failed.exit_code
    assert "expected {'a': 3}, found {'a': 2}" in failed.output
