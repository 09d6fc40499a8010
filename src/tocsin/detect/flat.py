"""Compile a condition to one flat Python function over a `View`.

Lists of values on one field become one test: a set, a tuple of beginnings or ends, a search for any of
many texts. What has no flat form (ranges, networks, dates) is asked of its plain test. There are two such
functions: one for events whose fields each have one value, which says when one has several, and one for
all events, in which a test holds when any value satisfies it. Both give exactly what `compile_predicate`
gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any

import ahocorasick  # type: ignore[import-not-found]  # has no stubs

from tocsin.core.fields import field_type
from tocsin.detect.textual import searcher, wildcard_search
from tocsin.detect.view import PRESENT, SEVERAL, WRITTEN, View
from tocsin.query.patterns import ANY, SINGLE, parse_wildcard, shape_of
from tocsin.query.predicate import Condition, asked_of, compile_predicate, text_test
from tocsin.query.tree import (
    And,
    Everything,
    Exists,
    Node,
    Not,
    Nothing,
    OneOf,
    Or,
    Regex,
    SameAs,
    Term,
    Text,
    Wildcard,
)
from tocsin.query.values import fold, text_of

Flat = Callable[[View], bool]

_MANY = 16
"""From so many texts on, one automaton searches for all of them."""

_DEEPEST = 60

_ANSWERS, _SHORT = 512, 64
"""Answers of a test that are remembered, and the longest text of which one is."""


def compile_flat(node: Node, *, several: bool = False) -> Flat:
    """Return the condition as a function of a view, which may raise `MultiValuedError`.

    With `several`, fields may have several values, and it does not raise.
    """
    writer = (_SeveralWriter if several else _Writer)()
    try:
        code = compile(f"lambda e: {writer.write(node, 0)}", "<rule>", "eval")
    except (_TooDeepError, RecursionError, MemoryError):
        predicate = compile_predicate(node)
        return lambda view: predicate(view.event)
    flat: Flat = eval(code, writer.names)  # noqa: S307 - our own code; values enter as literals by repr
    return flat


class _TooDeepError(Exception):
    """Python's compiler has a limit on nesting; such a rule is asked by its predicate."""


