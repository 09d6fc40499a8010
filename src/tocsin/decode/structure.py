"""What the structure of a regular expression promises: literals a match must hold, and its worst case.

Reads the parse tree of Python's own `re`. `degree` says how a backtracking search may grow: the text's
length to that power. A repetition whose characters cannot begin what follows costs its length once; one
that overlaps with what follows multiplies; one inside another may be exponential (`degree` None).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from re import _constants as c  # type: ignore[attr-defined]  # private, and the only parser of the syntax
from re import _parser  # type: ignore[attr-defined]  # see above
from typing import Any

_ALL = (1 << 256) - 1
_MANY = 16
"""A bounded repetition up to this often is not counted as one."""
_MAX_ALTERNATIVES = 24
_MAX_GATE = 4
_SINGLE = frozenset({c.LITERAL, c.NOT_LITERAL, c.IN, c.ANY})
_REPEATS = frozenset({c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT})
Nodes = Sequence[tuple[Any, Any]]
Gate = tuple[str, ...]
"""Texts in lower case of which one must stand somewhere; none: anything may."""


@dataclass(frozen=True)
class Structure:
    """What is known of a pattern."""

    degree: int | None = None
    literals: tuple[str, ...] | None = None
    """A text that matches holds one of these in lower case; None when nothing is known."""
    prefix: str = ""
    """In lower case, what a matching text begins with; only for patterns bound to the start."""
    plain: str | None = None
    """The text that the pattern is, as written, when it is nothing else but bound to the start or not."""
    equals: str | None = None
    """In lower case, the only text that matches, for a text bound at both ends."""
    gates: tuple[Gate, ...] = ()
    """For each repetition that may end in many places, in order, what must follow where it ends."""
    starts: str | None = None
    """In lower case, what stands wherever a match begins; None when that is the start of the text only."""
    hint: str | None = None
    """An expression for hyperscan that matches wherever the pattern does, and perhaps elsewhere."""

    def steps(self, low: str, size: int, most: int) -> int:
        """Return a bound of the steps a backtracking search takes in the last `size` characters of a text.

        `low` is the text in ASCII lower case. What comes behind a repetition is tried only where its
        gate stands, so that many choices it has at most. What is above `most` is not worked out. Only
        for patterns that have a degree.
        """
        steps = size * (len(self.gates) + 1)
        if self.starts is not None:
            steps *= low.count(self.starts) if self.starts else size
        for gate in self.gates:
            if steps > most:
                break
            choices = 0 if gate else size
            for text in gate:
                choices += low.count(text)
            if choices > 1:
                steps *= choices
        return steps


def structure_of(pattern: str) -> Structure:
    """Return what is known of a pattern; nothing for one that `re` cannot parse."""
    try:
        tree = _parser.parse(pattern, re.ASCII)
        flags = tree.state.flags
        flagged = bool(flags & (re.IGNORECASE | re.MULTILINE))
        return _structure(list(tree), flagged, lines=bool(flags & re.MULTILINE))
    except (re.error, RecursionError, OverflowError):
        return Structure()


def _structure(nodes: Nodes, flagged: bool, *, lines: bool) -> Structure:
    anchored = bool(nodes) and nodes[0][0] is c.AT and nodes[0][1] in (c.AT_BEGINNING, c.AT_BEGINNING_STRING)
    anchored = anchored and (not flagged or nodes[0][1] is c.AT_BEGINNING_STRING)
    cost = _Cost()
    cost.walk(nodes, 0, "")
    degree = None if cost.nested else cost.ambiguous + (cost.repeats > 0) * (1 if anchored else 2)
    body = nodes[1:] if anchored else nodes
    prefix = _leading(body) if anchored else ""
    plain = not flagged and bool(body) and all(op is c.LITERAL for op, _ in body)
    whole = anchored and len(prefix) == len(body) - 1 and body[-1] == (c.AT, c.AT_END)
    return Structure(
        gates=tuple(cost.gates),
        starts=None if anchored else _run(body)[0],
        hint=_Hint(nodes, lines=lines).text,
        degree=degree,
        literals=_needed(nodes),
        prefix=prefix,
        plain="".join(chr(value) for _, value in body) if plain else None,
        equals=prefix if whole else None,
    )


@dataclass(slots=True)
class _Cost:
    """Counts repetitions: all of them, those that overlap with what follows, and nested ones."""

    repeats: int = 0
    ambiguous: int = 0
    nested: bool = False
    gates: list[Gate] = field(default_factory=list)
    _depth: int = field(default=0)

    def walk(self, nodes: Nodes, after: int, text: str) -> None:
        """Count in a sequence; `after`: the characters that may follow it, `text`: a text that must."""
        for index, (op, value) in enumerate(nodes):
            follow, empty = _first(nodes[index + 1 :])
            if empty:
                follow |= after
            behind, whole = _run(nodes[index + 1 :])
            if whole and text:
                behind = max(behind, text, key=len)
            if op in _REPEATS:
                self._repeat(value, follow, behind)
            elif op is c.SUBPATTERN:
                self.walk(list(value[3]), follow, behind)
            elif op is c.ATOMIC_GROUP:
                self.walk(list(value), follow, behind)
            elif op in (c.ASSERT, c.ASSERT_NOT):
                self.walk(list(value[1]), _ALL, "")
            elif op is c.BRANCH:
                self._branch(value[1], follow, behind)
            elif op in (c.GROUPREF, c.GROUPREF_EXISTS):
                self.ambiguous += 1  # what it repeats has any length
                self.gates.append(())

    def _repeat(self, value: Any, follow: int, behind: str) -> None:
        _, high, body = value
        nodes = list(body)
        mask, empty = _first(nodes)
        if high is not c.MAXREPEAT and high <= _MANY:
            before = self.repeats
            self.walk(nodes, follow if high == 1 else follow | mask, behind if high == 1 else "")
            for _ in range(high - 1 if self.repeats > before else 0):
                self.walk(nodes, follow | mask, "")
            return
        self.repeats += 1
        if mask & follow:
            self.ambiguous += 1
            self.gates.append((behind,) if behind else _gate(follow))
        self.nested = self.nested or self._depth > 0 or empty or not _determined(nodes)
        self._depth += 1
        self.walk(nodes, follow | mask, "")
        self._depth -= 1

    def _branch(self, branches: Iterable[Any], follow: int, behind: str) -> None:
        """A choice costs what its costliest branch does, and inside a repetition it multiplies."""
        before = (self.repeats, self.ambiguous)
        costs = []
        for branch in branches:
            self.repeats, self.ambiguous = before
            self.walk(list(branch), follow, behind)
            costs.append((self.ambiguous, self.repeats))
        self.ambiguous = max(ambiguous for ambiguous, _ in costs)
        self.repeats = max(repeats for _, repeats in costs)


def _gate(follow: int) -> Gate:
    """Return the characters of a small set."""
    if follow.bit_count() > _MAX_GATE:
        return ()
    return tuple({_low(code) for code in range(256) if follow >> code & 1})


def _run(nodes: Nodes) -> tuple[str, bool]:
    """Return a text that stands in every match's first characters, and whether it is all of the sequence.

    Those are as many as have a fixed length; the longest text among them is the rarest.
    """
    best, text, whole = "", "", True
    for op, value in _flat(nodes):
        if op is c.LITERAL:
            text += _low(value)
            continue
        best, text, whole = max(best, text, key=len), "", False
        if op not in _SINGLE:
            break
    best = max(best, text, key=len)
    return (best if _stands_apart(best) else best[:1]), whole


def _flat(nodes: Nodes) -> Iterator[tuple[Any, Any]]:
    for op, value in nodes:
        if op is c.SUBPATTERN:
            yield from _flat(list(value[3]))
        else:
            yield op, value


def _stands_apart(text: str) -> bool:
    """Whether the text cannot overlap itself, so that counting it counts every place where it stands."""
    return not any(text.endswith(text[:size]) for size in range(1, len(text)))


def _determined(nodes: Nodes) -> bool:
    """Whether a text can be split into the parts of a repeated sequence in one way only."""
    return all(_determined_node(op, value) for op, value in nodes)


def _determined_node(op: Any, value: Any) -> bool:
    if op is c.SUBPATTERN:
        return _determined(list(value[3]))
    if op is c.BRANCH:
        branches = [list(branch) for branch in value[1]]
        firsts = [_first(branch) for branch in branches]
        masks = [mask for mask, _ in firsts]
        disjoint = sum(mask.bit_count() for mask in masks) == _union(masks).bit_count()
        return disjoint and not any(empty for _, empty in firsts) and all(map(_determined, branches))
    return op in _SINGLE


def _first(nodes: Nodes) -> tuple[int, bool]:
    """Return the set of characters a match of the sequence may begin with, and whether it may be empty."""
    mask = 0
    for op, value in nodes:
        found, empty = _first_of(op, value)
        mask |= found
        if not empty:
            return mask, False
    return mask, True


def _first_of(op: Any, value: Any) -> tuple[int, bool]:
    if op is c.LITERAL:
        return _both_cases(1 << value) if value < 256 else _ALL, False
    if op is c.IN:
        return _set(value), False
    if op is c.NOT_LITERAL:
        return _ALL & ~(1 << value) if value < 256 else _ALL, False
    if op in _REPEATS:
        mask, empty = _first(list(value[2]))
        return mask, empty or value[0] == 0
    if op is c.SUBPATTERN:
        return _first(list(value[3]))
    if op is c.ATOMIC_GROUP:
        return _first(list(value))
    if op is c.BRANCH:
        found = [_first(list(branch)) for branch in value[1]]
        return _union(mask for mask, _ in found), any(empty for _, empty in found)
    if op in (c.AT, c.ASSERT, c.ASSERT_NOT):
        return 0, True
    return _ALL, op is c.GROUPREF or op is c.GROUPREF_EXISTS


def _set(items: Iterable[tuple[Any, Any]]) -> int:
    mask, negated = 0, False
    for op, value in items:
        if op is c.NEGATE:
            negated = True
        elif op is c.LITERAL:
            mask |= 1 << value if value < 256 else 0
        elif op is c.RANGE:
            mask |= _union(1 << code for code in range(value[0], min(value[1], 255) + 1))
        else:
            mask |= _CATEGORIES.get(value, _ALL)
    return _ALL & ~mask if negated else _both_cases(mask)


def _union(masks: Iterable[int]) -> int:
    result = 0
    for mask in masks:
        result |= mask
    return result


def _both_cases(mask: int) -> int:
    """Add the other case of every letter: whether case counts is not looked at, so the set may be too big."""
    upper = mask & _UPPER
    lower = mask & _LOWER
    return mask | upper << 32 | lower >> 32


_UPPER = _union(1 << code for code in range(65, 91))
_LOWER = _UPPER << 32
_DIGIT = _union(1 << code for code in b"0123456789")
_SPACE = _union(1 << code for code in b" \t\n\r\f\v")
_WORD = _DIGIT | _UPPER | _LOWER | 1 << ord("_")
_CATEGORIES = {
    c.CATEGORY_DIGIT: _DIGIT,
    c.CATEGORY_NOT_DIGIT: _ALL & ~_DIGIT,
    c.CATEGORY_SPACE: _SPACE,
    c.CATEGORY_NOT_SPACE: _ALL & ~_SPACE,
    c.CATEGORY_WORD: _WORD,
    c.CATEGORY_NOT_WORD: _ALL & ~_WORD,
}


def _leading(nodes: Nodes) -> str:
    text = ""
    for op, value in nodes:
        if op is not c.LITERAL:
            break
        text += _low(value)
    return text


def _low(code: int) -> str:
    return chr(code + 32 if 65 <= code <= 90 else code)


def _needed(nodes: Nodes) -> tuple[str, ...] | None:
    """Return texts of which every match holds one: the best of what the sequence's parts say."""
    best: tuple[str, ...] | None = None
    run = ""
    for op, value in [*nodes, (None, None)]:
        if op is c.LITERAL:
            run += _low(value)
            continue
        best = _better(best, (run,) if run else None)
        run = ""
        best = _better(best, _needed_of(op, value))
    return best


