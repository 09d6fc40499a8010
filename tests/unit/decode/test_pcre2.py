"""PCRE2 patterns on our engines."""

from __future__ import annotations

import pytest

from tocsin.decode.patterns import lower
from tocsin.decode.pcre2 import compile_pcre2


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("^Accepted ", "Accepted x", True),
        ("^Accepted ", "accepted x", False),
        ("ab", "xabx", True),
        ("(?i)AB", "xabx", True),
        ("a(?i)B", "ab", True),
        ("a(?i)B", "Ab", False),
        ("(?:a(?i)b|c)D", "aBD", True),
        ("(?:a(?i)b|c)D", "aBd", False),
        (r"^[[:alpha:]]+\h\d", "ab\t1", True),
        (r"^[[:digit:].-]+$", "1.2-3", True),
        (r"\Qa.b\E", "a.b", True),
        (r"\Qa.b\E", "axb", False),
        (r"a++b", "aab", True),
        (r"(?<name>\d)x", "1x", True),
        (r"^(?!a)b", "b", True),
        (r"(\d)\1", "11", True),
        (r"a\z", "a", True),
        ("(*UTF)\\N{U+202E}", "x\xe2\x80\xaey", True),
        (r"\x{41}", "A", True),
        (r"^a\V+b$", "aV\tb", True),
        (r"^a\V+b$", "a\vb", False),
        (r"a\Eb", "ab", True),
        (r"[\e]", "\x1b", True),
        ("a.c", "a\nc", False),
        ("(?s)a.c", "a\nc", True),
        (r"[]a]+", "]", True),
        (r"[\w.]+\R", "a.b\r\n", True),
        ("(?mUs)a.+b", "axbxb", True),
        ("^4625$", "4625", True),
        ("^4625$", "46255", False),
    ],
)
def test_matches(pattern: str, text: str, matches: bool) -> None:
    """Bytes, case-sensitive, with PCRE2's own escapes and classes."""
    compiled = compile_pcre2(pattern)
    assert matches == compiled.test(text, lower(text))
    assert matches == (compiled.find(text, lower(text)) is not None)


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"\p{Greek}", "(?R)", "(*ACCEPT)a", r"[\x{100}]", "a(", "[[:nope:]]", "a\\", r"\cA", r"\y"),
        *(r"[\H]", r"[\K]", r"[\N]", r"[\R]", r"[\A]"),
    ],
)
def test_what_cannot_be_translated_is_refused_by_name(pattern: str) -> None:
    """Nothing is silently taken for something else."""
    with pytest.raises(ValueError, match=r".+"):
        compile_pcre2(pattern)


def test_captures_and_rest() -> None:
    """The rest begins at the match's end; inner groups without a part are empty, trailing ones absent."""
    found = compile_pcre2(r"(a)?(b)(c)?").find("xb-", "xb-")
    assert found is not None
    assert (("", "b"), 2) == found


@pytest.mark.parametrize(
    ("pattern", "found"), [(r"ab\Kc(d)", (("d",), 4)), (r"(?<=a)b\K(c)", (("c",), 3)), (r"abc\K", ((), 3))]
)
def test_a_match_that_begins_later_ends_where_it_did(pattern: str, found: tuple[object, int]) -> None:
    """`\\K` moves only the beginning of a match: what is captured and where the rest begins stay."""
    assert found == compile_pcre2(pattern).find("abcd-", "abcd-")


@pytest.mark.parametrize("pattern", [r"(\w+\s?)*$x", r"(a+)+b", r"(a|aa)+b", r"^(\S+) (.*?) (.*?) (.*?)x$"])
def test_a_hostile_line_does_not_stall(pattern: str) -> None:
    """A pattern that backtracks without end elsewhere ends here in time."""
    text = "a " * 20_000 if "S" in pattern else "a" * 40_000
    assert not compile_pcre2(pattern).test(text, text)


def test_a_lookaround_sees_only_the_beginning_of_a_long_line() -> None:
    """What only a backtracking engine can do is done on the first bytes, so that it ends."""
    pattern = compile_pcre2(r"(?<=x)\w+ END")
    assert pattern.test("xab END", "xab end")
    late = "a" * 20_000 + "xab END"
    assert not pattern.test(late, late.lower())


def test_a_lookaround_without_bound_is_refused() -> None:
    """A pattern that no engine can run in bounded time is refused when it is loaded."""
    with pytest.raises(ValueError, match="without bound"):
        compile_pcre2(r"(?<=x)(a+)+b")


def test_literals_and_equals() -> None:
    """What must stand in a match is read off the pattern."""
    assert ("accepted ",) == compile_pcre2("^Accepted ").literals
    assert ("sqlmap", "nikto") == compile_pcre2("(?i)sqlmap|nikto").literals
    assert ("4625",) == compile_pcre2("^4625$").equals
    assert compile_pcre2(r"^\d+$").literals is None
