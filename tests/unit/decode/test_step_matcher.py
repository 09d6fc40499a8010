"""OS_Regex by hand."""

from __future__ import annotations

import pytest

from tocsin.decode.step_matcher import Matcher, matcher_of, simple

SHORT = r"[^ ]+"


def _matcher(*parts: str, start: bool = False, end: bool = False) -> Matcher:
    quantified = [index for index, part in enumerate(parts) if part[-1] in "+*"]
    made = matcher_of(parts, quantified, start=start, end=end)
    assert made is not None
    return made


def _found(matcher: Matcher, text: str, start: int = 0) -> tuple[list[str], int, int] | None:
    found = matcher.find(text, text.lower(), start)
    return None if found is None else (found.captured, found.last, found.end)


@pytest.mark.parametrize(
    ("parts", "text", "found"),
    [
        (("a", "b"), "xab", ([], -1, 3)),
        (("a", "b"), "ba", None),
        (("[0-9]",), "a7", ([], -1, 2)),
        (("(", "[0-9]+", ")", "x"), "1 23x", (["23"], 2, 5)),
        (("(", r"[\s\S]+", ")", " ", "(", r"[\s\S]+", ")"), "a b c", (["a", "b c"], 2, 5)),
        (("(", SHORT, ")", ":", "(", "[0-9]+", ")", "/"), "a:b:12/", (["a:b", "12"], 4, 7)),
        (("a", "(", "[0-9]*", ")"), "a", ([""], 1, 1)),
        (("[0-9]+", "[a-z]*"), "12", ([], 1, 1)),
    ],
)
def test_finds(parts: tuple[str, ...], text: str, found: tuple[list[str], int, int] | None) -> None:
    """What is captured, where the last repetition begins, where the match ends."""
    assert found == _found(_matcher(*parts), text)


def test_bound_to_start_and_end() -> None:
    """The start is where the search begins; the end is the text's."""
    assert _found(_matcher("a", start=True), "xa") is None
    assert _found(_matcher("a", start=True), "xa", 1) == ([], -1, 2)
    assert _found(_matcher("a", end=True), "ab") is None
    assert _found(_matcher("[a-z]+", "[0-9]*", end=True), "ab") == ([], 2, 2)


def test_captures_keep_the_case_of_the_text() -> None:
    """Matching looks at the lowered text, what is captured is the other one."""
    assert _found(_matcher("u", " ", "(", SHORT, ")"), "U Bob") == (["Bob"], 2, 5)


def test_any_characters_are_tried_once() -> None:
    """Many repetitions of any characters on a long text without a match need no more than a pass each."""
    parts = [part for char in "abcdefghij" for part in (char, r"[\s\S]+")]
    text = "abcdefghij" * 5_000
    assert _found(_matcher(*parts, "z"), text) is None


def test_a_spent_budget_is_said() -> None:
    """Where choices multiply the end is -1: nothing is known."""
    parts = [part for _ in range(8) for part in (SHORT, ":")]
    text = "a:" * 60 + " "
    assert _found(_matcher(*parts, "!"), text) == ([], -1, -1)


def test_what_a_search_passes_by_counts() -> None:
    """To seek the end of one long run from each of its places is as much work as choices that multiply."""
    passes_by = _matcher(SHORT, ":", "z")
    assert _found(passes_by, "a" * 100) is None
    assert _found(passes_by, "a" * 20_000) == ([], -1, -1)


@pytest.mark.parametrize("parts", [[], ["a", "(", ")"], [*([SHORT, ":"] * 50)]])
def test_the_odd_ones_are_left_to_an_engine(parts: list[str]) -> None:
    """No steps, an empty group, or too many choices."""
    quantified = [index for index, part in enumerate(parts) if part == SHORT]
    assert matcher_of(parts, quantified, start=False, end=False) is None


@pytest.mark.parametrize(
    ("pattern", "text", "captured"),
    [
        (r"(\w+) (.+)/", "x a b/c/d", ["x", "a b/c"]),
        (r"(\d+).(\d+)", "1234", ["12", "4"]),
        (r"^(\S+?)a(\S*)", "banana", ["b", "nana"]),
        (r"\[([^\]]*)\] {([^}]+)}", "[a] {b}", ["a", "b"]),
    ],
)
def test_simple_patterns_of_re(pattern: str, text: str, captured: list[str]) -> None:
    """Repetitions take as much as they can, or as little when they say so."""
    made = simple(pattern)
    assert made is not None
    found = made.find(text, text, 0)
    assert found is not None
    assert captured == found.captured


@pytest.mark.parametrize(
    "pattern", ["a|b", "a?", "(?:a)", "(a(b))", "(a)+", "a{2}", "a$", r"a\b", r"(a)\1", "a+?", "a++"]
)
def test_other_patterns_are_left_to_an_engine(pattern: str) -> None:
    """A choice, something optional, groups within groups, and what looks around."""
    assert simple(pattern) is None
