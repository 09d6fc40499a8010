"""Which of many patterns can match a text at all, from one pass over it.

Each item states literals of which a matching text must hold one. All literals are searched at once:
with hyperscan, or with pyahocorasick where hyperscan does not run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import ahocorasick  # type: ignore[import-not-found]  # has no stubs

hyperscan: Any
try:
    import hyperscan
except ImportError:  # not built for this machine
    hyperscan = None

T = TypeVar("T")
FEW = 12
"""Up to this many items are tried one by one: that costs less than a pass."""

FindLiterals = Callable[[str], Iterable[int]]


class Candidates(Generic[T]):
    """Items in order, of which `of` returns those that a text can match. Thread safe."""

    def __init__(
        self,
        items: Sequence[T],
        literals: Sequence[tuple[str, ...] | None],
        *,
        find: Callable[[Sequence[str]], FindLiterals] | None = None,
    ) -> None:
        self._items = tuple(items)
        self._always = [index for index, needed in enumerate(literals) if not needed]
        self._by_literal: list[list[int]] = []
        self._find: FindLiterals | None = None
        filtered = len(items) - len(self._always)
        if filtered > FEW:
            self._find = self._index(literals, find or _fastest())

    def _index(
        self, literals: Sequence[tuple[str, ...] | None], make: Callable[[Sequence[str]], FindLiterals]
    ) -> FindLiterals:
        numbers: dict[str, int] = {}
        for index, needed in enumerate(literals):
            for literal in needed or ():
                number = numbers.setdefault(literal, len(numbers))
                if number == len(self._by_literal):
                    self._by_literal.append([])
                self._by_literal[number].append(index)
        return make(list(numbers))

    def of(self, low: str) -> Sequence[T]:
        """Return, in order, the items that the text (in ASCII lower case) may match."""
        if self._find is None:
            return self._items
        indexes = set(self._always)
        for number in self._find(low):
            indexes.update(self._by_literal[number])
        return [self._items[index] for index in sorted(indexes)]


def _fastest() -> Callable[[Sequence[str]], FindLiterals]:
    return with_hyperscan if hyperscan is not None else with_ahocorasick


def with_hyperscan(literals: Sequence[str]) -> FindLiterals:
    """Return a search for the literals that runs on hyperscan; one scratch space, so one at a time."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[_quoted(literal) for literal in literals],
        ids=list(range(len(literals))),
        elements=len(literals),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL] * len(literals),
    )
    lock = threading.Lock()

    def find(text: str) -> Iterable[int]:
        found: list[int] = []
        with lock:
            database.scan(text.encode("latin-1"), _collect, context=found)
        return found

    return find


def _collect(number: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(number)


def _quoted(literal: str) -> bytes:
    return "".join(f"\\x{ord(char):02x}" for char in literal).encode()


def with_ahocorasick(literals: Sequence[str]) -> FindLiterals:
    """Return a search for the literals that runs on pyahocorasick."""
    automaton = ahocorasick.Automaton()
    for number, literal in enumerate(literals):
        automaton.add_word(literal, number)
    automaton.make_automaton()

    def find(text: str) -> Iterable[int]:
        return (number for _, number in automaton.iter(text))

    return find
