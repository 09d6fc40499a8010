"""Which regular expression engine runs a translated pattern, so that no line can stall analysis.

Texts here are bytes read as Latin-1: one character is one byte, as in Wazuh. Python's `re` is the
fastest on ordinary texts but can take a power of the text's length; google-re2 is linear. A pattern
therefore runs on `re` while its worst case stays small, and on google-re2 beyond that. The few
patterns that google-re2 cannot express see only the beginning of a long text.
"""

from __future__ import annotations

import re
from typing import Any

import re2  # type: ignore[import-untyped]  # has no stubs

from tocsin.decode.structure import Structure, structure_of

Spans = tuple[tuple[int, int], ...]
"""Start and end of the whole match, then of every group; (-1, -1) for a group that took no part."""

MAX_STEPS = 1_000_000
"""Bound for `re`: the text's length to the power of the pattern's degree."""
UNLIMITED = 1 << 30
"""No text is so long."""
ALWAYS_QUICK = 48
"""Up to this length `re` runs any pattern whose degree is known."""
EXPONENTIAL_LIMIT = 12
"""Up to this length `re` runs a pattern that may be exponential."""
MAX_BACKTRACKED = 10_000_000
"""The same bound for a pattern that only `re` can run; it sees no more of a text than that allows."""
MAX_PROGRAM_BYTES = 8 * 1024 * 1024
"""Memory one google-re2 program may take."""

_ONLY_BACKTRACKING = re.compile(r"\(\?(?:<?[=!]|>|\()|\(\?P=|\\[1-9]|[+*?}]\+")
"""What google-re2 lacks: looking around, atomic groups, conditions, references, possessive quantifiers."""
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Searcher:
    """One pattern and the engines that can run it. Thread safe.

    Raises `ValueError` when no engine can read the pattern, and when only `re` can but without a
    bound. `bound`: so many characters of a text are looked at, where no engine can look at all.
    `cut`: how often a text was longer than that.
    """

    __slots__ = ("_anchored", "_known", "_limit", "_pattern", "_program", "_quick", "_tried", "bound", "cut")

    def __init__(self, pattern: str, known: Structure | None = None, *, anchored: bool = False) -> None:
        self._pattern = pattern
        self._known = known
        self._anchored = anchored
        self._program: Any = None
        self._quick: Any = None
        self._tried = False
        self._limit = -1
        self.bound = 0
        self.cut = 0
        try:
            compiled = re.compile(pattern, re.ASCII)
            self._quick = compiled.match if anchored else compiled.search
        except (re.error, OverflowError, RecursionError) as error:
            if not self._able():
                raise ValueError(str(error)) from error
        if self._quick is not None and _ONLY_BACKTRACKING.search(pattern):
            self._tried = True
            if self._degree() is None:
                raise ValueError("looks around or back, and may take time without bound")
            self._bind()

    def search(self, text: str, low: str, start: int = 0) -> Spans | None:
        """Return the spans of the leftmost match from `start` on, which is where an anchored one begins.

        `low` is the text in ASCII lower case.
        """
        size = len(text) - start
        if size > EXPONENTIAL_LIMIT and size > self._longest() and self._may_stall(low, size):
            if self.bound:
                self.cut += 1
                text = text[: start + self.bound]
            elif self._able():
                return self._linear(text, start)
            else:
                self._bind()
                return self.search(text, low, start)
        elif self._quick is None:
            return self._linear(text, start)
        found = self._quick(text, start)
        return found.regs if found is not None else None

    def _longest(self) -> int:
        """Return the length of the longest text that `re` may run on."""
        if self._limit < 0:
            self._limit = _limit(self._degree(), MAX_STEPS) if self._quick is not None else 0
        return self._limit

    def _may_stall(self, low: str, size: int) -> bool:
        """Whether `re` could need more steps than it may, given what stands in the text."""
        known = self._structure()
        return self._quick is None or known.degree is None or known.steps(low, size, MAX_STEPS) > MAX_STEPS

    def _structure(self) -> Structure:
        if self._known is None:
            self._known = structure_of(("\\A" if self._anchored else "") + self._pattern)
        return self._known

    def _degree(self) -> int | None:
        return self._structure().degree

    def _bind(self) -> None:
        self.bound = self._limit = _limit(self._degree(), MAX_BACKTRACKED)

    def _able(self) -> bool:
        if not self._tried:
            self._program = _compile(self._pattern)
            self._tried = True
        return self._program is not None

    def _linear(self, text: str, start: int) -> Spans | None:
        program = self._program
        data = text.encode("latin-1")
        found = program.match(data, start) if self._anchored else program.search(data, start)
        if not found:
            return None
        return tuple([found.span(number) for number in range(program.groups + 1)])


def _limit(degree: int | None, steps: int) -> int:
    if degree is None:
        return EXPONENTIAL_LIMIT
    if degree <= 1:
        return UNLIMITED
    return max(ALWAYS_QUICK, int(steps ** (1 / degree)))


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    try:
        return re2.compile(_spelled(pattern).encode("latin-1"), options)
    except (re2.error, UnicodeEncodeError):
        return None


def _spelled(pattern: str) -> str:
    r"""Return the pattern in google-re2's spelling: the very end of a text is `\z` there."""
    return _ESCAPE.sub(lambda match: "\\z" if match.group(1) == "Z" else match.group(), pattern)
