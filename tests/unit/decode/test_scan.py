"""One pass over a log that answers for many patterns."""

from __future__ import annotations

import pytest

from tocsin.decode.dialect import Pattern
from tocsin.decode.patterns import compile_pattern
from tocsin.decode.scan import FEW, UNKNOWN, Candidates, LogScan

PORTABLE = pytest.mark.parametrize("portable", [False, True])


def _pattern(text: str, dialect: str = "osregex") -> Pattern:
    return compile_pattern(text, dialect)


@PORTABLE
def test_what_a_log_cannot_match_is_not_among_its_hits(*, portable: bool) -> None:
    """A hit says that a pattern may match; no hit says that it does not."""
    patterns = [_pattern(r"^Failed \w+ for"), _pattern(r"port (\d+)$"), _pattern("(?i)root.*login", "pcre2")]
    scan = LogScan(patterns, portable=portable)
    hits = scan.hits("failed PASSWORD for ROOT, login from port 22")
    assert [True] * 3 == [scan.atom(pattern, whole=True)[0] in hits for pattern in patterns]
    other = scan.hits("x Accepted \xff\x00")
    assert [False] * 3 == [scan.atom(pattern, whole=True)[0] in other for pattern in patterns]


def test_hyperscan_decides_what_has_an_expression() -> None:
    """OS_Match and OS_Regex are decided by the pass, PCRE2 is not."""
    patterns = [_pattern(r"a\d+ code"), _pattern("^word|end$", "osmatch"), _pattern(r"code\d+ end", "pcre2")]
    scan = LogScan(patterns, portable=False)
    assert [True, True, False] == [scan.atom(pattern, whole=True)[1] for pattern in patterns]
    portable = LogScan(patterns, portable=True)
    assert [False] * 3 == [portable.atom(pattern, whole=True)[1] for pattern in patterns]


def test_sharing_an_atom_is_not_sharing_its_decision() -> None:
    """A pattern that is more than a literal is not decided by another one that is that literal."""
    plain, exact = _pattern("failed", "osmatch"), _pattern(r"Failed \d", "pcre2")
    also = _pattern(r"^failed\S+")
    scan = LogScan([plain, exact], [also])
    assert scan.atom(plain, whole=True)[1]
    assert not scan.atom(exact, whole=True)[1]
    assert (scan.atom(plain, whole=True)[0], False) == scan.atom(also)


@PORTABLE
def test_a_pattern_asked_of_parts_is_known_by_its_literals(*, portable: bool) -> None:
    """What is bound to the start of a part may stand anywhere in the log."""
    pattern = _pattern(r"^closed by \S+")
    scan = LogScan([], [pattern], portable=portable)
    assert scan.atom(pattern)[0] in scan.hits("Connection closed by 192.0.2.1")


def test_nothing_is_told_of_short_literals_and_unknown_patterns() -> None:
    """Such patterns have no atom, so they are always tried."""
    scan = LogScan([], [_pattern(r"\d+:\d+")])
    assert (UNKNOWN, False) == scan.atom(_pattern(r"\d+:\d+"))
    assert (UNKNOWN, False) == scan.atom(_pattern("never handed in"))
    assert set() == scan.hits("12:30")


def test_candidates_keep_their_order() -> None:
    """Items whose atom is hit, and those without one, in the order given."""
    items = list(range(FEW + 5))
    atoms = [UNKNOWN if item == 2 else 100 + item for item in items]
    candidates = Candidates(items, atoms)
    assert [2, 4, 9] == candidates.of({109, 104, 7})
    assert [2] == candidates.of(set())


def test_few_items_are_all_candidates() -> None:
    """An index does not pay for a few."""
    assert [1, 2] == Candidates([1, 2], [7, 8]).of(set())


def test_an_expression_too_large_for_hyperscan_is_left_to_the_engine() -> None:
    """The rest of the patterns is decided all the same."""
    large = _pattern("|".join(f"value number {n}" for n in range(2_000)), "osmatch")
    small = _pattern("small word", "osmatch")
    scan = LogScan([large, small])
    assert scan.atom(small, whole=True)[1]
    assert large.test("value number 7", "value number 7")
