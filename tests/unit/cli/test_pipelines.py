"""`tocsin pipelines` as an operator types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.cli.pipelines import app

GOOD = """\
pipeline: shop
sources: [shop]
processors:
  - dissect: {field: message, pattern: "%{app.level} %{app.text}"}
  - drop: {reason: debug lines}
    if: app.level:DEBUG
cases:
  - name: a level is read
    event: {message: INFO hello}
    expect: {app.level: INFO}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yml").write_text(GOOD)
    return tmp_path


def test_check_and_test_of_good_pipelines_succeed(folder: Path) -> None:
    """Both count what they saw."""
    checked = CliRunner().invoke(app, ["check", str(folder)])
    assert (checked.exit_code, checked.output.strip()) == (0, "1 pipelines, 0 problems")
    tested = CliRunner().invoke(app, ["test", str(folder), "--json"])
    assert tested.exit_code == 0
    assert [case["failures"] for case in json.loads(tested.output)["cases"]] == [[]]


def test_what_is_refused_is_named_with_its_line(folder: Path) -> None:
    """The status says that something is wrong."""
    (folder / "bad.yml").write_text(GOOD.replace("dissect:", "disect:"))
    for command in ("check", "test"):
        result = CliRunner().invoke(app, [command, str(folder)])
        assert result.exit_code == 1
        assert "bad.yml:4: there is no processor 'disect'; did you mean 'dissect'?" in result.output


def test_a_case_that_fails_is_shown(folder: Path) -> None:
    """With what was expected and what came."""
    (folder / "shop.yml").write_text(GOOD.replace("app.level: INFO}", "app.level: WARN}"))
    result = CliRunner().invoke(app, ["test", str(folder)])
    assert result.exit_code == 1
    assert "app.level: expected 'WARN', got 'INFO'" in result.output


def test_lines_are_tried(folder: Path) -> None:
    """One event a line, or why it is dropped."""
    result = CliRunner().invoke(app, ["try", str(folder / "shop.yml")], input="INFO a b\nDEBUG x\n")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["app.level"], first["app.text"]) == ("INFO", "a b")
    assert second == {"message": "DEBUG x", "dropped": "debug lines"}
