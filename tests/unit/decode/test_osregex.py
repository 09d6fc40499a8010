"""OS_Regex."""

from __future__ import annotations

import pytest

from tocsin.decode.osregex import compile_osregex
from tocsin.decode.patterns import lower


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"\d\d", "a12", True),
        (r"^\d\d", "a12", False),
        (r"\w+@", "a-b_c@d", True),
        (r"^\w+$", "a-b@c_1", True),
        (r"^\w+$", "a.b", False),
        (r"\s", "\t", False),
        (r"a\tb", "a\tb", True),
        (r"^\p$", "]", True),
        (r"^\p$", "/", False),
        (r"^\p$", "@", False),
        (r"a\.b", "a\nb", True),
        ("a.b", "axb", False),
        ("a+", "aa", False),
        ("a+", "a+", True),
        ("[x]{2}", "[X]{2}", True),
        (r"\(a\)\$\|\<\\", r"(A)$|<\ ".strip(), True),
        ("a|^b", "xb", False),
        ("$", "$", False),
        (r"(\d)(\d)", "12", False),
        ("x^y$z", "x^y$z", True),
        (r"\W", "@", False),
        (r"\D+x", "abx", True),
    ],
)
def test_matches(pattern: str, text: str, matches: bool) -> None:
    """Only escapes are special; everything else but the outer anchors is literal."""
    assert matches == compile_osregex(pattern).test(text, lower(text))
    assert matches == (compile_osregex(pattern).find(text, lower(text)) is not None)


@pytest.mark.parametrize("pattern", [r"\q", "a\\", "(a", "a)", "((a))", r"(a|b)"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """Unknown escapes, unbalanced and nested groups are refused with a reason."""
    with pytest.raises(ValueError, match=r"escape|group"):
        compile_osregex(pattern)


def test_captures_keep_the_case_of_the_text() -> None:
    """Matching ignores case; what is captured is the text as it stands."""
    found = compile_osregex(r"user (\S+) from (\d+.\d+)").find("User Alice from 10.2", "user alice from 10.2")
    assert found is not None
    assert ("Alice", "10.2") == found[0]


def test_captures_come_from_the_alternative_that_matched() -> None:
    """Alternatives are tried as written, each over the whole text, and number their groups anew."""
    found = compile_osregex(r"b(\d)|a(\d)").find("a1 b2", "a1 b2")
    assert found is not None
    assert ("2",) == found[0]


@pytest.mark.parametrize(
    ("pattern", "text", "rest"),
    [
        ("^abc", "abcdef", "def"),
        (r"for \S+ ", "for bob x", "x"),
        (r"for \S+", "for bob x", "x"),  # the byte that ended the last token is skipped
        (r"for (\S+)", "for bob x", "ob x"),  # a group closes there: the rest begins inside
        (r"for \S+", "for bob", "ob"),  # the text ends there: inside as well
        (r"for \S*", "for bob", "bob"),
        (r"for \d*", "for bob", "bob"),  # the last token matched nothing
        ("xyz$", "wxyz", ""),
    ],
)
def test_where_the_rest_begins(pattern: str, text: str, rest: str) -> None:
    """The rest follows upstream's odd rule for a quantified last token."""
    found = compile_osregex(pattern).find(text, lower(text))
    assert found is not None
    assert rest == text[found[1] :]


def test_quantifiers_are_lazy_but_for_the_last() -> None:
    """Every token takes as little as it can, except for the last."""
    found = compile_osregex(r"(\.+) (\.+)").find("a b c", "a b c")
    assert found is not None
    assert ("a", "b c") == found[0]


def test_a_hostile_line_does_not_stall() -> None:
    """Many open tokens on a long line without a match end in time."""
    pattern = compile_osregex(r"a\.+b\.+c\.+d\.+e\.+f\.+g")
    assert not pattern.test("abcdef" * 8_000, "abcdef" * 8_000)


def test_literals_and_equals() -> None:
    """The longest literal of every alternative is known."""
    assert ("failed for ", "cd") == compile_osregex(r"Failed for \S+|a\d+cd").literals
    assert compile_osregex(r"\d+|ab").literals is None
    assert ("4625",) == compile_osregex("^4625$").equals
    assert compile_osregex("^4625").equals is None
