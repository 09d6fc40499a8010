"""The conditions of a query tree as clauses: for each what is surely selected, and what may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from tocsin.core.clock import to_iso
from tocsin.core.errors import InvalidError
from tocsin.core.fields import EVENT_ID, MESSAGE, TIMESTAMP, field_type
from tocsin.core.ids import split_event_id
from tocsin.query.opensearch_clauses import ALL, NONE, Clause, both, either, negated
from tocsin.query.opensearch_regex import folds, lucene_regex
from tocsin.query.opensearch_terms import (
    AT,
    CASED_SECTIONS,
    FOLDED,
    FOLDED_HEAD,
    NAMES,
    SEQ,
    TERMS,
    TEXT_SECTIONS,
    WORDS,
    date_term,
    encoded,
    number_term,
    term,
    word_tokens,
)
from tocsin.query.patterns import (
    ANY,
    SINGLE,
    Shape,
    compile_regex,
    escape_wildcard,
    parse_wildcard,
    shape_of,
)
from tocsin.query.tree import (
    DatePart,
    InNetwork,
    OneOf,
    Range,
    Regex,
    Scalar,
    Term,
    Text,
    Wildcard,
)
from tocsin.query.values import date_key, fold, network_bounds, range_bounds, range_kind, text_of

TYPE_MARKS = "klfb"
"""How a name's entry in `NAMES` ends: keyword, long, floating point, boolean."""

_LONGEST_PATTERN = 900
_EXACT_INTEGERS = 1 << 53
PROPERTIES = frozenset({TIMESTAMP, EVENT_ID, MESSAGE, "event.source", "event.sequence"})
_LETTERS = re.compile(r"[A-Za-z]")
_CASELESS_ESCAPES = re.compile(r"\\[dDsSntrf.]")


Pair = tuple[Clause, Clause]
"""What is surely selected, and what may be."""

NEVER: Pair = (NONE, NONE)
ALWAYS: Pair = (ALL, ALL)
OPEN: Pair = (NONE, ALL)


def _sure(clause: Clause) -> Pair:
    return clause, clause


Leaf = Term | OneOf | Wildcard | Regex | Range | InNetwork | Text | DatePart


def leaf(name: str, node: Leaf) -> Pair:
    """Return the clauses of a condition on a field; raises what `compile_predicate` raises."""
    match node:
        case Term():
            return _equals(name, (node.value,), cased=node.cased)
        case OneOf():
            return _equals(name, node.values, cased=node.cased)
        case Wildcard():
            return _wildcard(name, node)
        case Regex():
            return _regex(name, node)
        case Range():
            return _range(name, node)
        case InNetwork():
            return _network(name, node.network)
        case DatePart():
            return NONE, exists(name)[1]
        case Text():
            return _words(name, node.text)


def exists(name: str) -> Pair:
    """Return the clauses for events that have a field."""
    if name in PROPERTIES:
        return ALWAYS
    return _sure({"terms": {NAMES: [encoded(name) + "=" + mark for mark in TYPE_MARKS]}})


def _equals(name: str, values: tuple[Scalar, ...], *, cased: bool) -> Pair:
    texts = list(dict.fromkeys(text_of(value) for value in values))
    if name == TIMESTAMP:
        instants = [at for text in texts if (at := _instant(text, cased=cased)) is not None]
        return _sure({"terms": {AT: instants}} if instants else NONE)
    if name == "event.sequence":
        numbers = [number for text in texts if (number := _sequence(text)) is not None]
        return _sure({"terms": {SEQ: numbers}} if numbers else NONE)
    if name == EVENT_ID:
        return _sure(_identifiers(texts, cased=cased))
    if name == MESSAGE:
        return _message_equals(texts, cased=cased)
    terms = [one for text in texts for one in _text_terms(name, text, cased=cased)]
    if field_type(name) == "date":
        keys = {key for text in texts if (key := date_key(text)) is not None}
        terms += [term(name, "D", date_term(key)) for key in sorted(keys)]
    return _sure({"terms": {TERMS: terms}} if terms else NONE)


