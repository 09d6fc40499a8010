r"""Fast ways to ask a text what RE2 would be asked: the answer is the same, the worst case bounded.

Python's `re` answers where the pattern's structure bounds its cost, for texts on which both agree: ASCII,
without a vertical tab (of which `\s` differs) and without a line break at the end (of which `$` differs).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tocsin.decode.structure import structure_of
from tocsin.query.patterns import ANY, SINGLE, compile_regex, wildcard_regex
from tocsin.query.tree import Regex

Search = Callable[[str], bool]

READ_OTHERWISE = re.compile(r"\[\^?\[|--|&&|~~|\|\|")
"""What Python's parser warns of and RE2 reads in its own way."""

_LONGEST = {0: 8_192, 1: 8_192, 2: 256}
"""Characters that Python's `re` is given, by the power with which its work may grow."""

_FLAGS = re.compile(r"\(\?([ims]*)(?:-([ims]+))?\)")


def searcher(node: Regex) -> Search:
    """Return a function that says whether a text holds what the pattern describes."""
    linear = compile_regex(node.pattern, cased=node.cased).search
    body, flags = _without_flags(node)
    longest = _LONGEST.get(_degree(body, flags), 0)
    if not longest:
        return lambda text: linear(text) is not None
    quick = re.compile(body, flags).search

    def search(text: str) -> bool:
        if len(text) <= longest and text.isascii() and "\v" not in text and text[-1:] != "\n":
            return quick(text) is not None
        return linear(text) is not None

    return search


def bare(node: Regex) -> str:
    """Return the pattern without the flags at its start."""
    return _without_flags(node)[0]


def _without_flags(node: Regex) -> tuple[str, int]:
    letters = {"s"} if node.cased else {"s", "i"}
    body = node.pattern
    while found := _FLAGS.match(body):
        letters = (letters | set(found[1])) - set(found[2] or "")
        body = body[found.end() :]
    flags = re.ASCII
    for letter, flag in (("i", re.IGNORECASE), ("m", re.MULTILINE), ("s", re.DOTALL)):
        flags |= flag if letter in letters else 0
    return body, flags


def _degree(body: str, flags: int) -> int:
    """Return the power with which a search by `re` may grow; a large one when it is not known."""
    if READ_OTHERWISE.search(body) or "\\Z" in body or "\\z" in body:
        return 99
    degree = structure_of(body).degree
    try:
        re.compile(body, flags)
    except (re.error, RecursionError, OverflowError):
        return 99
    return 99 if degree is None else degree


def wildcard_search(pieces: Sequence[str | None]) -> Search:
    """Return a function that says whether a whole text is what the wildcard describes."""
    if any(piece is SINGLE for piece in pieces):
        search = compile_regex(wildcard_regex(list(pieces))).search
        return lambda text: search(text) is not None
    if len(pieces) < 2:
        whole = pieces[0] if pieces else ""
        return lambda text: whole is ANY or text == whole
    start, end = pieces[0] or "", pieces[-1] or ""
    middle = tuple(piece for piece in pieces[1:-1] if piece is not ANY)
    shortest = len(start) + len(end) + sum(map(len, middle))

    def matches(text: str) -> bool:
        if len(text) < shortest or not text.startswith(start) or not text.endswith(end):
            return False
        at, last = len(start), len(text) - len(end)
        for piece in middle:
            found = text.find(piece, at, last)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return matches
