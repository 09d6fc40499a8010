"""One pass over a log that answers for thousands of patterns at once.

With hyperscan a pattern whose dialect has an equivalent expression is decided by the pass alone; for
any other the pass tells whether one of its literals stands in the log, so that it can match at all.
Where hyperscan does not run, pyahocorasick finds the literals of both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import ahocorasick  # type: ignore[import-not-found]  # has no stubs

from tocsin.decode.dialect import Pattern, quoted

hyperscan: Any
try:
    import hyperscan
except ImportError:  # not built for this machine
    hyperscan = None

UNKNOWN = -1
"""The atom of a pattern of which the pass tells nothing."""
MIN_LITERAL = 3
"""A shorter literal stands in too many logs to be worth reporting."""
MIN_UNBOUND = 24
"""A shorter expression without literals matches nearly everywhere and is cheap to run."""
MAX_LITERAL = 64
"""Of a longer literal only the beginning is looked for."""
MAX_EXPRESSION = 8_000
"""Hyperscan takes expressions up to 16,000 bytes."""

T = TypeVar("T")
Find = Callable[[bytes, set[int]], None]
"""Adds the atoms of a log to a set."""
FEW = 12
"""Up to this many items are tried one by one."""


class Candidates(Generic[T]):
    """Items in order, of which `of` returns those whose atom a log has, and those without an atom."""

    __slots__ = ("_always", "_by_atom", "_items", "_rest", "_some")

    def __init__(self, items: Sequence[T], atoms: Sequence[int]) -> None:
        self._items = list(items)
        self._always = [index for index, atom in enumerate(atoms) if atom == UNKNOWN]
        self._rest = [self._items[index] for index in self._always]
        self._by_atom: dict[Any, list[int]] = {}
        for index, atom in enumerate(atoms):
            if atom != UNKNOWN:
                self._by_atom.setdefault(atom, []).append(index)
        self._some = len(self._items) - len(self._always) > FEW

    def of(self, hits: set[Any]) -> list[T]:
        """Return, in order, the items that a log with these atoms may match; not to be changed.

        The atoms are passed on as the objects they are: as numbers each would be made anew.
        """
        if not self._some:
            return self._items
        indexes: list[int] = []
        for atom in hits:
            found = self._by_atom.get(atom)
            if found is not None:
                indexes += found
        if not indexes:
            return self._rest
        indexes += self._always
        indexes.sort()
        return [self._items[index] for index in indexes]


class LogScan:
    """The pass, compiled for some patterns. Thread safe.

    A pattern is known by its atom, a number. `hits` returns the atoms that a log has: what is not
    among them cannot match.
    """

    __slots__ = ("_acquire", "_atoms", "_decided", "_find", "_release", "_scan")

    def __init__(
        self,
        whole: Sequence[Pattern] = (),
        parts: Iterable[Pattern] = (),
        *,
        portable: bool = hyperscan is None,
    ) -> None:
        """Compile for patterns that are asked of the `whole` log only, and those asked of `parts` of it."""
        wanted: dict[str, _Wanted] = {}
        for pattern in whole:
            for expression, decides in _expressions(pattern, portable=portable):
                wanted.setdefault(expression, _Wanted(decides=decides))
        for pattern in [*whole, *parts]:
            texts = telling(pattern)
            if texts and pattern.expression not in wanted:
                wanted.setdefault(_either(texts), _Wanted(texts))
        lock = threading.Lock()
        self._acquire, self._release = lock.acquire, lock.release
        self._find: Find = _nothing
        self._scan: Any = None
        if wanted and portable:
            self._find = _ahocorasick(wanted)
        elif wanted:
            self._scan = _hyperscan(wanted)
        self._atoms = {expression: number for number, expression in enumerate(wanted)}
        self._decided = {self._atoms[expression] for expression, one in wanted.items() if one.decides}

    def atom(self, pattern: Pattern, *, whole: bool = False) -> tuple[int, bool]:
        """Return the atom of a pattern, or `UNKNOWN`, and whether having it means a match.

        `whole` when it is asked of the whole log only; else, and for some patterns even so, to have the
        atom means no more than that a match is possible.
        """
        if whole and pattern.expression is not None and pattern.expression in self._atoms:
            atom = self._atoms[pattern.expression]
            return atom, atom in self._decided
        if whole and pattern.hint is not None and pattern.hint in self._atoms:
            return self._atoms[pattern.hint], False
        texts = telling(pattern)
        return (self._atoms.get(_either(texts), UNKNOWN) if texts else UNKNOWN), False

    def hits(self, log: str) -> set[int]:
        """Return the atoms of a log, given as bytes read as Latin-1."""
        found: set[int] = set()
        data = log.encode("latin-1")
        scan = self._scan
        if scan is None:
            self._find(data, found)
            return found
        self._acquire()  # hyperscan has one scratch space
        try:
            scan(data, _collect, 0, found)
        finally:
            self._release()
        return found


@dataclass(slots=True)
class _Wanted:
    """An expression to look for: the literals it consists of, and whether a hit decides."""

    texts: tuple[str, ...] = ()
    decides: bool = False


def _expressions(pattern: Pattern, *, portable: bool) -> Iterator[tuple[str, bool]]:
    """Yield what hyperscan shall look for, beside literals, on behalf of a pattern."""
    if portable:
        return
    if pattern.expression is not None:
        long = len(pattern.expression) >= MIN_UNBOUND or min(map(len, pattern.literals or ("",))) > 1
        if (long or pattern.expression.startswith("^")) and len(pattern.expression) <= MAX_EXPRESSION:
            yield pattern.expression, True
    elif pattern.hint is not None and not telling(pattern) and len(pattern.hint) <= MAX_EXPRESSION:
        yield pattern.hint, False


def telling(pattern: Pattern) -> tuple[str, ...]:
    """Return the literals of a pattern when they are rare enough in logs, else nothing."""
    texts = pattern.literals or ()
    if not texts or min(map(len, texts)) < MIN_LITERAL:
        return ()
    return tuple(text[:MAX_LITERAL] for text in texts)


def _either(texts: Iterable[str]) -> str:
    return "|".join(map(quoted, texts))


def _nothing(_log: bytes, _found: set[int]) -> None:
    return None


def _hyperscan(wanted: dict[str, _Wanted]) -> Any:
    """Return the method of a compiled database; what hyperscan refuses is taken out of `wanted`."""
    try:
        database = _database(list(wanted))
    except hyperscan.error:
        for expression in list(wanted):
            try:
                _database([expression])
            except hyperscan.error:
                del wanted[expression]
        database = _database(list(wanted))
    return database.scan


def _database(expressions: list[str]) -> Any:
    once = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_ALLOWEMPTY
    flags = once | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_CASELESS
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode() for expression in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[flags] * len(expressions),
    )
    return database


def _collect(atom: Any, _start: object, _end: object, _flags: object, found: set[Any]) -> None:
    found.add(atom)


def _ahocorasick(wanted: dict[str, _Wanted]) -> Find:
    numbers: dict[str, set[int]] = {}
    for number, one in enumerate(wanted.values()):
        for text in one.texts:
            numbers.setdefault(text, set()).add(number)
    automaton = ahocorasick.Automaton()
    for text, atoms in numbers.items():
        automaton.add_word(text, atoms)
    automaton.make_automaton()

    def find(log: bytes, found: set[int]) -> None:
        for _, atoms in automaton.iter(log.lower().decode("latin-1")):
            found.update(atoms)

    return find
