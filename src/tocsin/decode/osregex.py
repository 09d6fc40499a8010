r"""OS_Regex: Wazuh's own regular expressions, translated alternative by alternative.

Alternatives are tried in the order written, each over the whole text. Everything but an escape, a
group and the outer anchors is literal; `+` and `*` act only right after an escape. Quantifiers are
lazy except for the last token. Matching ignores ASCII case: patterns run over lowered text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.decode.engines import Search, Spans, searcher

Found = tuple[tuple[str, ...], int]
"""The captured texts, and where the rest of the text begins."""
Find = Callable[[str, str], Found | None]

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
class _Alternative:
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


@dataclass(frozen=True, slots=True)
class OSRegex:
    """A compiled pattern. `literals` and `equals` as in `osmatch.OSMatch`."""

    test: Callable[[str, str], bool]
    find: Find
    groups: int
    """The number of groups of the alternative that has most."""
    literals: tuple[str, ...] | None
    equals: tuple[str, ...] | None


def compile_osregex(pattern: str) -> OSRegex:
    """Compile a pattern; raises `ValueError` with the reason when it is not one."""
    read = [_read(text) for text in _split(pattern)]
    searches = [_search(alternative) for alternative in read]
    finders = [_finder(alternative, search) for alternative, search in zip(read, searches, strict=True)]
    literals = tuple(max(alternative.runs, key=len) for alternative in read)
    plain = all(not alternative.quantified and _plain(alternative) for alternative in read)
    whole = plain and all(alternative.start and alternative.end for alternative in read)
    return OSRegex(
        test=_test(read, searches),
        find=finders[0] if len(finders) == 1 else _first(finders),
        groups=max(alternative.groups for alternative in read),
        literals=literals if all(literals) else None,
        equals=literals if whole else None,
    )


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


def _read(text: str) -> _Alternative:
    result = _Alternative(start=text.startswith("^"))
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


def _read_group(char: str, inside: bool, result: _Alternative) -> bool:
    opens = char == "("
    if opens == inside:
        raise ValueError("groups cannot be nested" if opens else "')' closes no group")
    result.groups += opens
    result.parts.append(char)
    return opens


def _read_escape(text: str, at: int, stop: int, result: _Alternative) -> int:
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


def _add_literal(result: _Alternative, char: str) -> None:
    low = chr(ord(char) + 32) if "A" <= char <= "Z" else char
    result.last = len(result.parts)
    result.parts.append(re.escape(low))
    result.runs[-1] += low


def _plain(alternative: _Alternative) -> bool:
    return not alternative.groups and not alternative.never and len(alternative.runs) == 1


def _first(finders: list[Find]) -> Find:
    def find(text: str, low: str) -> Found | None:
        for finder in finders:
            found = finder(text, low)
            if found is not None:
                return found
        return None

    return find


def _test(read: list[_Alternative], searches: list[Search | None]) -> Callable[[str, str], bool]:
    tests = [
        _plain_test(alternative) if search is None else _regex_test(alternative, search)
        for alternative, search in zip(read, searches, strict=True)
    ]
    if len(tests) == 1:
        return tests[0]
    if all(_plain(alternative) and not (alternative.start or alternative.end) for alternative in read):
        inside = tuple(alternative.runs[0] for alternative in read)
        return lambda _, low: any(text in low for text in inside)
    return lambda text, low: any(test(text, low) for test in tests)


def _plain_test(alternative: _Alternative) -> Callable[[str, str], bool]:
    literal = alternative.runs[0]
    if alternative.start and alternative.end:
        return lambda _, low: low == literal
    if alternative.start:
        return lambda _, low: low.startswith(literal)
    if alternative.end:
        return lambda _, low: low.endswith(literal)
    return lambda _, low: literal in low


def _regex_test(alternative: _Alternative, search: Search) -> Callable[[str, str], bool]:
    literal = max(alternative.runs, key=len)
    return lambda _, low: literal in low and search(low) is not None


def _nothing(_low: str) -> Spans | None:
    return None


def _search(alternative: _Alternative) -> Search | None:
    """Return the search for an alternative, or None when plain text needs none."""
    if alternative.never:
        return _nothing
    if _plain(alternative):
        return None
    parts = list(alternative.parts)
    for index in alternative.quantified:
        parts[index] = f"({parts[index]})" if index == alternative.last else parts[index] + "?"
    pattern = ("\\A" if alternative.start else "") + "".join(parts) + ("\\Z" if alternative.end else "")
    return searcher(pattern)


def _finder(alternative: _Alternative, search: Search | None) -> Find:
    if search is None:
        return _plain_finder(alternative)
    literal, groups = max(alternative.runs, key=len), alternative.groups
    rest = _rest(alternative)

    def find(text: str, low: str) -> Found | None:
        if literal not in low:
            return None
        spans = search(low)
        if spans is None:
            return None
        return tuple([text[a:b] for a, b in spans[1 : groups + 1]]), rest(spans, len(low))

    return find


def _plain_finder(alternative: _Alternative) -> Find:
    literal, test = alternative.runs[0], _plain_test(alternative)

    def find(text: str, low: str) -> Found | None:
        if not test(text, low):
            return None
        start = len(low) - len(literal) if alternative.end else low.find(literal)
        return (), start + len(literal)

    return find


def _rest(alternative: _Alternative) -> Callable[[Spans, int], int]:
    """Return how the start of the rest follows from the spans; odd on purpose, as upstream.

    After a quantified last token the byte that ended it is skipped; when a group closes there or
    the text ends, the rest begins inside the token instead.
    """
    last = alternative.last
    if last not in alternative.quantified:
        return lambda spans, _size: spans[0][1]
    grouped = ")" in alternative.parts[last + 1 : last + 2]
    inner = int(alternative.parts[last].endswith("+"))

    def rest(spans: Spans, size: int) -> int:
        start, end = spans[-1]
        if start == end:
            return spans[0][1]
        return start + inner if grouped or end >= size else end + 1

    return rest
