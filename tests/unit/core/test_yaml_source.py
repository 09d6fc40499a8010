"""YAML with its lines: what is refused, and where everything stands."""

from __future__ import annotations

import pytest

from tocsin.core.errors import ContentError
from tocsin.core.yaml_source import Bounds, read_source


def test_everything_has_its_line_by_path_and_by_name():
    """A name is a key at the top; what is not there stands where what is around it does."""
    source = read_source("a.yml", "a: 1\nb:\n  - x\n  - y: 2\n", first_line=11)
    lines = [source.at(path).line for path in ("a", ("b", 1, "y"), ("b", 7), "nowhere", ())]
    assert [11, 14, 12, 11, 11] == lines


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 14, "'c' is given twice, first in line 13"),
        ("a: &x {b: 1}\nc: *x\n", 11, "aliases of lists and mappings are refused"),
        ("a: [1\n", 12, "not valid YAML"),
        ("a: [[[1]]]\n", 11, "nested more than 3 deep"),
        ("[1, 2, 3, 4, 5, 6]", 0, "more than 6 entries"),
        ("a: " + "x" * 200, 0, "larger than"),
    ],
)
def test_what_yaml_lets_pass_is_refused(text, line, reason):
    """The line is that of the file, of which the text may be a part."""
    with pytest.raises(ContentError, match=reason) as refused:
        read_source("a.yml", text, Bounds(characters=100, depth=3, entries=6), first_line=11)
    assert line == refused.value.location.line