def _needed_of(op: Any, value: Any) -> tuple[str, ...] | None:
    if op is c.SUBPATTERN:
        return _needed(list(value[3]))
    if op is c.ATOMIC_GROUP:
        return _needed(list(value))
    if op in _REPEATS and value[0] > 0:
        return _needed(list(value[2]))
    if op is c.BRANCH:
        found = [_needed(list(branch)) for branch in value[1]]
        texts = tuple(dict.fromkeys(text for needed in found for text in needed or ()))
        return texts if all(found) and len(texts) <= _MAX_ALTERNATIVES else None
    return None


def _better(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return what says more: a long text over a short one, one text over several."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda texts: (min(map(len, texts)) > 2, min(map(len, texts)) / len(texts)))


class _Hint:
    """Writes a parse tree as an expression for hyperscan, leaving out what only narrows it."""

    def __init__(self, nodes: Nodes, *, lines: bool) -> None:
        self._lines = lines
        self.text: str | None = self._sequence(nodes)
        if not _needed(nodes) and len(self.text) < _MIN_HINT:
            self.text = None

    def _sequence(self, nodes: Nodes) -> str:
        return "".join(self._node(op, value) for op, value in nodes)

    def _node(self, op: Any, value: Any) -> str:
        if op is c.LITERAL:
            return f"\\x{value:02x}" if value < 256 else _ANYTHING
        if op in (c.IN, c.NOT_LITERAL, c.ANY):
            return _members(_first_of(op, value)[0])
        if op in _REPEATS:
            low, high, body = value
            most = "" if high is c.MAXREPEAT or high > _MANY else str(high)
            return f"(?:{self._sequence(list(body))}){{{min(low, _MANY)},{most}}}"
        if op is c.SUBPATTERN:
            self._lines = self._lines or bool(value[1] & re.MULTILINE)
            return self._sequence(list(value[3]))
        if op is c.ATOMIC_GROUP:
            return self._sequence(list(value))
        if op is c.BRANCH:
            return "(?:" + "|".join(self._sequence(list(branch)) for branch in value[1]) + ")"
        if op is c.AT:
            start = value is c.AT_BEGINNING_STRING or (value is c.AT_BEGINNING and not self._lines)
            return "^" if start else ""
        return "" if op in (c.ASSERT, c.ASSERT_NOT) else _ANYTHING


_ANYTHING = "[\\x00-\\xff]*"
_MIN_HINT = 24
"""A shorter hint without a literal is no help."""


def _members(mask: int) -> str:
    """Return a class of hyperscan's for a set of characters."""
    parts, code = [], 0
    while code < 256:
        if mask >> code & 1:
            last = code
            while last < 255 and mask >> (last + 1) & 1:
                last += 1
            parts.append(f"\\x{code:02x}-\\x{last:02x}" if last > code else f"\\x{code:02x}")
            code = last
        code += 1
    return f"[{''.join(parts)}]"