def _text_terms(name: str, text: str, *, cased: bool) -> list[str]:
    if not cased:
        return [term(name, section, fold(text)) for section in TEXT_SECTIONS]
    return [term(name, "L" if fold(text) == text else "C", text)]


def _instant(text: str, *, cased: bool) -> int | None:
    key = date_key(text)
    if key is None and not cased:
        shouted = date_key(text.upper())  # such as `…t05:00:00.000000z`, which is the text when folded
        key = shouted if shouted is not None and fold(to_iso(shouted)) == fold(text) else None
    return key


def _sequence(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
    return number if number is not None and str(number) == text and number < 1 << 63 else None


def _identifiers(texts: list[str], *, cased: bool) -> Clause:
    """Return the clause for identifiers, one part for each source: there may be thousands of one."""
    sequences: dict[str, list[int]] = {}
    for text in texts:
        seq = _sequence(text.rpartition("~")[2])
        if seq is None:
            continue
        with suppress(InvalidError):  # what is no identifier is that of no event
            sequences.setdefault(split_event_id(text)[0], []).append(seq)
    return either(
        *(
            both({"terms": {TERMS: _text_terms("event.source", source, cased=cased)}}, {"terms": {SEQ: seqs}})
            for source, seqs in sequences.items()
        )
    )


def _message_equals(texts: list[str], *, cased: bool) -> Pair:
    pairs = [_wildcard(MESSAGE, Wildcard(MESSAGE, escape_wildcard(text), cased=cased)) for text in texts]
    return either(*(yes for yes, _ in pairs)), either(*(maybe for _, maybe in pairs))


def _wildcard(name: str, node: Wildcard) -> Pair:
    pieces = parse_wildcard(node.pattern)
    shape = shape_of(pieces)
    if shape.kind == "any":
        return exists(name)
    if name in PROPERTIES - {MESSAGE, "event.source"}:
        return OPEN
    folded = [piece if piece is ANY or piece is SINGLE else fold(piece) for piece in pieces]
    if len(node.pattern) > _LONGEST_PATTERN:
        return OPEN
    if name == MESSAGE:
        clause: Clause = {"wildcard": {FOLDED: {"value": FOLDED_HEAD + _written(folded)}}}
        return (NONE, clause) if node.cased else _sure(clause)
    chosen, sections = (pieces, CASED_SECTIONS) if node.cased else (folded, TEXT_SECTIONS)
    shape = shape_of(chosen)
    return _sure(either(*(_shaped(name, section, shape, chosen) for section in sections)))


def _shaped(name: str, section: str, shape: Shape, pieces: list[str | None]) -> Clause:
    head = term(name, section, "")
    if shape.kind == "exact":
        return {"term": {TERMS: head + shape.text}}
    if shape.kind == "prefix":
        return {"prefix": {TERMS: {"value": head + shape.text}}}
    return {"wildcard": {TERMS: {"value": escape_wildcard(head) + _written(pieces)}}}


def _written(pieces: list[str | None]) -> str:
    return "".join(
        "*" if piece is ANY else "?" if piece is SINGLE else escape_wildcard(piece) for piece in pieces
    )


def _regex(name: str, node: Regex) -> Pair:
    compile_regex(node.pattern, cased=node.cased)
    if name in PROPERTIES - {MESSAGE, "event.source"}:
        return OPEN
    folding = folds(node.pattern, cased=node.cased)
    if name == MESSAGE:
        return _message_regex(node.pattern, folding=folding)
    pattern = lucene_regex(node.pattern, folding=folding)
    if pattern is None:
        return NONE, exists(name)[1]
    sections = TEXT_SECTIONS if folding else CASED_SECTIONS
    head = re.sub(r"([^0-9A-Za-z])", r"\\\1", encoded(name))
    clause = _regexp(TERMS, f"{head}\\=[{sections}]({pattern})")
    return _but_dotted(name, clause) if folding else _sure(clause)


def _message_regex(pattern: str, *, folding: bool) -> Pair:
    written = lucene_regex(pattern, folding=True)
    if written is None:
        return OPEN
    yes, maybe = _but_dotted(MESSAGE, _regexp(FOLDED, f"\\{FOLDED_HEAD}({written})"))
    caseless = not _LETTERS.search(_CASELESS_ESCAPES.sub("", pattern))
    return (yes, maybe) if folding or caseless else (NONE, maybe)


def _regexp(name: str, pattern: str) -> Clause:
    return {"regexp": {name: {"value": pattern, "flags": "NONE", "max_determinized_states": 10_000}}}


def _but_dotted(name: str, clause: Clause) -> Pair:
    """Leave values with U+0130 open: it folds to an `i`, but RE2 does not take it for one."""
    dotted = {"term": {TERMS: term(name, "T", "")}}
    return both(clause, negated(dotted)), either(clause, dotted)


def _range(name: str, node: Range) -> Pair:
    kind, checks = range_kind(node), range_bounds(node)
    if name == TIMESTAMP:
        return _sure(_between(AT, checks))
    if name == "event.sequence":
        return _sequence_range(checks)
    if name == EVENT_ID:
        return OPEN if kind == "text" else NEVER
    if kind == "text":
        if name == MESSAGE:
            return OPEN
        return _sure(either(*(_section(name, section, checks) for section in TEXT_SECTIONS)))
    section, key_of = _KEYED[kind]
    return _sure(_section(name, section, [(operator, key_of(key)) for operator, key in checks]))


_KEYED: dict[str, tuple[str, Callable[[Any], str]]] = {
    "number": ("N", number_term),
    "date": ("D", date_term),
    "address": ("A", str),
}


_OPERATORS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def _between(name: str, checks: list[tuple[str, Any]]) -> Clause:
    """Return a range; an operator that occurs twice would hide the first, so each stands alone."""
    return both(*({"range": {name: {_OPERATORS[operator]: key}}} for operator, key in checks))


def _section(name: str, section: str, checks: Iterable[tuple[str, str]]) -> Clause:
    """Return a range over one section, all bounds in one: they must hold for the same value of a list."""
    lower, upper = _tightest([(operator, term(name, section, key)) for operator, key in checks])
    start = lower or {"gte": term(name, section, "")}
    end = upper or {"lt": term(name, chr(ord(section) + 1), "")}
    return {"range": {TERMS: start | end}}


def _tightest(checks: list[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    lower = [(key, operator == ">") for operator, key in checks if operator in (">", ">=")]
    upper = [(key, operator == "<=") for operator, key in checks if operator in ("<", "<=")]
    first = {("gt" if open_ else "gte"): key for key, open_ in [max(lower)]} if lower else {}
    last = {("lte" if closed else "lt"): key for key, closed in [min(upper)]} if upper else {}
    return first, last


def _sequence_range(checks: list[tuple[str, Any]]) -> Pair:
    if any(abs(key) >= _EXACT_INTEGERS for _, key in checks):
        return OPEN  # beyond, numbers as they are compared are no longer whole
    return _sure(_between(SEQ, [_whole(operator, key) for operator, key in checks]))


def _whole(operator: str, key: float) -> tuple[str, int]:
    """Return the bound as a whole number: a server would cut the fraction off in its own way."""
    floor = int(key // 1)
    if operator in (">", "<="):
        return operator, floor
    return operator, floor if floor == key else floor + 1


def _network(name: str, network: str) -> Pair:
    first, last = network_bounds(network)
    if name in PROPERTIES - {MESSAGE, "event.source"}:
        return NEVER
    return _sure(_section(name, "A", [(">=", first), ("<=", last)]))


def _words(name: str, text: str) -> Pair:
    tokens = word_tokens(text, "" if name == MESSAGE else name)
    if not tokens:
        return NEVER
    if name != MESSAGE and field_type(name) != "text":
        return NONE, both(exists(name)[1])
    if len(tokens) == 1:
        return _sure({"term": {WORDS: tokens[0]}})
    return _sure({"match_phrase": {WORDS: {"query": " ".join(tokens), "analyzer": "whitespace"}}})
