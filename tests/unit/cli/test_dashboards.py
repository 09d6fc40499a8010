"""Dashboards on the command line: list, check, import, export."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tocsin.cli.dashboards import app
from tocsin.core.database import Database
from tocsin.core.errors import InvalidError, NotFoundError

Call = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A platform's database."""
    database = Database(f"sqlite:///{tmp_path / 'tocsin.db'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def call(tmp_path: Path) -> Call:
    def invoke(*arguments: str) -> Result:
        folder = () if arguments[0] == "check" and len(arguments) > 1 else ("--data", str(tmp_path))
        result = CliRunner().invoke(app, [*arguments, *folder])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_one_goes_out_and_comes_in_again(call: Call, tmp_path: Path, database: Database) -> None:
    """Exported from ours, imported as one's own, and exported once more: the same document."""
    mine = tmp_path / "mine.json"
    call("export", "web", str(mine))
    (kept,) = json.loads(call("import", str(mine), "--json").output)
    listed = {one["id"]: one for one in json.loads(call("list", "--json").output)}
    assert (True, True) == ("web" in listed, listed[kept["id"]]["shared"])
    assert kept["id"] in call("list").output
    assert json.loads(mine.read_text()) == json.loads(call("export", kept["id"]).output)


def test_import_keeps_all_or_nothing(call: Call, tmp_path: Path, database: Database) -> None:
    """One bad file, and none is kept."""
    call("export", "web", str(tmp_path / "good.json"))
    (tmp_path / "bad.json").write_text('{"version": 1}')
    result = call("import", str(tmp_path / "good.json"), str(tmp_path / "bad.json"))
    assert 1 == result.exit_code
    assert "bad.json:1 [title]: is needed" in result.output
    assert 7 == len(json.loads(call("list", "--json").output))


def test_check_says_what_is_wrong_and_where(call: Call, tmp_path: Path) -> None:
    """File and line; ours are in order."""
    (tmp_path / "bad.json").write_text('{"version": 1,\n"title": "T",\n"panels": 3}')
    result = call("check", str(tmp_path))
    assert (1, True) == (result.exit_code, "bad.json:3 [panels]: a list is wanted" in result.output)
    shown = json.loads(call("check", str(tmp_path), "--json").output)
    assert (0, 3) == (shown["good"], shown["problems"][0]["line"])
    assert "0 faults, 0 remarks" in call("check").output


def test_what_is_not_there_is_said(call: Call, tmp_path: Path) -> None:
    """No platform, no such dashboard."""
    with pytest.raises(NotFoundError, match="tocsin dashboards list"):
        call("export", "nothing")
    call("export", "web", str(tmp_path / "web.json"))
    with pytest.raises(InvalidError, match="holds no platform"):
        call("import", str(tmp_path / "web.json"))


def test_a_report_is_written(call: Call, tmp_path: Path, database: Database) -> None:
    """From an empty log, in every form there is; others are refused."""
    file = tmp_path / "web.html"
    assert "wrote" in call("report", "web", str(file)).output
    assert "<h1>Web servers</h1>" in file.read_text()
    call("report", "web", str(tmp_path / "web.pdf"))
    assert (tmp_path / "web.pdf").read_bytes().startswith(b"%PDF")
    call("report", "web", str(tmp_path / "picture"), "--format", "png")
    assert (tmp_path / "picture").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InvalidError, match="no form of a report"):
        call("report", "web", str(tmp_path / "web.doc"))
