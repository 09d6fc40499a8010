"""One door to the three pattern dialects of decoders and rules."""

from __future__ import annotations

from typing import Literal

from tocsin.decode.dialect import Extractor, Found, Pattern
from tocsin.decode.osmatch import compile_osmatch
from tocsin.decode.osregex import compile_osregex
from tocsin.decode.pcre2 import compile_pcre2

__all__ = ["Dialect", "Extractor", "Found", "Pattern", "compile_extractor", "compile_pattern", "lower"]

Dialect = Literal["osmatch", "osregex", "pcre2"]


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
