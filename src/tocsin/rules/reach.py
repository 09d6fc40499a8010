"""How far into a pattern a text gets, so that people see where it stopped matching."""

from __future__ import annotations

from typing import NamedTuple

from tocsin.decode.patterns import compile_pattern, lower


class Reach(NamedTuple):
    """The beginning of a pattern that the text still matches, and what is asked for next."""

    matched: str
    wanted: str


def reach_of(pattern: str, dialect: str, text: str) -> Reach | None:
    """Return how far the best alternative of a pattern that does not match gets.

    None where nothing of it matches, and for pcre2, whose patterns cannot be cut anywhere.
    """
    if dialect == "pcre2" or pattern.startswith("!"):
        return None
    low = lower(text)
    reaches = [_alternative(part, dialect, text, low) for part in _split(pattern, dialect)]
    best = max(reaches, key=lambda reach: len(reach.matched), default=Reach("", ""))
    return best if len(best.matched.lstrip("^")) > 0 else None


def _alternative(part: str, dialect: str, text: str, low: str) -> Reach:
    tokens = _tokens(part) if dialect == "osregex" else list(part)
    good, bad = 0, len(tokens) + 1
    while bad - good > 1:  # a longer beginning matches only where a shorter one does
        middle = (good + bad) // 2
        if _matches("".join(tokens[:middle]), dialect, text, low):
            good = middle
        else:
            bad = middle
    return Reach("".join(tokens[:good]), "".join(tokens[good : good + 1]))


def _matches(beginning: str, dialect: str, text: str, low: str) -> bool:
    if dialect == "osregex":
        beginning = "".join(token for token in _tokens(beginning) if token not in ("(", ")"))
    if beginning in ("", "^"):
        return True
    try:
        return compile_pattern(beginning, dialect).test(text, low)
    except ValueError:
        return False


def _split(pattern: str, dialect: str) -> list[str]:
    if dialect != "osregex":
        return pattern.split("|")
    parts = [""]
    for piece in _tokens(pattern):
        if piece == "|":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _tokens(pattern: str) -> list[str]:
    """Return escapes with their quantifier, and single characters."""
    tokens: list[str] = []
    at = 0
    while at < len(pattern):
        end = at + 1
        if pattern[at] == "\\" and end < len(pattern):
            end += 1
            if pattern[end : end + 1] in ("+", "*"):
                end += 1
        tokens.append(pattern[at:end])
        at = end
    return tokens
