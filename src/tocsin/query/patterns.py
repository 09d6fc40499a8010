"""Patterns over text: wildcards taken apart, words in a row, and regular expressions in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]  # google-re2 ships no types

from tocsin.core.errors import TocsinError
from tocsin.query.values import fold

ANY = None
"""Stands for `*` in a wildcard taken apart."""

_LONGEST_REGEX = 4_000
WORD = r"\pL\pN_"
"""What words are made of, within the brackets of an RE2 pattern."""
ASCII = "0-9A-Za-z_"
"""Those of ASCII alone."""
BEYOND_ASCII = ASCII + r"\x{80}-\x{10ffff}"
"""Those of ASCII, and everything beyond it, letter or not."""
_ASCII_WORD = re.compile(f"[{ASCII}]+")
_CASELESS = re.compile(r"[\x00-@\[-`{-\x7f]+")
_ESCAPED = set("\\.+*?()[]{}|^$/")


class QueryError(TocsinError):
    """A query cannot be understood; `offset` counts characters from 0, `line` and `column` from 1."""

    code = "query"

    def __init__(self, message: str, *, offset: int = 0, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.offset = offset
        self.line = line
        self.column = column


def compile_regex(pattern: str, *, cased: bool = True) -> Any:
    """Return the compiled RE2 pattern; `.` also matches a line break. Raises `QueryError`."""
    if len(pattern) > _LONGEST_REGEX:
        raise QueryError(f"the regular expression is longer than {_LONGEST_REGEX} characters")
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    options.case_sensitive = cased
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise QueryError(f"the regular expression /{pattern}/ is not valid: {text}") from error


def quote(text: str) -> str:
    """Return the text as an RE2 pattern that matches just it."""
    return "".join("\\" + letter if letter in _ESCAPED else letter for letter in text)


def parse_wildcard(pattern: str) -> list[str | None]:
    r"""Return the pieces of a wildcard: literal text, `ANY` for `*`, `"?"`-runs as `Single`.

    A `?` comes back as `Single`; a `\` takes the next character literally.
    """
    pieces: list[str | None] = []
    literal: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter == "\\":
            literal.append(next(letters, "\\"))
            continue
        if letter not in "*?":
            literal.append(letter)
            continue
        if literal:
            pieces.append("".join(literal))
            literal = []
        if letter == "?":
            pieces.append(SINGLE)
        elif not pieces or pieces[-1] is not ANY:
            pieces.append(ANY)
    if literal:
        pieces.append("".join(literal))
    return pieces


class _Single(str):
    """The piece that stands for `?`; told apart by identity."""

    __slots__ = ()


SINGLE = _Single("?")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a wildcard asks for: `kind` is `exact`, `prefix`, `suffix`, `contains`, `any` or `pattern`."""

    kind: str
    text: str = ""


def shape_of(pieces: list[str | None]) -> Shape:
    """Return the cheapest way to test a wildcard that was taken apart."""
    if any(piece is SINGLE for piece in pieces):
        return Shape("pattern")
    match pieces:
        case []:
            return Shape("exact", "")
        case [None]:
            return Shape("any")
        case [str(text)]:
            return Shape("exact", text)
        case [str(text), None]:
            return Shape("prefix", text)
        case [None, str(text)]:
            return Shape("suffix", text)
        case [None, str(text), None]:
            return Shape("contains", text)
    return Shape("pattern")


def wildcard_regex(pieces: list[str | None]) -> str:
    """Return the wildcard as an anchored RE2 pattern."""
    parts = [".*" if piece is ANY else "." if piece is SINGLE else quote(piece or "") for piece in pieces]
    return r"\A" + "".join(parts) + r"\z"


def wildcard_like(pieces: list[str | None]) -> str:
    r"""Return the wildcard as a SQL `LIKE` pattern with `\` as its escape."""
    return "".join(
        "%" if piece is ANY else "_" if piece is SINGLE else _like(piece or "") for piece in pieces
    )


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def caseless(text: str) -> str:
    """Return the longest run of characters that no other character has as its lower case: no letters.

    A text holds it wherever its lower case does, so it can be looked for without making that.
    """
    return max(_CASELESS.findall(text), key=len, default="")


def escape_wildcard(text: str) -> str:
    """Return the text as a wildcard pattern that matches just it."""
    return "".join("\\" + letter if letter in "\\*?" else letter for letter in text)


@lru_cache(maxsize=1024)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case: runs of letters, digits and `_`."""
    if text.isascii():
        return tuple(_ASCII_WORD.findall(text.lower()))
    return tuple(_words_pattern().findall(fold(text)))


def words_regex(words: tuple[str, ...], letters: str = WORD) -> str:
    """Return an RE2 pattern that finds the words one after the other, whole, in folded text."""
    between = f"[^{letters}]+"
    edge = f"[^{letters}]"
    return f"(?:\\A|{edge}){between.join(words)}(?:\\z|{edge})"


@lru_cache(maxsize=1)
def _words_pattern() -> Any:
    return re2.compile(f"[{WORD}]+")
