r"""OS_Regex: Wazuh's own regular expressions, translated alternative by alternative.

Alternatives are tried in the order written, each over the whole text. Everything but an escape, a
group and the outer anchors is literal; `+` and `*` act only right after an escape. Quantifiers are
lazy except for the last token. Matching ignores ASCII case: patterns run over lowered text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tocsin.decode.dialect import Extractor, Found, quoted
from tocsin.decode.engines import Searcher
from tocsin.decode.step_matcher import COMPILED, matcher_of

_CLASSES = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[0-9A-Za-z_@\\-]",
    "W": "[^0-9A-Za-z_@\\-]",
    "s": " ",
    "S": "[^ ]",
    "p": "[!-.:-?\\[\\]{-}]",
    ".": "[\\s\\S]",
    "t": "\\t",
}
_LITERAL = frozenset("\\()$|<")


@dataclass(slots=True)
class Alternative:
    """One alternative while it is read."""

    start: bool = False
    end: bool = False
    never: bool = False
    parts: list[str] = field(default_factory=list)
    quantified: list[int] = field(default_factory=list)
    """Indexes into `parts` of the tokens with a quantifier."""
    runs: list[str] = field(default_factory=lambda: [""])
    """The runs of literal text, in lower case."""
    groups: int = 0
    last: int = -1
    """Index into `parts` of the last token."""

    def pattern(self) -> str:
        """Return it for a backtracking engine; a quantified last token gets a group of its own."""
        parts = list(self.parts)
        for index in self.quantified:
            parts[index] = f"({parts[index]})" if index == self.last else parts[index] + "?"
        return "".join(parts) + ("\\Z" if self.end else "")


class OSRegex(Extractor):
    """A compiled pattern: its alternatives in the order they are tried."""

    __slots__ = ("_branches",)

    def __init__(self, read: list[Alternative]) -> None:
        literals = tuple(max(alternative.runs, key=len) for alternative in read)
        plain = all(not alternative.quantified and _plain(alternative) for alternative in read)
        whole = plain and all(alternative.start and alternative.end for alternative in read)
        expressions = [_expression(alternative) for alternative in read if not alternative.never]
        super().__init__(
            max(alternative.groups for alternative in read),
            literals=literals if all(literals) else None,
            equals=literals if whole else None,
            expression="|".join(expressions) if all(expressions) and expressions else None,
        )
        self._branches = tuple(_branch(alternative) for alternative in read if not alternative.never)

    def test(self, text: str, low: str) -> bool:  # noqa: ARG002  # every dialect is asked alike
        """Return whether the text matches."""
        for branch in self._branches:  # noqa: SIM110  # any() makes a generator for each of many texts
            if branch.holds(low):
                return True
        return False

    def find(self, text: str, low: str, start: int = 0) -> Found | None:
        """Return what the first alternative that matches finds from `start` on."""
        for branch in self._branches:
            found = branch.find(text, low, start)
            if found is not None:
                return found
        return None


def compile_osregex(pattern: str) -> OSRegex:
    """Compile a pattern; raises `ValueError` with the reason when it is not one."""
    return OSRegex(read_alternatives(pattern))


def read_alternatives(pattern: str) -> list[Alternative]:
    """Read a pattern's alternatives in order; raises `ValueError` with the reason when it is not one."""
    return [_read(text) for text in _split(pattern)]


def _split(pattern: str) -> list[str]:
    parts, start, at = [], 0, 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] == "|":
            parts.append(pattern[start:at])
            start = at + 1
        at += 1
    parts.append(pattern[start:])
    return parts


def _read(text: str) -> Alternative:
    result = Alternative(start=text.startswith("^"))
    at, stop = int(result.start), len(text)
    if text.endswith("$") and stop > at and not _escaped(text, stop - 1):
        result.end, stop = True, stop - 1
    result.never = text == "$" or _touching_groups(text)
    inside = False
    while at < stop:
        char = text[at]
        if char == "\\":
            at = _read_escape(text, at, stop, result)
            continue
        if char in "()":
            inside = _read_group(char, inside, result)
        else:
            _add_literal(result, char)
        at += 1
    if inside:
        raise ValueError("a group is not closed")
    return result


