"""Find which of many texts a field begins with, ends with or holds, in one pass over it.

Hyperscan does it where it runs, pyahocorasick elsewhere; few texts are tried one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import ahocorasick  # type: ignore[import-not-found]  # has no stubs

hyperscan: Any
try:
    import hyperscan
except ImportError:  # not built for this machine
    hyperscan = None

Sought = tuple[str, str]
"""`prefix`, `suffix` or `contains`, and the folded text."""

Scan = Callable[[str], Collection[int]]
"""Return the numbers of what was found, to be read at once; one number may come several times."""

FEW = 5
"""Up to so many texts are tried one by one."""

LONG = 60.0
"""From this mean length of a field's texts on, hyperscan is faster."""


def make_scan(sought: Sequence[Sought], length: float = 0.0) -> Scan:
    """Return the fastest scan for texts of that mean length; not for several threads at once.

    Hyperscan's call costs more than a walk over a short text, and its preparation takes far longer.
    """
    if len(sought) <= FEW:
        return _one_by_one(sought)
    if hyperscan is None or length < LONG:
        return _automaton(sought)
    return _database(sought)


def _one_by_one(sought: Sequence[Sought]) -> Scan:
    tests = tuple((number, *each) for number, each in enumerate(sought))

    def scan(text: str) -> list[int]:
        return [
            number
            for number, kind, wanted in tests
            if wanted in text
            and (
                kind == "contains"
                or (kind == "suffix" and text.endswith(wanted))
                or (kind == "prefix" and text.startswith(wanted))
            )
        ]

    return scan


def _automaton(sought: Sequence[Sought]) -> Scan:
    numbers: dict[str, list[tuple[int, str]]] = {}
    for number, (kind, text) in enumerate(sought):
        numbers.setdefault(text, []).append((number, kind))
    automaton = ahocorasick.Automaton()
    for text, entries in numbers.items():
        automaton.add_word(text, (len(text), tuple(entries)))
    automaton.make_automaton()
    search = automaton.iter

    def scan(text: str) -> set[int]:
        found = set()
        last = len(text) - 1
        for end, (length, entries) in search(text):
            for number, kind in entries:
                if kind == "contains" or (end == last if kind == "suffix" else end == length - 1):
                    found.add(number)
        return found

    return scan


def _database(sought: Sequence[Sought]) -> Scan:
    """Hyperscan finds the texts anywhere; where they must stand is checked on what it found."""
    database = hyperscan.Database()
    flags = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
    database.compile(
        expressions=[_quoted(text) for _, text in sought],
        ids=list(range(len(sought))),
        flags=[flags] * len(sought),
    )
    scan_bytes = database.scan
    bound = {number: (kind, text) for number, (kind, text) in enumerate(sought) if kind != "contains"}
    found: list[int] = []
    append = found.append

    def note(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
        append(number)

    def scan(text: str) -> list[int]:
        found.clear()
        scan_bytes(text.encode("utf-8", "surrogatepass"), match_event_handler=note)
        if not bound or not found:
            return found
        return [number for number in found if number not in bound or _stands(bound[number], text)]

    return scan


def _stands(sought: Sought, text: str) -> bool:
    kind, wanted = sought
    return text.endswith(wanted) if kind == "suffix" else text.startswith(wanted)


def _quoted(text: str) -> bytes:
    return re.sub(
        rb"[^a-z0-9]", lambda byte: b"\\x%02x" % byte.group()[0], text.encode("utf-8", "surrogatepass")
    )
