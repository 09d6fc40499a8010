"""A simple pattern as a row of steps, for `step_matcher`.

Simple is what has no choice of texts, nothing optional but a repetition of single characters, and no group
within a group or repeated: any alternative of OS_Regex, and many a PCRE2.

A repetition is *closed* when none of its characters can begin what follows: it takes all it can, and
there is nothing to choose. The others are *open*: what follows may begin in several places.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_extensions import i64  # a plain int where this is not compiled

LITERAL: Final = 0
ONE: Final = 1
CLOSED: Final = 2
OPEN: Final = 3

_ANY: Final = b"\1" * 256
_NONE: Final = bytes(256)


class Step:
    """A literal text, one character of a class, or a repetition of such."""

    def __init__(self, table: bytes, text: str = "", least: int = -1) -> None:
        self.table = table
        """For every character whether it belongs to the class."""
        self.text = text
        self.anything = table == _ANY
        """Whether every character belongs to the class, and places are tried from near to far."""
        self.least: i64 = least
        """How many characters a repetition takes at least, 0 or 1; -1 for what is none."""
        self.kind: i64 = LITERAL if text else ONE if least < 0 else CLOSED
        self.cost: i64 = len(text) or 1
        """How many characters are looked at, beside those that a repetition takes."""
        self.opens = False
        """Whether a group begins before it."""
        self.closes: i64 = -1
        """The number of the group that ends behind it, from 0."""
        self.next: Step | None = None
        self.stop = table
        """For an open one: the characters that what follows may begin with."""
        self.stops_at_end = False
        """For an open one: whether the text may end behind it."""
        self.greedy = False
        """For an open one: whether it tries long before short."""


def steps_of(
    parts: Sequence[str], quantified: Sequence[int], *, end: bool, greedy: Collection[int] = ()
) -> tuple[list[Step], int]:
    """Return the steps, each tied to the next, and how many groups they have.

    `parts` are classes, characters and parentheses in the spelling of `re`; those at the indexes
    `quantified` end in `+` or `*`, and take as little as they can but for the last part and for those also at
    the indexes `greedy`. With `end` the text ends behind them. No steps for what cannot be written so:
    nothing at all, or an empty group.
    """
    steps, groups = _steps(parts, quantified, greedy)
    stop, empty = _NONE, True  # what the rest may begin with, and whether it may be nothing
    follow: Step | None = None
    for step in reversed(steps):
        step.next = follow
        if step.kind == CLOSED and follow is not None:
            free = empty and not end  # whatever it takes, the rest fits
            if (_overlap(step.table, stop) and not free) or (free and not step.greedy):
                step.kind, step.stops_at_end = OPEN, empty
                step.stop = _ANY if free else stop
        step.anything = step.anything and not greedy  # else a later place may have been tried first
        optional = step.least == 0
        stop = _union(_beginnings(step), stop) if optional else _beginnings(step)
        empty = empty and optional
        follow = step
    return steps, groups


def _steps(
    parts: Sequence[str], quantified: Sequence[int], greedy: Collection[int]
) -> tuple[list[Step], int]:
    steps: list[Step] = []
    groups, opens, text = 0, False, ""
    for index, part in enumerate([*parts, ""]):
        repeated = index in quantified
        char = "" if repeated else _character(part)
        if text and not char:
            steps.append(_step(Step(_NONE, text), opens=opens))
            text, opens = "", False
        if char:
            text += char
        elif part == "(":
            opens = True
        elif part == ")":
            if opens:
                return [], 0  # an empty group
            steps[-1].closes = groups
            groups += 1
        elif part:
            step = Step(_table(part[:-1]), "", "*+".index(part[-1])) if repeated else Step(_table(part))
            step.greedy = index in greedy
            steps.append(_step(step, opens=opens))
            opens = False
    return steps, groups


def _step(step: Step, *, opens: bool) -> Step:
    step.opens = opens
    return step


@lru_cache(maxsize=256)
def _table(part: str) -> bytes:
    """Return for every byte whether it belongs to a class in the spelling of `re`."""
    fits = re.compile(part, re.ASCII).fullmatch
    return bytes(fits(chr(code)) is not None for code in range(256))


def _character(part: str) -> str:
    """Return the only character that a part matches; nothing for a class or a parenthesis."""
    if part in ("", "(", ")"):
        return ""
    table = _table(part)
    return chr(table.index(1)) if table.count(1) == 1 else ""


def _beginnings(step: Step) -> bytes:
    if not step.text:
        return step.table
    code = ord(step.text[0])
    return _NONE[:code] + b"\1" + _NONE[code + 1 :]


def _overlap(one: bytes, other: bytes) -> bool:
    return int.from_bytes(one) & int.from_bytes(other) != 0


def _union(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) | int.from_bytes(other)).to_bytes(256)
