r"""PCRE2 patterns, rewritten for the engines we have: Python's `re` and google-re2.

Bytes, case-sensitive. What neither engine can do is refused by name when the file is loaded.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from tocsin.decode.engines import searcher
from tocsin.decode.structure import Structure, structure_of

Found = tuple[tuple[str, ...], int]

MAX_PATTERN_BYTES = 8_192
_START_VERB = re.compile(r"\(\*(?:UTF8?|UCP|NO_JIT|NO_START_OPT|NO_AUTO_POSSESS)\)")
_TOKEN = re.compile(
    r"\\Q.*?(?:\\E|\Z)|\\[Nx]\{(?:U\+)?[0-9A-Fa-f]+\}|\\.|\[:\^?[a-z]+:\]|\(\?[a-zA-Z]+\)|\(\?<(?=[A-Za-z_])|[\[\]()]|.",
    re.DOTALL,
)
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "word": "\\w",
    "xdigit": "0-9A-Fa-f",
}
_ESCAPES = {
    "\\h": "[ \\t]",
    "\\H": "[^ \\t]",
    "\\R": "(?:\\r\\n|[\\n\\x0b\\f\\r])",
    "\\z": "\\Z",
    "\\N": "[^\\n]",
    "\\e": "\\x1b",
    "\\v": "[\\n\\x0b\\f\\r]",
}
_REFUSED = {"\\K", "\\G", "\\X", "\\C", "\\p", "\\P", "\\g", "\\k"}


@dataclass(frozen=True, slots=True)
class PCRE2:
    """A compiled pattern. The rest begins where the match ends; nothing is known of literals."""

    test: Callable[[str, str], bool]
    find: Callable[[str, str], Found | None]
    groups: int
    literals: tuple[str, ...] | None
    equals: tuple[str, ...] | None = None


def compile_pcre2(pattern: str) -> PCRE2:
    """Compile a pattern; raises `ValueError` with the reason when it cannot be run here."""
    if len(pattern) > MAX_PATTERN_BYTES:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN_BYTES} bytes")
    rewritten = _rewrite(pattern)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", FutureWarning
        )  # "[[" and "--" in a class mean what they mean in PCRE2
        known = structure_of(rewritten)
        search = searcher(rewritten, known)
    if known.plain is not None:
        return _plain(known.plain, known)
    possible = _filter(known)

    def find(text: str, low: str) -> Found | None:
        if not possible(low):
            return None
        spans = search(text)
        return None if spans is None else (_captures(text, spans[1:]), spans[0][1])

    def test(text: str, low: str) -> bool:
        return possible(low) and search(text) is not None

    return PCRE2(
        test, find, _count_groups(rewritten), known.literals, (known.equals,) if known.equals else None
    )


def _filter(known: Structure) -> Callable[[str], bool]:
    """Return whether a text (in lower case) can match at all, as far as the pattern's literals tell."""
    prefix, literals = known.prefix, known.literals or ()
    if prefix and (not literals or literals == (prefix,)):
        return lambda low: low.startswith(prefix)
    if len(literals) == 1:
        literal = literals[0]
        return lambda low: literal in low
    if not literals:
        return lambda _: True

    def possible(low: str) -> bool:
        for literal in literals:  # noqa: SIM110  # any() makes a generator for each of many lines
            if literal in low:
                return True
        return False

    return possible


def _plain(literal: str, known: Structure) -> PCRE2:
    """Return a pattern that is one text, bound to the start or not."""
    size = len(literal)

    def find_first(text: str, _low: str) -> Found | None:
        return ((), size) if text.startswith(literal) else None

    def find_anywhere(text: str, _low: str) -> Found | None:
        start = text.find(literal)
        return None if start < 0 else ((), start + size)

    if known.prefix:
        return PCRE2(lambda text, _: text.startswith(literal), find_first, 0, known.literals)
    return PCRE2(lambda text, _: literal in text, find_anywhere, 0, known.literals)


def _captures(text: str, spans: tuple[tuple[int, int], ...]) -> tuple[str, ...]:
    last = len(spans)
    while last and spans[last - 1][0] < 0:
        last -= 1
    return tuple([text[a:b] if a >= 0 else "" for a, b in spans[:last]])


def _count_groups(pattern: str) -> int:
    return len(re.findall(r"(?<!\\)(?:\\\\)*\((?!\?(?!P?<[A-Za-z_]))", pattern))


def _rewrite(pattern: str) -> str:
    while verb := _START_VERB.match(pattern):
        pattern = pattern[verb.end() :]
    if pattern.startswith("(*"):
        raise ValueError(f"the verb {pattern.partition(')')[0]}) is not supported")
    return "".join(_Rewriter().rewritten(pattern))


class _Rewriter:
    """Turns a pattern part by part; knows whether it stands in a class and which groups are open."""

    def __init__(self) -> None:
        self._in_class = False
        self._class_start = False
        self._closers: list[str] = [""]
        self._first = True

    def rewritten(self, pattern: str) -> list[str]:
        result = []
        for match in _TOKEN.finditer(pattern):
            result.append(self._class(match.group()) if self._in_class else self._outside(match.group()))
            self._first = False
        return [*result, self._closers[0]]

    def _outside(self, part: str) -> str:
        if part.startswith("\\"):
            return _escape(part, in_class=False)
        if part == "[":
            self._in_class = self._class_start = True
        elif part == "(" or part.startswith("(?<"):
            self._closers.append("")
            return "(?P<" if len(part) > 1 else part
        elif part == ")" and len(self._closers) > 1:
            return self._closers.pop() + ")"
        elif part.startswith("(?") and not self._first:
            self._closers[-1] += ")"
            return part[:-1] + ":"
        return part

    def _class(self, part: str) -> str:
        start, self._class_start = self._class_start, part == "^" and self._class_start
        if part.startswith("[:") and len(part) > 1:
            return _posix(part)
        if part.startswith("\\"):
            return _escape(part, in_class=True)
        if part == "]" and not start:
            self._in_class = False
            return part
        if part.startswith("(?"):
            return part
        return "\\" + part if part in "[]" else part


def _posix(part: str) -> str:
    name = part[2:-2]
    if name not in _POSIX:
        raise ValueError(f"the class {part} is not supported")
    return _POSIX[name]


def _escape(part: str, *, in_class: bool) -> str:
    if part == "\\":
        raise ValueError("the pattern ends in a backslash")
    if part.startswith("\\Q"):
        return re.escape(part[2:].removesuffix("\\E"))
    if len(part) > 2:
        return _code_point(part, in_class=in_class)
    if part in _REFUSED:
        raise ValueError(f"{part} is not supported")
    if in_class and part in ("\\h", "\\v"):
        return _ESCAPES[part][1:-1]
    if part in _ESCAPES:
        return _ESCAPES[part]
    known = "AbBdDsSwWZnrtfa0123456789x" if not in_class else "bdDsSwWnrtfa0123456789x"
    return part if not part[1].isalnum() or part[1] in known else re.escape(part[1])


def _code_point(part: str, *, in_class: bool) -> str:
    number = int(part[part.index("{") + 1 : -1].removeprefix("U+"), 16)
    if number > 0x10FFFF or 0xD800 <= number < 0xE000:
        raise ValueError(f"{part} is no character")
    if part.startswith("\\x") and number < 0x100:
        return f"\\x{number:02x}"
    data = chr(number).encode().decode("latin-1")
    if in_class and len(data) > 1:
        raise ValueError(f"{part} in a class is not supported: patterns are matched byte by byte")
    return "".join(f"\\x{ord(char):02x}" for char in data)