def _escaped(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _touching_groups(text: str) -> bool:
    at = text.find(")(")
    while at >= 0:
        if not _escaped(text, at):
            return True
        at = text.find(")(", at + 1)
    return False


def _read_group(char: str, inside: bool, result: Alternative) -> bool:
    opens = char == "("
    if opens == inside:
        raise ValueError("groups cannot be nested" if opens else "')' closes no group")
    result.groups += opens
    result.parts.append(char)
    return opens


def _read_escape(text: str, at: int, stop: int, result: Alternative) -> int:
    char = text[at + 1 : at + 2] if at + 1 < stop else ""
    if not char or (char not in _CLASSES and char not in _LITERAL):
        raise ValueError(f"'\\{char}' is no escape of OS_Regex")
    quantifier = text[at + 2 : at + 3] if at + 2 < stop else ""
    if quantifier in ("+", "*"):
        result.last = len(result.parts)
        result.quantified.append(result.last)
        result.parts.append(_CLASSES.get(char, re.escape(char)) + quantifier)
        result.runs.append("")
        return at + 3
    if char in _LITERAL or char in "ts":
        _add_literal(result, {"t": "\t", "s": " "}.get(char, char))
    else:
        result.last = len(result.parts)
        result.parts.append(_CLASSES[char])
        result.runs.append("")
    return at + 2


def _add_literal(result: Alternative, char: str) -> None:
    low = chr(ord(char) + 32) if "A" <= char <= "Z" else char
    result.last = len(result.parts)
    result.parts.append(quoted(low))
    result.runs[-1] += low


def _plain(alternative: Alternative) -> bool:
    return not alternative.groups and not alternative.never and len(alternative.runs) == 1


def _expression(alternative: Alternative) -> str:
    text = ("^" if alternative.start else "") + "".join(alternative.parts)
    text += "\\z" if alternative.end else ""
    return "".join(char if " " <= char <= "~" else f"\\x{ord(char):02x}" for char in text)


def _branch(alternative: Alternative) -> _Branch:
    return _Plain(alternative) if _plain(alternative) else _Regex(alternative)


class _Branch:
    """One alternative as it runs."""

    __slots__ = ()

    def holds(self, low: str) -> bool:
        raise NotImplementedError

    def find(self, text: str, low: str, start: int) -> Found | None:
        raise NotImplementedError


class _Plain(_Branch):
    """An alternative that is one text."""

    __slots__ = ("_end", "_literal", "_start")

    def __init__(self, alternative: Alternative) -> None:
        self._literal = alternative.runs[0]
        self._start = alternative.start
        self._end = alternative.end

    def holds(self, low: str) -> bool:
        if not self._start:
            return low.endswith(self._literal) if self._end else self._literal in low
        return low == self._literal if self._end else low.startswith(self._literal)

    def find(self, text: str, low: str, start: int) -> Found | None:  # noqa: ARG002  # nothing is captured
        size = len(self._literal)
        if not self._end:
            at = start if self._start else low.find(self._literal, start)
            return ((), at + size) if at >= 0 and low.startswith(self._literal, at) else None
        at = len(low) - size
        fits = at == start if self._start else at >= start
        return ((), len(low)) if fits and low.endswith(self._literal) else None


class _Regex(_Branch):
    """An alternative that an engine must run, once its longest literal stands in the text."""

    __slots__ = ("_groups", "_inner", "_literal", "_matcher", "_quantified", "_searcher")

    def __init__(self, alternative: Alternative) -> None:
        last = alternative.last
        self._literal = max(alternative.runs, key=len)
        self._groups = alternative.groups
        self._quantified = last in alternative.quantified
        grouped = ")" in alternative.parts[last + 1 : last + 2]
        plus = self._quantified and alternative.parts[last].endswith("+")
        # Where the rest begins inside the last token, or -1 when it begins behind it.
        self._inner = int(plus) if grouped else -1 - plus
        self._searcher = Searcher(alternative.pattern(), anchored=alternative.start)
        self._matcher = (
            matcher_of(
                alternative.parts, alternative.quantified, start=alternative.start, end=alternative.end
            )
            if COMPILED
            else None
        )

    def holds(self, low: str) -> bool:
        return self._literal in low and self._searcher.search(low, low) is not None

    def find(self, text: str, low: str, start: int) -> Found | None:
        matcher = self._matcher
        if (matcher is None or matcher.seeks) and low.find(self._literal, start) < 0:
            return None
        if matcher is not None:
            found = matcher.find(text, low, start)
            if found is None:
                return None
            end = found.end
            if end >= 0:
                return tuple(found.captured), self._rest(end, found.last, end, len(low))
        spans = self._searcher.search(low, low, start)
        if spans is None:
            return None
        texts = tuple([text[a:b] for a, b in spans[1 : self._groups + 1]])
        return texts, self._rest(spans[0][1], *spans[-1], len(low))

    def _rest(self, end: int, last: int, last_end: int, size: int) -> int:
        """Return the start of the rest; odd on purpose, as upstream.

        After a quantified last token the byte that ended it is skipped; when a group closes there or
        the text ends, the rest begins inside the token instead.
        """
        if not self._quantified or last == last_end:
            return end
        if self._inner >= 0:
            return last + self._inner
        return last - 1 - self._inner if last_end >= size else last_end + 1
