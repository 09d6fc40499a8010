"""Regular expressions of RE2 in the dialect of Lucene, as far as the two can mean the same.

Lucene's always match the whole value and know no anchors, flags or word borders. The pattern is parsed, its
anchors at the ends are taken off, and what is left is written anew. What has no exact counterpart gives
None: whoever asked must then test the values themselves.
"""

from __future__ import annotations

import re
from re import _constants as code  # type: ignore[attr-defined]  # typeshed does not know the module
from re import _parser as parser  # type: ignore[attr-defined]  # typeshed does not know the module
from typing import Any

_LONGEST = 900  # index.max_regex_length is 1,000, and the field's name is added
_ANYTHING = ".*"
# Read differently by Python and RE2, or read as something else by one of them without an error.
_AMBIGUOUS = re.compile(r"\[:|\{,|\[\[|--|&&|~~|\|\||\(\?[a-zA-Z]*[-xXuUmM]|\\Z|\[\^?\]")
_END = re.compile(r"((?:^|[^\\])(?:\\\\)*)\\z$")
"""The end of the text as RE2 writes it; for Python it is `$` that we read so."""
_CLASSES = {
    code.CATEGORY_DIGIT: "0-9",
    code.CATEGORY_WORD: "0-9A-Za-z_",
    code.CATEGORY_SPACE: "\t\n\f\r ",
}
_NEGATED = {
    code.CATEGORY_NOT_DIGIT: "0-9",
    code.CATEGORY_NOT_WORD: "0-9A-Za-z_",
    code.CATEGORY_NOT_SPACE: "\t\n\f\r ",
}
_LONG_S = "\u017f"


class _OtherDialectError(Exception):
    """The pattern has a part without an exact counterpart."""


def folds(pattern: str, *, cased: bool) -> bool:
    """Say whether the pattern, asked for with or without regard to case, disregards it."""
    return not cased or pattern.startswith("(?i)")


def lucene_regex(pattern: str, *, folding: bool) -> str | None:
    """Return the Lucene pattern that matches the values in which RE2 finds `pattern`, or None.

    With `folding` it disregards case and is written for folded values. To be used with the flags `NONE`.
    """
    pattern = pattern.removeprefix("(?i)") if folding else pattern
    pattern = _END.sub(r"\1$", pattern)
    if _AMBIGUOUS.search(pattern) or not pattern.isascii():
        return None
    try:
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return None
    if parsed.state.flags & (re.IGNORECASE | re.MULTILINE):
        return None
    try:
        written = _alternatives(list(parsed), folding=folding)
    except _OtherDialectError:
        return None
    return written if len(written) <= _LONGEST else None


def quoted(text: str) -> str:
    """Return the text as a Lucene pattern that matches just it."""
    return "".join(letter if letter.isalnum() or not letter.isascii() else "\\" + letter for letter in text)


def _alternatives(items: list[Any], *, folding: bool) -> str:
    """Write a whole pattern, in which each alternative has ends of its own."""
    if len(items) == 1 and items[0][0] is code.BRANCH:
        return "(" + "|".join(_anchored(list(branch), folding=folding) for branch in items[0][1][1]) + ")"
    return _anchored(items, folding=folding)


def _anchored(items: list[Any], *, folding: bool) -> str:
    start = end = _ANYTHING
    if items and items[0][0] is code.AT and items[0][1] in {code.AT_BEGINNING, code.AT_BEGINNING_STRING}:
        items, start = items[1:], ""
    if items and items[-1][0] is code.AT and items[-1][1] is code.AT_END:
        items, end = items[:-1], ""
    return start + _sequence(items, folding=folding) + end


def _sequence(items: list[Any], *, folding: bool) -> str:
    return "".join(_item(operator, argument, folding=folding) for operator, argument in items)


def _item(operator: Any, argument: Any, *, folding: bool) -> str:
    if operator is code.LITERAL:
        return _literal(argument, folding=folding)
    if operator is code.NOT_LITERAL:
        return _set([(code.NEGATE, None), (code.LITERAL, argument)], folding=folding)
    if operator is code.ANY:
        return "."
    if operator is code.IN:
        return _set(argument, folding=folding)
    if operator is code.BRANCH:
        return "(" + "|".join(_sequence(list(one), folding=folding) for one in argument[1]) + ")"
    if operator is code.SUBPATTERN:
        _, added, removed, inner = argument
        if added or removed:
            raise _OtherDialectError
        return "(" + _sequence(list(inner), folding=folding) + ")"
    if operator in {code.MAX_REPEAT, code.MIN_REPEAT}:
        return _repeat(*argument, folding=folding)
    raise _OtherDialectError


def _repeat(low: int, high: Any, inner: Any, *, folding: bool) -> str:
    if high is not code.MAXREPEAT and high > 200:
        raise _OtherDialectError  # Lucene writes each repetition out
    what = "(" + _sequence(list(inner), folding=folding) + ")"
    counts = {(0, 1): "?", (0, code.MAXREPEAT): "*", (1, code.MAXREPEAT): "+"}
    known = counts.get((low, high))
    if known:
        return what + known
    return f"{what}{{{low},{'' if high is code.MAXREPEAT else high}}}"


def _literal(number: int, *, folding: bool) -> str:
    letter = chr(number)
    if not folding:
        return quoted(letter)
    small = letter.lower()
    return f"[s{_LONG_S}]" if small == "s" else quoted(small)  # RE2 takes the long s for an s


def _set(items: list[Any], *, folding: bool) -> str:
    if len(items) == 1 and items[0][0] is code.CATEGORY and items[0][1] in _NEGATED:
        letters = _NEGATED[items[0][1]]
        if folding and "A" in letters:
            raise _OtherDialectError
        return f"[^{letters}]"
    negated = items[0][0] is code.NEGATE
    parts = [_member(operator, argument, folding=folding) for operator, argument in items[negated:]]
    return f"[{'^' if negated else ''}{''.join(parts)}]"


def _member(operator: Any, argument: Any, *, folding: bool) -> str:
    if operator is code.LITERAL:
        return _range(argument, argument, folding=folding)
    if operator is code.RANGE:
        return _range(*argument, folding=folding)
    if operator is code.CATEGORY and argument in _CLASSES and not (folding and "A" in _CLASSES[argument]):
        return _CLASSES[argument]
    raise _OtherDialectError


def _range(low: int, high: int, *, folding: bool) -> str:
    if high > 0x7F:
        raise _OtherDialectError
    if not folding:
        return quoted(chr(low)) if low == high else f"{quoted(chr(low))}-{quoted(chr(high))}"
    letters = {fold for number in range(low, high + 1) for fold in _orbit(chr(number))}
    return "".join(quoted(letter) for letter in sorted(letters))


def _orbit(letter: str) -> str:
    small = letter.lower()
    return "s" + _LONG_S if small == "s" else small
