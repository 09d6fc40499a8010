"""What words a condition needs of a message."""

from __future__ import annotations

import pytest

from tocsin.query.fragments import AllOf, AnyOf, Fragment, Need, need_of
from tocsin.query.lucene import parse_lucene
from tocsin.query.tree import And, Everything, Not, Nothing, Or, Term, Text, Wildcard


def words(*texts: str) -> AllOf:
    return AllOf(tuple(map(Fragment, texts)))


@pytest.mark.parametrize(
    ("pattern", "fragments"),
    [
        ("*needle*", [Fragment("needle", True, True)]),
        ("*xk7-needle*", [Fragment("xk7", True, False), Fragment("needle", False, True)]),
        ("* one.two *", [Fragment("one"), Fragment("two")]),
        ("Begin*end", [Fragment("begin", False, True), Fragment("end", True, False)]),
        ("whole", [Fragment("whole")]),
        ("a?b-c", [Fragment("a", False, True), Fragment("b", True, False), Fragment("c")]),
        (r"*\*x*", [Fragment("x", False, True)]),
        ("*näh-garn*", [Fragment("garn", False, True)]),
    ],
)
def test_a_wildcard_needs_the_words_between_its_gaps(pattern: str, fragments: list[Fragment]) -> None:
    """Where a gap borders a word, the word may go on; what is not ASCII is not relied on."""
    assert AllOf(tuple(fragments)) == need_of(Wildcard("message", pattern))


@pytest.mark.parametrize("pattern", ["*", "*?*", "* - *", "*ß*"])
def test_a_wildcard_without_a_word_says_nothing(pattern: str) -> None:
    """Neither gaps alone nor signs, nor letters beyond ASCII."""
    assert need_of(Wildcard("message", pattern)) is None


def test_a_phrase_needs_all_its_words() -> None:
    """In lower case, each once."""
    assert words("failed", "for", "bob") == need_of(Text("Failed for BOB, for"))
    assert words("nähgarn") == need_of(Text("Nähgarn", "message"))


def test_what_selects_nothing_needs_one_of_nothing() -> None:
    """A phrase without a word too."""
    assert AnyOf(()) == need_of(Nothing())
    assert AnyOf(()) == need_of(Text("--"))


@pytest.mark.parametrize(
    ("query", "need"),
    [
        ("user.name:bob", None),
        ("url.path:*abc*", None),
        ("NOT bob", None),
        ("bob OR user.name:eve", None),
        ("bob AND user.name:eve", AllOf((words("bob"),))),
        ("bob OR eve", AnyOf((words("bob"), words("eve")))),
    ],
)
def test_only_what_must_be_there_is_needed(query: str, need: Need | None) -> None:
    """Conditions on other fields and negations say nothing of the message."""
    assert need == need_of(parse_lucene(query))


def test_nothing_is_known_of_everything() -> None:
    """Nor of empty conjunctions; an empty disjunction selects nothing."""
    assert need_of(Everything()) is None
    assert need_of(And(())) is None
    assert need_of(Not(Text("a"))) is None
    assert need_of(Text("a", "user.name")) is None
    assert AnyOf(()) == need_of(Or(()))
    assert AllOf((words("a"),)) == need_of(And((Text("a"), Term("user.name", "b"))))
