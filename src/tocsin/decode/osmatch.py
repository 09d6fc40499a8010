"""OS_Match: alternatives of plain text with `^` and `$`, ignoring ASCII case. No escapes at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Test = Callable[[str, str], bool]
"""Whether a text matches; called with the text and the text in ASCII lower case."""


@dataclass(frozen=True, slots=True)
class OSMatch:
    """A compiled pattern.

    `literals`: a text that matches holds one of them in lower case; None when nothing is known.
    """

    test: Test
    literals: tuple[str, ...] | None
    equals: tuple[str, ...] | None
    """The only values that match, in lower case, when every alternative is bound at both ends."""


def compile_osmatch(pattern: str) -> OSMatch:
    """Compile a pattern; every text is a valid one."""
    negated = pattern.startswith("!")
    parts = [_part(part) for part in pattern[negated:].split("|")]
    test = _any(pattern[negated:].lower().split("|"))
    if negated:
        return OSMatch(lambda text, low: not test(text, low), None, None)
    literals = tuple(text for text, _, _ in parts)
    whole = all(start and end for _, start, end in parts)
    return OSMatch(test, literals if all(literals) else None, literals if whole else None)


def _part(part: str) -> tuple[str, bool, bool]:
    start = part.startswith("^")
    text = part[start:]
    end = text.endswith("$")
    return (text[:-1] if end else text).lower(), start, end


def _any(parts: list[str]) -> Test:
    if len(parts) == 1:
        return _one(*_part(parts[0]))
    kinds = [_part(part) for part in parts]
    if all(not start and not end for _, start, end in kinds):
        inside = tuple(text for text, _, _ in kinds)
        return lambda _, low: any(text in low for text in inside)
    if all(start and not end for _, start, end in kinds):
        prefixes = tuple(text for text, _, _ in kinds)
        return lambda _, low: low.startswith(prefixes)
    if all(start and end for _, start, end in kinds):
        values = frozenset(text for text, _, _ in kinds)
        return lambda _, low: low in values
    tests = tuple(_one(*kind) for kind in kinds)
    return lambda text, low: any(test(text, low) for test in tests)


def _one(literal: str, start: bool, end: bool) -> Test:
    if start and end:
        return lambda _, low: low == literal
    if start:
        return lambda _, low: low.startswith(literal)
    if end:
        return lambda _, low: low.endswith(literal)
    return lambda _, low: literal in low
