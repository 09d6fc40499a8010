"""OS_Match."""

from __future__ import annotations

import pytest

from tocsin.decode.osmatch import compile_osmatch
from tocsin.decode.patterns import lower


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("abc", "xABCx", True),
        ("^abc", "abcx", True),
        ("^abc", "xabc", False),
        ("abc$", "xabc", True),
        ("abc$", "abcx", False),
        ("^abc$", "ABC", True),
        ("^abc$", "abcd", False),
        ("^a|b$|c", "xcx", True),
        ("^a|b$|c", "bx", False),
        ("^a|^b", "bx", True),
        ("^a$|^b$", "b", True),
        ("!abc", "abc", False),
        ("!abc|d", "x", True),
        ("", "anything", True),
        (r"a\d", r"a\d", True),
        (r"a\d", "a1", False),
        ("a.c", "abc", False),
    ],
)
def test_matches(pattern: str, text: str, matches: bool) -> None:
    """Alternatives of plain text with anchors, ignoring case, without escapes."""
    assert matches == compile_osmatch(pattern).test(text, lower(text))


def test_case_is_ascii_only() -> None:
    """Bytes beyond ASCII are never taken for the other case of one another."""
    text = "\xc3\x84"  # UTF-8 of a capital A with dots
    assert not compile_osmatch("\xe3\x84").test(text, lower(text))


def test_literals_and_equals() -> None:
    """What must stand in a match is known, unless the pattern is negated or has an empty part."""
    assert ("ab", "c") == compile_osmatch("^AB|c").literals
    assert compile_osmatch("!ab").literals is None
    assert compile_osmatch("ab|").literals is None
    assert ("ab", "c") == compile_osmatch("^ab$|^C$").equals
    assert compile_osmatch("^ab$|c").equals is None
