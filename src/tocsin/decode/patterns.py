"""One door to the three pattern dialects of decoders and rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from tocsin.decode.osmatch import compile_osmatch
from tocsin.decode.osregex import compile_osregex
from tocsin.decode.pcre2 import compile_pcre2

Dialect = Literal["osmatch", "osregex", "pcre2"]
Test = Callable[[str, str], bool]
Found = tuple[tuple[str, ...], int]


class Pattern(Protocol):
    """A compiled pattern of any dialect; called with a text and the same text in ASCII lower case."""

    @property
    def test(self) -> Test:
        """Whether the text matches."""
        ...

    @property
    def literals(self) -> tuple[str, ...] | None:
        """A text that matches holds one of these in lower case; None when nothing is known."""
        ...

    @property
    def equals(self) -> tuple[str, ...] | None:
        """The only values that match, in lower case, where that is known."""
        ...


class Extractor(Pattern, Protocol):
    """A pattern that also captures."""

    @property
    def find(self) -> Callable[[str, str], Found | None]:
        """Return the captured texts and where the rest begins, or None."""
        ...


def compile_pattern(text: str, dialect: str) -> Pattern:
    """Compile a pattern to test with; raises `ValueError` with the reason."""
    if dialect == "osmatch":
        return compile_osmatch(text)
    return compile_extractor(text, dialect)


def compile_extractor(text: str, dialect: str) -> Extractor:
    """Compile a pattern to capture with; raises `ValueError` with the reason."""
    if dialect == "osregex":
        return compile_osregex(text)
    if dialect == "pcre2":
        return compile_pcre2(text)
    raise ValueError(f"{dialect!r} is no pattern type here (osregex, pcre2)")


def lower(text: str) -> str:
    """Return the text with A-Z lowered and every other byte as it is."""
    return text.lower() if text.isascii() else text.encode("latin-1").lower().decode("latin-1")
