"""CDB lists as text files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.rules.lists import find_list, read_lists


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("key:value", ("key", "value")),
        ("key:", ("key", "")),
        ('"2001:db8::1":office', ("2001:db8::1", "office")),
        ('"a":"b:c"', ("a", "b:c")),
        ('a:"b"', ("a", "b")),
        ('a"b:c', ('a"b', "c")),
        ('"open:c', ('"open', "c")),
        ("a:b:c", ("a", "b:c")),
        ("  spaced:value  \r", ("spaced", "value")),
        ("no colon", None),
        ("", None),
    ],
)
def test_each_form_of_a_line(tmp_path: Path, line: str, entry: tuple[str, str] | None) -> None:
    """Either side may be quoted; a line without a colon says nothing."""
    (tmp_path / "l").write_text(line + "\n", "latin-1")
    lists, problems = read_lists([tmp_path])
    assert [] == problems
    assert ([entry] if entry else []) == list(lists["l"].items())


def test_the_first_of_equal_keys_wins_and_case_counts(tmp_path: Path) -> None:
    """A key stands for its first value."""
    (tmp_path / "l").write_text("a:1\na:2\nA:3\n")
    assert {"a": "1", "A": "3"} == read_lists([tmp_path])[0]["l"]


def test_lists_are_found_by_the_names_rules_use(tmp_path: Path) -> None:
    """Upstream's path, a shorter one and the bare name mean the same; compiled files are not read."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "l").write_text("a:1\n")
    (tmp_path / "deep" / "l.cdb").write_bytes(b"\x00")
    lists, _ = read_lists([tmp_path])
    assert ["deep/l"] == list(lists)
    for name in ("etc/lists/deep/l", "lists/deep/l", "deep/l"):
        assert {"a": "1"} == find_list(lists, name)
    assert find_list(lists, "l") is None
