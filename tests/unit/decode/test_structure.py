"""What the structure of a pattern tells."""

from __future__ import annotations

import pytest

from tocsin.decode.structure import structure_of


@pytest.mark.parametrize(
    ("pattern", "degree"),
    [
        ("abc", 0),
        (r"^(\S+) (\S+) \[[^\]]+\] ", 1),
        (r"(\S+) x", 2),
        (r"^(.*?) from", 2),
        (r"^(.*?) from (.*?) x", 3),
        (r"^a{2,9}b", 0),
        (r"(a+)+b", None),
        (r"(?:a|b+)*c", None),
        (r"(a|aa)+b", None),
        (r"(?:ab|cd)+e", 2),
        (r"(?:[^\]]|x)*e", None),
        ("(unbalanced", None),
    ],
)
def test_degree(pattern: str, degree: int | None) -> None:
    """Repetitions that overlap with what follows multiply; nested ones have no bound."""
    assert degree == structure_of(pattern).degree


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"user (\S+) from here", (" from here",)),
        (r"(?:one|two) \d", ("one", "two")),
        (r"(?:abc)?x\d", ("x",)),
        (r"(?:abc)+\d", ("abc",)),
        (r"\d|abc", None),
        (r"ABC\d", ("abc",)),
    ],
)
def test_literals(pattern: str, literals: tuple[str, ...] | None) -> None:
    """A match holds one of these in lower case."""
    assert literals == structure_of(pattern).literals


def test_prefix_is_only_for_the_true_start() -> None:
    """With the multi-line flag `^` may match elsewhere, so there is no prefix."""
    assert "abc" == structure_of(r"^abc\d").prefix
    assert "" == structure_of(r"(?m)^abc\d").prefix