@dataclass(slots=True)
class _Writer:
    """Writes expressions; `names` holds the objects they use."""

    names: dict[str, Any] = field(default_factory=lambda: {"__builtins__": {}})
    _numbers: Iterable[int] = field(default_factory=count)

    def keep(self, thing: Any) -> str:
        name = f"c{next(self._numbers)}"  # type: ignore[call-overload]  # count() is an iterator
        self.names[name] = thing
        return name

    def write(self, node: Node, depth: int) -> str:
        if depth > _DEEPEST:
            raise _TooDeepError
        match node:
            case Everything():
                return "True"
            case Nothing():
                return "False"
            case And(args):
                return self._all(args, depth)
            case Or(args):
                return self._any(args, depth)
            case Not(arg):
                return f"(not {self.write(arg, depth + 1)})"
            case Exists(name):
                return f"e[{PRESENT + name!r}]"
            case Regex():
                return self._regex(node)
            case SameAs():
                return self._same(node)
        tests = tests_of(node)
        return self._plain(node) if tests is None else self._tests([tests])

    def _plain(self, node: Condition) -> str:
        """Ask the plain test, whose answers for short texts are remembered."""
        test = text_test(node)
        kept, name = self.keep(test if isinstance(node, Text) else _remembering(test)), asked_of(node)
        asked = f"{kept}(e[{WRITTEN + name!r}])"
        return f"(e[{PRESENT + name!r}] and {asked})" if test("") else asked

    def _all(self, args: tuple[Node, ...], depth: int) -> str:
        parts = [self.write(arg, depth + 1) for arg in sorted(args, key=_weight)]
        return "(" + " and ".join(parts) + ")" if parts else "True"

    def _any(self, args: tuple[Node, ...], depth: int) -> str:
        tests: list[Tests] = []
        others: list[Node] = []
        for arg in _flattened(args):
            found = tests_of(arg)
            if found is None:
                others.append(arg)
            else:
                tests.append(found)
        parts = [self._tests(tests)] if tests else []
        parts += [self.write(arg, depth + 1) for arg in sorted(others, key=_weight)]
        return "(" + " or ".join(parts) + ")" if parts else "False"

    def _tests(self, tests: list[Tests]) -> str:
        grouped: dict[tuple[str, str], dict[str, None]] = {}
        for test in tests:
            grouped.setdefault((test.key, test.kind), {}).update(dict.fromkeys(test.texts))
        order = sorted(grouped.items(), key=lambda entry: _ORDER.index(entry[0][1]))
        parts = [self._test(key, kind, tuple(texts)) for (key, kind), texts in order]
        return "(" + " or ".join(parts) + ")" if parts else "False"

    def _test(self, key: str, kind: str, texts: tuple[str, ...]) -> str:
        value = f"e[{key!r}]"
        match kind:
            case "exact":
                return self._exact(value, key, texts)
            case "prefix":
                return f"{value}.startswith({_one_or_all(texts)})"
            case "suffix":
                return f"{value}.endswith({_one_or_all(texts)})"
            case "contains":
                return self._contains(value, texts)
            case "any":
                return f"e[{_presence(key)!r}]"
        return "(" + " or ".join(self._pattern(value, key, text) for text in texts) + ")"

    def _exact(self, value: str, key: str, texts: tuple[str, ...]) -> str:
        filled = [text for text in texts if text]
        parts = [f"{value} == {filled[0]!r}"] if len(filled) == 1 else []
        if len(filled) > 1:
            parts.append(f"{value} in {{{', '.join(map(repr, filled))}}}")
        if len(filled) < len(texts):
            parts.append(f"({value} == '' and e[{_presence(key)!r}])")
        return "(" + " or ".join(parts) + ")" if parts else "False"

    def _contains(self, value: str, texts: tuple[str, ...]) -> str:
        if len(texts) >= _MANY:
            return f"{self.keep(_finder(texts))}({value})"
        return "(" + " or ".join(f"{text!r} in {value}" for text in texts) + ")"

    def _pattern(self, value: str, key: str, pattern: str) -> str:
        pieces = _pieces(pattern)
        search = f"{self.keep(wildcard_search(pieces))}({value})"
        longest = longest_piece(pieces)
        guard = f"{longest!r} in {value}" if longest else f"e[{_presence(key)!r}]"
        return f"({guard} and {search})"

    def _regex(self, node: Regex) -> str:
        holds = searcher(node)
        search = f"{self.keep(holds)}(e[{WRITTEN + node.field!r}])"
        if not holds(""):
            return search
        return f"(e[{PRESENT + node.field!r}] and {search})"

    def _same(self, node: SameAs) -> str:
        mark = WRITTEN if node.cased else ""
        one, other = f"e[{mark + node.field!r}]", f"e[{mark + node.other!r}]"
        compared = _COMPARED[node.how].format(one, other)
        there = (f"e[{PRESENT + name!r}]" for name in (node.field, node.other))
        return f"({' and '.join((*there, compared))})"


_COMPARED = {
    "equals": "{} == {}",
    "startswith": "{}.startswith({})",
    "endswith": "{}.endswith({})",
    "contains": "{1} in {0}",
}


class _SeveralWriter(_Writer):
    """Writes expressions in which a field may have several values."""

    def _any_of(self, key: str, test: str) -> str:
        """Return that a test of `v` holds for any text of a key."""
        self.names["any"] = any
        return f"any({test} for v in e[{SEVERAL + key!r}])"

    def _plain(self, node: Condition) -> str:
        test = text_test(node)
        kept = self.keep(test if isinstance(node, Text) else _remembering(test))
        return self._any_of(WRITTEN + asked_of(node), f"{kept}(v)")

    def _test(self, key: str, kind: str, texts: tuple[str, ...]) -> str:
        match kind:
            case "exact" if len(texts) == 1:
                return f"{texts[0]!r} in e[{SEVERAL + key!r}]"
            case "exact":
                return f"(not {self.keep(frozenset(texts))}.isdisjoint(e[{SEVERAL + key!r}]))"
            case "prefix":
                return self._any_of(key, f"v.startswith({_one_or_all(texts)})")
            case "suffix":
                return self._any_of(key, f"v.endswith({_one_or_all(texts)})")
            case "contains":
                return self._any_of(key, self._contains("v", texts))
            case "any":
                return f"e[{_presence(key)!r}]"
        return self._any_of(key, " or ".join(self._pattern("v", key, text) for text in texts))

    def _pattern(self, value: str, key: str, pattern: str) -> str:  # noqa: ARG002 - asked of a text that is there
        pieces = _pieces(pattern)
        search = f"{self.keep(wildcard_search(pieces))}({value})"
        longest = longest_piece(pieces)
        return f"({longest!r} in {value} and {search})" if longest else search

    def _regex(self, node: Regex) -> str:
        return self._any_of(WRITTEN + node.field, f"{self.keep(searcher(node))}(v)")

    def _same(self, node: SameAs) -> str:
        return f"{self.keep(compile_predicate(node))}(e.event)"


