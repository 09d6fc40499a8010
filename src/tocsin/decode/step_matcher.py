"""Simple patterns by hand: matched step by step, without an engine's overhead for each call.

Only worth it when compiled; interpreted, `re` is faster (`COMPILED` tells). What both find is the same.

An open step (see `steps`) tries every place where what follows may begin, from near to far or from far to
near. When one that takes any characters has failed from near to far, every later place has been tried too,
so nothing matches at all. Other choices are limited by a budget.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from tocsin.decode.steps import CLOSED, LITERAL, ONE, OPEN, Step, steps_of

if TYPE_CHECKING:
    from mypy_extensions import i64  # a plain int where this is not compiled

COMPILED: Final = not __file__.endswith(".py")
"""Whether this very module runs compiled."""
BUDGET: Final = 20_000
"""So many characters and choices, and four times a text's length, are looked at: some 100 microseconds."""
MAX_OPEN: Final = 40
"""Every open token is a recursion."""

_NO: Final = -1
"""No match from here."""
_NEVER: Final = -2
"""No match from here or from any later place."""
_SPENT: Final = -3
"""The budget is spent; nothing is known."""


class Attempt:
    """A text while it is matched, and what was found in it."""

    def __init__(self, text: str, low: str, groups: int) -> None:
        self.text = text
        self.low = low
        self.size: i64 = len(low)
        self.captured: list[str] = [""] * groups
        self.last: i64 = -1
        """Where the last repetition begins."""
        self.end: i64 = -1
        """Where the match ends; -1 when the budget did not suffice to tell."""
        self.left: i64 = BUDGET + 4 * self.size


class Matcher:
    """A simple pattern. Thread safe."""

    def __init__(self, steps: Sequence[Step], groups: int, *, start: bool, end: bool) -> None:
        self._first = steps[0]
        self.seeks = not start and steps[0].kind != LITERAL
        """Whether it tries one place after the other, so that asking for a literal first may spare much."""
        self._groups = groups
        self._start = start
        self._end = end

    def find(self, text: str, low: str, start: i64) -> Attempt | None:
        """Return what is found from `start` on, or None when nothing matches.

        `text` are bytes read as Latin-1, of which texts are captured. `low` is what is matched: the same, or
        its ASCII lower case.
        """
        attempt = Attempt(text, low, self._groups)
        if start > attempt.size:
            return None
        end = self._run(self._first, attempt, start, 0) if self._start else self._search(attempt, start)
        if end >= 0:
            attempt.end = end
        return attempt if end >= 0 or end == _SPENT else None

    def _search(self, attempt: Attempt, at: i64) -> i64:
        """Return where the leftmost match ends that begins at `at` or later."""
        first, low, size = self._first, attempt.low, attempt.size
        kind = first.kind
        while at <= size and attempt.left >= 0:
            if kind == LITERAL:
                at = low.find(first.text, at)
                if at < 0:
                    return _NO
            end = self._run(first, attempt, at, 0)
            if end != _NO:
                return end
            if kind == CLOSED:  # wherever in its run it begins, it ends in the same place
                at = _behind(first.table, low, at, size)
            attempt.left -= 1
            at += 1
        return _NO if attempt.left >= 0 else _SPENT

    def _run(self, first: Step, attempt: Attempt, at: i64, begin: i64) -> i64:
        """Return where a match of the steps from `first` on ends; a group that is open began at `begin`."""
        low, size = attempt.low, attempt.size
        step: Step | None = first
        while step is not None:
            if step.opens:
                begin = at
            attempt.left -= step.cost
            kind, follow = step.kind, step.next
            if kind == OPEN and follow is not None:
                if step.greedy:
                    return self._choose_far(step, follow, attempt, at, begin)
                return self._choose(step, follow, attempt, at, begin)
            if kind == LITERAL:
                at = _behind_text(step.text, low, at, size)
            elif kind == ONE:
                at = at + 1 if at < size and step.table[ord(low[at])] else _NO
            else:
                attempt.last = at
                at = _behind(step.table, low, at, size)
                attempt.left -= at - attempt.last
                if at - attempt.last < step.least:
                    return _NO
            if at < 0:
                return _NO
            if step.closes >= 0:
                attempt.captured[step.closes] = attempt.text[begin:at]
            step = follow
        return _NO if self._end and at < size else at

    def _choose(self, step: Step, follow: Step, attempt: Attempt, at: i64, begin: i64) -> i64:
        """Return where a match of an open step and of what follows it ends."""
        low, size, table = attempt.low, attempt.size, step.table
        missed: i64 = _NEVER if step.anything else _NO
        if step.least > 0:
            if at >= size or not table[ord(low[at])]:
                return missed
            at += 1
        while True:
            if step.anything and follow.kind == LITERAL:
                at = low.find(follow.text, at)  # not counted: what is passed is never looked at again
            else:
                at = _place(step, attempt, at)
            if at < 0:
                return missed
            attempt.left -= 1
            if attempt.left < 0:
                return _SPENT
            end = self._run(follow, attempt, at, begin)
            if end != _NO:
                if end >= 0 and step.closes >= 0:
                    attempt.captured[step.closes] = attempt.text[begin:at]
                return end
            if at >= size or not table[ord(low[at])]:
                return missed
            at += 1

    def _choose_far(self, step: Step, follow: Step, attempt: Attempt, at: i64, begin: i64) -> i64:
        """Do as `_choose` from far to near."""
        low, size, stop = attempt.low, attempt.size, step.stop
        begun, nearest = at, at + step.least
        at = _behind(step.table, low, at, size)
        attempt.left -= at - begun
        while at >= nearest:
            attempt.left -= 1
            if attempt.left < 0:
                return _SPENT
            if stop[ord(low[at])] if at < size else step.stops_at_end:
                end = self._run(follow, attempt, at, begin)
                if end != _NO:
                    if end >= 0 and step.closes >= 0:
                        attempt.captured[step.closes] = attempt.text[begin:at]
                    return end
            at -= 1
        return _NO


