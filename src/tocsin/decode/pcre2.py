r"""PCRE2 patterns, rewritten for the engines we have: Python's `re` and google-re2.

Bytes, case-sensitive. What neither engine can do is refused by name when the file is loaded.
"""

from __future__ import annotations

import re
import warnings

from tocsin.decode.dialect import Extractor, Found
from tocsin.decode.engines import UNLIMITED, Searcher
from tocsin.decode.step_matcher import COMPILED, Matcher, simple
from tocsin.decode.structure import Structure, structure_of

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
    "\\V": "[^\\n\\x0b\\f\\r]",
    "\\E": "(?:)",  # ends a quotation that was never begun
    "\\K": "(?:)",  # moves where the match begins, which nobody asks for
}
_PLAIN = frozenset("AbBdDsSwWZnrtfa0123456789x")
_PLAIN_IN_CLASS = frozenset("bdDsSwWnrtfa0123456789x")
"""After a backslash these mean the same in `re` and in PCRE2."""


class PCRE2(Extractor):
    """A compiled pattern. The rest begins where the match ends."""

    __slots__ = ("_literals", "_matcher", "_prefix", "_searcher")

    def __init__(self, groups: int, known: Structure, searcher: Searcher, matcher: Matcher | None) -> None:
        equals = (known.equals,) if known.equals else None
        super().__init__(groups, literals=known.literals, equals=equals, hint=known.hint)
        self._searcher = searcher
        self._prefix = known.prefix
        self._literals = known.literals or ()
        self._matcher = matcher

    def test(self, text: str, low: str) -> bool:
        """Return whether the text matches."""
        return self._possible(low) and self._searcher.search(text, low) is not None

    def find(self, text: str, low: str, start: int = 0) -> Found | None:
        """Return what the pattern finds in the text from `start` on, as if nothing stood before it."""
        if self._matcher is not None:
            match = self._matcher.find(text, text, start)
            if match is None:
                return None
            if match.end >= 0:
                return tuple(match.captured), match.end
        if start:
            text, low = text[start:], low[start:]
        if not self._possible(low):
            return None
        spans = self._searcher.search(text, low)
        return None if spans is None else (_captures(text, spans[1:]), start + spans[0][1])

    def limited(self) -> tuple[int, int]:
        """Return how many bytes of a text are looked at, and how often a text was longer; 0 for all."""
        bound = self._searcher.bound
        return 0 if bound >= UNLIMITED else bound, self._searcher.cut

    def _possible(self, low: str) -> bool:
        """Return whether a text (in lower case) can match at all, as far as the literals tell."""
        if self._prefix and not low.startswith(self._prefix):
            return False
        for literal in self._literals:
            if literal in low:
                return True
        return not self._literals


class _Text(Extractor):
    """A pattern that is one text, bound to the start or not."""

    __slots__ = ("_bound", "_text")

    def __init__(self, text: str, *, bound: bool, literals: tuple[str, ...] | None) -> None:
        super().__init__(0, literals=literals)
        self._text = text
        self._bound = bound

    def test(self, text: str, low: str) -> bool:  # noqa: ARG002  # every dialect is asked alike
        """Return whether the text matches."""
        return text.startswith(self._text) if self._bound else self._text in text

    def find(self, text: str, low: str, start: int = 0) -> Found | None:  # noqa: ARG002  # as above
        """Return where the text behind it begins."""
        at = text.find(self._text, start)
        if at < 0 or (self._bound and at != start):
            return None
        return (), at + len(self._text)


def compile_pcre2(pattern: str) -> Extractor:
    """Compile a pattern; raises `ValueError` with the reason when it cannot be run here."""
    if len(pattern) > MAX_PATTERN_BYTES:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN_BYTES} bytes")
    rewritten = _rewrite(pattern)
    with warnings.catch_warnings():
        # "[[" and "--" in a class mean what they mean in PCRE2.
        warnings.simplefilter("ignore", FutureWarning)
        known = structure_of(rewritten)
        searcher = Searcher(rewritten, known)
        if known.plain is not None:
            return _Text(known.plain, bound=bool(known.prefix), literals=known.literals)
        matcher = simple(rewritten) if COMPILED else None
    return PCRE2(_count_groups(rewritten), known, searcher, matcher)


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
    if not part[1].isalnum() or part[1] in (_PLAIN_IN_CLASS if in_class else _PLAIN):
        return part
    if in_class and part in ("\\h", "\\v"):
        return _ESCAPES[part][1:-1]
    if part in _ESCAPES and (not in_class or part == "\\e"):
        return _ESCAPES[part]
    raise ValueError(f"{part} is not supported" + (" in a class" if in_class else ""))


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
