"""Choosing candidates from one pass over a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tocsin.decode.prefilter import FEW, Candidates, FindLiterals, with_ahocorasick, with_hyperscan

ENGINES = [with_hyperscan, with_ahocorasick]


@pytest.mark.parametrize("engine", ENGINES)
def test_only_those_whose_literal_occurs_and_those_without(
    engine: Callable[[Sequence[str]], FindLiterals],
) -> None:
    """Items come in order: those of which a literal stands in the text, and those that state none."""
    items = list(range(FEW + 5))
    literals: list[tuple[str, ...] | None] = [(f"word{n:02}", f"+({n})") for n in items]
    literals[2] = None
    candidates = Candidates(items, literals, find=engine)
    assert [2, 4, 9] == list(candidates.of("a word04 b +(9) \xff"))
    assert [2] == list(candidates.of(""))


@pytest.mark.parametrize("engine", ENGINES)
def test_overlapping_literals_are_all_found(engine: Callable[[Sequence[str]], FindLiterals]) -> None:
    """A literal within another is found too."""
    find = engine(["ab", "abc", "bc"])
    assert {0, 1, 2} == set(find("xabcx"))


def test_few_items_are_all_candidates() -> None:
    """A pass over the text does not pay for a few."""
    assert [1, 2] == list(Candidates([1, 2], [("a",), ("b",)]).of("zzz"))
