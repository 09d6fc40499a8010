"""JSON text as written: its values, and the line of everything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.core.errors import ContentError, Location

MAX_BYTES = 256 * 1024
DEEPEST = 12

Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Source:
    """A JSON document with the line of every key and list entry."""

    path: str
    values: Any
    lines: Mapping[Path, int]

    def at(self, path: Path) -> Location:
        """Return where something stands, or the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return Location(self.path, self.lines.get(path, 1))


def read_json(path: str, text: str) -> Source:
    """Read one document; raises `ContentError` with the line for what is no JSON, too large or too deep.

    A key given twice is refused: which of the two counts would be anybody's guess.
    """
    if len(text) > MAX_BYTES:
        raise ContentError(f"the file is larger than {MAX_BYTES // 1024} KiB", location=Location(path))
    try:
        values = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        place = Location(path, error.lineno, error.colno)
        raise ContentError(f"not valid JSON: {error.msg}", location=place) from error
    except (ValueError, RecursionError) as error:
        raise ContentError(f"not valid JSON: {error}", location=Location(path)) from error
    return Source(path, values, _Lines(path, text).read())


def written(path: Path) -> str:
    """Return a place within a document as people write it: `panels[3].query`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


@dataclass(slots=True)
class _Lines:
    """Walks the tokens of text that is known to be JSON."""

    file: str
    text: str
    lines: dict[Path, int] = field(default_factory=lambda: {(): 1})

    def read(self) -> dict[Path, int]:
        tokens = self._tokens()
        self._value(next(tokens), tokens, ())
        return self.lines

    def _tokens(self) -> Iterator[tuple[str, int]]:
        line, last = 1, 0
        for found in _TOKEN.finditer(self.text):
            line += self.text.count("\n", last, found.start())
            last = found.start()
            yield found[0], line

    def _value(self, token: tuple[str, int], tokens: Iterator[tuple[str, int]], path: Path) -> None:
        if len(path) > DEEPEST:
            raise ContentError(f"nested more than {DEEPEST} deep", location=Location(self.file, token[1]))
        if token[0] == "{":
            self._mapping(tokens, path)
        elif token[0] == "[":
            self._list(tokens, path)

    def _mapping(self, tokens: Iterator[tuple[str, int]], path: Path) -> None:
        for text, line in tokens:
            if text == "}":
                return
            if text == ",":
                continue
            inner = (*path, json.loads(text))
            if inner in self.lines:
                reason = f"{written(inner)} is given twice, first in line {self.lines[inner]}"
                raise ContentError(reason, location=Location(self.file, line))
            self.lines[inner] = line
            next(tokens)  # the colon
            self._value(next(tokens), tokens, inner)

    def _list(self, tokens: Iterator[tuple[str, int]], path: Path) -> None:
        position = 0
        for token in tokens:
            if token[0] == "]":
                return
            if token[0] == ",":
                continue
            inner = (*path, position)
            position += 1
            self.lines[inner] = token[1]
            self._value(token, tokens, inner)


@dataclass(slots=True)
class Faults:
    """What is wrong with a document: the places and the reasons, gathered while it is read."""

    found: list[tuple[Path, str]] = field(default_factory=list)

    def add(self, path: Path, reason: str) -> None:
        """Note one."""
        self.found.append((path, reason))

    def texts(self) -> Sequence[str]:
        """Return each as a line: place and reason."""
        return [f"{written(path)}: {reason}" if path else reason for path, reason in self.found]
