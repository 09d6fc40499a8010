"""Dissect cuts at delimiters and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.event import Event
from tocsin.ingest.processors.dissect import Dissection, dissect
from tocsin.ingest.processors.draft import Unable


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (
            "[%{time}] %{level}: %{text}",
            "[12:00] warn: a: b",
            {"time": "12:00", "level": "warn", "text": "a: b"},
        ),
        ("%{day} %{+day} %{rest}", "Mon 3 x", {"day": "Mon 3", "rest": "x"}),
        ("%{a->} %{b}", "x    y", {"a": "x", "b": "y"}),
        ("%{?skip} %{b}", "x y", {"b": "y"}),
        ("%{} %{b}", "x y", {"b": "y"}),
        ("%{+a/2} %{+a/1} %{rest}", "two one x", {"a": "one two", "rest": "x"}),
        ("%{*k}=%{&k}", "user.name=eve", {"user.name": "eve"}),
        ("%{?k}: %{&k}", "port: 22", {"port": "22"}),
        ("%{timestamp} %{[a][b]}", "12:00 x", {"data.timestamp": "12:00", "a.b": "x"}),
        ("<%{data.srcip}>", "<192.0.2.1>", {"source.ip": "192.0.2.1"}),
    ],
)
def test_a_line_is_cut(pattern: str, text: str, expected: dict[str, str]) -> None:
    """Each kind of key does what its sign says."""
    assert Dissection(pattern).cut(text) == expected


@pytest.mark.parametrize(("pattern", "text"), [("[%{a}]", "a]"), ("%{a};%{b}", "ab"), ("%{a};", "x;y")])
def test_a_line_with_other_delimiters_is_not_cut(pattern: str, text: str) -> None:
    """A delimiter that is missing, or text after the last one, is a misfit."""
    assert Dissection(pattern).cut(text) is None
    with pytest.raises(Unable, match="delimiters"):
        dissect("message", Dissection(pattern))(Event("s", 1, 0, 0, text, {}))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("plain", "has no"),
        ("%{a}%{b}", "nothing stands between"),
        ("%{_id}", "cannot be written"),
        ("%{+a/b}", "number"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(pattern: str, reason: str) -> None:
    """The reason says what is missing."""
    with pytest.raises(ValueError, match=reason):
        Dissection(pattern)


@given(st.lists(st.text(alphabet="abc1 ", min_size=1, max_size=8), min_size=2, max_size=6))
def test_joined_parts_come_apart_again(parts: list[str]) -> None:
    """What was joined with a delimiter that is in none of the parts is found again."""
    pattern = "|".join(f"%{{f{n}}}" for n in range(len(parts)))
    assert Dissection(pattern).cut("|".join(parts)) == {f"f{n}": part for n, part in enumerate(parts)}