def _behind(table: bytes, low: str, at: i64, size: i64) -> i64:
    """Return where the run of a class's characters ends that begins at `at`."""
    while at < size and table[ord(low[at])]:
        at += 1
    return at


def _behind_text(text: str, low: str, at: i64, size: i64) -> i64:
    """Return where a text that stands at `at` ends, or `_NO`."""
    end = at + len(text)
    if end > size:
        return _NO
    index: i64 = 0
    while at < end:
        if ord(low[at]) != ord(text[index]):
            return _NO
        index += 1
        at += 1
    return end


def _place(step: Step, attempt: Attempt, at: i64) -> i64:
    """Return the first place from `at` on where an open step may end, or `_NO`; what is passed counts."""
    low, size, table, stop = attempt.low, attempt.size, step.table, step.stop
    begun, fits = at, step.stops_at_end
    while at < size:
        code = ord(low[at])
        if stop[code] or not table[code]:
            fits = stop[code] != 0
            break
        at += 1
    attempt.left -= at - begun
    return at if fits else _NO


def matcher_of(
    parts: Sequence[str],
    quantified: Sequence[int],
    *,
    start: bool,
    end: bool = False,
    greedy: Collection[int] = (),
) -> Matcher | None:
    """Return a matcher for a pattern, bound to `start` and `end` or not; None where an engine must run.

    `parts`, `quantified` and `greedy` are those of `steps_of`.
    """
    steps, groups = steps_of(parts, quantified, end=end, greedy=greedy)
    if not steps or sum(step.kind == OPEN for step in steps) > MAX_OPEN:
        return None
    return Matcher(steps, groups, start=start, end=end)


_PART = re.compile(
    r"\\[dDwWsS]|\\[^A-Za-z0-9]|\\x[0-9a-f]{2}|\\[tnrf]|\[\^?\]?(?:\\.|[^\]\\])*\]"
    r"|\{(?![0-9,])|[^\\\[\](){|*+?^$]|[()]|[*+]\??",
    re.DOTALL,
)


def simple(pattern: str) -> Matcher | None:
    """Return a matcher for a pattern of `re` (with `re.ASCII` only); None for one that is not simple."""
    start = pattern.startswith("^")
    read = _Reading()
    at = int(start)
    while at < len(pattern):
        found = _PART.match(pattern, at)
        if found is None or not read.add(found.group()):
            return None
        at = found.end()
    if not read.whole():
        return None
    try:
        return matcher_of(read.parts, read.quantified, start=start, greedy=read.greedy)
    except re.error:
        return None  # a class that only another engine can read


class _Reading:
    """The parts of a pattern while it is read."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.quantified: list[int] = []
        self.greedy: set[int] = set()
        self._inside = False

    def add(self, part: str) -> bool:
        """Add a part or a quantifier; return whether it may stand there."""
        last = len(self.parts) - 1
        if part[0] in "*+":
            if last < 0 or self.parts[last] in ("(", ")") or last in self.quantified:
                return False
            self.parts[last] += part[0]
            self.quantified.append(last)
            if len(part) == 1:
                self.greedy.add(last)
            return True
        if part in ("(", ")"):
            if self._inside == (part == "("):
                return False
            self._inside = not self._inside
        self.parts.append(part)
        return True

    def whole(self) -> bool:
        """Return whether every group is closed, and the last part is not one that takes little."""
        last = len(self.parts) - 1
        if last >= 0 and self.parts[last] == ")":
            last -= 1
        return not self._inside and (last not in self.quantified or last in self.greedy)
