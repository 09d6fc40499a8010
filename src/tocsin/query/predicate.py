"""Writer: a query tree as a function over one event, for rules that watch the log and for playbooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, assert_never

from tocsin.core.clock import to_iso
from tocsin.core.event import Event
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.query.patterns import (
    ANY,
    SINGLE,
    compile_regex,
    parse_wildcard,
    shape_of,
    wildcard_regex,
    words_of,
    words_regex,
)
from tocsin.query.tree import (
    SEPARATOR,
    And,
    DatePart,
    Everything,
    Exists,
    InNetwork,
    Node,
    Not,
    Nothing,
    OneOf,
    Or,
    Range,
    Regex,
    SameAs,
    Scalar,
    Term,
    Text,
    Wildcard,
    alternatives,
)
from tocsin.query.values import (
    KEYS,
    address_key,
    date_key,
    date_part,
    fold,
    network_bounds,
    range_bounds,
    range_kind,
    text_of,
    texts_of,
)

Predicate = Callable[[Event], bool]
_Test = Callable[[str], bool]
_Read = Callable[[Event], list[str]]


def compile_predicate(node: Node) -> Predicate:
    """Return a function that says whether an event is selected by the tree.

    It selects exactly what the store's search selects. Raises `QueryError` for a regular expression
    that is not RE2, `InvalidError` for a bound or a network that is no value of its kind.
    """
    match node:
        case Everything():
            return lambda _event: True
        case Nothing():
            return lambda _event: False
        case And(args):
            return _all([compile_predicate(arg) for arg in args])
        case Or(args):
            return _any([compile_predicate(arg) for arg in args])
        case Not(arg):
            inner = compile_predicate(arg)
            return lambda event: not inner(event)
        case Exists(field):
            read = reader(field)
            return lambda event: bool(read(event))
        case SameAs():
            return _same(node)
        case _:
            return _condition(node)


def reader(field: str) -> _Read:
    """Return a function that gives the texts of a canonical field of an event; none when absent."""
    if SEPARATOR in field:
        reads = [reader(name) for name in alternatives(field)]
        return lambda event: [text for read in reads for text in read(event)]
    pseudo = _PSEUDO.get(field)
    if pseudo is not None:
        return pseudo

    def read(event: Event) -> list[str]:
        value = event.fields.get(field)
        return [] if value is None else texts_of(value)

    return read


_PSEUDO: dict[str, _Read] = {
    TIMESTAMP: lambda event: [to_iso(event.at)],
    EVENT_ID: lambda event: [event.id],
    MESSAGE: lambda event: [event.message],
    "event.source": lambda event: [event.source],
    "event.sequence": lambda event: [str(event.seq)],
}


def _all(parts: list[Predicate]) -> Predicate:
    return lambda event: all(part(event) for part in parts)


def _any(parts: list[Predicate]) -> Predicate:
    return lambda event: any(part(event) for part in parts)


Condition = Term | OneOf | Wildcard | Regex | Range | InNetwork | Text | DatePart
"""What is asked of each text of a field: it holds when any of them satisfies it."""


def _condition(node: Condition) -> Predicate:
    return _over(reader(asked_of(node)), text_test(node))


def asked_of(node: Condition) -> str:
    """Return the field that a condition asks about."""
    return node.field or MESSAGE if isinstance(node, Text) else node.field


def text_test(node: Condition) -> Callable[[str], bool]:
    """Return what a condition asks of each text of its field; raises as `compile_predicate` does."""
    return _text(node) if isinstance(node, Text) else _test(node)


def _over(read: _Read, test: _Test) -> Predicate:
    return lambda event: any(test(text) for text in read(event))


def _same(node: SameAs) -> Predicate:
    read, read_other = reader(node.field), reader(node.other)
    compare = _COMPARISONS[node.how]
    form: Callable[[str], str] = str if node.cased else fold

    def same(event: Event) -> bool:
        others = [form(text) for text in read_other(event)]
        return bool(others) and any(compare(form(text), other) for text in read(event) for other in others)

    return same


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "equals": str.__eq__,
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}


def _test(node: Term | OneOf | Wildcard | Regex | Range | InNetwork | DatePart) -> _Test:
    match node:
        case Term():
            return _equals(node.field, (node.value,), cased=node.cased)
        case OneOf():
            return _equals(node.field, node.values, cased=node.cased)
        case Wildcard():
            return _wildcard(node)
        case Regex():
            compiled = compile_regex(node.pattern, cased=node.cased)
            return lambda text: compiled.search(text) is not None
        case Range():
            return _range(node)
        case InNetwork():
            return _network(node)
        case DatePart(_, part, number):
            return lambda text: date_part(text, part) == number
        case _:
            assert_never(node)


def _equals(field: str, values: tuple[Scalar, ...], *, cased: bool) -> _Test:
    texts = [text_of(value) for value in values]
    wanted = frozenset(texts if cased else (fold(text) for text in texts))
    if field_type(field) == "date":
        instants = frozenset(key for text in texts if (key := date_key(text)) is not None)
        return lambda text: date_key(text) in instants or (text if cased else fold(text)) in wanted
    if cased:
        return lambda text: text in wanted
    return lambda text: fold(text) in wanted


def _wildcard(node: Wildcard) -> _Test:
    pieces = [
        piece if node.cased or piece is ANY or piece is SINGLE else fold(piece)
        for piece in parse_wildcard(node.pattern)
    ]
    test = _shaped(pieces)
    return test if node.cased else lambda text: test(fold(text))


def _shaped(pieces: list[str | None]) -> _Test:
    shape = shape_of(pieces)
    wanted = shape.text
    match shape.kind:
        case "exact":
            return lambda text: text == wanted
        case "any":
            return lambda _text: True
        case "prefix":
            return lambda text: text.startswith(wanted)
        case "suffix":
            return lambda text: text.endswith(wanted)
        case "contains":
            return lambda text: wanted in text
    compiled = compile_regex(wildcard_regex(pieces))
    return lambda text: compiled.search(text) is not None


def _range(node: Range) -> _Test:
    key_of = KEYS[range_kind(node)]
    checks = [(_OPERATORS[operator], bound) for operator, bound in range_bounds(node)]

    def test(text: str) -> bool:
        key = key_of(text)
        return key is not None and all(check(key, bound) for check, bound in checks)

    return test


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda key, bound: key > bound,
    ">=": lambda key, bound: key >= bound,
    "<": lambda key, bound: key < bound,
    "<=": lambda key, bound: key <= bound,
}


def _network(node: InNetwork) -> _Test:
    first, last = network_bounds(node.network)

    def test(text: str) -> bool:
        key = address_key(text)
        return key is not None and first <= key <= last

    return test


def _text(node: Text) -> _Test:
    words = words_of(node.text)
    if not words:
        return lambda _text: False
    compiled = compile_regex(words_regex(words))

    def test(text: str) -> bool:
        folded = fold(text)
        return all(word in folded for word in words) and compiled.search(folded) is not None

    return test
