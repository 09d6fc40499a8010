"""How an event's values stand in an OpenSearch index, so that the query tree keeps its exact meaning there.

Every value becomes a few terms `<field>=<section><key>` of one keyword field. The keys are made here, by the
rules of `values`, both when an event is written and when a query is: an analyzer of the server plays no part.
Sections: `L` the folded text of a value that was folded already, `U` that of one that was not, `C` such a
value as written; `T` (without a key) that it has a dotted capital I; `N` a number, `D` a date, `A` an
address, each as hexadecimal digits that sort as it does.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import quote

from tocsin.core.fields import field_type
from tocsin.query.patterns import words_of
from tocsin.query.values import address_key, date_key, fold, number_key

AT = "tocsin.at"
SOURCE = "tocsin.source"
SEQ = "tocsin.seq"
TERMS = "tocsin.terms"
NAMES = "tocsin.names"
WORDS = "tocsin.words"
FOLDED = "tocsin.folded"
FOLDED_HEAD = "="
"""Begins every folded message: the server does not find an empty text."""
UNSURE = "tocsin.unsure"
"""Names of the fields that only a look at the event itself can decide; `*` stands for all of them."""

LONGEST_TEXT = 8_000
"""Bytes of the longest value that is written as a term; Lucene takes 32,766 with the field's name."""
LONGEST_MESSAGE = 32_000
"""Bytes of the longest message that wildcards are answered for by the index alone."""

_LONGEST_WORD = 80
_NAMES_KEPT = 4_096
_VALUES_KEPT = 16_384
_LONGEST_KEPT = 64
"""Characters of a value whose terms are kept in memory: the same values come again and again."""
_MIDDLE = 1 << 63
TEXT_SECTIONS = "LU"
CASED_SECTIONS = "LC"


@lru_cache(_NAMES_KEPT)
def encoded(name: str) -> str:
    """Return a field's name as it stands before the `=` of a term: without `=` or odd characters."""
    return quote(name, safe="@.-_~")


@lru_cache(_NAMES_KEPT)
def column(name: str) -> str:
    """Return a field's name as a single step of a path, so that `a` and `a.b` never collide."""
    return quote(name, safe="@-_").replace(".", "%2E")


def term(name: str, section: str, key: str) -> str:
    """Return the term for a key in a section of a field."""
    return f"{encoded(name)}={section}{key}"


def is_long(text: str, limit: int = LONGEST_TEXT) -> bool:
    """Say whether a text is longer than `limit` bytes of UTF-8."""
    return len(text) * 4 > limit and len(text.encode("utf-8", "replace")) > limit


def has_dotted(text: str) -> bool:
    """Say whether a text holds U+0130, which folds to an `i` that regular expressions do not see."""
    return not text.isascii() and "\u0130" in text


def terms_of(name: str, text: str) -> Sequence[str]:
    """Return the terms of one value of a field."""
    return _terms_kept(name, text) if len(text) <= _LONGEST_KEPT else tuple(_terms_of(name, text))


@lru_cache(_VALUES_KEPT)
def _terms_kept(name: str, text: str) -> Sequence[str]:
    return tuple(_terms_of(name, text))


def _terms_of(name: str, text: str) -> Iterator[str]:
    folded = fold(text)
    head = encoded(name)
    if folded == text:
        yield f"{head}=L{text}"
    else:
        yield f"{head}=U{folded}"
        yield f"{head}=C{text}"
        if has_dotted(text):
            yield f"{head}=T"
    yield from key_terms(name, text)


def key_terms(name: str, text: str) -> Iterator[str]:
    """Yield the terms that stand for the number, the date and the address a text writes."""
    head = encoded(name)
    number = number_key(text)
    if number is not None:
        yield f"{head}=N{number_term(number)}"
    if field_type(name) == "date":
        instant = date_key(text)
        if instant is not None:
            yield f"{head}=D{date_term(instant)}"
    address = address_key(text) if "." in text or ":" in text else None
    if address is not None:
        yield f"{head}=A{address}"


def number_term(number: float) -> str:
    """Return 16 hexadecimal digits that sort as numbers do."""
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))  # + 0.0 makes -0.0 the same as 0.0
    return f"{bits ^ 0xFFFFFFFFFFFFFFFF if bits & _MIDDLE else bits | _MIDDLE:016x}"


def date_term(instant: int) -> str:
    """Return 16 hexadecimal digits that sort as instants do."""
    return f"{instant + _MIDDLE:016x}"


def word_tokens(text: str, name: str = "") -> list[str]:
    """Return the words of a text as the index holds them; those of the message stand under no name."""
    head = f"{encoded(name)}=" if name else ""
    return [head + _short(word) for word in words_of(text)]


def _short(word: str) -> str:
    """Return a word itself, or its digest when a tokenizer would cut it."""
    if len(word) <= _LONGEST_WORD:
        return word
    return "#" + hashlib.sha256(word.encode()).hexdigest()[:32]
