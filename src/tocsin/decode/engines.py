"""Which regular expression engine runs a translated pattern, so that no line can stall analysis.

Texts here are bytes read as Latin-1: one character is one byte, as in Wazuh. Python's `re` is the
fastest on ordinary texts but can take a power of the text's length; google-re2 is linear. A pattern
therefore runs on `re` while its worst case stays small, and on google-re2 beyond that. The few
patterns that google-re2 cannot express see only the beginning of a long text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import re2  # type: ignore[import-untyped]  # has no stubs

from tocsin.decode.structure import Structure, structure_of

Spans = tuple[tuple[int, int], ...]
"""Start and end of the whole match, then of every group; (-1, -1) for a group that took no part."""

MAX_STEPS = 1_000_000
"""Bound for `re`: the text's length to the power of the pattern's degree."""
ALWAYS_QUICK = 48
"""Up to this length `re` runs any pattern whose degree is known."""
EXPONENTIAL_LIMIT = 12
"""Up to this length `re` runs a pattern that may be exponential."""
MAX_BACKTRACKED = 100_000_000
"""The same bound for a pattern that only `re` can run; it sees no more of a text than that allows."""
MAX_PROGRAM_BYTES = 8 * 1024 * 1024
"""Memory one google-re2 program may take."""

_ONLY_BACKTRACKING = re.compile(r"\(\?(?:<?[=!]|>|\()|\(\?P=|\\[1-9]|[+*?}]\+")
"""What google-re2 lacks: looking around, atomic groups, conditions, references, possessive quantifiers."""

Search = Callable[[str], Spans | None]


def searcher(pattern: str, known: Structure | None = None) -> Search:
    """Return a search for the pattern; `known` is its structure where that has been looked at.

    Raises `ValueError` when neither engine can read it, and when only `re` can but without a bound.
    """
    try:
        search = re.compile(pattern, re.ASCII).search
    except (re.error, OverflowError, RecursionError) as error:
        return _linear_only(pattern, error)
    if _ONLY_BACKTRACKING.search(pattern):
        return _backtracking_only(pattern)
    engine = _Linear(pattern, known)

    def run(text: str) -> Spans | None:
        if len(text) > EXPONENTIAL_LIMIT and len(text) > engine.limit and engine.able():
            return engine.search(text)
        found = search(text)
        return found.regs if found else None

    return run


def _backtracking_only(pattern: str) -> Search:
    degree = structure_of(pattern).degree
    if degree is None:
        raise ValueError("looks around or back, and may take time without bound")
    search, limit = re.compile(pattern, re.ASCII).search, int(MAX_BACKTRACKED ** (1 / max(degree, 1)))

    def run(text: str) -> Spans | None:
        found = search(text[:limit])
        return found.regs if found else None

    return run


def _linear_only(pattern: str, error: Exception) -> Search:
    engine = _Linear(pattern)
    if not engine.able():
        raise ValueError(str(error)) from error
    return engine.search


class _Linear:
    """The pattern in google-re2, compiled when first needed, and from which length it is."""

    def __init__(self, pattern: str, known: Structure | None = None) -> None:
        self._pattern = pattern
        self._program: Any = None
        self._tried = False
        self._limit = -1 if known is None else _limit(known.degree)

    @property
    def limit(self) -> int:
        """The longest text that `re` may run on."""
        if self._limit < 0:
            self._limit = _limit(structure_of(self._pattern).degree)
        return self._limit

    def able(self) -> bool:
        """Whether google-re2 can run the pattern."""
        if not self._tried:
            self._program = _compile(self._pattern)
            self._tried = True
        return self._program is not None

    def search(self, text: str) -> Spans | None:
        """Return the spans of the leftmost match."""
        found = self._program.search(text.encode("latin-1"))
        if not found:
            return None
        return tuple(found.span(number) for number in range(self._program.groups + 1))


def _limit(degree: int | None) -> int:
    if degree is None:
        return EXPONENTIAL_LIMIT
    if degree <= 1:
        return 1 << 30
    return max(ALWAYS_QUICK, int(MAX_STEPS ** (1 / degree)))


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    try:
        return re2.compile(pattern.encode("latin-1"), options)
    except (re2.error, UnicodeEncodeError):
        return None