@dataclass(frozen=True, slots=True)
class Tests:
    """A test of one field: its folded text (`key`) is, begins with, ends with or holds one of `texts`."""

    key: str
    kind: str
    texts: tuple[str, ...]


_ORDER = ("exact", "suffix", "prefix", "contains", "any", "pattern")


@lru_cache(maxsize=65_536)
def tests_of(node: Node) -> Tests | None:
    """Return the leaf as a test of texts; None when it has no such form."""
    if isinstance(node, Term | OneOf):
        if field_type(node.field) == "date":
            return None
        values = node.values if isinstance(node, OneOf) else (node.value,)
        texts = tuple(text_of(value) for value in values)
        return Tests(*_form(node.field, node.cased, "exact", texts))
    if isinstance(node, Wildcard):
        shape = shape_of(parse_wildcard(node.pattern))
        if shape.kind == "pattern":
            key = WRITTEN + node.field if node.cased else node.field
            return Tests(key, "pattern", (("=" if node.cased else "~") + node.pattern,))
        return Tests(*_form(node.field, node.cased, shape.kind, (shape.text,)))
    return None


def _form(name: str, cased: bool, kind: str, texts: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    if cased:
        return WRITTEN + name, kind, texts
    return name, kind, tuple(map(fold, texts))


def _pieces(pattern: str) -> list[str | None]:
    """Return a wildcard taken apart; its first letter says whether case counts."""
    pieces = parse_wildcard(pattern[1:])
    if pattern[0] == "=":
        return pieces
    return [piece if piece is ANY or piece is SINGLE else fold(piece) for piece in pieces]


def longest_piece(pieces: list[str | None]) -> str:
    """Return the longest literal text of a wildcard."""
    return max((piece for piece in pieces if piece is not ANY and piece is not SINGLE), key=len, default="")


def _presence(key: str) -> str:
    return PRESENT + key.removeprefix(WRITTEN)


def _one_or_all(texts: tuple[str, ...]) -> str:
    return repr(texts[0]) if len(texts) == 1 else repr(texts)


def _flattened(args: Iterable[Node]) -> Iterable[Node]:
    for arg in args:
        if isinstance(arg, Or):
            yield from _flattened(arg.args)
        else:
            yield arg


def _weight(node: Node) -> int:
    """Rank by cost, so that the cheap tests decide first."""
    match node:
        case Term() | OneOf() | Exists() | Everything() | Nothing():
            return 0
        case Wildcard():
            return 1
        case Or(args) | And(args):
            return min(90, 2 + len(args))
        case Regex():
            return 95
        case Not():
            return 100
    return 97


def _finder(texts: tuple[str, ...]) -> Callable[[str], bool]:
    automaton = ahocorasick.Automaton()
    for text in texts:
        automaton.add_word(text, 1)
    automaton.make_automaton()
    search = automaton.iter
    return lambda text: next(search(text), None) is not None


def _remembering(test: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return a test that remembers its answers for short texts. For one thread."""
    known: dict[str, bool] = {}

    def ask(text: str) -> bool:
        found = known.get(text)
        if found is None:
            found = test(text)
            if len(known) >= _ANSWERS:
                known.clear()
            if len(text) <= _SHORT:
                known[text] = found
        return found

    return ask
