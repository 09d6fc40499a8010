"""Dissect: a line cut at fixed delimiters, without regular expressions.

`%{field}` takes the text up to the next delimiter; `%{+field}` appends to an earlier one (with a space),
`%{+field/2}` as the second part; `%{?name}` and `%{}` skip, `%{field->}` allows the delimiter after it to be
repeated, `%{*key}` or `%{?key}` and `%{&key}` give a name and its value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.core.event import Event
from tocsin.ingest.processors.draft import Processor, Unable, claimed, read_text, target, write

_KEY = re.compile(r"%\{([+?*&]?)([^{}]*?)(->)?\}")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A key and the delimiter that ends it; the last one's is empty and it takes the rest."""

    mode: str
    name: str
    padded: bool
    until: str
    order: int = 0
    """Which part of an appended field it is, by the lowest first."""


class Dissection:
    """A compiled pattern. Raises `ValueError` for one without keys or with two keys side by side."""

    def __init__(self, pattern: str) -> None:
        keys = list(_KEY.finditer(pattern))
        if not keys:
            raise ValueError("the pattern has no %{key}")
        self._lead = pattern[: keys[0].start()]
        ends = [*(key.start() for key in keys[1:]), len(pattern)]
        self._pieces = [_piece(key, pattern[key.end() : end]) for key, end in zip(keys, ends, strict=True)]
        for piece in self._pieces[:-1]:
            if not piece.until:
                raise ValueError(f"nothing stands between %{{{piece.name}}} and the next key")

    def cut(self, text: str) -> dict[str, str] | None:
        """Return the fields, or None when a delimiter is missing."""
        if not text.startswith(self._lead):
            return None
        return _collected(_cut(text, len(self._lead), self._pieces))


def dissect(field: str, dissection: Dissection) -> Processor:
    """Return the processor that cuts a field."""

    def run(event: Event) -> None:
        found = dissection.cut(read_text(event, field))
        if found is None:
            raise Unable(f"{field} has not the delimiters of the pattern")
        for name, value in found.items():
            write(event, name, value)

    return run


def _piece(key: re.Match[str], until: str) -> _Piece:
    mode, (name, _, order) = key[1], key[2].partition("/")
    if order and not (order.isascii() and order.isdigit()):
        raise ValueError(f"%{{{key[1]}{key[2]}}}: after / stands the number of a part")
    if mode in ("", "+") and name:
        try:
            name = target(name)
        except Unable as error:
            raise ValueError(error.message) from error
    return _Piece(mode if name else "?", name, key[3] is not None, until, int(order or 0))


def _cut(text: str, start: int, pieces: Sequence[_Piece]) -> list[tuple[_Piece, str]] | None:
    found: list[tuple[_Piece, str]] = []
    for piece in pieces:
        end = text.find(piece.until, start) if piece.until else len(text)
        if end < 0:
            return None
        found.append((piece, text[start:end]))
        start = end + len(piece.until)
        while piece.padded and piece.until and text.startswith(piece.until, start):
            start += len(piece.until)
    return found if start >= len(text) else None


def _collected(found: list[tuple[_Piece, str]] | None) -> dict[str, str] | None:
    if found is None:
        return None
    fields: dict[str, str] = {}
    names = {piece.name: text for piece, text in found if piece.mode in ("*", "?") and piece.name}
    for piece, text in sorted(found, key=lambda one: one[0].order):
        if piece.mode == "+" and piece.name in fields:
            fields[piece.name] += f" {text}"
        elif piece.mode in ("", "+"):
            fields[piece.name] = text
        elif piece.mode == "&" and names.get(piece.name):
            fields[claimed(names[piece.name])] = text
    return {name: text for name, text in fields.items() if text}
