"""Asking days one by one, where sealed days answer from what is remembered of them.

An answer is the part that a day has in the answer to the whole question, in a form in which parts can be put
together exactly. A day that time cuts through, that is written to or has late events is asked anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tocsin.core.errors import TocsinError
from tocsin.query.tree import Node
from tocsin.store.base import Selection
from tocsin.store.day import DayFile
from tocsin.store.days import Days
from tocsin.store.remembered import SealedDay
from tocsin.store.spans import asked_of

T = TypeVar("T")

_ASKED = "asked"
_TOO_LARGE = "too large"


class TooLargeError(TocsinError):
    """The parts of an answer are more than can be put together here: ask for it as a whole."""

    code = "too-large"


class Question:
    """What is asked about the events of a selection; `kind` says what of them, wholly."""

    def __init__(self, days: Days, selection: Selection, kind: str) -> None:
        self._days = days
        self._selection = selection
        self._kind = kind
        self._written: tuple[Node, str] | None = None

    def about(self, day: str) -> tuple[SealedDay, str] | None:
        """Return what the answer of a day is known by; None when it cannot be remembered."""
        generation = self._days.sealed_generation(day)
        asked = asked_of(day, self._selection) if generation else None
        if asked is None:
            return None
        if self._written is None or self._written[0] != asked:
            self._written = asked, f"{self._kind} {asked!r}"
        return self._days.answers.state(day, generation), self._written[1]


def _always(_: object) -> bool:
    return True


def answer_of_day(
    question: Question,
    days: Days,
    day: str,
    ask: Callable[[DayFile], T],
    keep: Callable[[T], bool] = _always,
) -> T | None:
    """Return what a day answers; None when it was dropped.

    `ask` is given the day open. What it returns is remembered if `keep` says so, and nobody may change it.
    """
    known = question.about(day)
    if known is not None:
        found: T | None = days.answers.get(*known)
        if found is not None:
            return found
    with days.lease(day) as file:
        if file is None:
            return None
        answer = ask(file)
        # Late events may have come to it meanwhile: then the answer may be of them too.
        if known is not None and keep(answer) and known == question.about(day):
            days.answers.put(*known, answer)
        return answer


def answers_of_days(
    question: Question, days: Days, names: Sequence[str], ask: Callable[[Sequence[str]], T | None]
) -> list[T] | None:
    """Return answers that together are about all the days; None when the whole is better asked at once.

    That is when no day's answer can be remembered, when nobody has asked for it before, since a part may be
    larger than the whole, and when parts are too large. `ask` is given days and raises `TooLargeError`.
    """
    known = {day: about for day in names if (about := question.about(day)) is not None}
    if not known:
        return None
    text = next(iter(known.values()))[1]
    if days.answers.remark(text) == _TOO_LARGE:
        return None
    found: dict[str, T | None] = {day: days.answers.get(*about) for day, about in known.items()}
    missing = [day for day, answer in found.items() if answer is None]
    if missing and not days.answers.remark(text):
        days.answers.note(text, _ASKED)
        return None
    try:
        for day in missing:
            answer = found[day] = ask([day])
            if answer is not None and question.about(day) == known[day]:
                days.answers.put(*known[day], answer)
        rest = [day for day in names if day not in known]
        anew = ask(rest) if rest else None
    except TooLargeError:
        days.answers.note(text, _TOO_LARGE)
        return None
    return [answer for answer in [*found.values(), anew] if answer is not None]
