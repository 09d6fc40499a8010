"""Dashboards in files: the line of every fault, and what is in order is loaded besides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.core.errors import ContentError
from tocsin.dashboards import load_shelf, read_file
from tocsin.dashboards.source import MAX_BYTES, read_json
from tocsin.dashboards.writing import text_of

GOOD = '{"version": 1, "title": "Good", "panels": []}'


def test_a_fault_has_its_line(tmp_path: Path) -> None:
    """The line of the value within its panel."""
    text = '{\n "version": 1,\n "title": "T",\n "panels": [\n  {"id": "a", "kind": "count"},\n'
    text += '  {"id": "b",\n   "kind": "count",\n   "compare": "yes"}\n ]\n}\n'
    (tmp_path / "t.json").write_text(text)
    dashboard, (problem,) = read_file(tmp_path / "t.json")
    assert dashboard is None
    assert f"{tmp_path}/t.json:8 [panels[1].compare]: true or false is wanted, not 'yes'" == str(problem)


def test_the_rest_is_loaded(tmp_path: Path) -> None:
    """One bad file does not take the others with it; of two of one name the first stands."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, title in ((first, "Mine"), (second, "Ours")):
        folder.mkdir()
        (folder / "web.json").write_text(GOOD.replace("Good", title))
    (first / "bad.json").write_text("{")
    (second / "other.json").write_text(GOOD)
    shelf = load_shelf([first, second, tmp_path / "none"])
    assert {"web": "Mine", "other": "Good"} == {name: one.title for name, one in shelf.dashboards.items()}
    assert [
        (str(first / "bad.json"), 1),
        (str(second / "web.json"), 0),
        (str(tmp_path / "none"), 0),
    ] == [(problem.location.path, problem.location.line) for problem in shelf.problems]


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ('{\n"a": 1,\n"a": 2}', "a is given twice, first in line 2", 3),
        ('{"a":\n [,]}', "not valid JSON: Expecting value", 2),
        ('{"a": NaN}', "NaN is no number", 0),
        ("[" * 200_000, "not valid JSON", 0),
        ("[" * 14 + "]" * 14, "nested more than 12 deep", 1),
        ('"' + "x" * MAX_BYTES + '"', "larger than 256 KiB", 0),
    ],
)
def test_what_is_no_json_is_refused(text: str, reason: str, line: int) -> None:
    """With the line, where there is one."""
    with pytest.raises(ContentError, match=r".*") as caught:
        read_json("t.json", text)
    assert reason in caught.value.message
    assert line == caught.value.location.line


def test_the_text_of_a_document_is_the_document() -> None:
    """Short lists stand on one line, and no text within is touched."""
    values = {
        "a": [1, 2, {"x": 1, "y": "[ b ]\n{ c }"}],
        "q": '@timestamp:[ now-1d TO "n" ]',
        "e": {},
        "l": [],
    }
    text = text_of(values)
    assert values == json.loads(text)
    assert '{ "x": 1, ' in text


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """With a reason instead of a trace."""
    (tmp_path / "t.json").write_bytes(b"\xff\xfe")
    assert "cannot be read" in read_file(tmp_path / "t.json")[1][0].reason
